// The active keys of some people, as far as it matters whether they would serve.

import type { Kysely } from 'kysely'
import type { KeptKey } from '../domain/accepted-keys.ts'
import type { Schema } from './schema.ts'

/** When one was never used, its enrolment counts: its owner had proved just before that it works. */
export async function findWorkingKeys(db: Kysely<Schema>, people: readonly string[]): Promise<KeptKey[]> {
  if (people.length === 0) return []
  const rows = await db
    .selectFrom('passkey')
    .select(['person', 'device_bound', 'aaguid', 'used_at', 'enrolled_at'])
    .where('status', '=', 'active')
    .where('person', 'in', people)
    .execute()
  return rows.map(({ used_at, enrolled_at, ...key }) => ({ ...key, workedAt: used_at ?? enrolled_at }))
}
