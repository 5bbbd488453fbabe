// Links: one opaque id per request and person. It names who is looking and has no power, so that making one needs no entry.

import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

export type ViewRow = { readonly id: string; readonly person: string }

/** Makes the missing links of these people to a request and answers all of theirs. */
export async function openViews(
  db: Kysely<Schema>,
  request: string,
  people: readonly string[],
  newId: () => string,
  now: Date,
): Promise<ViewRow[]> {
  if (people.length === 0) return []
  await db
    .insertInto('view')
    .values(people.map((person) => ({ id: newId(), request_id: request, person, created_at: now })))
    .onConflict((on) => on.columns(['request_id', 'person']).doNothing())
    .execute()
  return db.selectFrom('view').select(['id', 'person']).where('request_id', '=', request).where('person', 'in', people).execute()
}
