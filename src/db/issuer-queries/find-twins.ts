// Open requests beside one that an approver looks at. The columns of the proposal only narrow what is read: what a request asks for is read by the
// caller out of its intent.

import type { Kysely } from 'kysely'
import { type KnownRequest, known, selectKnown } from '../requests.ts'
import type { Schema } from '../schema.ts'

export type Beside = {
  readonly request: string
  readonly runbook: string
  readonly action: string
  readonly person: string
  readonly now: Date
}

/** Requests that wait for approvers and were neither made, decided nor objected to: oldest first. */
export async function findBeside(db: Kysely<Schema>, of: Beside, limit: number): Promise<KnownRequest[]> {
  const rows = await selectKnown(db)
    .where('request_state.state', '=', 'awaiting_approvers')
    .where('request_state.held_by', 'is', null)
    .where('request_state.decide_by', '>=', of.now)
    .where('request.runbook', '=', of.runbook)
    .where('request.action', '=', of.action)
    .where('request.id', '<>', of.request)
    .where('request.requester', '<>', of.person)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('evidence')
            .select('statement')
            .whereRef('evidence.request_id', '=', 'request_state.request_id')
            .where('evidence.person', '=', of.person)
            .where('evidence.decision', 'in', ['approve', 'deny']),
        ),
      ),
    )
    .orderBy('request_state.first_seen_at')
    .orderBy('request_state.request_id')
    .limit(limit)
    .execute()
  return rows.map(known)
}
