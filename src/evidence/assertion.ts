// Judges one assertion byte by byte: that this passkey, its user present and verified, signed exactly this statement on exactly
// the issuer's origin (WebAuthn L3 section 7.2, and narrower wherever libraries forgive). Everything is hostile but the enrolled
// passkey and the roots; it must have been looked up by the statement's signer, never by what the assertion says of itself.

import { decodeBase64url } from '../domain/base64url.ts'
import type { Passkey, TrustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import type { StatementKind } from '../domain/statement.ts'
import type { Assertion } from './bundle.ts'
import { readClientData } from './client-data.ts'
import { digestUnder, type EvidenceCrypto, p1363FromDer } from './crypto.ts'
import { type AssertionReason, type Failure, fail } from './reasons.ts'

export type Answered = {
  /** The digest of the statement's exact bytes under the tag of its kind. */
  readonly challenge: Digest
  readonly assertion: Assertion
  readonly passkey: Pick<Passkey, 'id' | 'key' | 'device_bound'>
}
export type Signed = Omit<Answered, 'challenge'> & { readonly kind: StatementKind; readonly bytes: Uint8Array }
export type AssertionVerdict =
  | { readonly ok: true; readonly signCount: number; readonly backedUp: boolean }
  | Failure<AssertionReason>

const UTF8 = new TextEncoder()
const UP = 0x01
const UV = 0x04
const BE = 0x08
const BS = 0x10

/** Whether the assertion is this passkey's signature over this statement, made on the issuer's origin by a verified user. */
export const judgeAssertion = async (
  { kind, bytes, ...answered }: Signed,
  roots: Pick<TrustRoots, 'issuer' | 'rp_id'>,
  crypto: EvidenceCrypto,
): Promise<AssertionVerdict> =>
  judgeAnswer({ ...answered, challenge: await digestUnder(crypto, `statement/${kind}`, bytes) }, roots, crypto)

/** The same, where the statement has been hashed already. */
export async function judgeAnswer(
  { challenge, assertion, passkey }: Answered,
  roots: Pick<TrustRoots, 'issuer' | 'rp_id'>,
  crypto: EvidenceCrypto,
): Promise<AssertionVerdict> {
  if (assertion.id !== passkey.id) return fail('other_passkey_id', '/id')
  const clientDataJSON = decodeBase64url(assertion.client_data_json)
  if (!clientDataJSON) return fail('assertion_malformed', '/client_data_json')
  const authenticatorData = decodeBase64url(assertion.authenticator_data)
  if (!authenticatorData) return fail('assertion_malformed', '/authenticator_data')
  const signature = decodeBase64url(assertion.signature)
  if (!signature) return fail('assertion_malformed', '/signature')

  const clientData = readClientData(clientDataJSON)
  if (!clientData) return fail('client_data_malformed', '/client_data_json')
  if (clientData.get('type') !== 'webauthn.get') return fail('wrong_ceremony', '/client_data_json/type')
  if (clientData.get('challenge') !== challenge) return fail('wrong_challenge', '/client_data_json/challenge')
  if (clientData.get('origin') !== roots.issuer) return fail('wrong_origin', '/client_data_json/origin')
  // A frame of somebody else's page could show anything around the button.
  if (clientData.has('crossOrigin') && clientData.get('crossOrigin') !== false)
    return fail('cross_origin', '/client_data_json/crossOrigin')
  if (clientData.has('topOrigin')) return fail('cross_origin', '/client_data_json/topOrigin')
  if (clientData.has('tokenBinding')) return fail('token_binding', '/client_data_json/tokenBinding')

  // rpIdHash, flags, counter and nothing more: we ask for no extension, and an assertion attests no new key.
  if (authenticatorData.length !== 37) return fail('authenticator_data_malformed', '/authenticator_data')
  const rpIdHash = await rpIdHashOf(roots, crypto)
  if (rpIdHash.some((byte, at) => byte !== authenticatorData[at])) return fail('wrong_rp', '/authenticator_data')
  const flags = authenticatorData[32] ?? 0
  if ((flags & UP) === 0) return fail('user_not_present', '/authenticator_data')
  if ((flags & UV) === 0) return fail('user_not_verified', '/authenticator_data')
  const backedUp = (flags & BS) !== 0
  if ((flags & ~(UP | UV | BE | BS)) !== 0 || (backedUp && (flags & BE) === 0))
    return fail('unexpected_flags', '/authenticator_data')
  // Backup eligibility never changes in the life of a passkey (WebAuthn L3 section 6.1.3): another value is another key.
  if (((flags & BE) === 0) !== passkey.device_bound) return fail('backup_eligibility_changed', '/authenticator_data')

  if (passkey.key.kty === 'EC' && !p1363FromDer(signature)) return fail('signature_malformed', '/signature')
  const signed = new Uint8Array(37 + 32)
  signed.set(authenticatorData)
  signed.set(await crypto.sha256(clientDataJSON), 37)
  if (!(await crypto.verify(passkey.key, signature, signed, 'der'))) return fail('signature_invalid', '/signature')
  return { ok: true, signCount: new DataView(authenticatorData.buffer).getUint32(33), backedUp }
}

/** By roots, which are trusted and stay what they are: every assertion under them is for the same site. */
const rpIdHashes = new WeakMap<object, Promise<Uint8Array>>()

function rpIdHashOf(roots: Pick<TrustRoots, 'rp_id'>, crypto: EvidenceCrypto): Promise<Uint8Array> {
  const kept = rpIdHashes.get(roots)
  if (kept) return kept
  const made = crypto.sha256(UTF8.encode(roots.rp_id))
  rpIdHashes.set(roots, made)
  return made
}
