// Queries on eras. Rows here only say how far this database has come; which roots count, the pinned file alone says. What an era ends here is what tables
// repeat or keep for a while: power came from the old chain, and no one reads that any more.

import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Digest } from '../domain/ids.ts'
import type { Schema } from './schema.ts'

export type EraRow = Selectable<Schema['era']>

/** The latest era that this database has begun. */
export const findLatestEra = (db: Kysely<Schema>): Promise<EraRow | undefined> =>
  db.selectFrom('era').selectAll().orderBy('era', 'desc').limit(1).executeTakeFirst()

/** The era to whose chain a head belongs. */
export async function findEraOf(db: Kysely<Schema>, head: Digest): Promise<number | undefined> {
  const { rows } = await sql<{ era: number }>`
    select era from directory where head = ${head} union all select era from era where roots = ${head} limit 1`.execute(db)
  return rows[0]?.era
}

/** Begins an era; false when it, or one with these roots, has begun before. Who comes second waits here for the first. */
export async function addEra(
  trx: Transaction<Schema>,
  era: { readonly era: number; readonly roots: Digest },
  now: Date,
): Promise<boolean> {
  const added = await trx
    .insertInto('era')
    .values({ ...era, began_at: now })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/** Takes from every key of the eras before `era` what the tables say that it may, with the sign-ins by them and the change that waits; answers how many wait to be enrolled again. */
export async function endErasBefore(trx: Transaction<Schema>, era: number): Promise<number> {
  const offered = await offerAgain(trx, era)
  await trx.updateTable('passkey').set({ status: 'revoked', in_full: false }).where('era', '<', era).execute()
  await trx.deleteFrom('directory_role').execute()
  await trx.deleteFrom('issuer_session').execute()
  await trx.deleteFrom('sign_in_code').execute()
  await trx.deleteFrom('pending_change').execute()
  return offered
}

/**
 * Registrations whose keys were active and not in doubt wait for administrators once more, with the proof that their owners gave. Not those of whoever could
 * change the directory: theirs are what was lost or stolen, and they register anew.
 */
async function offerAgain(trx: Transaction<Schema>, era: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update registration r set ended_at = null from passkey p
    where p.thumbprint = r.thumbprint and p.era < ${era} and p.status = 'active' and r.statement is not null
      and not exists (select from directory_role d where d.person = p.person and d.role = 'administrator')
      and not exists (select from passkey_held h where h.passkey = p.thumbprint)`.execute(trx)
  return Number(numAffectedRows ?? 0n)
}
