// Small secrets of an embedded installation, kept as JSON beside its data: made once, then read.
// Holds alone: such a file is complete or absent, is readable by its owner only, and two processes that make it at once end with the same
// content. It assumes a file system with atomic link and rename, and that the folder exists.

import { randomBytes } from 'node:crypto'
import { chmod, link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { z } from 'zod'
import { StartRefused } from '../run.ts'

/** The content of the file; when there is no file yet, what `make` gives is kept first. A file of another form is refused. */
export async function keepJson<T>(path: string, shape: z.ZodType<T>, make: () => T | Promise<T>): Promise<T> {
  const known = await readJson(path, shape)
  if (known !== undefined) return known
  const draft = await writeDraft(path, await make())
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return keepJson(path, shape, make)
}

/** Replaces the content at once. */
export async function replaceJson(path: string, content: unknown): Promise<void> {
  await rename(await writeDraft(path, content), path)
}

async function readJson<T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return shape.parse(JSON.parse(text))
  } catch {
    throw new StartRefused([`${path} is not a file of this version of Countersign: restore it, or choose another DATA_DIR.`])
  }
}

async function writeDraft(path: string, content: unknown): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  // A umask may have taken bits away, never added: the owner must be able to read it again.
  await chmod(draft, 0o600)
  return draft
}
