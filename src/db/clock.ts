// The database's clock, which orders entries and is for the issuer only something to compare its own clock with; and what is recorded of the issuer's own.

import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

export async function readDatabaseClock(db: Kysely<Schema>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const [row] = rows
  if (!row) throw new Error('the database told no time')
  return row.now
}

/** The id of the issuers' newest entry by their own clocks: ids begin with their time, and nobody else can write them. */
export async function findNewestEntry(db: Kysely<Schema>): Promise<string | undefined> {
  const row = await db
    .selectFrom('entry')
    .select('id')
    .where('writer', '=', 'issuer')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}
