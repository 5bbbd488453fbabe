// Compiled code is kept, so that processes are ready sooner and take less memory: three of them load much the same. Beside the code, never in the system's
// temporary folder, where any local user could lie in wait with compiled code of his own. Who installed it may write there; for others there is
// no cache. JavaScript, and given to node by `--import`: even what strips the types of the first TypeScript file costs 20 MB and an eighth of a second.

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/countersign', import.meta.url)))
