// What the standing of a live grant's requester is judged by, read without locks; whoever ends a grant for it looks again under the lock.

import { type Kysely, sql } from 'kysely'
import type { PersonId } from '../domain/ids.ts'
import type { Schema } from './schema.ts'

export type LiveGrant = {
  readonly request_id: string
  readonly person: string
  readonly intent: Buffer
  /** Thumbprints of the passkeys by which the requester named places. */
  readonly passkeys: readonly string[]
}

/** Live grants after a request id, in its order. */
export async function findLiveGrants(db: Kysely<Schema>, after: string, limit: number): Promise<readonly LiveGrant[]> {
  const { rows } = await sql<LiveGrant>`
    select g.request_id, g.person, r.intent,
      array(select e.passkey from evidence e where e.request_id = g.request_id and e.decision = 'confirm') as passkeys
    from "grant" g join request r on r.id = g.request_id
    where g.state in ('issuing', 'active') and g.request_id > ${after} order by g.request_id limit ${limit}`.execute(db)
  return rows
}

/** Requests of these people that are neither used nor over, with when the issuer first saw them. */
export const findOpenOf = (
  db: Kysely<Schema>,
  people: readonly PersonId[],
): Promise<{ request_id: string; requester: PersonId; first_seen_at: Date }[]> =>
  db
    .selectFrom('request_state')
    .innerJoin('request', 'request.id', 'request_state.request_id')
    .select(['request_id', 'requester', 'first_seen_at'])
    .where('requester', 'in', people)
    .where('state', 'in', ['awaiting_requester', 'awaiting_approvers', 'approved'])
    .orderBy('request_id')
    .execute()

export type Doubtful = {
  readonly request_id: string
  readonly holder: PersonId
  readonly approver: PersonId
  readonly passkey: string
  readonly runbook: string
  readonly action: string
  readonly ends_at: Date
}

/** Access that lives by an approval whose key is suspended or revoked by now. */
export const findDoubtful = (db: Kysely<Schema>, limit: number): Promise<Doubtful[]> =>
  db
    .selectFrom('grant')
    .innerJoin('request', 'request.id', 'grant.request_id')
    .innerJoin('evidence', 'evidence.request_id', 'grant.request_id')
    .innerJoin('passkey', 'passkey.thumbprint', 'evidence.passkey')
    .select(['grant.request_id', 'grant.person as holder', 'evidence.person as approver', 'evidence.passkey'])
    .select(['request.runbook', 'request.action', 'grant.ends_at'])
    .where('grant.state', 'in', ['issuing', 'active'])
    .where('evidence.decision', '=', 'approve')
    .where('passkey.status', '<>', 'active')
    .orderBy('grant.ends_at')
    .limit(limit)
    .execute()
