// Who is to be reminded of what, and when. A row is made with the question and done with the reminder, or with whatever made it needless.

import { type Insertable, type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../schema.ts'

export type Due = { readonly request_id: string; readonly person: string }

/** Keeps when somebody is reminded; a second question about the same request changes nothing. */
export async function insertReminders(trx: Transaction<Schema>, rows: readonly Insertable<Schema['reminder']>[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('reminder')
    .values(rows)
    .onConflict((on) => on.doNothing())
    .execute()
}

/** Takes what is due, for good: it commits with the row that tells of it. */
export async function takeReminders(trx: Transaction<Schema>, now: Date, limit: number): Promise<Due[]> {
  const taken = await sql<Due>`
    update reminder set done_at = ${now}
    where (request_id, person) in (
      select request_id, person from reminder where done_at is null and due_at <= ${now} order by due_at limit ${limit} for update skip locked)
    returning request_id, person`.execute(trx)
  return taken.rows
}

/** Lets a reminder be: this person has looked. */
export async function dropReminder(db: Kysely<Schema>, request: string, person: string, now: Date): Promise<void> {
  await db
    .updateTable('reminder')
    .set({ done_at: now })
    .where('request_id', '=', request)
    .where('person', '=', person)
    .where('done_at', 'is', null)
    .execute()
}

/** Removes reminders that were done before a time. */
export async function forgetReminders(db: Kysely<Schema>, before: Date, limit: number): Promise<void> {
  await sql`delete from reminder where (request_id, person) in (
    select request_id, person from reminder where done_at < ${before} limit ${limit} for update skip locked)`.execute(db)
}
