// Wishes of the bot and what the issuer made of them. The issuer marks a wish as decided and, when it refused it, tells the refusal in its outbox, in
// the same transaction.

import { type Insertable, type Kysely, sql, type Transaction } from 'kysely'
import type { Refusal } from '../../domain/refusal.ts'
import type { Schema } from '../schema.ts'

export type WishKind = Schema['wish']['kind']
export type Decided = { readonly done: true } | { readonly done: false; readonly refusal: Refusal | undefined }

export async function insertWish(trx: Transaction<Schema>, row: Insertable<Schema['wish']>): Promise<void> {
  await trx.insertInto('wish').values(row).execute()
}

/** What the issuer decided about a wish; undefined while it has not. */
export async function findDecided(db: Kysely<Schema>, id: string): Promise<Decided | undefined> {
  const found = await sql<{ outcome: string; refusal: Refusal | null }>`
    select d.outcome, (
      select o.payload -> 'refusal' from issuer_outbox o
      where o.topic = 'wish.refused' and o.created_at = d.decided_at and o.request_id is not distinct from w.request_id
        and o.payload ->> 'wish' in (w.kind, w.id::text) and o.payload ->> 'person' = w.person limit 1) as refusal
    from wish_outcome d join wish w on w.id = d.wish_id where d.wish_id = ${id}`.execute(db)
  const [row] = found.rows
  if (!row) return undefined
  return row.outcome === 'done' && row.refusal === null ? { done: true } : { done: false, refusal: row.refusal ?? undefined }
}

/** The request that an objection of this person is about. */
export const findObjectionOf = async (trx: Transaction<Schema>, wish: string, person: string): Promise<string | undefined> =>
  (
    await trx
      .selectFrom('wish')
      .select('request_id')
      .where('id', '=', wish)
      .where('person', '=', person)
      .where('kind', '=', 'object')
      .executeTakeFirst()
  )?.request_id ?? undefined

/** Keeps what was said of an objection; false when something was said before. */
export async function insertExplanation(trx: Transaction<Schema>, row: Insertable<Schema['personal']>): Promise<boolean> {
  const added = await trx
    .insertInto('personal')
    .values(row)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}
