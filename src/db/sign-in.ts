// Queries on the issuer's sessions and sign-in codes. Only hashes of tokens and codes are stored.

import type { Insertable, Kysely, Selectable } from 'kysely'
import type { Schema } from './schema.ts'

export async function addSession(db: Kysely<Schema>, row: Insertable<Schema['issuer_session']>): Promise<void> {
  await db.insertInto('issuer_session').values(row).execute()
}

/** A living session, which this use keeps alive. */
export const findSession = (
  db: Kysely<Schema>,
  idHash: string,
  now: Date,
  idleSince: Date,
): Promise<Selectable<Schema['issuer_session']> | undefined> =>
  db
    .updateTable('issuer_session')
    .set({ used_at: now })
    .where('id_hash', '=', idHash)
    .where('expires_at', '>', now)
    .where('used_at', '>', idleSince)
    .returningAll()
    .executeTakeFirst()

export async function endSession(db: Kysely<Schema>, idHash: string): Promise<void> {
  await db.deleteFrom('issuer_session').where('id_hash', '=', idHash).execute()
}

export async function addSignInCode(db: Kysely<Schema>, row: Insertable<Schema['sign_in_code']>): Promise<void> {
  await db.insertInto('sign_in_code').values(row).execute()
}

/** The code's row, once: a second try finds nothing. */
export const spendSignInCode = (
  db: Kysely<Schema>,
  codeHash: string,
  now: Date,
): Promise<Selectable<Schema['sign_in_code']> | undefined> =>
  db
    .updateTable('sign_in_code')
    .set({ used_at: now })
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
