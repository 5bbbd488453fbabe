// Everything the bot knows of one request, read for telling people: what it proposed itself and what the issuer wrote since. Read without locks;
// a later change brings its own message.

import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '../schema.ts'

export type RequestFacts = {
  readonly request: Selectable<Schema['request']>
  readonly state: Selectable<Schema['request_state']> | undefined
  readonly refused: Selectable<Schema['refused_request']> | undefined
  readonly grant: Selectable<Schema['grant']> | undefined
  readonly recalls: readonly Pick<Selectable<Schema['credential']>, 'recall' | 'recall_tries'>[]
  readonly evidence: readonly Pick<Selectable<Schema['evidence']>, 'person' | 'decision' | 'accepted_at'>[]
  /** JSON text, or undefined once it was erased. */
  readonly reason: string | undefined
}

export async function findRequestFacts(db: Kysely<Schema>, id: string): Promise<RequestFacts | undefined> {
  const request = await db.selectFrom('request').selectAll().where('id', '=', id).executeTakeFirst()
  if (!request) return undefined
  const [state, refused, grant, credentials, evidence, reason] = await Promise.all([
    db.selectFrom('request_state').selectAll().where('request_id', '=', id).executeTakeFirst(),
    db.selectFrom('refused_request').selectAll().where('request_id', '=', id).executeTakeFirst(),
    db.selectFrom('grant').selectAll().where('request_id', '=', id).executeTakeFirst(),
    db.selectFrom('credential').select(['recall', 'recall_tries']).where('request_id', '=', id).orderBy('number').execute(),
    db
      .selectFrom('evidence')
      .select(['person', 'decision', 'accepted_at'])
      .where('request_id', '=', id)
      .orderBy('accepted_at')
      .orderBy('statement')
      .execute(),
    db.selectFrom('personal').select('value').where('request_id', '=', id).where('name', '=', 'reason').executeTakeFirst(),
  ])
  return { request, state, refused, grant, recalls: credentials, evidence, reason: reason?.value }
}
