// How much of one person's is open, was refused or recorded of late: what the issuer bounds, because whoever has the bot's login can insert rows without
// end, and whoever has a key can sign.

import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

/** How many requests of a person are open. */
export async function countOpen(db: Kysely<Schema>, requester: string): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from request_state s join request r on r.id = s.request_id
    where s.state in ('awaiting_requester', 'awaiting_approvers', 'approved') and r.requester = ${requester}`.execute(db)
  return rows[0]?.open ?? 0
}

/** How many proposals in the name of one of these people were refused since a time; counts no further than `most`. */
export const countRefusedRequests = (db: Kysely<Schema>, requester: string, since: Date, most: number): Promise<number> =>
  counted(
    db,
    sql`select from request r join refused_request f on f.request_id = r.id
      where r.requester = ${requester} and f.refused_at > ${since} limit ${most}`,
  )

/** The same for everybody whom the directory does not know, together. */
export const countRefusedOfStrangers = (
  db: Kysely<Schema>,
  people: readonly string[],
  since: Date,
  most: number,
): Promise<number> =>
  counted(
    db,
    sql`select from refused_request f join request r on r.id = f.request_id
      where f.refused_at > ${since} and r.requester <> all(${[...people]}) limit ${most}`,
  )

/** How many wishes in a person's name were refused since a time of the issuer's own: when they were made is the bot's word. */
export const countRefusedWishes = (db: Kysely<Schema>, person: string, since: Date, most: number): Promise<number> =>
  counted(
    db,
    sql`select from wish w join wish_outcome o on o.wish_id = w.id
      where w.person = ${person} and o.decided_at > ${since} and o.outcome <> 'done' limit ${most}`,
  )

/** How many entries of a type one actor, or nobody known, has caused within an hour of the database's own clock; counts no further than `most`. */
export const countEntries = (db: Kysely<Schema>, type: string, actor: string | undefined, most: number): Promise<number> =>
  counted(
    db,
    sql`select from entry
      where type = ${type} and ${actor === undefined ? sql`actor is null` : sql`actor = ${actor}`}
        and recorded_at > clock_timestamp() - interval '1 hour' limit ${most}`,
  )

/** Whether an alarm of a name, and about a key where one is given, was raised within an hour of the database's own clock. */
export const wasAlarmed = async (db: Kysely<Schema>, alarm: string, passkey?: string): Promise<boolean> => {
  const said = (member: string, value: string) => sql`position(convert_to(${`"${member}":"${value}"`}, 'UTF8') in bytes) > 0`
  const found = await counted(
    db,
    sql`select from entry
      where type = 'alarm.raised' and recorded_at > clock_timestamp() - interval '1 hour'
        and ${said('alarm', alarm)} and ${passkey === undefined ? sql`true` : said('passkey', passkey)} limit 1`,
  )
  return found > 0
}

async function counted(db: Kysely<Schema>, rows: ReturnType<typeof sql>): Promise<number> {
  const found = await sql<{ count: number }>`select count(*)::int as count from (${rows}) counted`.execute(db)
  return found.rows[0]?.count ?? 0
}
