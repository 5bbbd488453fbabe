// Queries on keys that are held because their owner said that a change was somebody else's doing, and on where such a key still counts.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { DirectoryLink } from '../evidence/bundle.ts'
import type { Schema } from './schema.ts'

/** The keys that are held now. */
export const findHeld = async (db: Kysely<Schema>): Promise<ReadonlySet<string>> =>
  new Set(
    (await db.selectFrom('passkey_hold').select('passkey').where('lifted_at', 'is', null).execute()).map((row) => row.passkey),
  )

/** Whether a key is held now. */
export const isHeld = async (db: Kysely<Schema>, passkey: string): Promise<boolean> => (await findHold(db, passkey)) !== undefined

/** The hold of a key: whose key it is, and which change is in doubt. */
export const findHold = (
  db: Kysely<Schema>,
  passkey: string,
): Promise<{ readonly person: string; readonly sequence: number } | undefined> =>
  db
    .selectFrom('passkey_hold')
    .select(['person', 'sequence'])
    .where('passkey', '=', passkey)
    .where('lifted_at', 'is', null)
    .executeTakeFirst()

/** Makes holds and lifts come one after the other; answers when the last alarm was raised. */
export async function lockHolds(trx: Transaction<Schema>): Promise<Date | undefined> {
  const row = await trx.selectFrom('hold_watch').select('alarmed_at').forNoKeyUpdate().executeTakeFirstOrThrow()
  return row.alarmed_at ?? undefined
}

export async function noteAlarm(trx: Transaction<Schema>, now: Date): Promise<void> {
  await trx.updateTable('hold_watch').set({ alarmed_at: now }).execute()
}

/** Holds a key for a change; false when it is held, or was ever held for that change. */
export async function addHold(
  trx: Transaction<Schema>,
  hold: {
    readonly passkey: string
    readonly era: number
    readonly sequence: number
    readonly person: string
    readonly since: Date
  },
): Promise<boolean> {
  const added = await trx
    .insertInto('passkey_hold')
    .values({ ...hold, lifted_at: null, lifted_by: null })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/** Lifts what holds these keys; answers those that were held. */
export const liftHolds = async (
  trx: Transaction<Schema>,
  passkeys: readonly string[],
  by: string,
  now: Date,
): Promise<{ readonly passkey: string; readonly person: string }[]> =>
  passkeys.length === 0
    ? []
    : trx
        .updateTable('passkey_hold')
        .set({ lifted_at: now, lifted_by: by })
        .where('passkey', 'in', passkeys)
        .where('lifted_at', 'is', null)
        .returning(['passkey', 'person'])
        .execute()

/** How often somebody had keys held since a time. */
export async function countHolds(trx: Transaction<Schema>, since: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct (person, era, sequence))::int as count from passkey_hold where since > ${since}`.execute(trx)
  return rows[0]?.count ?? 0
}

/** Requests that are open or whose grant lives, confirmed or approved with one of these keys. */
export const findTouchedByKeys = async (db: Kysely<Schema>, passkeys: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ request_id: string }>`
    select distinct e.request_id from evidence e
    where e.passkey = any(${[...passkeys]}) and e.decision in ('confirm', 'approve') and e.request_id in (
      select request_id from request_state where state in ('awaiting_requester', 'awaiting_approvers', 'approved')
      union all select request_id from "grant" where state in ('issuing', 'active', 'revoking'))`.execute(db)
  return rows.map(({ request_id }) => request_id)
}

/** Ends the sign-ins by these keys, and the codes for clients that their owner may have got by one. */
export async function endSessionsBy(trx: Transaction<Schema>, passkeys: readonly string[], person: string): Promise<void> {
  await trx.deleteFrom('issuer_session').where('passkey', 'in', passkeys).execute()
  await trx.deleteFrom('sign_in_code').where('person', '=', person).execute()
}

export type StoredChange = { readonly change: Buffer; readonly link: DirectoryLink; readonly accepted_at: Date }

/** One change of an era's directory as it was taken. */
export const findChange = (db: Kysely<Schema>, era: number, sequence: number): Promise<StoredChange | undefined> =>
  db
    .selectFrom('directory')
    .select(['change', 'link', 'accepted_at'])
    .where('era', '=', era)
    .where('sequence', '=', sequence)
    .executeTakeFirst()
