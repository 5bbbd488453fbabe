// The thread of a channel message: entries that are steps people are told of. Each has one line, whose message is kept under the entry's own place.

import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

export type Step = { readonly id: string; readonly type: string; readonly actor: string | null; readonly bytes: Buffer }

/** Entries of these types about a request without a line yet, oldest first. */
export async function findSteps(db: Kysely<Schema>, request: string, types: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from entry
    where request_id = ${request} and type = any(${[...types]})
      -- A confirmation and a revocation have entries of their own beside their statement's.
      and (type <> 'statement.accepted' or position('"decision":"approve"'::bytea in bytes) > 0 or position('"decision":"deny"'::bytea in bytes) > 0)
      and not exists (select from message m where m.request_id = entry.request_id and m.place = 'thread/' || entry.id)
    order by recorded_at, id`.execute(db)
  return rows.map(({ id }) => id)
}

/** One entry of a request. */
export const findStep = (db: Kysely<Schema>, request: string, entry: string): Promise<Step | undefined> =>
  db
    .selectFrom('entry')
    .select(['id', 'type', 'actor', 'bytes'])
    .where('request_id', '=', request)
    .where('id', '=', entry)
    .executeTakeFirst()

/** Whether a line before this one, or the message that the thread hangs on, still waits to be told. A second look at what stands there holds up nothing. */
export async function isTooEarly(db: Kysely<Schema>, request: string, entry: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from delivery d
    where d.request_id = ${request} and d.kind = 'slack' and d.done_at is null
      and not exists (select from message m where m.request_id = d.request_id and m.place = d.place)
      and (d.place = 'channel' or d.place in (
        select 'thread/' || e.id from entry e, entry own
        where e.request_id = ${request} and own.request_id = ${request} and own.id = ${entry}
          and (e.recorded_at, e.id) < (own.recorded_at, own.id)))
    limit 1`.execute(db)
  return rows.length > 0
}

/** Why somebody objected, as JSON text; undefined once it was erased. */
export const findExplanation = async (db: Kysely<Schema>, request: string, wish: string): Promise<string | undefined> =>
  (
    await db
      .selectFrom('personal')
      .select('value')
      .where('request_id', '=', request)
      .where('name', '=', `objection:${wish}`)
      .executeTakeFirst()
  )?.value
