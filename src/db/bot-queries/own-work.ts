// What concerns one person: requests that wait for them, and access they hold. Found by their links, which the bot makes for everybody it asks.

import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

export type Linked = { readonly request_id: string; readonly view: string }

/** Open requests of theirs, and others' that wait for their decision; newest first. */
export const findWaitingFor = (db: Kysely<Schema>, person: string, limit: number): Promise<Linked[]> =>
  db
    .selectFrom('view')
    .innerJoin('request', 'request.id', 'view.request_id')
    .innerJoin('request_state', 'request_state.request_id', 'view.request_id')
    .select(['view.request_id', 'view.id as view'])
    .where('view.person', '=', person)
    .where(({ or, and, eb, not, exists, selectFrom }) =>
      or([
        and([
          eb('request.requester', '=', person),
          eb('request_state.state', 'in', ['awaiting_requester', 'awaiting_approvers', 'approved']),
        ]),
        and([
          eb('request.requester', '!=', person),
          eb('request_state.state', '=', 'awaiting_approvers'),
          not(
            exists(
              selectFrom('evidence')
                .select('evidence.statement')
                .whereRef('evidence.request_id', '=', 'view.request_id')
                .where('evidence.person', '=', person)
                .where('evidence.decision', 'in', ['approve', 'deny']),
            ),
          ),
        ]),
      ]),
    )
    .orderBy('request.proposed_at', 'desc')
    .limit(limit)
    .execute()

/** Grants of theirs that have not ended. */
export const findAccessOf = (db: Kysely<Schema>, person: string, limit: number): Promise<Linked[]> =>
  db
    .selectFrom('grant')
    .innerJoin('view', (join) => join.onRef('view.request_id', '=', 'grant.request_id').onRef('view.person', '=', 'grant.person'))
    .select(['grant.request_id', 'view.id as view'])
    .where('grant.person', '=', person)
    .where('grant.state', 'in', ['issuing', 'active', 'revoking'])
    .orderBy('grant.ends_at')
    .limit(limit)
    .execute()
