// Queries on passkeys, registrations and the directory's changes. `passkey` only repeats what the verified chain says, for look-ups and pages.

import type { Kysely, OnConflictBuilder, Selectable, Transaction } from 'kysely'
import { type DirectoryChange, type Passkey, ROLES, type TrustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import type { PasskeyKey } from '../domain/keys.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import { type ChainState, findPasskey as findKnown, holdsRole } from '../evidence/chain-state.ts'
import type { Schema } from './schema.ts'

export type PasskeyRow = Selectable<Schema['passkey']>
export type RegistrationRow = Selectable<Schema['registration']>
export type KnownPasskey = {
  readonly thumbprint: Digest
  readonly person: string
  readonly id: string
  readonly key: PasskeyKey
  readonly device_bound: boolean
  readonly nickname: string
  readonly transports: readonly string[]
  readonly status: 'active' | 'suspended' | 'revoked'
  readonly sign_count: number
}

export const findPasskey = (db: Kysely<Schema>, thumbprint: Digest): Promise<PasskeyRow | undefined> =>
  db.selectFrom('passkey').selectAll().where('thumbprint', '=', thumbprint).executeTakeFirst()

export const findPasskeyById = (db: Kysely<Schema>, id: string): Promise<PasskeyRow | undefined> =>
  db.selectFrom('passkey').selectAll().where('id', '=', id).executeTakeFirst()

/** A person's passkeys, the last used first. */
export const findPasskeysOf = (db: Kysely<Schema>, person: string): Promise<PasskeyRow[]> =>
  db
    .selectFrom('passkey')
    .selectAll()
    .where('person', '=', person)
    .orderBy('used_at', (order) => order.desc().nullsLast())
    .orderBy('enrolled_at')
    .execute()

/** Notes a use: the counter moves forward, or stays 0 for keys that have none. False when a copy of the key may exist. */
export async function notePasskeyUse(
  trx: Transaction<Schema>,
  thumbprint: Digest,
  signCount: number,
  now: Date,
): Promise<boolean> {
  const changed = await trx
    .updateTable('passkey')
    .set({ sign_count: signCount, used_at: now })
    .where('thumbprint', '=', thumbprint)
    .where(({ or, and, eb }) => or([eb('sign_count', '<', signCount), and([eb('sign_count', '=', 0), eb.val(signCount === 0)])]))
    .executeTakeFirst()
  return changed.numUpdatedRows === 1n
}

export const findRegistration = (db: Kysely<Schema>, thumbprint: Digest): Promise<RegistrationRow | undefined> =>
  db.selectFrom('registration').selectAll().where('thumbprint', '=', thumbprint).executeTakeFirst()

/** Locks a registration that waits and whose owner has not proved yet to hold its key; false where there is none. */
export async function lockUnproved(trx: Transaction<Schema>, thumbprint: Digest): Promise<boolean> {
  const row = await trx
    .selectFrom('registration')
    .select('thumbprint')
    .where('thumbprint', '=', thumbprint)
    .where('statement', 'is', null)
    .where('ended_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row !== undefined
}

/** The passkey that a registration is, in the words that administrators sign: what was verified when it was made, and nothing that a page may add. */
export const passkeyOf = ({
  person,
  passkey_id: id,
  key,
  thumbprint,
  device_bound,
  proved_aaguid,
}: RegistrationRow): Passkey => ({
  person,
  id,
  key,
  thumbprint,
  device_bound,
  ...(proved_aaguid !== null && { aaguid: proved_aaguid }),
})

export type StoredLink = { readonly sequence: number; readonly head: Digest; readonly link: DirectoryLink }

/** The changes of an era after one, in order; undefined when the database does not hold that one (any more). Position 0 is in every database. */
export async function findContinuation(
  db: Kysely<Schema>,
  after: { readonly era: number; readonly sequence: number; readonly head: Digest },
): Promise<readonly StoredLink[] | undefined> {
  const rows = await db
    .selectFrom('directory')
    .select(['sequence', 'head'])
    .select(({ eb }) => eb.case().when('sequence', '>', after.sequence).then(eb.ref('link')).end().as('link'))
    .where('era', '=', after.era)
    .where('sequence', '>=', after.sequence)
    .orderBy('sequence')
    .execute()
  if (after.sequence > 0 && (rows[0]?.sequence !== after.sequence || rows[0].head !== after.head)) return undefined
  return rows.flatMap(({ sequence, head, link }) => (link ? [{ sequence, head, link }] : []))
}

/** The changes of an era from a place on, the first of them first. */
export const findSince = (
  db: Kysely<Schema>,
  era: number,
  sequence: number,
  most: number,
): Promise<{ change: Buffer; link: DirectoryLink }[]> =>
  db
    .selectFrom('directory')
    .select(['change', 'link'])
    .where('era', '=', era)
    .where('sequence', '>=', sequence)
    .orderBy('sequence')
    .limit(most)
    .execute()

/** Every head of an era's directory, as the database says it. */
export const findHeads = (db: Kysely<Schema>, era: number): Promise<{ sequence: number; head: Digest }[]> =>
  db.selectFrom('directory').select(['sequence', 'head']).where('era', '=', era).orderBy('sequence').execute()

/** The stored register statement of a registration, as a link carries it. */
export async function findRegisterStatement(
  db: Kysely<Schema>,
  thumbprint: Digest,
): Promise<DirectoryLink['registrations'][number] | undefined> {
  return (await findRegisterStatements(db, [thumbprint])).get(thumbprint)
}

/** The stored register statements of registrations, as links carry them. */
export async function findRegisterStatements(
  db: Kysely<Schema>,
  thumbprints: readonly Digest[],
): Promise<ReadonlyMap<Digest, DirectoryLink['registrations'][number]>> {
  if (thumbprints.length === 0) return new Map()
  const rows = await db
    .selectFrom('registration')
    .innerJoin('statement', 'statement.digest', 'registration.statement')
    .select(['thumbprint', 'bytes', 'assertion'])
    .where('thumbprint', 'in', thumbprints)
    .execute()
  return new Map(
    rows.map(({ thumbprint, bytes, assertion }) => [thumbprint, { statement: bytes.toString('base64url'), assertion }]),
  )
}

/** Registrations by their keys. */
export async function findRegistrations(
  db: Kysely<Schema>,
  thumbprints: readonly Digest[],
): Promise<ReadonlyMap<Digest, RegistrationRow>> {
  if (thumbprints.length === 0) return new Map()
  const rows = await db.selectFrom('registration').selectAll().where('thumbprint', 'in', thumbprints).execute()
  return new Map(rows.map((row) => [row.thumbprint, row]))
}

/** Repeats a verified change in the tables of passkeys and roles; `state` is the directory after it. */
export async function applyChange(
  trx: Transaction<Schema>,
  change: DirectoryChange,
  state: ChainState,
  now: Date,
): Promise<void> {
  if (change.operation === 'suspend' || change.operation === 'reinstate' || change.operation === 'revoke') {
    const status = ({ suspend: 'suspended', reinstate: 'active', revoke: 'revoked' } as const)[change.operation]
    await trx
      .updateTable('passkey')
      .set({ status })
      .where('thumbprint', 'in', [...change.passkeys])
      .execute()
    return
  }
  if (change.operation === 'role') {
    if (change.passkeys.length > 0)
      await trx
        .updateTable('passkey')
        .set({ in_full: true })
        .where('thumbprint', 'in', [...change.passkeys])
        .execute()
    return repeatRoles(trx, state, [change.person])
  }
  const enrolled = change.operation === 'enrol' ? change.passkeys : change.operation === 'add' ? [change] : []
  if (enrolled.length === 0) return
  const thumbprints = enrolled.map(({ passkey }) => passkey.thumbprint)
  const registered = await findRegistrations(trx, thumbprints)
  await trx
    .insertInto('passkey')
    .values(
      enrolled.map(({ passkey }) => ({
        thumbprint: passkey.thumbprint,
        person: passkey.person,
        id: passkey.id,
        key: JSON.stringify(passkey.key),
        device_bound: passkey.device_bound,
        aaguid: passkey.aaguid ?? null,
        in_full: findKnown(state, passkey.thumbprint)?.inFull ?? false,
        nickname: registered.get(passkey.thumbprint)?.nickname ?? 'key',
        transports: JSON.stringify(registered.get(passkey.thumbprint)?.transports ?? []),
        status: 'active' as const,
        era: state.era,
        enrolled_sequence: change.sequence,
        enrolled_at: now,
      })),
    )
    .onConflict(ofEarlierEra)
    .execute()
  await trx.updateTable('registration').set({ ended_at: now, network: null }).where('thumbprint', 'in', thumbprints).execute()
  await repeatRoles(
    trx,
    state,
    enrolled.map(({ passkey }) => passkey.person),
  )
}

async function repeatRoles(db: Kysely<Schema>, state: ChainState, people: readonly string[]): Promise<void> {
  const some = [...new Set(people)]
  const held = some.flatMap((person) => ROLES.filter((role) => holdsRole(state, person, role)).map((role) => ({ person, role })))
  await db.deleteFrom('directory_role').where('person', 'in', some).execute()
  if (held.length > 0) await db.insertInto('directory_role').values(held).execute()
}

/** Puts what the tables say of everybody's roles right by the chain, for roots and for whatever an older version left out. */
export async function repeatDirectory(trx: Transaction<Schema>, state: ChainState): Promise<void> {
  const people = [...new Set([...state.passkeys.values()].map(({ passkey }) => passkey.person))]
  await repeatRoles(trx, state, people)
  const inFull = [...state.passkeys.values()].flatMap((known) => (known.inFull ? [known.passkey.thumbprint] : []))
  await trx.updateTable('passkey').set({ in_full: true }).where('thumbprint', 'in', inFull).where('in_full', '=', false).execute()
}

/** A key of an earlier era comes in anew; what it counted goes on. */
const ofEarlierEra = (on: OnConflictBuilder<Schema, 'passkey'>) =>
  on
    .column('thumbprint')
    .doUpdateSet(({ ref }) => ({
      person: ref('excluded.person'),
      id: ref('excluded.id'),
      device_bound: ref('excluded.device_bound'),
      aaguid: ref('excluded.aaguid'),
      in_full: ref('excluded.in_full'),
      status: ref('excluded.status'),
      era: ref('excluded.era'),
      enrolled_sequence: ref('excluded.enrolled_sequence'),
      enrolled_at: ref('excluded.enrolled_at'),
    }))
    .whereRef('passkey.era', '<', 'excluded.era')

/** Puts the root keys of an era into the table of passkeys; true when at least one was new. */
export async function pinRoots(db: Kysely<Schema>, { era, roots }: TrustRoots, now: Date): Promise<boolean> {
  const added = await db
    .insertInto('passkey')
    .values(
      roots.map(({ thumbprint, person, id, key, device_bound, aaguid = null }) => ({
        thumbprint,
        person,
        id,
        key: JSON.stringify(key),
        device_bound,
        aaguid,
        nickname: 'root key',
        transports: '[]',
        status: 'active' as const,
        era,
        enrolled_sequence: 0,
        enrolled_at: now,
      })),
    )
    .onConflict(ofEarlierEra)
    .executeTakeFirst()
  return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
}
