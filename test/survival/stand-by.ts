// A process that has loaded what it will need and waits to be told to go; then it is `src/main.ts` with its command, and nothing else. Run by process.ts.

import { flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const [, , command = ''] = process.argv
await (command === 'issuer' ? import('../../src/issuer/serve.ts') : import('../../src/bot/serve.ts'))
// Most of these are killed, and would leave nothing for the next.
flushCompileCache()
const go = (message: unknown): void => {
  if (message !== 'go') return
  process.off('message', go)
  process.off('disconnect', leave)
  process.argv = [process.execPath, fileURLToPath(new URL('../../src/main.ts', import.meta.url)), command]
  void import('../../src/main.ts')
}
const leave = (): void => process.exit(0)
process.on('message', go)
process.on('disconnect', leave)
