// The head store of a single host: one small JSON file beside a lock. The lock is held from opening to the end of the process, by an SQLite
// file in exclusive mode (Node has no flock): the kernel lets go of it however the process dies, so there is nothing stale to detect. A second
// issuer on the same file does not start; more than one needs a shared store with conditional put (DESIGN section 4).

import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { canonicalText } from '../domain/canonical.ts'
import { type HeadStore, type Heads, heads } from '../domain/heads.ts'
import { read } from '../domain/shape.ts'
import { EXIT, StartRefused } from '../run.ts'
import { replace } from './durable-file.ts'

/** Opens the store at `path` for this process alone; throws when a living process has it. */
export async function openFileHeadStore(path: string): Promise<Omit<HeadStore, 'close'> & { readonly close: () => void }> {
  const lock = lockFor(path)
  // Of this very file in this very place: a copy on another host is another store.
  const { ino, birthtimeNs } = await stat(`${path}.lock`, { bigint: true })
  await sweep(path)
  let last: Promise<unknown> = Promise.resolve()
  // One swap at a time: comparing and replacing are two steps on the file.
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const mine = last.then(step, step)
    last = mine.catch(() => undefined)
    return mine
  }
  return {
    identity: `file:${ino}.${birthtimeNs}`,
    read: () => inTurn(() => readHeads(path)),
    swap: (old, next) =>
      inTurn(async () => {
        if (!lock.isOpen) throw new Error(`${path}: the head store is closed`)
        if (spelling(await readHeads(path)) !== spelling(old)) return false
        await replace(path, `${spelling(next)}\n`, 0o600)
        return true
      }),
    close: () => {
      if (lock.isOpen) lock.close()
    },
  }
}

/** The heads in a file, without opening the store: for doctor and whoever only looks. */
export async function readHeads(path: string): Promise<Heads | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const found = read(heads, parse(path, text))
  if (!found.ok) throw new Error(`${path}: ${found.path} ${found.problem}; the heads cannot be guessed, restore the file`)
  return found.value
}

const SQLITE_BUSY = 5
const SQLITE_FULL = 13

/** The one form in which heads are kept and compared. */
const spelling = (of: Heads | undefined): string => (of === undefined ? '' : canonicalText(of))

function lockFor(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
    if (code === SQLITE_FULL)
      throw new StartRefused([`There is no space left on the disk of ${path}: make some and start again.`], EXIT.unavailable)
    if (code !== SQLITE_BUSY) throw error
    throw new Error(`${path} is in use by another issuer; more than one issuer needs a shared head store`)
  }
}

/** Takes away what a crash between writing and renaming left behind. */
async function sweep(path: string): Promise<void> {
  const left = (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.new'))
  await Promise.all(left.map((name) => rm(join(dirname(path), name))))
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${path}: is not JSON; the heads cannot be guessed, restore the file`)
  }
}
