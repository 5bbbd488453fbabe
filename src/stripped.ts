// Our own TypeScript as browsers take it, without its types. Node's compiler for that costs a process 20 MB and a quarter of a second, so what it made is
// kept beside node's compiled code, under the digest of what it was made of. Whoever may write there may write the code itself; where nobody may, each
// process strips for itself.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { getCompileCacheDir, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/** A source without its types, of the same lines and columns. Throws where types make code. */
export function stripped(source: string): string {
  // Its name tells node's version and the user.
  const cache = getCompileCacheDir()
  if (cache === undefined) return stripTypeScriptTypes(source)
  const folder = join(cache, 'stripped')
  const path = join(folder, createHash('sha256').update(source).digest('hex'))
  const kept = attempt(() => readFileSync(path, 'utf8'))
  if (kept !== undefined) return kept
  const made = stripTypeScriptTypes(source)
  attempt(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const part = `${path}.${process.pid}`
    writeFileSync(part, made, { mode: 0o600 })
    renameSync(part, path)
  })
  return made
}

/** Without a cache everything is the same, only later. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
