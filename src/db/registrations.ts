// Queries on keys that were registered and wait for an administrator.

import type { Transaction } from 'kysely'
import type { Digest } from '../domain/ids.ts'
import type { PasskeyKey } from '../domain/keys.ts'
import type { Schema } from './schema.ts'

export type NewRegistration = {
  readonly person: string
  readonly nickname: string
  readonly id: string
  readonly key: PasskeyKey
  readonly thumbprint: Digest
  readonly device_bound: boolean
  /** The model, where a chain of certificates has proved it. */
  readonly aaguid?: string
  /** What the key says of its model. */
  readonly aaguid_hint: string
  readonly transports: readonly string[]
  readonly attestation: Readonly<Record<string, unknown>>
}

/** Registrations of a person that nobody has ended, made after a time. */
export async function countRegistrations(trx: Transaction<Schema>, person: string, since: Date): Promise<number> {
  const { count } = await trx
    .selectFrom('registration')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('person', '=', person)
    .where('ended_at', 'is', null)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Keeps a registration; false when this key or this id was registered before. */
export async function addRegistration(trx: Transaction<Schema>, made: NewRegistration, now: Date): Promise<boolean> {
  const added = await trx
    .insertInto('registration')
    .values({
      thumbprint: made.thumbprint,
      person: made.person,
      passkey_id: made.id,
      key: JSON.stringify(made.key),
      device_bound: made.device_bound,
      nickname: made.nickname,
      aaguid: made.aaguid_hint,
      proved_aaguid: made.aaguid ?? null,
      transports: JSON.stringify(made.transports),
      attestation: JSON.stringify(made.attestation),
      created_at: now,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/** Notes that its owner proved to hold the key; false when there is no such open registration, or it was proved before. */
export async function completeRegistrationRow(trx: Transaction<Schema>, thumbprint: Digest, statement: Digest): Promise<boolean> {
  const changed = await trx
    .updateTable('registration')
    .set({ statement })
    .where('thumbprint', '=', thumbprint)
    .where('statement', 'is', null)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return changed.numUpdatedRows === 1n
}

/**
 * Ends a registration that waits, of this person if one is given; answers whose it was, or undefined when none waits. Its key can never be registered
 * again.
 */
export async function endRegistration(
  trx: Transaction<Schema>,
  thumbprint: Digest,
  now: Date,
  person?: string,
): Promise<string | undefined> {
  const ended = await trx
    .updateTable('registration')
    .set({ ended_at: now })
    .where('thumbprint', '=', thumbprint)
    .where('ended_at', 'is', null)
    .$if(person !== undefined, (update) => update.where('person', '=', person ?? ''))
    .returning('person')
    .executeTakeFirst()
  return ended?.person
}
