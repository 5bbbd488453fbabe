// Replays the passkey directory from the pinned roots (DESIGN section 4). The power to change it comes from this chain alone:
// each change names its place and the change before, and is signed by passkeys that were active and administrators' before it. A
// key comes in only with its owner's own signature, and neither a key nor a WebAuthn credential id comes in twice, ever. Links
// are hostile, roots are not.

import { decodeBase64url } from '../domain/base64url.ts'
import { canonicalBytes, canonicalText } from '../domain/canonical.ts'
import { type DirectoryChange, readDirectoryChange, type TrustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import type { StatementOf } from '../domain/statement.ts'
import type { DirectoryLink } from './bundle.ts'
import {
  type ChainState,
  type Effect,
  findPasskey,
  firstState,
  isAdministrator,
  knowsId,
  knowsNonce,
  lastLoss,
  nextState,
} from './chain-state.ts'
import { digestUnder, type EvidenceCrypto, thumbprintOf } from './crypto.ts'
import { type ChainReason, type Failure, fail } from './reasons.ts'
import { judgeSignature, judgeSigner, type Opened, openStatement, type SignedBytes } from './signed-statement.ts'

export type Extended = { readonly ok: true; readonly state: ChainState; readonly change: DirectoryChange } | Failure<ChainReason>
type Started = { readonly ok: true; readonly state: ChainState } | Failure<ChainReason>
type Judged = { readonly ok: true; readonly effect: Effect } | Failure<ChainReason>
type Enrolment = Extract<DirectoryChange, { operation: 'enrol' }>

/** The state that the roots alone give: position 0, whose head is their digest. */
export async function startChain(roots: TrustRoots, crypto: EvidenceCrypto): Promise<Started> {
  for (const [index, { key, thumbprint }] of roots.roots.entries())
    if ((await thumbprintOf(crypto, key)) !== thumbprint) return fail('roots_malformed', `/roots/${index}/thumbprint`)
  if (!areDistinct(roots.roots.flatMap(({ id, thumbprint }) => [id, thumbprint]))) return fail('roots_malformed', '/roots')
  return { ok: true, state: firstState(await digestUnder(crypto, 'roots', canonicalBytes(roots)), roots.roots) }
}

/** The state after one more link, or why the link does not continue this chain. The state given stays as it is. */
export async function extendChain(
  state: ChainState,
  link: DirectoryLink,
  crypto: EvidenceCrypto,
  roots: TrustRoots,
): Promise<Extended> {
  const bytes = decodeBase64url(link.change)
  if (!bytes) return fail('change_malformed', '/change')
  const form = readDirectoryChange(bytes)
  if (!form.ok) return fail('change_malformed', `/change${form.path}`)
  const change = form.value
  if (change.realm !== roots.realm) return fail('foreign_realm', '/change/realm')
  if (change.sequence !== state.sequence + 1) return fail('out_of_sequence', '/change/sequence')
  if (change.previous !== state.head) return fail('wrong_previous', '/change/previous')
  const head = await digestUnder(crypto, 'directory', bytes)

  const orders = await openAll(link.statements, 'directory', '/statements', roots, crypto)
  if (!orders.ok) return orders
  const registrations = await openAll(link.registrations, 'register', '/registrations', roots, crypto)
  if (!registrations.ok) return registrations
  const nonces: string[] = []
  for (const { statement, path } of [...orders.opened, ...registrations.opened]) {
    if (nonces.includes(statement.nonce) || knowsNonce(state, statement.nonce))
      return fail('nonce_reused', `${path}/statement/nonce`)
    nonces.push(statement.nonce)
  }

  for (const order of orders.opened) {
    const { statement, path } = order
    if (statement.change !== head) return fail('other_change', `${path}/statement/change`)
    const signer = judgeSigner(order, state)
    if (!signer.ok) return signer
    if (!isAdministrator(state, statement.signer.person)) return fail('not_an_administrator', `${path}/statement/signer/person`)
    const signature = await judgeSignature(order, signer.known.passkey, roots, crypto)
    if (!signature.ok) return signature
  }
  // Two signatures over one change are two people, or they would look like more than they are.
  if (!areDistinct(orders.opened.map(({ statement }) => statement.signer.person))) return fail('signed_twice', '/statements')

  const judged = await judgeChange(change, state, registrations.opened, roots, crypto)
  return judged.ok ? { ok: true, state: nextState(state, head, judged.effect, nonces), change } : judged
}

/** The state after all links in their order, from the roots. */
export async function replayChain(roots: TrustRoots, links: readonly DirectoryLink[], crypto: EvidenceCrypto): Promise<Started> {
  const started = await startChain(roots, crypto)
  if (!started.ok) return started
  let { state } = started
  for (const [index, link] of links.entries()) {
    const extended = await extendChain(state, link, crypto, roots)
    if (!extended.ok) return fail(extended.reason, `/${index}${extended.path}`)
    state = extended.state
  }
  return { ok: true, state }
}

type Registration = Opened<StatementOf<'register'>>

async function judgeChange(
  change: DirectoryChange,
  state: ChainState,
  registrations: readonly Registration[],
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<Judged> {
  if (change.operation === 'enrol') return judgeEnrolment(change, state, registrations, roots, crypto)
  if (registrations.length > 0) return fail('registration_unasked', '/registrations')
  if (change.operation === 'recover') return judgeRecovery(change, state)
  return change.operation === 'role' ? judgeRole(change, state, roots) : judgeStatus(change, state)
}

async function judgeEnrolment(
  change: Enrolment,
  state: ChainState,
  registrations: readonly Registration[],
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<Judged> {
  const byDigest = new Map(registrations.map((registration) => [registration.digest, registration]))
  const enrolled = change.passkeys.map(({ passkey }) => passkey)
  if (!areDistinct(enrolled.flatMap(({ id, thumbprint }) => [id, thumbprint]))) return fail('listed_twice', '/change/passkeys')
  for (const [index, { passkey, registration }] of change.passkeys.entries()) {
    const path = `/change/passkeys/${index}`
    if ((await thumbprintOf(crypto, passkey.key)) !== passkey.thumbprint)
      return fail('thumbprint_differs', `${path}/passkey/thumbprint`)
    if (findPasskey(state, passkey.thumbprint) || knowsId(state, passkey.id)) return fail('already_enrolled', `${path}/passkey`)
    const proof = byDigest.get(registration)
    if (!proof) return fail('registration_missing', `${path}/registration`)
    const { signer, id, key } = proof.statement
    const isOwn = signer.person === passkey.person && signer.passkey === passkey.thumbprint && id === passkey.id
    if (!isOwn || canonicalText(key) !== canonicalText(passkey.key))
      return fail('registration_differs', `${proof.path}/statement`)
    const signature = await judgeSignature(proof, passkey, roots, crypto)
    if (!signature.ok) return signature
  }
  if (registrations.length !== enrolled.length) return fail('registration_unasked', '/registrations')
  return { ok: true, effect: { enrolled, statuses: [], roles: [] } }
}

const TARGET = { suspend: 'suspended', reinstate: 'active', revoke: 'revoked' } as const

function judgeStatus(change: Extract<DirectoryChange, { operation: keyof typeof TARGET }>, state: ChainState): Judged {
  const status = TARGET[change.operation]
  if (!areDistinct(change.passkeys)) return fail('listed_twice', '/change/passkeys')
  for (const [index, thumbprint] of change.passkeys.entries()) {
    const path = `/change/passkeys/${index}`
    const known = findPasskey(state, thumbprint)
    if (!known) return fail('unknown_passkey', path)
    if (known.status === status) return fail('no_effect', path)
    if (known.status === 'revoked') return fail('revoked_for_good', path)
  }
  const ending = new Set(change.passkeys)
  if (status !== 'active' && !hasAdministrator(state, ({ thumbprint }) => !ending.has(thumbprint)))
    return fail('last_administrator', '/change/passkeys')
  return {
    ok: true,
    effect: { enrolled: [], statuses: change.passkeys.map((thumbprint) => ({ thumbprint, status })), roles: [] },
  }
}

function judgeRole(change: Extract<DirectoryChange, { operation: 'role' }>, state: ChainState, { roots }: TrustRoots): Judged {
  const { person, effect } = change
  const holds = effect === 'grant'
  if (isAdministrator(state, person) === holds) return fail('no_effect', '/change/effect')
  if (!holds && roots.some((root) => root.person === person)) return fail('root_is_administrator', '/change/person')
  if (!holds && !hasAdministrator(state, (passkey) => passkey.person !== person))
    return fail('last_administrator', '/change/person')
  return { ok: true, effect: { enrolled: [], statuses: [], roles: [{ person, holds }] } }
}

/** Each loss is recovered from once: the watermark only grows, so a later loss has a higher one. Whether it is true, the issuer knows by its outside heads. */
function judgeRecovery({ lost }: Extract<DirectoryChange, { operation: 'recover' }>, state: ChainState): Judged {
  const before = lastLoss(state)
  if (before && lost.watermark <= before.watermark) return fail('no_effect', '/change/lost/watermark')
  return { ok: true, effect: { enrolled: [], statuses: [], roles: [], lost } }
}

/** Whether somebody could still sign a change with one of these passkeys: a directory that nobody can change cannot be mended. */
const hasAdministrator = (state: ChainState, counts: (passkey: { person: string; thumbprint: Digest }) => boolean): boolean =>
  state.passkeys
    .values()
    .some(({ passkey, status }) => status === 'active' && counts(passkey) && isAdministrator(state, passkey.person))

async function openAll<const K extends 'directory' | 'register'>(
  signed: readonly SignedBytes[],
  kind: K,
  path: string,
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true; readonly opened: Opened<StatementOf<K>>[] } | Failure<ChainReason>> {
  const opened: Opened<StatementOf<K>>[] = []
  for (const [index, each] of signed.entries()) {
    const found = await openStatement(each, [kind], `${path}/${index}`, roots, crypto)
    if (!found.ok) return found
    opened.push(found.opened)
  }
  return { ok: true, opened }
}

const areDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length
