// A pool of connections to PostgreSQL behind kysely. Holds alone how values come back (timestamptz as Date, int8 as a safe number or not at
// all) and that no statement, lock or forgotten transaction holds on for ever: one lost client must not stop the others. A login has only so many
// connections for all its processes, and when they are taken, queries wait as they do for the pool's own. Callers destroy() what they connect.

import { setTimeout as wait } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { preparing } from './prepared.ts'
import type { Schema } from './schema.ts'

export type DatabaseLog = Pick<Logger, 'info' | 'warn' | 'error'>
/** Connections that work, that lie ready, and queries that wait for one. */
export type PoolCounts = { readonly busy: number; readonly idle: number; readonly waiting: number }
export type ConnectOptions = {
  readonly applicationName: string
  readonly max: number
  /** How long a query waits for a connection. */
  readonly connectTimeoutMs?: number
  readonly log: DatabaseLog
  /** Zero waits for ever. */
  readonly lockTimeoutMs?: number
  readonly statementTimeoutMs?: number
  readonly idleInTransactionTimeoutMs?: number
  /** Is given a way to look at the pool. */
  readonly watch?: ((counts: () => PoolCounts) => void) | undefined
}

const CONNECT_MS = 10_000
/** SQLSTATE: the server, the database or the login has as many connections as it may have. */
const TOO_MANY = '53300'
const LOOK_AGAIN_MS = 25
const MAKE_DO_MS = 1_000

/** Opens a pool; the first connection is made by the first query. */
export function connect<Database = Schema>(url: string, options: ConnectOptions): Kysely<Database> {
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_MS
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.max,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 30_000,
    types: { getTypeParser },
    pipeline: true,
  })
  // One that breaks while it lies idle is replaced by the pool; one that breaks between two statements of a transaction fails the next of them.
  // Either tells it by an event, and without a listener of its own that would end the process.
  const lost = (error: Error): void =>
    options.log.warn({ err: error, applicationName: options.applicationName }, 'database connection lost')
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', lost))
  options.watch?.(() => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: preparing(pool, taking(pool, connectTimeoutMs)) }) })
}

/**
 * Gives a connection of the pool: one that came back, or one more. When the server refuses one more, the pool makes do with those it has for a
 * while: each refusal costs the server as much as a login.
 */
function taking(pool: pg.Pool, patienceMs: number): () => Promise<pg.PoolClient> {
  const { max } = pool.options
  let askAgainAt = 0
  return async () => {
    const until = performance.now() + patienceMs
    for (;;) {
      if (performance.now() > askAgainAt) pool.options.max = max
      try {
        return await pool.connect()
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || error.code !== TOO_MANY || performance.now() > until) throw error
        pool.options.max = Math.max(1, pool.totalCount)
        askAgainAt = performance.now() + MAKE_DO_MS
        await wait(LOOK_AGAIN_MS)
      }
    }
  }
}

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [pg.types.builtins.INT8]: safeInteger,
  // A time without zone would be read in the zone of this machine.
  [pg.types.builtins.TIMESTAMP]: (text) => text,
  [pg.types.builtins.DATE]: (text) => text,
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const own = format === 'binary' ? undefined : PARSERS[oid]
  return own ?? (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown)
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database gave an integer that is not exact in JavaScript: ${text}`)
  return value
}
