// Small files that must survive a power cut: written beside, synced, then put in place in one step, and the folder synced. `createOnce` never
// overwrites, not even when two processes start at the same moment; `replace` is all or nothing for every reader.

import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Creates a file with exactly this mode; false when one is already there. */
export async function createOnce(path: string, text: string, mode: number): Promise<boolean> {
  const beside = await writeBeside(path, text, mode)
  try {
    // A hard link is the one step that both appears at once and refuses an existing name.
    await link(beside, path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(beside)
  }
  await syncFolder(path)
  return true
}

/** Puts a new text in place of a file; readers see the old or the new one, whole. */
export async function replace(path: string, text: string, mode: number): Promise<void> {
  const beside = await writeBeside(path, text, mode)
  await rename(beside, path)
  await syncFolder(path)
}

async function writeBeside(path: string, text: string, mode: number): Promise<string> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`
  const file = await open(beside, 'wx', mode)
  try {
    await file.chmod(mode) // whatever the umask took away or left
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return beside
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // a folder cannot be opened there
  const folder = await open(dirname(path))
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
