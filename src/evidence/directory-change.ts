// What one change of the passkey directory does, and whose signatures it takes (DESIGN section 4). As soon as two people are administrators, nobody
// alone gives a role, a key that serves one, or power back to somebody who holds one: it takes two, and never who gains by it. What only
// takes power away at once, a suspension, takes one. Called with statements that are already sound.

import { strengthOf } from '../domain/accepted-keys.ts'
import type { DirectoryChange, Passkey, TrustRoots } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { isSameKey } from '../domain/keys.ts'
import type { StatementOf } from '../domain/statement.ts'
import {
  type ChainState,
  type Effect,
  findPasskey,
  holdsRole,
  isAdministrator,
  isEndorsed,
  knowsId,
  lastLoss,
  passkeysOf,
  takesProvider,
} from './chain-state.ts'
import { type EvidenceCrypto, thumbprintOf } from './crypto.ts'
import { type ChainReason, type Failure, fail } from './reasons.ts'
import { judgeSignature, type Opened } from './signed-statement.ts'

type Order = Opened<StatementOf<'directory'>>
type Registration = Opened<StatementOf<'register'>>
type Change<O extends DirectoryChange['operation']> = Extract<DirectoryChange, { readonly operation: O }>
/** A change with its statements; `isVouched`: the issuer vouches for it, so no administrator has to. */
export type Case = {
  readonly change: DirectoryChange
  readonly state: ChainState
  readonly orders: readonly Order[]
  readonly registrations: readonly Registration[]
  readonly isVouched: boolean
}
type Judged = { readonly ok: true; readonly effect: Effect } | Failure<ChainReason>
type Signed = { readonly ok: true } | Failure<ChainReason>

/** How many administrators must sign what gives power: two as soon as there are two, whatever has become of their keys. */
export const signaturesNeeded = (state: ChainState): 1 | 2 => (state.administrators.size > 1 ? 2 : 1)

/** Whether the chain gives a person any role. */
export const holdsAnyRole = (state: ChainState, person: PersonId): boolean =>
  holdsRole(state, person, 'administrator') || holdsRole(state, person, 'approver') || holdsRole(state, person, 'auditor')

/** What a change does to the directory, if those who signed it may. */
export async function judgeChange(of: Case, roots: TrustRoots, crypto: EvidenceCrypto): Promise<Judged> {
  const { change, registrations, state, orders } = of
  if (change.operation === 'enrol') return judgeEnrolment(of, change, roots, crypto)
  if (change.operation === 'add') return judgeAddition(of, change, roots, crypto)
  if (registrations.length > 0) return fail('registration_unasked', '/registrations')
  if (change.operation === 'suspend' || change.operation === 'reinstate' || change.operation === 'revoke')
    return judgeStatus(of, change)
  // Nobody gives himself a role, or says of his own keys that he compared them. To give one up harms nobody else, so his word counts there.
  const subjects = change.operation === 'role' && change.effect === 'grant' ? [change.person] : []
  const signed = administratorsSigned(state, orders, signaturesNeeded(state), subjects)
  if (!signed.ok) return signed
  if (change.operation === 'role') return judgeRole(change, state, roots)
  if (change.operation === 'endorse')
    return isEndorsed(state, change.rule_set) ? fail('no_effect', '/change/rule_set') : does({ endorsed: change.rule_set })
  if (change.operation === 'recover') return judgeRecovery(change, state)
  const { issuer, client_id: clientId, effect } = change
  const holds = effect === 'grant'
  if (takesProvider(state, issuer, clientId) === holds) return fail('no_effect', '/change/effect')
  return does({ provider: { issuer, clientId, holds } })
}

async function judgeEnrolment(of: Case, change: Change<'enrol'>, roots: TrustRoots, crypto: EvidenceCrypto): Promise<Judged> {
  const { state, orders, registrations, isVouched } = of
  const enrolled = change.passkeys.map(({ passkey }) => passkey)
  const proved = await judgeKeys(change.passkeys, '/change/passkeys', state, registrations, roots, crypto)
  if (!proved.ok) return proved
  const owners = enrolled.map(({ person }) => person)
  const serves = change.passkeys.some(({ passkey, roles }) => roles.length > 0 || holdsAnyRole(state, passkey.person))
  const signed = isVouched
    ? onlyVouched(orders)
    : administratorsSigned(state, orders, serves ? signaturesNeeded(state) : 1, owners)
  if (!signed.ok) return signed
  const inFull = !isVouched && orders.length >= signaturesNeeded(state)
  for (const [index, { passkey, roles }] of change.passkeys.entries())
    if (new Set(roles).size !== roles.length || roles.some((role) => holdsRole(state, passkey.person, role)))
      return fail('no_effect', `/change/passkeys/${index}/roles`)
  return does({
    enrolled: enrolled.map((passkey) => ({ passkey, inFull, letInBy: orders.map(({ statement }) => statement.signer.person) })),
    roles: change.passkeys.flatMap(({ passkey, roles }) => roles.map((role) => ({ person: passkey.person, role, holds: true }))),
  })
}

/**
 * A further key: its owner signs with one that he has, and it serves what that one serves, unless more is known of it: a key that may be copied, and so be in
 * somebody else's hands, vouches for none that may not. Administrators who compare its words do.
 */
async function judgeAddition(of: Case, change: Change<'add'>, roots: TrustRoots, crypto: EvidenceCrypto): Promise<Judged> {
  const { state, orders, registrations } = of
  const { passkey, registration } = change
  const proved = await judgeKeys([{ passkey, registration }], '/change', state, registrations, roots, crypto)
  if (!proved.ok) return proved
  const signed = ownerSigned(orders, passkey.person)
  if (!signed.ok) return signed
  const known = orders.map(({ statement }) => findPasskey(state, statement.signer.passkey))
  const inFull = known.every((by) => by?.inFull && strengthOf(by.passkey) >= strengthOf(passkey))
  return does({ enrolled: [{ passkey, inFull, letInBy: known.flatMap((by) => by?.letInBy ?? []) }] })
}

async function judgeKeys(
  added: readonly { readonly passkey: Passkey; readonly registration: Digest }[],
  path: string,
  state: ChainState,
  registrations: readonly Registration[],
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<Signed> {
  const byDigest = new Map(registrations.map((registration) => [registration.digest, registration]))
  if (!areDistinct(added.flatMap(({ passkey }) => [passkey.id, passkey.thumbprint]))) return fail('listed_twice', path)
  for (const [index, { passkey, registration }] of added.entries()) {
    const at = path === '/change' ? path : `${path}/${index}`
    if ((await thumbprintOf(crypto, passkey.key)) !== passkey.thumbprint)
      return fail('thumbprint_differs', `${at}/passkey/thumbprint`)
    if (findPasskey(state, passkey.thumbprint) || knowsId(state, passkey.id)) return fail('already_enrolled', `${at}/passkey`)
    const proof = byDigest.get(registration)
    if (!proof) return fail('registration_missing', `${at}/registration`)
    const { signer, id, key } = proof.statement
    const isOwn = signer.person === passkey.person && signer.passkey === passkey.thumbprint && id === passkey.id
    if (!isOwn || !isSameKey(key, passkey.key)) return fail('registration_differs', `${proof.path}/statement`)
    const signature = await judgeSignature(proof, passkey, roots, crypto)
    if (!signature.ok) return signature
  }
  return registrations.length === added.length ? { ok: true } : fail('registration_unasked', '/registrations')
}

const TARGET = { suspend: 'suspended', reinstate: 'active', revoke: 'revoked' } as const

function judgeStatus({ state, orders }: Case, change: Change<keyof typeof TARGET>): Judged {
  const status = TARGET[change.operation]
  if (!areDistinct(change.passkeys)) return fail('listed_twice', '/change/passkeys')
  const owners: PersonId[] = []
  for (const [index, thumbprint] of change.passkeys.entries()) {
    const path = `/change/passkeys/${index}`
    const known = findPasskey(state, thumbprint)
    if (!known) return fail('unknown_passkey', path)
    if (known.status === status) return fail('no_effect', path)
    if (known.status === 'revoked') return fail('revoked_for_good', path)
    owners.push(known.passkey.person)
  }
  const byOwner = status !== 'active' && orders[0]?.statement.role === 'owner'
  const serves = status !== 'suspended' && owners.some((person) => holdsAnyRole(state, person))
  // A suspension may be signed by whoever it hits, too: an administrator who has lost a key has others.
  const signed = byOwner
    ? ownerSigned(orders, ...owners)
    : administratorsSigned(state, orders, serves ? signaturesNeeded(state) : 1, status === 'suspended' ? [] : owners)
  if (!signed.ok) return signed
  if (status !== 'active' && !hasAdministrator(state, new Set(change.passkeys)))
    return fail('last_administrator', '/change/passkeys')
  return does({ statuses: change.passkeys.map((thumbprint) => ({ thumbprint, status })) })
}

function judgeRole(change: Change<'role'>, state: ChainState, { roots }: TrustRoots): Judged {
  const { person, role, effect, passkeys } = change
  const holds = effect === 'grant'
  if (holdsRole(state, person, role) === holds && passkeys.length === 0) return fail('no_effect', '/change/effect')
  if (!areDistinct(passkeys)) return fail('listed_twice', '/change/passkeys')
  if (!holds) {
    if (passkeys.length > 0) return fail('no_effect', '/change/passkeys')
    if (role !== 'administrator') return does({ roles: [{ person, role, holds }] })
    // A root keeps the role, so there were two: of those who signed, one is somebody else, and his key works.
    if (roots.some((root) => root.person === person)) return fail('root_is_administrator', '/change/person')
    return does({ roles: [{ person, role, holds }] })
  }
  const own = passkeysOf(state, person).filter(({ status }) => status === 'active')
  for (const [index, thumbprint] of passkeys.entries()) {
    const known = own.find(({ passkey }) => passkey.thumbprint === thumbprint)
    if (!known) return fail('other_persons_passkey', `/change/passkeys/${index}`)
    if (known.inFull) return fail('no_effect', `/change/passkeys/${index}`)
  }
  // A role without a key that serves it could be an administrator whose signature is asked for and never comes.
  if (passkeys.length === 0 && !own.some(({ inFull }) => inFull)) return fail('passkey_missing', '/change/passkeys')
  return does({ inFull: passkeys, roles: [{ person, role, holds }] })
}

/** Each loss is recovered from once: the watermark only grows, so a later loss has a higher one. Whether it is true, the issuer knows by its outside heads. */
function judgeRecovery({ lost }: Change<'recover'>, state: ChainState): Judged {
  const before = lastLoss(state)
  if (before && lost.watermark <= before.watermark) return fail('no_effect', '/change/lost/watermark')
  return does({ lost })
}

/** Whether so many administrators signed, with keys that serve the role, and none of them for himself. */
function administratorsSigned(state: ChainState, orders: readonly Order[], needed: 1 | 2, subjects: readonly PersonId[]): Signed {
  for (const { statement, path } of orders) {
    const { person, passkey } = statement.signer
    if (statement.role !== 'administrator') return fail('not_the_owner', `${path}/statement/role`)
    if (!isAdministrator(state, person) || !findPasskey(state, passkey)?.inFull)
      return fail('not_an_administrator', `${path}/statement/signer/person`)
    if (subjects.includes(person)) return fail('signed_by_subject', `${path}/statement/signer/person`)
  }
  if (orders.length === 0) return fail('not_an_administrator', '/statements')
  return orders.length >= needed ? { ok: true } : fail('second_administrator_missing', '/statements')
}

/** Whether the owner signed, alone, and all of it is his own. */
function ownerSigned(orders: readonly Order[], ...owners: readonly PersonId[]): Signed {
  const [order, ...others] = orders
  if (!order || others.length > 0) return fail('not_the_owner', '/statements')
  const { role, signer } = order.statement
  if (role !== 'owner') return fail('not_the_owner', `${order.path}/statement/role`)
  return owners.every((owner) => owner === signer.person)
    ? { ok: true }
    : fail('not_the_owner', `${order.path}/statement/signer/person`)
}

const onlyVouched = (orders: readonly Order[]): Signed =>
  orders.length === 0 ? { ok: true } : fail('not_to_be_vouched', '/statements')

/** Whether somebody could still sign a change without these passkeys: a directory that nobody can change cannot be mended. */
const hasAdministrator = (state: ChainState, ending: ReadonlySet<Digest>): boolean =>
  [...state.administrators].some((person) =>
    passkeysOf(state, person).some(
      ({ passkey, status, inFull }) => status === 'active' && inFull && !ending.has(passkey.thumbprint),
    ),
  )

const does = (effect: Effect): Judged => ({ ok: true, effect })
const areDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length
