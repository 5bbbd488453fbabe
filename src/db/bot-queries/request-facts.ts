// Everything the bot knows of one request, read for telling people: what it proposed itself and what the issuer wrote since. Read without locks;
// a later change brings its own message.

import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Schema } from '../schema.ts'
import { onOneConnection } from '../transaction.ts'

export type RequestFacts = {
  readonly request: Selectable<Schema['request']>
  readonly state: Selectable<Schema['request_state']> | undefined
  readonly refused: Selectable<Schema['refused_request']> | undefined
  readonly grant: Selectable<Schema['grant']> | undefined
  readonly recalls: readonly Pick<Selectable<Schema['credential']>, 'recall' | 'recall_tries'>[]
  /** `note` is JSON text: what its signer added in words, when there is any and it was not erased. */
  readonly evidence: readonly (Pick<Selectable<Schema['evidence']>, 'person' | 'decision' | 'accepted_at' | 'lease_seconds'> & {
    readonly note: string | null
  })[]
  /** JSON text, or undefined once it was erased. */
  readonly reason: string | undefined
  /** What the objector said of the objection that holds it now, as JSON text. */
  readonly objection: string | undefined
  readonly follows: Follows | undefined
}
/** The request that this one was asked after. */
export type Follows = { readonly how: 'again' | 'same'; readonly intent_digest: string; readonly requester: string }

export async function findRequestFacts(db: Kysely<Schema>, id: string): Promise<RequestFacts | undefined> {
  const [request, state, refused, grant, credentials, evidence, reason, follows] = await onOneConnection(db, (one) =>
    Promise.all([
      one.selectFrom('request').selectAll().where('id', '=', id).executeTakeFirst(),
      one.selectFrom('request_state').selectAll().where('request_id', '=', id).executeTakeFirst(),
      one.selectFrom('refused_request').selectAll().where('request_id', '=', id).executeTakeFirst(),
      one.selectFrom('grant').selectAll().where('request_id', '=', id).executeTakeFirst(),
      one.selectFrom('credential').select(['recall', 'recall_tries']).where('request_id', '=', id).orderBy('number').execute(),
      one
        .selectFrom('evidence')
        .innerJoin('statement', 'statement.digest', 'evidence.statement')
        .select(['evidence.person', 'evidence.decision', 'evidence.accepted_at', 'evidence.lease_seconds'])
        .select('statement.note_value as note')
        .where('request_id', '=', id)
        .orderBy('evidence.accepted_at')
        .orderBy('evidence.statement')
        .execute(),
      one.selectFrom('personal').select('value').where('request_id', '=', id).where('name', '=', 'reason').executeTakeFirst(),
      one
        .selectFrom('follows')
        .innerJoin('request', 'request.id', 'follows.earlier')
        .select(['follows.how', 'request.intent_digest', 'request.requester'])
        .where('follows.request_id', '=', id)
        .executeTakeFirst(),
    ]),
  )
  if (!request) return undefined
  const objection = state?.held_by ? await findObjection(db, id, state.held_by) : undefined
  return { request, state, refused, grant, recalls: credentials, evidence, reason: reason?.value, objection, follows }
}

/** What a person said of their newest objection. */
const findObjection = async (db: Kysely<Schema>, request: string, person: string): Promise<string | undefined> =>
  (
    await db
      .selectFrom('wish')
      .leftJoin('personal', (join) =>
        join
          .onRef('personal.request_id', '=', 'wish.request_id')
          .on(sql<boolean>`personal.name = ${openingOfObjection(sql.ref('wish.id'))}`),
      )
      .select('personal.value')
      .where('wish.request_id', '=', request)
      .where('wish.person', '=', person)
      .where('wish.kind', '=', 'object')
      .orderBy('wish.made_at', 'desc')
      .limit(1)
      .executeTakeFirst()
  )?.value ?? undefined

const openingOfObjection = (wish: RawBuilder<unknown>) => sql`'objection:' || ${wish}`
