// Queries on the one change of the passkey directory that waits for a second administrator.

import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Digest } from '../domain/ids.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import type { Schema } from './schema.ts'

export type PendingChangeRow = Selectable<Schema['pending_change']>
export type NewPendingChange = Pick<PendingChangeRow, 'digest' | 'change' | 'sequence' | 'person'> & {
  readonly statements: DirectoryLink['statements']
}

export const findPendingChange = (db: Kysely<Schema>): Promise<PendingChangeRow | undefined> =>
  db.selectFrom('pending_change').selectAll().executeTakeFirst()

/** The same, kept as it is until the transaction ends. */
export const lockPendingChange = (trx: Transaction<Schema>): Promise<PendingChangeRow | undefined> =>
  trx.selectFrom('pending_change').selectAll().forNoKeyUpdate().executeTakeFirst()

/** Keeps a change where none waits; false when another came first. */
export async function addPendingChange(trx: Transaction<Schema>, pending: NewPendingChange, now: Date): Promise<boolean> {
  const added = await trx
    .insertInto('pending_change')
    .values({ ...pending, statements: JSON.stringify(pending.statements), created_at: now })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/** Takes away the change that waits, if it is this one; answers whose it was. */
export async function deletePendingChange(trx: Transaction<Schema>, digest: Digest): Promise<PendingChangeRow | undefined> {
  return trx.deleteFrom('pending_change').where('digest', '=', digest).returningAll().executeTakeFirst()
}
