// The head store of several issuers: one row per realm in a PostgreSQL of its own (HEAD_STORE_URL), swapped by a conditional update that is durable before
// it answers. It must lie outside the database that it guards, so the same cluster is refused, and so is a standby of it: they share one system
// identifier. A store that does not answer in seconds counts as away; callers stop minting and ask again.

import pg from 'pg'
import { unusable } from '../db/inspect-database.ts'
import { canonicalText, readCanonical } from '../domain/canonical.ts'
import { type HeadStore, type Heads, heads } from '../domain/heads.ts'
import { read } from '../domain/shape.ts'
import { EXIT, StartRefused } from '../run.ts'

const PATIENCE_MS = 2_000
/** What the store keeps; made by itself where its login may. */
const TABLE = `CREATE TABLE countersign_head (
  realm text PRIMARY KEY,
  store text NOT NULL DEFAULT gen_random_uuid()::text,
  heads text
)`

const GRANT = 'let its owner run there: GRANT SELECT, INSERT, UPDATE ON countersign_head TO that login'

export type SharedHeadStore = HeadStore & {
  /** The cluster it lies in: `pg_control_system().system_identifier`. */
  readonly cluster: string
}

/** Opens the store of a realm; what the operator can mend is thrown as StartRefused. */
export async function openSharedHeadStore(url: string, realm: string, log: { warn: (about: object, words: string) => void }) {
  const pool = poolAt(url)
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'connection to the head store lost'))
  try {
    return await openIn(pool, realm)
  } catch (error) {
    await pool.end()
    throw inWords(url, error)
  }
}

/** The heads that are kept there for a realm, without opening the store: for doctor and whoever only looks. */
export async function readSharedHeads(url: string, realm: string): Promise<Heads | undefined> {
  const pool = poolAt(url)
  try {
    const { present } = await one<{ present: boolean }>(pool, `SELECT to_regclass('countersign_head') IS NOT NULL AS present`)
    if (!present) return undefined
    const { rows } = await pool.query<{ heads: string | null }>('SELECT heads FROM countersign_head WHERE realm = $1', [realm])
    return rows[0]?.heads ? parse(rows[0].heads) : undefined
  } catch (error) {
    throw inWords(url, error)
  } finally {
    await pool.end()
  }
}

const poolAt = (url: string): pg.Pool =>
  new pg.Pool({
    connectionString: url,
    application_name: 'countersign heads',
    max: 2,
    connectionTimeoutMillis: PATIENCE_MS,
    statement_timeout: PATIENCE_MS,
    lock_timeout: PATIENCE_MS,
    query_timeout: PATIENCE_MS + 500,
    keepAlive: true,
    onConnect: async (client) => void (await client.query('SET synchronous_commit TO on')),
  })

function parse(text: string): Heads {
  const found = read(heads, readCanonical(Buffer.from(text)))
  if (!found.ok)
    throw new StartRefused([`the head store: ${found.path} ${found.problem}; the heads cannot be guessed, restore the row`])
  return found.value
}

async function openIn(pool: pg.Pool, realm: string): Promise<SharedHeadStore> {
  const about = await one<{ cluster: string; standby: boolean; present: boolean }>(
    pool,
    `SELECT system_identifier::text AS cluster, pg_is_in_recovery() AS standby, to_regclass('countersign_head') IS NOT NULL AS present
     FROM pg_control_system()`,
  )
  if (about.standby) throw new StartRefused(['it leads to a standby, where nothing can be written: give the primary.'])
  if (!about.present) await makeTable(pool)
  await pool.query('INSERT INTO countersign_head (realm) VALUES ($1) ON CONFLICT DO NOTHING', [realm])
  const { store } = await one<{ store: string }>(pool, 'SELECT store FROM countersign_head WHERE realm = $1', [realm])
  let closing: Promise<void> | undefined
  return {
    cluster: about.cluster,
    identity: `shared:${store}`,
    read: async () => {
      const row = await one<{ store: string; heads: string | null }>(
        pool,
        'SELECT store, heads FROM countersign_head WHERE realm = $1',
        [realm],
      )
      if (row.store !== store) throw new Error('the row of this realm in the head store was made anew: start the issuer again')
      return row.heads === null ? undefined : parse(row.heads)
    },
    swap: async (old, next) => {
      const { rowCount } = await pool.query(
        'UPDATE countersign_head SET heads = $1 WHERE realm = $2 AND store = $3 AND heads IS NOT DISTINCT FROM $4',
        [canonicalText(next), realm, store, old === undefined ? null : canonicalText(old)],
      )
      return rowCount === 1
    },
    close: () => (closing ??= pool.end()),
  }
}

async function makeTable(pool: pg.Pool): Promise<void> {
  try {
    await pool.query(TABLE)
  } catch (error) {
    const code = codeOf(error)
    // Another issuer made it at the same moment.
    if (code === '42P07' || code === '23505') return
    if (code !== '42501') throw error
    const { user } = await one<{ user: string }>(pool, 'SELECT quote_ident(current_user) AS user')
    throw new StartRefused([
      `the table of heads is missing, and this login may not make it. Let its owner run there:\n${TABLE};\nGRANT SELECT, INSERT, UPDATE ON countersign_head TO ${user};`,
    ])
  }
}

async function one<Row extends pg.QueryResultRow>(pool: pg.Pool, text: string, values: readonly unknown[] = []): Promise<Row> {
  const { rows } = await pool.query<Row>(text, [...values])
  const [row] = rows
  if (!row) throw new StartRefused(['the row of this realm in the head store is gone: start the issuer again'])
  return row
}

/** What the server says or does not, in words with their mend; what is ours to say of the table or a row is said already. */
function inWords(url: string, error: unknown): unknown {
  if (error instanceof StartRefused) return error
  const { words, passes } = unusable('head store', url, error, codeOf(error) === '42501' ? GRANT : undefined)
  return new StartRefused([words], passes ? EXIT.unavailable : EXIT.config)
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
