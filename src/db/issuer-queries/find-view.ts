// What a request's page is made of, beside the request itself: who looks, why a proposal was not taken, who has decided.

import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '../schema.ts'

export type ViewRow = Selectable<Schema['view']>

export const findView = (db: Kysely<Schema>, id: string): Promise<ViewRow | undefined> =>
  db.selectFrom('view').selectAll().where('id', '=', id).executeTakeFirst()

/** The link that a person was given to this request, if he ever was. */
export const findViewOf = (db: Kysely<Schema>, request: string, person: string): Promise<ViewRow | undefined> =>
  db.selectFrom('view').selectAll().where('request_id', '=', request).where('person', '=', person).executeTakeFirst()

export const findRequest = (db: Kysely<Schema>, id: string): Promise<Selectable<Schema['request']> | undefined> =>
  db.selectFrom('request').selectAll().where('id', '=', id).executeTakeFirst()

export const findRefused = (db: Kysely<Schema>, request: string): Promise<Selectable<Schema['refused_request']> | undefined> =>
  db.selectFrom('refused_request').selectAll().where('request_id', '=', request).executeTakeFirst()

export type DecisionRow = {
  readonly person: string
  readonly decision: 'confirm' | 'approve' | 'deny' | 'revoke'
  readonly accepted_at: Date
  readonly lease_seconds: number | null
  readonly bytes: Buffer
  readonly note_value: string | null
  readonly note_salt: string | null
}

/** Everything people signed about a request, oldest first. */
export const findDecisions = (db: Kysely<Schema>, request: string): Promise<DecisionRow[]> =>
  db
    .selectFrom('evidence')
    .innerJoin('statement', 'statement.digest', 'evidence.statement')
    .select([
      'evidence.person',
      'evidence.decision',
      'evidence.accepted_at',
      'evidence.lease_seconds',
      'statement.bytes',
      'statement.note_value',
      'statement.note_salt',
    ])
    .where('evidence.request_id', '=', request)
    .orderBy('evidence.accepted_at')
    .orderBy('evidence.statement')
    .execute()
