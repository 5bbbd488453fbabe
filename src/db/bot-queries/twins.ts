// Open requests of one action, beside each other: who decides about one may decide about them all in one tap, at the issuer's page.

import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

export type Twin = { readonly id: string; readonly requester: string; readonly decided: readonly string[] }

/** Other requests of the same action that wait for approvers, oldest first, with those who have decided about them. One that somebody objected to wants a look of its own. */
export async function findTwins(
  db: Kysely<Schema>,
  of: { readonly id: string; readonly runbook: string; readonly action: string },
  limit: number,
): Promise<Twin[]> {
  const { rows } = await sql<Twin>`
    select r.id, r.requester, array(
      select e.person from evidence e where e.request_id = r.id and e.decision in ('approve', 'deny')) as decided
    from request_state s join request r on r.id = s.request_id
    where s.state = 'awaiting_approvers' and s.held_by is null and r.runbook = ${of.runbook} and r.action = ${of.action} and r.id <> ${of.id}
    order by s.confirm_by, r.id limit ${limit}`.execute(db)
  return rows
}
