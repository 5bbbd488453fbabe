// Sessions of people who signed in, or signed, on the issuer's pages. Only the hash of a session's secret lies here. A session shows things;
// it never decides anything.

import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '../schema.ts'

export type SessionRow = Selectable<Schema['issuer_session']>

/** A session that has neither reached its end nor lain unused for longer than `idleSince`. */
export const findSession = (db: Kysely<Schema>, idHash: string, now: Date, idleSince: Date): Promise<SessionRow | undefined> =>
  db
    .selectFrom('issuer_session')
    .selectAll()
    .where('id_hash', '=', idHash)
    .where('expires_at', '>', now)
    .where('used_at', '>', idleSince)
    .executeTakeFirst()

/** Notes that a session is in use, at most once a minute. */
export async function touchSession(db: Kysely<Schema>, idHash: string, now: Date): Promise<void> {
  const minuteAgo = new Date(now.getTime() - 60_000)
  await db
    .updateTable('issuer_session')
    .set({ used_at: now })
    .where('id_hash', '=', idHash)
    .where('used_at', '<', minuteAgo)
    .execute()
}

export async function endSession(db: Kysely<Schema>, idHash: string): Promise<void> {
  await db.deleteFrom('issuer_session').where('id_hash', '=', idHash).execute()
}
