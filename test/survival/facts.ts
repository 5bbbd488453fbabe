// Everything that a checker compares, read once when nothing moves any more: rows as they stand, the log in the order of its times, and what stands outside
// the database. Plain data, so that what is checked can also be made by hand.

import { type Kysely, type Selectable, sql } from 'kysely'
import type { Schema } from '../../src/db/schema.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import { checkCode } from '../../src/domain/ids.ts'
import type { Workspace } from '../../src/sandbox/slack/workspace.ts'
import type { Told } from './life.ts'
import type { Outages } from './outages.ts'
import type { Taken, Use } from './stand.ts'

export type Entry = {
  readonly id: string
  readonly type: string
  readonly at: Date
  readonly request: string | null
  readonly actor: string | null
  readonly body: Readonly<Record<string, unknown>>
}
export type SlackMessage = {
  readonly channel: string
  readonly ts: string
  readonly text: string
  /** All that it shows. */
  readonly said?: string
  /** What posted it, as its metadata says. */
  readonly delivery?: string
}
type Rows<T extends keyof Schema> = readonly Selectable<Schema[T]>[]
export type Facts = {
  readonly now: Date
  readonly roots: TrustRoots
  readonly request: Rows<'request'>
  readonly state: Rows<'request_state'>
  readonly refused: readonly string[]
  readonly evidence: Rows<'evidence'>
  readonly grant: Rows<'grant'>
  readonly credential: Rows<'credential'>
  readonly message: Rows<'message'>
  readonly entries: readonly Entry[]
  /** Which life a request says it is of, by its reason. */
  readonly lives: ReadonlyMap<string, number>
  /** What still waits, by what it is. */
  readonly waiting: Readonly<Record<string, number>>
  /** How each delivery to Slack went, in words for whoever looks for the cause of a doubled message. */
  readonly deliveries: ReadonlyMap<string, { readonly place: string; readonly story: string }>
  /** What was given up instead of told. */
  readonly untold: readonly string[]
  /** The requests of which something is still to be told that came up too late to be waited for: their messages say what was true before. */
  readonly moving: ReadonlySet<string>
  /** What has not been told yet, in words for whoever looks for the cause. */
  readonly leftOver: readonly string[]
}
export type Outside = {
  /** What the app wrote where several can read it, or to one person in private. */
  readonly messages: readonly SlackMessage[]
  readonly uses: readonly Use[]
  /** The early ends that the target confirmed. */
  readonly taken: readonly Taken[]
  readonly outages: Outages
  readonly told: readonly Told[]
}

/** Nothing is newer. */
const EVER = new Date('9999-12-31')

/**
 * How much is still under way: nothing of it may stay. What is to be told counts if it came up before a time: requests that nobody confirmed run out of
 * time one by one for ten minutes more, so there may be no moment at which nothing at all is being told.
 */
export async function countWaiting(db: Kysely<Schema>, before = EVER): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<Record<string, number>>`select
    (select count(*) from inbox where done_at is null) as "inbox rows",
    (select count(*) from delivery where done_at is null and created_at < ${before}) as "deliveries",
    (select count(*) from (select id, created_at from bot_outbox union all select id, created_at from issuer_outbox) o
      where created_at < ${before} and not exists (select from delivery d where d.source = o.id)) as "news untold",
    (select count(*) from wish w where not exists (select from wish_outcome o where o.wish_id = w.id)) as "wishes unheeded",
    (select count(*) from request r where not exists (select from request_state s where s.request_id = r.id)
      and not exists (select from refused_request f where f.request_id = r.id)) as "proposals not looked at",
    (select count(*) from "grant" where state in ('issuing', 'active', 'revoking')) as "grants alive",
    (select count(*) from credential where state in ('issuing', 'issued', 'unknown', 'revoking')) as "credentials alive",
    (select count(*) from request_state where state in ('awaiting_approvers', 'approved')) as "requests open"`.execute(db)
  return Object.fromEntries(Object.entries(rows[0] ?? {}).filter(([, count]) => Number(count) > 0))
}

/** The deliveries and the news that wait, one by one. */
async function describeLeftOver(db: Kysely<Schema>, before: Date): Promise<string[]> {
  const { rows } = await sql<{ words: string }>`select format('delivery to %s about %s, made %s, due %s, %s attempts, %s', place,
      request_id, created_at, due_at, attempts, coalesce(last_error, 'no error')) as words from delivery where done_at is null and created_at < ${before}
    union all select format('news of %s of %s, made %s', topic, coalesce(request_id, 'nothing'), created_at)
      from (select id, topic, request_id, created_at from bot_outbox union all select id, topic, request_id, created_at from issuer_outbox) o
      where created_at < ${before} and not exists (select from delivery d where d.source = o.id)`.execute(db)
  return rows.map(({ words }) => words)
}

async function findMoving(db: Kysely<Schema>, from: Date): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`select request_id as id from delivery where done_at is null and created_at >= ${from}
    union select request_id from (select id, request_id, created_at from bot_outbox union all select id, request_id, created_at from issuer_outbox) o
      where request_id is not null and created_at >= ${from} and not exists (select from delivery d where d.source = o.id)`.execute(
    db,
  )
  return new Set(rows.map(({ id }) => id))
}

/** Reads it all; what came up from a time on may still be under way. */
export async function readFacts(db: Kysely<Schema>, roots: TrustRoots, before = EVER): Promise<Facts> {
  const entries = await db
    .selectFrom('entry')
    .select(['id', 'type', 'recorded_at', 'request_id', 'actor', 'bytes'])
    .orderBy('recorded_at')
    .orderBy('id')
    .execute()
  const reasons = await db.selectFrom('personal').select(['request_id', 'value']).where('name', '=', 'reason').execute()
  const deliveries = await db
    .selectFrom('delivery')
    .select(['id', 'place', 'attempts', 'created_at', 'done_at', 'last_error'])
    .where('kind', '=', 'slack')
    .execute()
  return {
    now: new Date(),
    roots,
    request: await db.selectFrom('request').selectAll().execute(),
    state: await db.selectFrom('request_state').selectAll().execute(),
    refused: (await db.selectFrom('refused_request').select('request_id').execute()).map(({ request_id }) => request_id),
    evidence: await db.selectFrom('evidence').selectAll().execute(),
    grant: await db.selectFrom('grant').selectAll().execute(),
    credential: await db.selectFrom('credential').selectAll().execute(),
    message: await db.selectFrom('message').selectAll().execute(),
    entries: entries.map(({ id, type, recorded_at, request_id, actor, bytes }) => ({
      id,
      type,
      at: recorded_at,
      request: request_id,
      actor,
      body: JSON.parse(bytes.subarray(bytes.indexOf(10) + 1).toString('utf8')) as Record<string, unknown>,
    })),
    lives: new Map(reasons.map(({ request_id, value }) => [request_id, Number(/^"life-(\d+) /.exec(value)?.[1] ?? Number.NaN)])),
    waiting: await countWaiting(db, before),
    deliveries: new Map(
      deliveries.map(({ id, place, attempts, created_at, done_at }) => [
        id,
        { place, story: `made ${created_at.toISOString()}, ${attempts} attempts, done ${done_at?.toISOString()}` },
      ]),
    ),
    untold: deliveries.flatMap(({ place, done_at, last_error }) =>
      done_at === null || last_error === null ? [] : [`${place}: ${last_error}`],
    ),
    moving: await findMoving(db, before),
    leftOver: await describeLeftOver(db, before),
  }
}

/** What the app has written in a workspace, answers that only one person sees left out. */
export const messagesIn = ({ channels, app }: Workspace): SlackMessage[] =>
  [...channels.values()].flatMap(({ messages }) =>
    messages
      .filter(({ user, ephemeralFor }) => user === app.userId && ephemeralFor === null)
      .map(({ channel, ts, text, metadata, blocks }) => {
        const { delivery } = (metadata as { event_payload?: { delivery?: string } } | null)?.event_payload ?? {}
        return { channel, ts, text, said: JSON.stringify(blocks), ...(delivery !== undefined && { delivery }) }
      }),
  )

/** The request that a message is about, by the check code that ends its text. */
export function byCheckCode(requests: Facts['request']): (message: SlackMessage) => string | undefined {
  const codes = new Map(requests.map(({ id, intent_digest }) => [checkCode(intent_digest), id]))
  return ({ text }) => codes.get(/([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})\)?$/.exec(text)?.[1] ?? '')
}

/** Groups by a key. */
export function groups<T>(all: readonly T[], by: (each: T) => string | null): ReadonlyMap<string, T[]> {
  const found = new Map<string, T[]>()
  for (const each of all) {
    const key = by(each)
    if (key === null) continue
    const group = found.get(key)
    if (group) group.push(each)
    else found.set(key, [each])
  }
  return found
}
