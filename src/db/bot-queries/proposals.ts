// Proposals as the bot writes them: the request's bytes, the openings that lie beside them, and the requester's own link.

import type { Insertable, Transaction } from 'kysely'
import type { Schema } from '../schema.ts'

export type OpeningRow = { readonly name: string; readonly value: string; readonly salt: string }

/** Writes a proposal whole; false, and nothing written, when its id is there already. */
export async function insertProposal(
  trx: Transaction<Schema>,
  row: Insertable<Schema['request']>,
  openings: readonly OpeningRow[],
  view: { readonly id: string; readonly person: string },
): Promise<boolean> {
  const added = await trx
    .insertInto('request')
    .values(row)
    .onConflict((on) => on.column('id').doNothing())
    .executeTakeFirst()
  if (added.numInsertedOrUpdatedRows === 0n) return false
  await trx
    .insertInto('personal')
    .values(openings.map((opening) => ({ request_id: row.id, ...opening })))
    .execute()
  await trx
    .insertInto('view')
    .values({ ...view, request_id: row.id, created_at: row.proposed_at })
    .execute()
  return true
}

/** A proposal that this person made under this id. */
export const findProposed = (trx: Transaction<Schema>, id: string, requester: string) =>
  trx
    .selectFrom('request')
    .innerJoin('view', (join) => join.onRef('view.request_id', '=', 'request.id').onRef('view.person', '=', 'request.requester'))
    .select(['request.id', 'request.intent', 'request.intent_digest', 'view.id as view'])
    .where('request.id', '=', id)
    .where('request.requester', '=', requester)
    .executeTakeFirst()
