// The keys by which some people could approve, as far as the database repeats what the signed directory says: an approver's, compared by as many administrators
// as it takes, active, and not held.

import { type Kysely, sql } from 'kysely'
import type { JudgedKey } from '../domain/accepted-keys.ts'
import type { PersonId } from '../domain/ids.ts'
import type { Schema } from './schema.ts'

export async function findServingKeys(
  db: Kysely<Schema>,
  people: readonly PersonId[],
): Promise<readonly (JudgedKey & { readonly person: PersonId })[]> {
  const { rows } = await sql<JudgedKey & { readonly person: PersonId }>`
    select p.person, p.device_bound, p.aaguid from passkey p
    join directory_role r on r.person = p.person and r.role = 'approver'
    where p.person = any(${[...people]}) and p.status = 'active' and p.in_full
      and not exists (select from passkey_held h where h.passkey = p.thumbprint)`.execute(db)
  return rows
}
