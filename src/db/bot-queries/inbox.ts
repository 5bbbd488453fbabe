// The inbox: what Slack sent, kept before it is acknowledged, and taken up under a lease, so that several bots share the work and none of it
// is lost with a process. A row that is done keeps its key for recognising duplicates and gives up its content, which may be personal.

import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

export type Kept = { readonly id: string; readonly kind: string; readonly payload: Record<string, unknown> }
export type Taken = Kept & {
  readonly attempts: number
  /** The end of the lease. */
  readonly due_at: Date
}

/** Keeps a delivery; false when it is a duplicate. `dueAt` is when a worker takes it up unless it was finished before. */
export async function keepInbox(db: Kysely<Schema>, row: Kept, now: Date, dueAt: Date): Promise<boolean> {
  const added = await db
    .insertInto('inbox')
    .values({
      id: row.id,
      kind: row.kind,
      payload: JSON.stringify(row.payload),
      received_at: now,
      due_at: dueAt,
      done_at: null,
      last_error: null,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/** Takes up to `limit` due rows; they are this worker's until `leaseUntil`. */
export async function takeInbox(db: Kysely<Schema>, now: Date, leaseUntil: Date, limit: number): Promise<Taken[]> {
  const taken = await sql<Taken>`
    update inbox set due_at = ${leaseUntil}, attempts = attempts + 1
    where id in (select id from inbox where done_at is null and due_at <= ${now} order by due_at limit ${limit} for update skip locked)
    returning id, kind, payload, attempts, due_at`.execute(db)
  return taken.rows
}

export async function finishInbox(db: Kysely<Schema>, id: string, now: Date, error: string | null = null): Promise<void> {
  await db.updateTable('inbox').set({ done_at: now, payload: '{}', last_error: error }).where('id', '=', id).execute()
}

/** Puts off a row that is still the caller's. */
export async function delayInbox(
  db: Kysely<Schema>,
  { id, due_at }: Pick<Taken, 'id' | 'due_at'>,
  until: Date,
  error: string,
): Promise<void> {
  await db
    .updateTable('inbox')
    .set({ due_at: until, last_error: error })
    .where('id', '=', id)
    // Whoever stalled until his lease was over must not end another's.
    .where('due_at', '=', due_at)
    .execute()
}

/** Removes at most `limit` rows that were done before a time. */
export async function forgetInbox(db: Kysely<Schema>, before: Date, limit: number): Promise<void> {
  await sql`delete from inbox where id in (select id from inbox where done_at < ${before} limit ${limit} for update skip locked)`.execute(
    db,
  )
}
