// Where the tests' shared PostgreSQL of this working copy lives, and how its databases are named. Outside the working copy, because
// PostgreSQL's user must reach it when the tests run as root, and because a socket's path is short.

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DatabaseUrls } from '../../src/db/roles.ts'

/** URLs of the cluster's first database, by who logs in. */
export type Cluster = DatabaseUrls & { readonly superuser: string }

export const TEST_PREFIX = 'countersign_test_'
export const TEMPLATE_PREFIX = `${TEST_PREFIX}template_`
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ROOM_BYTES = 3 * 2 ** 30
const OWNER = process.getuid?.() ?? 0
const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Whether a commit outlives a power cut. No test cuts it, so run.ts does without; whoever measures commits measures real ones. */
export const FSYNC = process.env['TEST_FSYNC'] === 'off' ? 'off' : 'on'
/** What no test expects to outlive a power cut lies in memory where there is plenty: a new database is 300 files, and a disk takes thrice as long for them. */
export const QUICK_FOLDER = isRoomy('/dev/shm') ? '/dev/shm' : tmpdir()
const PARENT = FSYNC === 'off' ? QUICK_FOLDER : tmpdir()
/** Whether the cluster takes up memory, and so does not stay for the next run. */
export const IN_MEMORY = PARENT !== tmpdir()
export const CLUSTER_FOLDER = join(PARENT, `countersign-test-${OWNER}-${short(ROOT)}${FSYNC === 'off' ? '-unsynced' : ''}`)
export const KEEPER_SOCKET =
  process.platform === 'win32' ? `\\\\.\\pipe\\${short(CLUSTER_FOLDER)}` : join(CLUSTER_FOLDER, 'keeper')

function isRoomy(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize > ROOM_BYTES
  } catch {
    return false
  }
}

/** Makes the folder; refuses one that somebody else has put there first. */
export function prepareClusterFolder(): void {
  mkdirSync(CLUSTER_FOLDER, { recursive: true, mode: 0o711 })
  const { uid } = lstatSync(CLUSTER_FOLDER)
  if (process.getuid && uid !== OWNER) throw new Error(`${CLUSTER_FOLDER} belongs to user ${uid}, not to this one: remove it`)
}

/** The name of the template for the migrations as they are now. */
export function templateName(): string {
  const folder = join(ROOT, 'migrations')
  const texts = readdirSync(folder)
    .sort()
    .map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`)
  return `${TEMPLATE_PREFIX}${short(texts.join('\n'))}`
}
