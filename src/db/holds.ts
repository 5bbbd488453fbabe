// Queries on keys that are held because their owner said that a change was somebody else's doing, and on where such a key still counts. `passkey_hold` has a
// row for each change by which a key came into doubt; `passkey_held` shows those that are not settled.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Doubt } from '../domain/concerned.ts'
import type { PersonId } from '../domain/ids.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import type { Schema } from './schema.ts'

/** The keys in doubt now, and whether they are held or spared. */
export async function findDoubts(db: Kysely<Schema>): Promise<ReadonlyMap<string, Doubt>> {
  const rows = await db.selectFrom('passkey_held').select(['passkey', 'spared']).orderBy('spared', 'desc').execute()
  // Of two rows of one key that which holds it is the last.
  return new Map(rows.map(({ passkey, spared }) => [passkey, spared ? 'spared' : 'held']))
}

/** The keys that are held now. */
export const findHeld = async (db: Kysely<Schema>): Promise<ReadonlySet<string>> =>
  new Set([...(await findDoubts(db))].flatMap(([passkey, doubt]) => (doubt === 'held' ? [passkey] : [])))

/** Whether a key is in doubt now, and how. */
export async function findDoubt(db: Kysely<Schema>, passkey: string): Promise<Doubt | undefined> {
  const row = await db
    .selectFrom('passkey_held')
    .select('spared')
    .where('passkey', '=', passkey)
    .orderBy('spared')
    .limit(1)
    .executeTakeFirst()
  return row && (row.spared ? 'spared' : 'held')
}

/** Whether a key is held now. */
export const isHeld = async (db: Kysely<Schema>, passkey: string): Promise<boolean> => (await findDoubt(db, passkey)) === 'held'

/** By what a key is in doubt now: whose key it is, and the changes. */
export const findHolds = (
  trx: Transaction<Schema>,
  passkey: string,
): Promise<{ readonly person: string; readonly sequence: number }[]> =>
  trx.selectFrom('passkey_held').select(['person', 'sequence']).where('passkey', '=', passkey).execute()

/** Makes holds, lifts and changes of the directory come one after the other; answers when the last alarm was raised. */
export async function lockHolds(trx: Transaction<Schema>): Promise<Date | undefined> {
  const row = await trx.selectFrom('hold_watch').select('alarmed_at').forNoKeyUpdate().executeTakeFirstOrThrow()
  return row.alarmed_at ?? undefined
}

/** Waits for whatever is being signed with these keys; what is signed with them afterwards sees that they are held. */
export async function lockPasskeys(trx: Transaction<Schema>, passkeys: readonly string[]): Promise<void> {
  if (passkeys.length === 0) return
  await trx
    .selectFrom('passkey')
    .select('thumbprint')
    .where('thumbprint', 'in', passkeys)
    .orderBy('thumbprint')
    .forNoKeyUpdate()
    .execute()
}

export async function noteAlarm(trx: Transaction<Schema>, now: Date): Promise<void> {
  await trx.updateTable('hold_watch').set({ alarmed_at: now }).execute()
}

/** Holds a key for a change, or notes that it is spared; false when that change was ever named for it. */
export async function addHold(
  trx: Transaction<Schema>,
  hold: {
    readonly passkey: string
    readonly era: number
    readonly sequence: number
    readonly person: string
    readonly since: Date
    readonly spared: boolean
  },
): Promise<boolean> {
  const added = await trx
    .insertInto('passkey_hold')
    .values({ ...hold, lifted_at: null, lifted_by: null, lifted_with: null })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/** Settles every doubt about these keys; answers those that were in doubt. `by.passkey` is the owner's key that said so. */
export async function liftHolds(
  trx: Transaction<Schema>,
  passkeys: readonly string[],
  by: { readonly people: string; readonly passkey?: string },
  now: Date,
): Promise<{ readonly passkey: string; readonly person: string }[]> {
  if (passkeys.length === 0) return []
  const held = await trx
    .selectFrom('passkey_held')
    .select(['passkey', 'person'])
    .distinct()
    .where('passkey', 'in', passkeys)
    .orderBy('passkey')
    .execute()
  await trx
    .updateTable('passkey_hold')
    .set({ lifted_at: now, lifted_by: by.people, lifted_with: by.passkey ?? null })
    .where('passkey', 'in', passkeys)
    .where('lifted_at', 'is', null)
    .execute()
  return held
}

/** What the holder of each of a person's keys has lifted with it since a time. */
export const findLifted = async (
  db: Kysely<Schema>,
  era: number,
  person: PersonId,
  since: Date,
): Promise<{ readonly passkey: string; readonly with: string }[]> => {
  const rows = await db
    .selectFrom('passkey_hold')
    .select(['passkey', 'lifted_with'])
    .where('era', '=', era)
    .where('person', '=', person)
    .where('lifted_at', '>=', since)
    .where('lifted_with', 'is not', null)
    .execute()
  return rows.flatMap(({ passkey, lifted_with }) => (lifted_with === null ? [] : [{ passkey, with: lifted_with }]))
}

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

/** The changes since a time by which a person, or a thief, added a key to his own. */
export const findAdditions = (db: Kysely<Schema>, era: number, person: PersonId, since: Date): Promise<StoredChange[]> =>
  db
    .selectFrom('directory')
    .select(['change', 'link', 'accepted_at'])
    .where('era', '=', era)
    .where('accepted_at', '>=', since)
    .where(sql<string>`convert_from(change, 'UTF8')::jsonb #>> '{passkey,person}'`, '=', person)
    .orderBy('sequence')
    .execute()
