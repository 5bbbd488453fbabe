// The database's clock. It orders entries; for the issuer it is only something to compare its own clock with.

import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

export async function readDatabaseClock(db: Kysely<Schema>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const [row] = rows
  if (!row) throw new Error('the database told no time')
  return row.now
}
