// Queries on grants and credentials. Written by the issuer alone, under the lock of the request's row.

import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { said } from './in-states.ts'
import type { Schema } from './schema.ts'

export type GrantRow = Selectable<Schema['grant']>
export type CredentialRow = Selectable<Schema['credential']>

export const findGrant = (db: Kysely<Schema>, request: string): Promise<GrantRow | undefined> =>
  db.selectFrom('grant').selectAll().where('request_id', '=', request).executeTakeFirst()

export const findCredentials = (db: Kysely<Schema>, request: string): Promise<CredentialRow[]> =>
  db.selectFrom('credential').selectAll().where('request_id', '=', request).orderBy('number').execute()

export async function addGrant(trx: Transaction<Schema>, row: Insertable<Schema['grant']>): Promise<void> {
  await trx.insertInto('grant').values(row).execute()
}

export async function addCredential(trx: Transaction<Schema>, row: Insertable<Schema['credential']>): Promise<void> {
  await trx.insertInto('credential').values(row).execute()
}

export async function updateGrant(trx: Transaction<Schema>, request: string, change: Updateable<Schema['grant']>): Promise<void> {
  await trx.updateTable('grant').set(change).where('request_id', '=', request).execute()
}

export async function updateCredential(
  trx: Transaction<Schema>,
  id: string,
  change: Updateable<Schema['credential']>,
): Promise<void> {
  await trx.updateTable('credential').set(change).where('id', '=', id).execute()
}

/** Requests whose grant lives, of one person. */
export const findLiveGrantsOf = (db: Kysely<Schema>, person: string): Promise<{ request_id: string }[]> =>
  db
    .selectFrom('grant')
    .select('request_id')
    .where('person', '=', person)
    .where('state', 'in', said('issuing', 'active'))
    .execute()

/** How many grants live, by state; also the states in which none does. */
export async function countLiveGrants(db: Kysely<Schema>): Promise<Readonly<Record<'issuing' | 'active' | 'revoking', number>>> {
  const rows = await db
    .selectFrom('grant')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .where('state', 'in', said('issuing', 'active', 'revoking'))
    .groupBy('state')
    .execute()
  return { issuing: 0, active: 0, revoking: 0, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }
}

/** Requests whose grant or one of whose credentials is past its end but not ended yet; a credential can be late, and its grant over. */
export const findPastEnd = (db: Kysely<Schema>, now: Date, limit: number): Promise<{ request_id: string }[]> =>
  db
    .selectFrom('grant')
    .select('request_id')
    .where('state', 'in', said('issuing', 'active', 'revoking'))
    .where('ends_at', '<=', now)
    .union(
      db
        .selectFrom('credential')
        .select('request_id')
        .where('state', 'in', said('issued', 'revoking'))
        .where('expires_at', '<=', now),
    )
    .limit(limit)
    .execute()

/** Credentials whose making began before a time and never ended. */
export const findStaleIssuing = (
  db: Kysely<Schema>,
  before: Date,
  limit: number,
): Promise<{ id: string; request_id: string }[]> =>
  db
    .selectFrom('credential')
    .select(['id', 'request_id'])
    .where('state', 'in', said('issuing'))
    .where('created_at', '<', before)
    .limit(limit)
    .execute()
