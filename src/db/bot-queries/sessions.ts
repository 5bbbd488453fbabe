// Sessions of the console. The database knows only the hash of a session's token.

import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Schema } from '../schema.ts'

export type SessionRow = Selectable<Schema['bot_session']>

export async function insertSession(trx: Transaction<Schema>, row: Insertable<Schema['bot_session']>): Promise<void> {
  await trx.insertInto('bot_session').values(row).execute()
}

/** A session that is neither over nor idle, marked as used now. */
export const touchSession = (db: Kysely<Schema>, idHash: string, now: Date, idleSince: Date): Promise<SessionRow | undefined> =>
  db
    .updateTable('bot_session')
    .set({ used_at: now })
    .where('id_hash', '=', idHash)
    .where('expires_at', '>', now)
    .where('used_at', '>', idleSince)
    .returningAll()
    .executeTakeFirst()

/** Ends a session; answers whose it was. */
export const deleteSession = async (trx: Transaction<Schema>, idHash: string): Promise<string | undefined> =>
  (await trx.deleteFrom('bot_session').where('id_hash', '=', idHash).returning('person').executeTakeFirst())?.person

/** Removes at most `limit` sessions that are over. */
export async function forgetSessions(db: Kysely<Schema>, now: Date, limit: number): Promise<void> {
  await sql`delete from bot_session where id_hash in (
    select id_hash from bot_session where expires_at < ${now} limit ${limit} for update skip locked)`.execute(db)
}
