// Replays the passkey directory from the pinned roots (DESIGN section 4). The power to change it comes from this chain alone: each change names its
// place and the change before, and is signed by passkeys that were active before it, of as many people as it takes (directory-change.ts). A key comes
// in only with its owner's own signature, and neither a key nor a WebAuthn credential id comes in twice, ever. Links are hostile, roots are not.

import { decodeBase64url } from '../domain/base64url.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import { type DirectoryChange, headBytes, readDirectoryChange, type TrustRoots } from '../domain/directory.ts'
import type { StatementOf } from '../domain/statement.ts'
import type { DirectoryLink } from './bundle.ts'
import { acceptedAt, type ChainState, firstState, knowsNonce, nextState } from './chain-state.ts'
import { digestUnder, type EvidenceCrypto, thumbprintOf } from './crypto.ts'
import { judgeChange } from './directory-change.ts'
import { type ChainReason, type Failure, fail, inside } from './reasons.ts'
import { judgeSignature, judgeSigner, type Opened, openStatement, type SignedBytes } from './signed-statement.ts'
import { judgeVouch } from './vouch.ts'

export type Extended = { readonly ok: true; readonly state: ChainState; readonly change: DirectoryChange } | Failure<ChainReason>
type Started = { readonly ok: true; readonly state: ChainState } | Failure<ChainReason>

/** The state that the roots alone give: position 0, whose head is their digest. */
export async function startChain(roots: TrustRoots, crypto: EvidenceCrypto): Promise<Started> {
  for (const [index, { key, thumbprint }] of roots.roots.entries())
    if ((await thumbprintOf(crypto, key)) !== thumbprint) return fail('roots_malformed', `/roots/${index}/thumbprint`)
  const names = roots.roots.flatMap(({ id, thumbprint }) => [id, thumbprint])
  if (new Set(names).size !== names.length) return fail('roots_malformed', '/roots')
  const head = await digestUnder(crypto, 'roots', canonicalBytes(roots))
  return { ok: true, state: firstState(head, roots) }
}

/** The state after one more link, or why the link does not continue this chain. The state given stays as it is. */
export async function extendChain(
  state: ChainState,
  link: DirectoryLink,
  crypto: EvidenceCrypto,
  roots: TrustRoots,
): Promise<Extended> {
  // Its place: the next one, after exactly what stands before it, and no earlier.
  const bytes = decodeBase64url(link.change)
  if (!bytes) return fail('change_malformed', '/change')
  const form = readDirectoryChange(bytes)
  if (!form.ok) return fail('change_malformed', inside('/change', form.path))
  const change = form.value
  if (change.realm !== roots.realm) return fail('foreign_realm', '/change/realm')
  if (change.sequence !== state.sequence + 1) return fail('out_of_sequence', '/change/sequence')
  if (change.previous !== state.head) return fail('wrong_previous', '/change/previous')
  if (link.accepted_at < acceptedAt(state)) return fail('accepted_before_previous', '/accepted_at')
  const digest = await digestUnder(crypto, 'directory', bytes)

  // Its statements: each of this realm and new.
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

  // Its signers: over this change, by passkeys that were theirs and active before it, each person once.
  const people: string[] = []
  for (const order of orders.opened) {
    const { statement, path } = order
    if (statement.change !== digest) return fail('other_change', `${path}/statement/change`)
    const signer = judgeSigner(order, state)
    if (!signer.ok) return signer
    const signature = await judgeSignature(order, signer.known.passkey, roots, crypto)
    if (!signature.ok) return signature
    // Two signatures over one change are two people, or they would look like more than they are.
    if (people.includes(statement.signer.person)) return fail('signed_twice', '/statements')
    people.push(statement.signer.person)
  }
  const vouched = link.vouch && (await judgeVouch(link.vouch, digest, change, state, roots, crypto))
  if (vouched?.ok === false) return vouched

  const judged = await judgeChange(
    { change, state, orders: orders.opened, registrations: registrations.opened, isVouched: vouched !== undefined },
    roots,
    crypto,
  )
  if (!judged.ok) return judged
  const head = await crypto.digest(headBytes(digest, link.accepted_at))
  return { ok: true, state: nextState(state, { head, acceptedAt: link.accepted_at, nonces }, judged.effect), change }
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
