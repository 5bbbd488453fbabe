// Queries on keys that were registered and wait for an administrator. Whoever comes makes such rows, so they are bounded, and what goes is chosen so that a
// flood makes room for others before it drives anybody out.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Digest } from '../domain/ids.ts'
import type { PasskeyKey } from '../domain/keys.ts'
import type { Schema } from './schema.ts'

/** How long a proved key waits, and one that its owner has not proved yet. */
export const WAITS_DAYS = 7
const WAITS_MS = WAITS_DAYS * 86_400_000
const UNPROVED_MS = 3_600_000
/** So many go in one transaction. */
const AT_ONCE = 1_000
/** So many registrations of all people together wait, and so many of one person that were made while he was signed in. */
const MOST_WAITING = 20_000
const MOST_SIGNED_IN = 10

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
  /** Where it came from, coarsely. */
  readonly network?: string | undefined
  /** Whether its person was signed in there. */
  readonly signedIn?: boolean | undefined
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
      network: made.network ?? null,
      signed_in: made.signedIn ?? false,
      created_at: now,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/**
 * Notes that its owner proved to hold the key; answers how many were proved in this person's name since a time, by now, of those that were made signed in or
 * of the others. Undefined when there is no such open registration, or it was proved before.
 */
export async function completeRegistrationRow(
  trx: Transaction<Schema>,
  thumbprint: Digest,
  statement: Digest,
  since: Date,
): Promise<number | undefined> {
  const proved = await trx
    .updateTable('registration')
    .set({ statement })
    .where('thumbprint', '=', thumbprint)
    .where('statement', 'is', null)
    .where('ended_at', 'is', null)
    .returning(['person', 'signed_in'])
    .executeTakeFirst()
  if (!proved) return undefined
  const { count } = await trx
    .selectFrom('registration')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('person', '=', proved.person)
    .where('signed_in', '=', proved.signed_in)
    .where('statement', 'is not', null)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow()
  return Number(count)
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
    .set({ ended_at: now, network: null })
    .where('thumbprint', '=', thumbprint)
    .where('ended_at', 'is', null)
    .$if(person !== undefined, (update) => update.where('person', '=', person ?? ''))
    .returning('person')
    .executeTakeFirst()
  return ended?.person
}

/**
 * Lets go what has waited too long, and what is too much: of the registrations that anybody could make, the network with the most loses its oldest first, until
 * all fit. So who floods from a few places drives out himself. Keys that were enrolled once, and wait again since the roots were replaced, stay.
 */
export async function dropRegistrations(db: Kysely<Schema>, now: Date, most = MOST_WAITING): Promise<number> {
  let all = 0
  for (let dropped = AT_ONCE; dropped === AT_ONCE; all += dropped) dropped = await dropSome(db, now, most)
  return all
}

async function dropSome(db: Kysely<Schema>, now: Date, most: number): Promise<number> {
  const before = (ms: number): Date => new Date(now.getTime() - ms)
  const { rows } = await sql<{ dropped: number }>`
    with waiting as (
      select thumbprint, signed_in, created_at, statement is not null as proved,
        row_number() over (partition by signed_in, case when signed_in then person else network end order by created_at desc, thumbprint) as place
      from registration r
      where ended_at is null and not exists (select from passkey p where p.thumbprint = r.thumbprint)),
    seated as (select thumbprint, row_number() over (order by place, created_at desc, thumbprint) as seat from waiting where not signed_in),
    gone as (
      select thumbprint from waiting where created_at <= case when proved then ${before(WAITS_MS)}::timestamptz else ${before(UNPROVED_MS)} end
      union select thumbprint from waiting where signed_in and place > ${MOST_SIGNED_IN}
      union select thumbprint from seated where seat > ${most})
    select drop_registrations(array(select thumbprint from gone limit ${AT_ONCE})) as dropped`.execute(db)
  return rows[0]?.dropped ?? 0
}
