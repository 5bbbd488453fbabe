// The roles that the signed directory gives, as the issuer repeats them.

import type { Kysely } from 'kysely'
import type { Role } from '../../domain/directory.ts'
import type { PersonId } from '../../domain/ids.ts'
import type { Schema } from '../schema.ts'

/** What somebody is now. */
export async function findRoles(db: Kysely<Schema>, person: PersonId): Promise<readonly Role[]> {
  const rows = await db.selectFrom('directory_role').select('role').where('person', '=', person).execute()
  return rows.map(({ role }) => role)
}
