// A PostgreSQL of one's own for `npm start` without a database, for trials and tests: loopback only, no TLS, scram passwords, fsync on.
// Holds alone: one data folder has one owner. The owner is whoever holds an advisory lock in the cluster itself, by a connection that dies
// with the owner's process; so a cluster that outlived a killed owner is adopted, and a second start beside a living owner is refused.
// Every start, recovery and adoption is the same loop: look, mend one thing, look again. Callers call stop() before they exit.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Logger } from 'pino'
import { z } from 'zod'
import { EXIT, StartRefused } from '../run.ts'
import { chooseHome, findPrograms, type Identity, type Programs, postgresIdentity, prepareHome } from './embedded-place.ts'
import { keepJson, replaceJson } from './kept-file.ts'

const run = promisify(execFile)
const SUPERUSER = 'postgres'
const OWNERSHIP = [0x436f756e, 0x6f776e72] as const
const PATIENCE_MS = 20_000
const RECOVERY_PAUSE_MS = 1_000
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  ssl: 'off',
  fsync: 'on',
  max_connections: '200',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

const Kept = z.strictObject({ home: z.string().min(1), port: z.int().min(1).max(65_535), password: z.string().min(32) })
type Kept = z.infer<typeof Kept>
type Settings = Readonly<Record<string, string>>
type Cluster = {
  readonly keptPath: string
  readonly home: string
  readonly data: string
  readonly logPath: string
  readonly identity: Identity | undefined
  readonly programs: Programs
  readonly log: EmbeddedLog
  readonly settings: Settings
  kept: Kept
}

export type EmbeddedLog = Pick<Logger, 'info' | 'warn' | 'error'>
export type EmbeddedPostgres = {
  readonly port: number
  /** The folder of data and log; DATA_DIR unless PostgreSQL's user cannot reach that. */
  readonly home: string
  /** The URL of one database of this cluster, as its superuser or as a login. */
  url(database: string, login?: { readonly user: string; readonly password: string }): string
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  readonly dataDir: string
  readonly log: EmbeddedLog
  /** In place of ours. */
  readonly settings?: Settings
}

/** Starts or adopts the cluster of this data folder; refuses when another living process has it. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(options)
  let owner = await own(cluster)
  let recovery: Promise<void> | undefined
  let stopping = false
  const { port } = cluster.kept
  const watch = () =>
    owner.once('end', () => {
      if (!stopping) recovery = recover()
    })
  const recover = async () => {
    cluster.log.warn({ home: cluster.home }, 'embedded PostgreSQL has gone away and is started again')
    // Again and again: what keeps it down, as a full disk does, may end.
    while (!stopping) {
      try {
        owner = await own(cluster, () => stopping)
        watch()
        if (cluster.kept.port !== port) throw new Error(`Its port ${port} was taken meanwhile: restart Countersign.`)
        return
      } catch (error) {
        cluster.log.error({ err: error, home: cluster.home }, 'embedded PostgreSQL cannot be started again yet')
        if (cluster.kept.port !== port) return
        await delay(RECOVERY_PAUSE_MS)
      }
    }
  }
  watch()

  return {
    port,
    home: cluster.home,
    url: (database, login = { user: SUPERUSER, password: cluster.kept.password }) =>
      `postgres://${login.user}:${login.password}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      stopping = true
      await recovery
      if (await readPostmaster(cluster)) await control(cluster, 'stop', '-m', 'fast', '-t', '30')
      await owner.end().catch(() => undefined)
    },
  }
}

async function openCluster({ dataDir, log, settings = {} }: EmbeddedOptions): Promise<Cluster> {
  const identity = await postgresIdentity()
  await mkdir(dataDir, { recursive: true, mode: identity ? 0o711 : 0o700 })
  const keptPath = join(dataDir, 'postgres.json')
  const kept = await keepJson(keptPath, Kept, async () => ({
    home: await chooseHome(dataDir, identity),
    port: await freePort(),
    password: randomBytes(24).toString('base64url'),
  }))
  const home = await prepareHome(dataDir, kept.home, identity)
  const programs = await findPrograms(identity)
  return {
    keptPath,
    home,
    data: join(home, 'data'),
    logPath: join(home, 'postgres.log'),
    identity,
    programs,
    log,
    settings,
    kept,
  }
}

/** Looks at the cluster and mends it until this process owns it. */
async function own(cluster: Cluster, isOver = () => false): Promise<pg.Client> {
  await initialise(cluster)
  let failure: unknown
  let failures = 0
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline && !isOver(); await delay(25)) {
    const postmaster = await readPostmaster(cluster)
    if (!postmaster) {
      // Twice is a race with another start or a port taken meanwhile, often is a reason that stays.
      failure = await start(cluster)
      if (failure && ++failures === 15) break
      continue
    }
    const client = await connectAt(cluster, postmaster.port)
    if (client === undefined) {
      // A pid file left from before a crash or copied with the folder, whose number now is another process.
      if (!(await runsHere(cluster, postmaster.pid))) await rm(join(cluster.data, 'postmaster.pid'), { force: true })
      continue
    }
    const holder = await claimOwnership(client)
    if (holder === undefined) {
      await rememberPort(cluster, postmaster.port)
      return client
    }
    await client.end()
    // The server notices a moment later that a killed owner is gone.
    if (isAlive(holder))
      throw new StartRefused([
        `The database in ${cluster.home} is in use by process ${holder}: stop that one first, or set another DATA_DIR.`,
      ])
  }
  const why = failure instanceof Error ? lastWords(failure.message) : ''
  throw new StartRefused([`The embedded PostgreSQL in ${cluster.home} does not start${why}; its log is ${cluster.logPath}.`])
}

async function initialise(cluster: Cluster): Promise<void> {
  const versionPath = join(cluster.data, 'PG_VERSION')
  const version = await readFile(versionPath, 'utf8').catch(() => undefined)
  if (version?.trim() === cluster.programs.major) return
  if (version !== undefined)
    throw new StartRefused([
      `${cluster.data} is of PostgreSQL ${version.trim()}, this is PostgreSQL ${cluster.programs.major}: dump it with the old one first.`,
    ])

  for (const name of await readdir(cluster.home)) {
    const pid = /^(?:data|password)\.new-(\d+)$/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await rm(join(cluster.home, name), { recursive: true, force: true })
  }
  const draft = `${cluster.data}.new-${process.pid}`
  const passwordPath = join(cluster.home, `password.new-${process.pid}`)
  try {
    await writeFile(passwordPath, `${cluster.kept.password}\n`, { mode: 0o600 })
    if (cluster.identity) await chown(passwordPath, cluster.identity.uid, cluster.identity.gid)
    const flags = [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordPath}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
    ]
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions']
    await runAs(cluster, cluster.programs.initdb, [...flags, ...locale])
    await rename(draft, cluster.data)
  } catch (error) {
    // Another first start may have been faster; which of the two owns it is decided later.
    if (!(await readFile(versionPath, 'utf8').catch(() => undefined))) throw initialisationFailed(cluster, error)
  } finally {
    await rm(passwordPath, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}

/** initdb says why on its error output; its command line, which names files, helps nobody. */
function initialisationFailed({ home }: Cluster, error: unknown): unknown {
  if (!(error instanceof Error && 'stderr' in error)) return error
  const full = /No space left|Disk quota/.test(String(error.stderr))
  if (full)
    return new StartRefused([`There is no space left on the disk of ${home}: make some and start again.`], EXIT.unavailable)
  return new StartRefused([`The embedded PostgreSQL could not be made in ${home}${lastWords(String(error.stderr))}.`])
}

/** What PostgreSQL complained of last. */
function lastWords(text: string): string {
  const said = text.split('\n').findLast((line) => /(?:FATAL|PANIC|error): /i.test(line))
  return said === undefined ? '' : ` (${said.replace(/^.*?(?:FATAL|PANIC|error): +/i, '')})`
}

/** Starts the postmaster in a session of its own, so that Ctrl-C reaches us first; what went wrong comes back, the loop looks again. */
async function start(cluster: Cluster): Promise<unknown> {
  await truncate(cluster.logPath).catch(() => undefined)
  const port = await freePort(cluster.kept.port)
  const settings = Object.entries({ ...SETTINGS, ...cluster.settings }).map(([name, value]) => `-c ${name}=${value}`)
  try {
    await control(cluster, 'start', '-l', cluster.logPath, '-t', '15', '-o', [`-p ${port}`, ...settings].join(' '))
    return undefined
  } catch (error) {
    return new Error(await readFile(cluster.logPath, 'utf8').catch(() => 'no log'), { cause: error })
  }
}

async function readPostmaster(cluster: Cluster): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '')
  const [pid, , , port] = text.split('\n').map(Number)
  return pid && port && isAlive(pid) ? { pid, port } : undefined
}

/** A connection to this cluster, or undefined when what listens there is not (yet) this cluster. */
async function connectAt(cluster: Cluster, port: number): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: cluster.kept.password,
    database: 'postgres',
    application_name: `countersign owner ${process.pid}`,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`)
    if (resolve(rows[0]?.folder ?? '') === cluster.data) return client
    await client.end()
  } catch {
    // Refused, another password, starting up or shutting down: the loop looks again.
  }
  return undefined
}

/** Takes the ownership, or gives the process id of who has it. */
async function claimOwnership(client: pg.Client): Promise<number | undefined> {
  const taken = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1, $2) as mine', [...OWNERSHIP])
  if (taken.rows[0]?.mine) return undefined
  const holder = await client.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and classid = $1 and objid = $2 and objsubid = 2`,
    [...OWNERSHIP],
  )
  return Number(/ (\d+)$/.exec(holder.rows[0]?.name ?? '')?.[1] ?? 0)
}

/** The running port is part of every URL that was given away: while this process lives it may not change. */
async function rememberPort(cluster: Cluster, port: number): Promise<void> {
  if (port === cluster.kept.port) return
  cluster.kept = { ...cluster.kept, port }
  await replaceJson(cluster.keptPath, cluster.kept)
}

async function freePort(preferred = 0): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.once('error', () => resolve(0))
    server.listen(preferred, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return port || freePort()
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether that process is a PostgreSQL over this data folder. */
async function runsHere(cluster: Cluster, pid: number): Promise<boolean> {
  if (process.platform === 'win32') return true
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : await run('ps', ['-o', 'args=', '-p', String(pid)]).then(
          ({ stdout }) => stdout,
          () => '',
        )
  return command.includes(cluster.data)
}

const control = (cluster: Cluster, verb: 'start' | 'stop', ...flags: string[]) =>
  runAs(cluster, cluster.programs.pgCtl, [verb, '-D', cluster.data, '-w', '-s', ...flags])

/** Runs a program as PostgreSQL's user and with next to none of our environment, which may hold tokens. */
async function runAs(cluster: Cluster, program: string, args: readonly string[]): Promise<void> {
  const { PATH, SystemRoot } = process.env
  const env = { LC_ALL: 'C', ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot }) }
  await run(program, args, { env, cwd: cluster.home, ...cluster.identity })
}
