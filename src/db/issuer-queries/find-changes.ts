// Which requests have changed, for pages that wait: read from the outbox that every change writes in its own transaction.

import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

export type Change = { readonly id: string; readonly request: string }

/** Changes of these requests since a time. */
export async function findChanges(db: Kysely<Schema>, requests: readonly string[], since: Date): Promise<Change[]> {
  if (requests.length === 0) return []
  const rows = await db
    .selectFrom('issuer_outbox')
    .select(['id', 'request_id'])
    .where('topic', '=', 'request.changed')
    .where('created_at', '>=', since)
    .where('request_id', 'in', requests)
    .execute()
  return rows.flatMap(({ id, request_id: request }) => (request === null ? [] : [{ id, request }]))
}
