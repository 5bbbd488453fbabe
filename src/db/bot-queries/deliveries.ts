// Telling: outbox rows of both processes become deliveries, one per place; a delivery is retried until its place was told. Of one request and place
// only the oldest open delivery may be taken, so that two workers never write the same message at once; whoever has told a place has told it the
// newest state, so everything that waited there is done with it. The bot writes no row of the issuer's outbox: `delivery.source` is the mark.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../schema.ts'

export type Untold = {
  readonly id: string
  readonly topic: string
  readonly request_id: string | null
  readonly created_at: Date
}

/** Outbox rows of both processes since a time that have no delivery yet, oldest first. */
export async function findUntold(db: Kysely<Schema>, since: Date, limit: number): Promise<Untold[]> {
  const found = await sql<Untold>`
    select id, topic, request_id, created_at from (
      select id, topic, request_id, created_at from bot_outbox where created_at >= ${since}
      union all
      select id, topic, request_id, created_at from issuer_outbox where created_at >= ${since}
    ) o
    where not exists (select from delivery d where d.source = o.id)
    order by created_at, id limit ${limit}`.execute(db)
  return found.rows
}

export type Planned = { readonly kind: 'slack' | 'none'; readonly place: string }

/** Writes the deliveries of one outbox row; those that another bot planned already stay as they are. */
export async function insertDeliveries(
  trx: Transaction<Schema>,
  source: Untold,
  planned: readonly (Planned & { readonly id: string })[],
  now: Date,
): Promise<void> {
  await trx
    .insertInto('delivery')
    .values(
      planned.map(({ id, kind, place }) => ({
        id,
        source: source.id,
        kind,
        place,
        request_id: source.request_id,
        payload: '{}',
        created_at: now,
        due_at: now,
        done_at: kind === 'none' ? now : null,
        last_error: null,
      })),
    )
    .onConflict((on) => on.columns(['source', 'kind', 'place']).doNothing())
    .execute()
}

export type TakenDelivery = {
  readonly id: string
  readonly place: string
  readonly request_id: string
  readonly attempts: number
  /** This delivery and those behind it in the same place: all done when the place has been told. */
  readonly group: readonly string[]
}

/** Takes up to `limit` due deliveries; they are this worker's until `leaseUntil`. */
export async function takeDeliveries(db: Kysely<Schema>, now: Date, leaseUntil: Date, limit: number): Promise<TakenDelivery[]> {
  const taken = await sql<TakenDelivery>`
    with head as (
      select d.id from delivery d
      where d.kind = 'slack' and d.done_at is null and d.due_at <= ${now}
        and not exists (
          select from delivery older
          where older.done_at is null and older.kind = d.kind and older.request_id = d.request_id and older.place = d.place
            and (older.created_at, older.id) < (d.created_at, d.id))
      order by d.due_at limit ${limit} for update skip locked)
    update delivery set due_at = ${leaseUntil}, attempts = attempts + 1
    where id in (select id from head)
    returning id, place, request_id, attempts, (
      select array_agg(g.id) from delivery g
      where g.done_at is null and g.kind = delivery.kind and g.request_id = delivery.request_id and g.place = delivery.place) as "group"`.execute(
    db,
  )
  return taken.rows
}

export async function finishDeliveries(
  db: Kysely<Schema>,
  ids: readonly string[],
  now: Date,
  error: string | null = null,
): Promise<void> {
  await db.updateTable('delivery').set({ done_at: now, last_error: error }).where('id', 'in', ids).execute()
}

/** Puts a delivery off; one that was not even tried gets its attempt back. */
export async function delayDelivery(db: Kysely<Schema>, id: string, dueAt: Date, error: string, tried: boolean): Promise<void> {
  await db
    .updateTable('delivery')
    .set((eb) => ({ due_at: dueAt, last_error: error, ...(!tried && { attempts: eb('attempts', '-', 1) }) }))
    .where('id', '=', id)
    .execute()
}

/** Removes what was told, and what the bot put out, before a time; at most `limit` rows each. */
export async function forgetDeliveries(db: Kysely<Schema>, before: Date, limit: number): Promise<void> {
  await sql`delete from delivery where id in (select id from delivery where done_at < ${before} limit ${limit} for update skip locked)`.execute(
    db,
  )
  await sql`delete from bot_outbox where id in (
    select id from bot_outbox where created_at < ${before} order by created_at limit ${limit} for update skip locked)`.execute(db)
}
