// Telling: outbox rows of both processes become deliveries, one per place; a delivery is retried until its place was told. Of one request and place
// only one open delivery may be taken until it is done, so that two workers never write the same message at once; whoever has told a place has told it
// the newest state, so everything that waited there is done with it. The bot writes no row of the issuer's outbox: `delivery.source` is the mark. What a
// delivery leaves to be told in turn (a notice, a second look) is written in the statement that ends it, so that no crash comes between.

import { type Insertable, type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../schema.ts'

export type Untold = {
  readonly id: string
  readonly topic: string
  readonly request_id: string | null
  readonly payload: Record<string, unknown>
  readonly created_at: Date
}

/**
 * Outbox rows of both processes since a time that have no delivery yet, oldest first. The last minute is always looked at: the time may come from news
 * that a bot with a clock ahead wrote, and must not put what others write now out of sight.
 */
export async function findUntold(db: Kysely<Schema>, since: Date, limit: number): Promise<Untold[]> {
  const from = sql`least(${since}::timestamptz, now() - interval '1 minute')`
  const found = await sql<Untold>`
    select id, topic, request_id, payload, created_at from (
      select id, topic, request_id, payload, created_at from bot_outbox where created_at >= ${from}
      union all
      select id, topic, request_id, payload, created_at from issuer_outbox where created_at >= ${from}
    ) o
    where not exists (select from delivery d where d.source = o.id)
    order by created_at, id limit ${limit}`.execute(db)
  return found.rows
}

/** Keys of advisory locks on the news that a bot is planning; the other half is the news. */
const PLANNING = 0x706c616e

/** Whether this transaction is to plan these news: no other bot is planning them, and none has. */
export async function claimNews(trx: Transaction<Schema>, id: string): Promise<boolean> {
  const [lock, planned] = await Promise.all([
    sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${PLANNING}, hashtext(${id})) as mine`.execute(trx),
    // Asked after the lock, so that it sees what whoever had the lock before has committed.
    trx.selectFrom('delivery').select('id').where('source', '=', id).limit(1).execute(),
  ])
  return lock.rows[0]?.mine === true && planned.length === 0
}

/** Puts out news of the bot's own; what has been put out under its id already stays as it is. */
export async function insertNews(trx: Transaction<Schema>, rows: readonly Insertable<Schema['bot_outbox']>[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('bot_outbox')
    .values(rows)
    .onConflict((on) => on.doNothing())
    .execute()
}

/** `none` tells nobody: there is nobody to tell, or it cannot be said, and why. */
export type Planned =
  /** `about`: what the message in that place is about, where it is no request; `at`: not before. */
  | { readonly kind: 'slack'; readonly place: string; readonly about?: string; readonly at?: Date }
  | { readonly kind: 'none'; readonly place: ''; readonly error: string | null }

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
      planned.map((each) => ({
        id: each.id,
        source: source.id,
        kind: each.kind,
        place: each.place,
        request_id: ('about' in each ? each.about : undefined) ?? source.request_id,
        payload: '{}',
        created_at: now,
        due_at: ('at' in each ? each.at : undefined) ?? now,
        done_at: each.kind === 'none' ? now : null,
        last_error: each.kind === 'none' ? each.error : null,
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
  readonly created_at: Date
  /** The end of the lease. */
  readonly due_at: Date
  /** A second look at a place whose answer was lost once: what stands there is said anew, and what stands there twice is removed. */
  readonly again: boolean
  /** This delivery and those behind it in the same place: all done when the place has been told. */
  readonly group: readonly string[]
}

/**
 * Takes up to `limit` due deliveries; they are this worker's until `leaseUntil`. Of one place it is the one that was tried, or else the oldest: an older one
 * may become visible while a newer one is being told, because another bot's commit came late or its clock is behind.
 */
export async function takeDeliveries(db: Kysely<Schema>, now: Date, leaseUntil: Date, limit: number): Promise<TakenDelivery[]> {
  const taken = await sql<TakenDelivery>`
    with head as (
      select d.id from delivery d
      where d.kind = 'slack' and d.done_at is null and d.due_at <= ${now}
        and not exists (
          select from delivery first
          where first.done_at is null and first.kind = d.kind and first.request_id = d.request_id and first.place = d.place
            and (first.attempts = 0, first.created_at, first.id) < (d.attempts = 0, d.created_at, d.id))
      order by d.due_at limit ${limit} for update skip locked)
    update delivery set due_at = ${leaseUntil}, attempts = attempts + 1
    where id in (select id from head)
    returning id, place, request_id, attempts, created_at, due_at, coalesce((payload ->> 'again')::boolean, false) as again, (
      select array_agg(g.id) from delivery g
      where g.done_at is null and g.kind = delivery.kind and g.request_id = delivery.request_id and g.place = delivery.place
        and (g.created_at <= ${now} or g.id = delivery.id)) as "group"`
    .execute(db)
    .catch((error: { code?: string; constraint?: string }) => {
      // Another worker took in one of these places at this moment. It is seen at the next turn.
      if (error.code === '23505' && error.constraint === 'delivery_one_teller') return { rows: [] }
      throw error
    })
  return taken.rows
}

/** What follows a delivery: another place to be told now, or the same place once more, later. */
export type Follow = { readonly id: string; readonly place: string; readonly at: Date; readonly again: boolean }

/** Ends deliveries and, with them, puts out what follows the first. */
export async function finishDeliveries(
  db: Kysely<Schema>,
  ids: readonly string[],
  now: Date,
  error: string | null = null,
  follow?: Follow,
): Promise<void> {
  const done = db.updateTable('delivery').set({ done_at: now, last_error: error }).where('id', 'in', ids)
  if (!follow) {
    await done.execute()
    return
  }
  // A second look is made in the future also in its time of creation: so it holds up no news of before, and no news ends it.
  await db
    .with('done', () => done.returning(['id', 'request_id']))
    .insertInto('delivery')
    .columns(['id', 'source', 'kind', 'place', 'request_id', 'payload', 'created_at', 'due_at'])
    .expression((eb) =>
      eb
        .selectFrom('done')
        .select([
          sql<string>`${follow.id}::uuid`.as('id'),
          'done.id as source',
          sql<string>`'slack'`.as('kind'),
          sql<string>`${follow.place}::text`.as('place'),
          'done.request_id',
          sql<string>`${JSON.stringify(follow.again ? { again: true } : {})}::jsonb`.as('payload'),
          sql<Date>`${follow.at}::timestamptz`.as('created_at'),
          sql<Date>`${follow.at}::timestamptz`.as('due_at'),
        ])
        .where('done.id', '=', ids[0] ?? ''),
    )
    .onConflict((on) => on.columns(['source', 'kind', 'place']).doNothing())
    .execute()
}

/** The places of a request whose last delivery ended in vain, and why. */
export async function findUnheard(
  db: Kysely<Schema>,
  request: string,
): Promise<{ readonly place: string; readonly error: string }[]> {
  const found = await sql<{ place: string; error: string | null }>`
    select distinct on (place) place, last_error as error from delivery
    where request_id = ${request} and kind = 'slack' and done_at is not null
    order by place, done_at desc, id desc`.execute(db)
  return found.rows.flatMap(({ place, error }) => (error === null ? [] : [{ place, error }]))
}

/** Puts off a delivery that is still the caller's; one that was not even tried gets its attempt back. */
export async function delayDelivery(
  db: Kysely<Schema>,
  { id, due_at }: Pick<TakenDelivery, 'id' | 'due_at'>,
  until: Date,
  error: string,
  tried: boolean,
): Promise<void> {
  await db
    .updateTable('delivery')
    .set((eb) => ({ due_at: until, last_error: error, ...(!tried && { attempts: eb('attempts', '-', 1) }) }))
    .where('id', '=', id)
    // Whoever stalled until his lease was over must not end another's.
    .where('due_at', '=', due_at)
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
