// Wishes of the bot and what the issuer made of them.

import type { Insertable, Kysely, Transaction } from 'kysely'
import type { Schema } from '../schema.ts'

export type WishKind = Schema['wish']['kind']

export async function insertWish(trx: Transaction<Schema>, row: Insertable<Schema['wish']>): Promise<void> {
  await trx.insertInto('wish').values(row).execute()
}

/** 'done' or the reason of the refusal; undefined while the issuer has not decided. */
export async function findWishOutcome(db: Kysely<Schema>, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
  return row?.outcome
}
