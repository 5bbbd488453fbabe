// What the standing of a live grant's requester is judged by, read without locks; whoever ends a grant for it looks again under the lock.

import { type Kysely, sql } from 'kysely'
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
