// The one PostgreSQL that all tests of this folder share, kept by a process of its own: it starts the embedded cluster, tells each test
// process that connects where it is, and stops it when the last of them has gone, killed or not. Run by database.ts, never by hand.
// A keeper killed itself leaves an orphan that the next keeper adopts. Two keepers at once: the cluster has one owner, the other one leaves.

import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'
import { prepareEmbeddedDatabase } from '../../src/db/roles.ts'
import {
  CLUSTER_FOLDER,
  type Cluster,
  FSYNC,
  IN_MEMORY,
  KEEPER_SOCKET,
  TEMPLATE_PREFIX,
  TEST_PREFIX,
  templateName,
} from './cluster-place.ts'

const log = pino()
const postgres = await startEmbeddedPostgres({ dataDir: CLUSTER_FOLDER, log, settings: { fsync: FSYNC, max_wal_size: '256MB' } })
// Several test files at once have a pool each, so the bot's login has room for more than one process of it.
const urls = await prepareEmbeddedDatabase(postgres, { dataDir: CLUSTER_FOLDER, database: 'countersign', botConnections: 100 })
const cluster: Cluster = { superuser: postgres.url('postgres'), ...urls }
await dropLeftovers()

const users = new Set<Socket>()
// Those who left last: each is told, by the end of its connection, when the cluster has stopped or has found another user.
let leavers: Socket[] = []
let idle = setTimeout(leave, 20_000)
const server = createServer({ allowHalfOpen: true }, (socket) => {
  clearTimeout(idle)
  dismiss()
  users.add(socket)
  socket.on('error', () => undefined)
  socket.once('end', () => gone(socket))
  socket.once('close', () => gone(socket))
  socket.resume()
  socket.write(`${JSON.stringify(cluster)}\n`)
})
rmSync(KEEPER_SOCKET, { force: true })
server.listen(KEEPER_SOCKET)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave)

function gone(socket: Socket): void {
  if (!users.delete(socket)) return
  leavers.push(socket)
  if (users.size > 0) dismiss()
  else idle = setTimeout(leave, 300)
}

function dismiss(): void {
  for (const socket of leavers) socket.destroy()
  leavers = []
}

async function leave(): Promise<void> {
  server.close()
  rmSync(KEEPER_SOCKET, { force: true })
  await postgres.stop()
  if (IN_MEMORY) rmSync(CLUSTER_FOLDER, { recursive: true, force: true })
  for (const socket of users) socket.destroy()
  dismiss()
}

async function dropLeftovers(): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.superuser })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1)',
    [TEST_PREFIX],
  )
  for (const { name } of rows) {
    if (name === templateName()) continue
    if (name.startsWith(TEMPLATE_PREFIX))
      await client.query(`alter database ${pg.escapeIdentifier(name)} with allow_connections true`)
    await client.query(`drop database ${pg.escapeIdentifier(name)} with (force)`)
  }
  await client.end()
}
