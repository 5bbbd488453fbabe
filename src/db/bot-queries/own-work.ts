// What concerns one person: requests that wait for them, and access they hold. Found by their links, which the bot makes for everybody it asks.

import { type Kysely, sql } from 'kysely'
import { said } from '../in-states.ts'
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
    .where('request_state.state', 'in', said('awaiting_requester', 'awaiting_approvers', 'approved'))
    .where(({ or, and, eb, not, exists, selectFrom }) =>
      or([
        eb('request.requester', '=', person),
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
    .where('grant.state', 'in', said('issuing', 'active', 'revoking'))
    .orderBy('grant.ends_at')
    .limit(limit)
    .execute()

/** Requests of theirs that have come to an end since a time, newest first. */
export const findEndedOf = async (db: Kysely<Schema>, person: string, since: Date, limit: number): Promise<Linked[]> => {
  const { rows } = await sql<Linked>`
    select r.id as request_id, v.id as view
    from request r join view v on v.request_id = r.id and v.person = r.requester
      left join request_state s on s.request_id = r.id left join "grant" g on g.request_id = r.id
    where r.requester = ${person} and r.proposed_at > ${since} and (
      s.state in ('lapsed', 'cancelled', 'voided', 'denied') or g.state in ('revoked', 'returned', 'failed', 'expired')
      or exists (select from refused_request f where f.request_id = r.id))
    order by r.proposed_at desc limit ${limit}`.execute(db)
  return rows
}

export type Running = {
  readonly request_id: string
  readonly requester: string
  readonly runbook: string
  readonly action: string
}

/** Others' requests that are open or in use, newest first. */
export const findRunning = async (db: Kysely<Schema>, person: string, limit: number): Promise<Running[]> => {
  const { rows } = await sql<Running>`
    select r.id as request_id, r.requester, r.runbook, r.action
    from (
      select request_id from request_state where state in ('awaiting_approvers', 'approved') and confirmed_at is not null
      union select request_id from "grant" where state in ('issuing', 'active', 'revoking')
    ) running join request r on r.id = running.request_id
    where r.requester <> ${person} order by r.proposed_at desc limit ${limit}`.execute(db)
  return rows
}
