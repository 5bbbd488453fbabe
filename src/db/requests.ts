// Queries on requests as the issuer sees them: the bot's proposals, and the states that the issuer alone writes. Rows are locked by transact().

import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { type Opening, opening } from '../domain/commitment.ts'
import type { Standing } from '../domain/request.ts'
import { read } from '../domain/shape.ts'
import type { Schema } from './schema.ts'

export type RequestRow = Selectable<Schema['request']>
export type StateRow = Selectable<Schema['request_state']>

/** Proposals that the issuer has neither adopted nor refused, oldest first. Those older than `since` are never looked at again. */
export const findProposals = (db: Kysely<Schema>, since: Date, limit: number): Promise<RequestRow[]> =>
  db
    .selectFrom('request')
    .selectAll()
    .where('proposed_at', '>', since)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('request_state').select('request_id').whereRef('request_state.request_id', '=', 'request.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('refused_request').select('request_id').whereRef('refused_request.request_id', '=', 'request.id'))),
    )
    .orderBy('proposed_at')
    .limit(limit)
    .execute()

/** The openings the bot left beside a request, by name (`reason`, `parameter:<name>`). An erased or unreadable one is missing. */
export async function findOpenings(db: Kysely<Schema>, request: string): Promise<ReadonlyMap<string, Opening>> {
  const rows = await db.selectFrom('personal').select(['name', 'value', 'salt']).where('request_id', '=', request).execute()
  const openings = new Map<string, Opening>()
  for (const { name, value, salt } of rows) {
    try {
      const found = read(opening, { value: JSON.parse(value), salt })
      if (found.ok) openings.set(name, found.value)
    } catch {
      // What is not JSON opens nothing, and neither does a salt that is none; whoever needs it sees that it is missing.
    }
  }
  return openings
}

export type KnownRequest = { readonly request: RequestRow; readonly state: StateRow }

/** Adopted requests by the digests of their intents. */
export async function findByDigest(db: Kysely<Schema>, digests: readonly string[]): Promise<ReadonlyMap<string, KnownRequest>> {
  const states = await db.selectFrom('request_state').selectAll().where('intent_digest', 'in', digests).execute()
  if (states.length === 0) return new Map()
  const requests = await db
    .selectFrom('request')
    .selectAll()
    .where(
      'id',
      'in',
      states.map((row) => row.request_id),
    )
    .execute()
  const known = new Map<string, KnownRequest>()
  for (const state of states) {
    const request = requests.find(({ id }) => id === state.request_id)
    if (request) known.set(state.intent_digest, { request, state })
  }
  return known
}

/** One adopted request by id. */
export async function findKnown(db: Kysely<Schema>, id: string): Promise<KnownRequest | undefined> {
  const state = await db.selectFrom('request_state').selectAll().where('request_id', '=', id).executeTakeFirst()
  const request = state && (await db.selectFrom('request').selectAll().where('id', '=', id).executeTakeFirst())
  return state && request ? { request, state } : undefined
}

/** Open requests, oldest first; all of them, or those of one person. */
export async function findOpen(db: Kysely<Schema>, requester?: string): Promise<KnownRequest[]> {
  const rows = await db
    .selectFrom('request_state')
    .innerJoin('request', 'request.id', 'request_state.request_id')
    .select('request_state.request_id')
    .where('state', 'in', ['awaiting_requester', 'awaiting_approvers', 'approved'])
    .$if(requester !== undefined, (query) => query.where('request.requester', '=', requester ?? ''))
    .execute()
  const known = await Promise.all(rows.map(({ request_id }) => findKnown(db, request_id)))
  return known.filter((each) => each !== undefined)
}

/** Open requests whose present deadline has passed. */
export const findOverdue = (db: Kysely<Schema>, now: Date, limit: number): Promise<{ request_id: string }[]> =>
  db
    .selectFrom('request_state')
    .select('request_id')
    .where(({ or, and, eb }) =>
      or([
        and([eb('state', '=', 'awaiting_requester'), eb('confirm_by', '<', now)]),
        and([eb('state', '=', 'awaiting_approvers'), eb('decide_by', '<', now)]),
        and([eb('state', '=', 'approved'), eb('claim_by', '<', now)]),
      ]),
    )
    .limit(limit)
    .execute()

/** Where a stored request stands, as the machine of domain/request.ts wants it. */
export const standingOf = ({ request, state }: KnownRequest): Standing => ({
  state: state.state,
  requester: request.requester,
  heldBy: state.held_by ?? undefined,
  confirmBy: state.confirm_by.getTime(),
  decideBy: state.decide_by.getTime(),
  claimBy: state.claim_by.getTime(),
})

export async function updateState(
  trx: Transaction<Schema>,
  id: string,
  change: Updateable<Schema['request_state']>,
): Promise<void> {
  await trx.updateTable('request_state').set(change).where('request_id', '=', id).execute()
}
