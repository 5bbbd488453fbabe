// The issuer's word that somebody signed in at a provider, in the place of administrators' signatures (DESIGN section 4). It enrols the first key of
// somebody who only asks, and nothing more: whoever trusts such a key trusts the issuer and that provider, and the chain says so. Every byte of
// it is hostile until the log key of the roots has verified it.

import { decodeBase64url } from '../domain/base64url.ts'
import { type DirectoryChange, readVouch, type TrustRoots, vouchedNonceBytes } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import { tagged } from '../domain/tags.ts'
import type { DirectoryLink } from './bundle.ts'
import { type ChainState, passkeysOf, stateAt, takesProvider } from './chain-state.ts'
import type { EvidenceCrypto } from './crypto.ts'
import { type ChainReason, type Failure, fail, inside } from './reasons.ts'

/** Whether the issuer has vouched for exactly this change: one first key of one person, by a provider that administrators have signed for. */
export async function judgeVouch(
  vouched: NonNullable<DirectoryLink['vouch']>,
  digest: Digest,
  change: DirectoryChange,
  state: ChainState,
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true } | Failure<ChainReason>> {
  const body = decodeBase64url(vouched.body)
  const signature = decodeBase64url(vouched.signature)
  if (!body || !signature) return fail('vouch_malformed', '/vouch')
  const form = readVouch(body)
  if (!form.ok) return fail('vouch_malformed', inside('/vouch/body', form.path))
  if (!(await crypto.verify(roots.log_key, signature, tagged('vouch', body), 'p1363')))
    return fail('vouch_signature_invalid', '/vouch/signature')
  const { realm, change: named, issuer, client_id, directory, nonce } = form.value
  if (realm !== roots.realm) return fail('foreign_realm', '/vouch/body/realm')
  if (named !== digest) return fail('other_change', '/vouch/body/change')
  if (!takesProvider(state, issuer, client_id)) return fail('unknown_provider', '/vouch/body/issuer')
  const [first, ...more] = change.operation === 'enrol' ? change.passkeys : []
  if (!first || more.length > 0 || first.roles.length > 0) return fail('not_to_be_vouched', '/change')
  // An administrator has looked at whoever has a key already; a provider's word must not go past that.
  if (passkeysOf(state, first.passkey.person).length > 0) return fail('not_to_be_vouched', '/change/passkeys/0/passkey/person')
  if (stateAt(state, directory.sequence)?.head !== directory.head)
    return fail('directory_position_unknown', '/vouch/body/directory')
  const { person, thumbprint } = first.passkey
  if (nonce !== (await crypto.digest(vouchedNonceBytes({ person, thumbprint, head: directory.head }))))
    return fail('nonce_differs', '/vouch/body/nonce')
  return { ok: true }
}
