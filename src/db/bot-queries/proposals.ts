// Proposals as the bot writes them: the request's bytes, the openings that lie beside them, and the requester's own link.

import { type Insertable, sql, type Transaction } from 'kysely'
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

/** How many requests of a person are open, or not judged yet, of those proposed since a time. */
export async function countOpenOf(trx: Transaction<Schema>, requester: string, since: Date): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from request r left join request_state s on s.request_id = r.id
    where r.requester = ${requester} and r.proposed_at > ${since} and (
      s.state in ('awaiting_requester', 'awaiting_approvers', 'approved')
      or s.request_id is null and not exists (select from refused_request f where f.request_id = r.id))`.execute(trx)
  return rows[0]?.open ?? 0
}

/** The id of the earlier request, if it fits: the same action, and of the same person only when it is asked again. */
export const findEarlier = async (
  trx: Transaction<Schema>,
  row: { readonly requester: string; readonly runbook: string; readonly action: string },
  after: { readonly id: string; readonly how: 'again' | 'same' },
): Promise<string | undefined> =>
  (
    await trx
      .selectFrom('request')
      .select('id')
      .where('id', '=', after.id)
      .where('runbook', '=', row.runbook)
      .where('action', '=', row.action)
      .where('requester', after.how === 'again' ? '=' : '!=', row.requester)
      .executeTakeFirst()
  )?.id

export async function insertFollows(trx: Transaction<Schema>, row: Insertable<Schema['follows']>): Promise<void> {
  await trx.insertInto('follows').values(row).execute()
}
