// Which Slack message shows a request in a place, and the digest of what it says there.

import type { Insertable, Kysely, Selectable } from 'kysely'
import type { Schema } from '../schema.ts'

export type MessageRow = Selectable<Schema['message']>

export const findMessage = (db: Kysely<Schema>, request: string, place: string): Promise<MessageRow | undefined> =>
  db.selectFrom('message').selectAll().where('request_id', '=', request).where('place', '=', place).executeTakeFirst()

export const findMessagePlaces = async (db: Kysely<Schema>, request: string): Promise<string[]> =>
  (await db.selectFrom('message').select('place').where('request_id', '=', request).execute()).map(({ place }) => place)

export async function keepMessage(db: Kysely<Schema>, row: Insertable<Schema['message']>): Promise<void> {
  const { channel, ts, shown } = row
  await db
    .insertInto('message')
    .values(row)
    .onConflict((on) => on.columns(['request_id', 'place']).doUpdateSet({ channel, ts, shown }))
    .execute()
}
