// Queries on the watermark: one row, written by issuers alone. Its counter only grows, and each move is durable before it answers whatever the
// server's settings say, because the outside heads must never be ahead of what a crash leaves.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'

export type Watermark = {
  readonly counter: number
  readonly store: string
  /** To when the counter brings this database, on its own clock. */
  readonly movedAt: Date
  /** Since an issuer with this store last looked. Negative when the database's clock stepped back. */
  readonly idleSeconds: number
  /** The latest era that this database has begun. */
  readonly era: number
}

export async function findWatermark(db: Kysely<Schema>): Promise<Watermark | undefined> {
  const { rows } = await sql<Watermark>`select counter, store, moved_at as "movedAt",
    extract(epoch from clock_timestamp() - seen_at)::float8 as "idleSeconds",
    (select coalesce(max(era), 1) from era) as era from watermark`.execute(db)
  return rows[0]
}

/** Says that `store` serves this database from now on; false when another one took its place since `from` was read there. */
export async function serveWatermark(db: Kysely<Schema>, store: string, from: string | undefined): Promise<boolean> {
  const { rows } = await sql`insert into watermark (counter, store) values (0, ${store})
    on conflict (one) do update set store = excluded.store, seen_at = clock_timestamp()
    where watermark.store = ${from ?? store} returning one`.execute(db)
  return rows.length === 1
}

/** Moves the counter on by one and gives it; undefined when the row is below `least` or another store serves. */
export async function moveWatermark(db: Kysely<Schema>, store: string, least: number): Promise<number | undefined> {
  const { rows } = await sql<{ counter: number }>`
    with durable as materialized (select set_config('synchronous_commit', 'on', true) as setting)
    update watermark set counter = counter + 1, moved_at = clock_timestamp(), seen_at = clock_timestamp()
    from durable where setting = 'on' and store = ${store} and counter >= ${least} returning counter`.execute(db)
  return rows[0]?.counter
}

/** Notes that an issuer with this store looks, and moves nothing. */
export async function touchWatermark(db: Kysely<Schema>, store: string): Promise<void> {
  await db.updateTable('watermark').set({ seen_at: sql<Date>`clock_timestamp()` }).where('store', '=', store).execute()
}

/** Lifts the counter above what a recovery says was lost, so that no number is ever used twice. */
export async function raiseWatermark(trx: Transaction<Schema>, above: number): Promise<void> {
  await sql`update watermark set counter = greatest(counter, ${above}) + 1, moved_at = clock_timestamp()`.execute(trx)
}
