// A database of its own for each test file, cloned from a migrated template: real commits, real roles, in parallel, dropped at the end.
// All test processes of a working copy share one embedded PostgreSQL (cluster.ts), which the first of them starts; its connection to the
// keeper says for how long it is needed. The template is named after the migrations' content, so that changed migrations make a new one.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect as connectTo, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Kysely } from 'kysely'
import pg from 'pg'
import { pino } from 'pino'
import { type ConnectOptions, connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createDatabase } from '../../src/db/roles.ts'
import type { Schema } from '../../src/db/schema.ts'
import { CLUSTER_FOLDER, type Cluster, KEEPER_SOCKET, prepareClusterFolder, TEST_PREFIX, templateName } from './cluster-place.ts'

const TEMPLATE_LOCK = 0x74656d70
const quiet = pino({ level: 'silent' })
type Role = 'owner' | 'bot' | 'issuer'

export type TestDatabase = {
  readonly name: string
  readonly ownerUrl: string
  readonly botUrl: string
  readonly issuerUrl: string
  readonly superuserUrl: string
  /** A pool for one login, closed with the database. */
  connect(role: Role, options?: Partial<ConnectOptions>): Kysely<Schema>
  close(): Promise<void>
}

/** A migrated (or empty) database of one's own; `t` is a test context, or `{ after }` of node:test for a whole file. */
export async function createTestDatabase(
  t: { after(work: () => Promise<void>): void },
  { migrated = true }: { migrated?: boolean } = {},
): Promise<TestDatabase> {
  let opened: TestDatabase | undefined
  // Before the cluster is awaited, which another file of this process may have joined: node takes who waits for what is another's for that other.
  t.after(async () => opened?.close())
  const { cluster } = await joinCluster()
  const name = `${TEST_PREFIX}${process.pid}_${randomBytes(4).toString('hex')}`
  await withClient(cluster.superuser, async (client) =>
    createDatabase(client, name, migrated ? await ensureTemplate(client, cluster) : 'template0'),
  )
  const url = (role: keyof Cluster) => inDatabase(cluster[role], name)
  const pools: Kysely<Schema>[] = []
  let closing: Promise<void> | undefined
  const drop = async () => {
    await Promise.all(pools.map((pool) => pool.destroy()))
    await withClient(cluster.superuser, (client) => client.query(`drop database ${pg.escapeIdentifier(name)} with (force)`))
  }
  const database: TestDatabase = {
    name,
    ownerUrl: url('owner'),
    botUrl: url('bot'),
    issuerUrl: url('issuer'),
    superuserUrl: url('superuser'),
    connect: (role, options = {}) => {
      const pool = connect(url(role), { applicationName: `test ${role}`, max: 4, log: quiet, ...options })
      pools.push(pool)
      return pool
    },
    close: () => (closing ??= drop()),
  }
  opened = database
  return database
}

export type Membership = { readonly cluster: Cluster; leave(): Promise<void> }
let membership: Promise<Membership> | undefined

/** Joins the shared cluster for the life of this process, and starts its keeper when there is none. */
export const joinCluster = (): Promise<Membership> => (membership ??= startOrJoin())

async function startOrJoin(): Promise<Membership> {
  const logPath = join(CLUSTER_FOLDER, 'keeper.log')
  const deadline = Date.now() + 40_000
  for (let spawned = 0; Date.now() < deadline; await delay(20)) {
    const socket = await reach()
    if (socket) {
      const found = await greeting(socket)
      if (found) return found
    }
    // A keeper that finds the cluster still owned, by one that is just leaving, gives up: another one is sent after it.
    if (Date.now() - spawned < 4_000) continue
    spawned = Date.now()
    // Each time: the one that is just leaving may take the folder with it.
    prepareClusterFolder()
    const out = openSync(logPath, 'a')
    spawn(process.execPath, [fileURLToPath(new URL('./cluster.ts', import.meta.url))], {
      detached: true,
      stdio: ['ignore', out, out],
    }).unref()
    closeSync(out)
  }
  throw new Error(`The tests' PostgreSQL did not start; see ${logPath}`)
}

async function reach(): Promise<Socket | undefined> {
  const socket = connectTo(KEEPER_SOCKET)
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(undefined))
  })
}

async function greeting(socket: Socket): Promise<Membership | undefined> {
  const lines = createInterface({ input: socket })
  const line = await new Promise<string | undefined>((resolve) => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(undefined))
  })
  if (line === undefined) return undefined
  socket.on('error', () => undefined)
  // The connection lasts as long as the process without keeping it alive.
  socket.unref()
  const leave = async () => {
    socket.ref()
    socket.end()
    await once(socket, 'close')
  }
  return { cluster: JSON.parse(line) as Cluster, leave }
}

async function ensureTemplate(client: pg.Client, cluster: Cluster): Promise<string> {
  const template = templateName()
  const exists = async () => (await client.query('select from pg_database where datname = $1', [template])).rowCount === 1
  if (await exists()) return template
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    if (await exists()) return template
    const draft = `${TEST_PREFIX}draft_${randomBytes(4).toString('hex')}`
    await createDatabase(client, draft, 'template0')
    await migrate(inDatabase(cluster.owner, draft), { log: quiet })
    await client.query(`alter database ${draft} with allow_connections false`)
    await client.query(`alter database ${draft} rename to ${template}`)
    return template
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
}

function inDatabase(url: string, database: string): string {
  const moved = new URL(url)
  moved.pathname = `/${database}`
  return moved.href
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
