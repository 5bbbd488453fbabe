// The runbooks folder as files: names and bytes, nothing of what they say. Symbolic links are followed, because Kubernetes mounts a ConfigMap as
// links into a hidden folder; hidden names are passed over. A file that nobody would ever read is a mistake: its author thinks that it counts.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NAME } from '../domain/ids.ts'
import { nearestName } from '../domain/nearest.ts'
import type { Problem } from './problem.ts'

export const DIRECTORY_FILE = 'directory.yaml'
export const TARGETS_FILE = 'targets.yaml'
/** May be missing. */
export const ATTESTATION_FILE = 'attestation.yaml'
const YAML_FILES = [DIRECTORY_FILE, TARGETS_FILE, ATTESTATION_FILE]
const MAX_RUNBOOK_BYTES = 65_536
const MAX_YAML_BYTES = 1_048_576
const MAX_FILES = 500

export type FolderFile = { readonly file: string; readonly bytes: Uint8Array; readonly maxBytes: number }

/** Every file that counts, sorted by name, and what keeps others from counting. */
export async function readFolder(dir: string): Promise<{ files: FolderFile[]; problems: Problem[] }> {
  const problems: Problem[] = []
  const refuse = (file: string, what: string, mend: string) => {
    problems.push({ file, line: 1, column: 1, what, mend, quote: '' })
  }
  let names: string[]
  try {
    names = (await readdir(dir)).filter((name) => !name.startsWith('.')).toSorted()
  } catch (error) {
    refuse(dir, `cannot be read: ${codeOf(error)}`, 'name a folder that holds runbooks, directory.yaml and targets.yaml')
    return { files: [], problems }
  }
  if (names.length > MAX_FILES) refuse(dir, `holds ${names.length} files, more than ${MAX_FILES}`, 'split the deployment')
  const files: FolderFile[] = []
  for (const file of names.slice(0, MAX_FILES)) {
    const runbook = file.endsWith('.md') && NAME.test(file.slice(0, -3))
    if (!runbook && !YAML_FILES.includes(file)) {
      refuse(file, 'is neither a runbook nor directory.yaml, targets.yaml or attestation.yaml', mendOfName(file))
      continue
    }
    const maxBytes = runbook ? MAX_RUNBOOK_BYTES : MAX_YAML_BYTES
    try {
      const { size } = await stat(join(dir, file))
      // Size first, so that a huge file is never read; openSource says the rest.
      const bytes = size > maxBytes ? new Uint8Array(maxBytes + 1) : await readFile(join(dir, file))
      files.push({ file, bytes, maxBytes })
    } catch (error) {
      refuse(file, `cannot be read: ${codeOf(error)}`, 'make it a file that this user may read')
    }
  }
  for (const needed of [DIRECTORY_FILE, TARGETS_FILE])
    if (!names.includes(needed)) refuse(needed, 'is missing', `add ${needed} beside the runbooks`)
  if (!names.some((name) => name.endsWith('.md'))) refuse(dir, 'holds no runbook', 'add a file like restart.md')
  return { files, problems }
}

function mendOfName(file: string): string {
  if (file.endsWith('.md')) return 'name a runbook with small letters, digits and dashes, like vector-db.md'
  const near = nearestName(file, YAML_FILES)
  return near ? `did you mean ${near}?` : 'move it elsewhere'
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason')
