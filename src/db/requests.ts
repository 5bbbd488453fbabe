// Queries on requests as the issuer sees them: the bot's proposals, and the states that the issuer alone writes. Rows are locked by transact().

import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { readCanonical } from '../domain/canonical.ts'
import { isCommitment, type Opening, opening } from '../domain/commitment.ts'
import type { Digest } from '../domain/ids.ts'
import { readIntent } from '../domain/intent.ts'
import type { Standing } from '../domain/request.ts'
import { read } from '../domain/shape.ts'
import { said } from './in-states.ts'
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

/**
 * The openings the bot left beside a request, by name (`reason`, `parameter:<name>`): those of the commitments in its intent and no others, because
 * whoever has the bot's login may add rows to anybody's request. An erased or unreadable one is missing; so is one that is not in canonical form,
 * as lone surrogates are, which nothing could be committed to.
 */
export async function findOpenings(
  db: Kysely<Schema>,
  request: Pick<RequestRow, 'id' | 'intent'>,
): Promise<ReadonlyMap<string, Opening>> {
  const intent = readIntent(request.intent)
  if (!intent.ok) return new Map()
  const personal = Object.entries(intent.value.parameters).filter(([, value]) => isCommitment(value))
  const rows = await db
    .selectFrom('personal')
    .select(['name', 'value', 'salt'])
    .where('request_id', '=', request.id)
    .where('name', 'in', ['reason', ...personal.map(([name]) => `parameter:${name}`)])
    .execute()
  const openings = new Map<string, Opening>()
  for (const { name, value, salt } of rows) {
    const found = read(opening, { value: readCanonical(Buffer.from(value)), salt })
    if (found.ok) openings.set(name, found.value)
  }
  return openings
}

export type KnownRequest = { readonly request: RequestRow; readonly state: StateRow }

/** A row of both tables, taken apart. */
export const known = (row: RequestRow & StateRow): KnownRequest => {
  const { id, intent, intent_digest, requester, runbook, action, channel, proposed_at, ...state } = row
  return {
    request: { id, intent, intent_digest, requester, runbook, action, channel, proposed_at },
    state: { ...state, intent_digest },
  }
}

/** Every adopted request with its state; further conditions are the caller's. */
export const selectKnown = (db: Kysely<Schema>) =>
  db
    .selectFrom('request_state')
    .innerJoin('request', 'request.id', 'request_state.request_id')
    .selectAll('request')
    .selectAll('request_state')

/** Adopted requests by the digests of their intents. */
export async function findByDigest(db: Kysely<Schema>, digests: readonly string[]): Promise<ReadonlyMap<string, KnownRequest>> {
  const rows = await selectKnown(db).where('request_state.intent_digest', 'in', digests).execute()
  return new Map(rows.map((row) => [row.intent_digest, known(row)]))
}

/** The same, with their state rows locked in one order. A row that somebody else held is read as it is after. */
export async function lockByDigest(
  trx: Transaction<Schema>,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, KnownRequest>> {
  const rows = await selectKnown(trx)
    .where('request_state.intent_digest', 'in', digests)
    .orderBy('request_state.request_id')
    .forNoKeyUpdate('request_state')
    .execute()
  return new Map(rows.map((row) => [row.intent_digest, known(row)]))
}

/** Locks the state rows of requests in one order; without ids it asks nothing. */
export async function lockStates(trx: Transaction<Schema>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await trx
    .selectFrom('request_state')
    .select('request_id')
    .where('request_id', 'in', ids)
    .orderBy('request_id')
    .forNoKeyUpdate()
    .execute()
}

/** One adopted request by id. */
export async function findKnown(db: Kysely<Schema>, id: string): Promise<KnownRequest | undefined> {
  const row = await selectKnown(db).where('request_state.request_id', '=', id).executeTakeFirst()
  return row && known(row)
}

/** Open requests; all of them, or those of one person. */
export async function findOpen(db: Kysely<Schema>, requester?: string): Promise<KnownRequest[]> {
  const rows = await selectKnown(db)
    .where('state', 'in', said('awaiting_requester', 'awaiting_approvers', 'approved'))
    .$if(requester !== undefined, (query) => query.where('request.requester', '=', requester ?? ''))
    .execute()
  return rows.map(known)
}

/** Open requests that a person has approved. */
export async function findOpenApprovedBy(db: Kysely<Schema>, person: string): Promise<KnownRequest[]> {
  const rows = await selectKnown(db)
    .where('state', 'in', said('awaiting_approvers', 'approved'))
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('evidence')
          .select('statement')
          .whereRef('evidence.request_id', '=', 'request_state.request_id')
          .where('evidence.person', '=', person)
          .where('evidence.decision', '=', 'approve'),
      ),
    )
    .execute()
  return rows.map(known)
}

/** Open requests whose present deadline has passed. */
export const findOverdue = (db: Kysely<Schema>, now: Date, limit: number): Promise<{ request_id: string }[]> =>
  db
    .selectFrom('request_state')
    .select('request_id')
    .where('state', 'in', said('awaiting_requester', 'awaiting_approvers', 'approved'))
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
