// How often people were to be told that a request changed.

import type { Kysely } from 'kysely'
import type { Schema } from '../../src/db/schema.ts'

export const toldOf = async (db: Kysely<Schema>, request: string): Promise<number> =>
  (
    await db
      .selectFrom('issuer_outbox')
      .select('id')
      .where('request_id', '=', request)
      .where('topic', '=', 'request.changed')
      .execute()
  ).length
