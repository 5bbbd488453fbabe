// Queries on wishes, which the bot inserts, and on their outcomes, which the issuer keeps.

import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

export type WishRow = Selectable<Schema['wish']>

/** Wishes without an outcome, oldest first; those made before `since` are never looked at again. */
export const findWishes = (db: Kysely<Schema>, since: Date, limit: number): Promise<WishRow[]> =>
  db
    .selectFrom('wish')
    .selectAll()
    .where('made_at', '>', since)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('wish_outcome').select('wish_id').whereRef('wish_outcome.wish_id', '=', 'wish.id'))),
    )
    .orderBy('made_at')
    .limit(limit)
    .execute()

/** Whether a wish has an outcome. */
export async function isHeeded(trx: Transaction<Schema>, wish: string): Promise<boolean> {
  const row = await trx.selectFrom('wish_outcome').select('wish_id').where('wish_id', '=', wish).executeTakeFirst()
  return row !== undefined
}

/** Keeps an outcome; false when another issuer was first. */
export async function addWishOutcome(trx: Transaction<Schema>, wish: string, outcome: string, now: Date): Promise<boolean> {
  const added = await trx
    .insertInto('wish_outcome')
    .values({ wish_id: wish, outcome, decided_at: now })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}
