// Checks of a live ceremony that the library leaves out or tells only by a message (which quotes what the browser sent): what the browser says
// it signed, and the flags of the authenticator. The first that fails names the reason; the library is asked only after all of them. Narrower
// than WebAuthn L3 sections 7.1 and 7.2 wherever two parsers could disagree.

import type { KeyMisfit } from '../domain/attestation.ts'
import { encodeBase64url } from '../domain/base64url.ts'
import { readClientData } from '../evidence/client-data.ts'

/** Everything that can be wrong with a ceremony. Closed: raw messages of a library go nowhere. */
export type CeremonyCheck =
  | 'id_differs'
  | 'other_passkey'
  | 'user_handle'
  | 'client_data'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross_origin'
  | 'token_binding'
  | 'authenticator_data'
  | 'rp_id'
  | 'user_not_present'
  | 'user_not_verified'
  | 'flags'
  | 'backup_eligibility'
  | 'counter'
  | 'signature'
  | 'library'
  // registration alone
  | 'attestation'
  | 'attestation_unasked'
  | 'key'
  | 'passkey_id'
  // the library took it, and read another key out of it than we did
  | 'verifiers_differ'
  // the library refused what we had taken
  | 'library_alone'
  | KeyMisfit

export const FLAG = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extended: 0x80,
} as const
const ASSERTED = FLAG.userPresent | FLAG.userVerified | FLAG.backupEligible | FLAG.backedUp

export type Expected = {
  readonly type: 'webauthn.get' | 'webauthn.create'
  readonly challenge: Uint8Array
  readonly origin: string
}

/** What is wrong with the client data, if anything is. */
export function clientDataMisfit(bytes: Uint8Array, expected: Expected): CeremonyCheck | undefined {
  const data = readClientData(bytes)
  if (!data) return 'client_data'
  if (data.get('type') !== expected.type) return 'type'
  if (data.get('challenge') !== encodeBase64url(expected.challenge)) return 'challenge'
  if (data.get('origin') !== expected.origin) return 'origin'
  // A frame of somebody else's page could show anything around the button.
  if (data.has('crossOrigin') && data.get('crossOrigin') !== false) return 'cross_origin'
  if (data.has('topOrigin')) return 'cross_origin'
  return data.has('tokenBinding') ? 'token_binding' : undefined
}

/**
 * What is wrong with the flags, if anything is. A registration must attest a key and may carry extensions that browsers ask for on their own
 * (credProtect); an assertion may carry neither.
 */
export function flagsMisfit(flags: number, type: Expected['type']): CeremonyCheck | undefined {
  const created = type === 'webauthn.create'
  if ((flags & FLAG.userPresent) === 0) return 'user_not_present'
  if ((flags & FLAG.userVerified) === 0) return 'user_not_verified'
  if ((flags & ~(created ? ASSERTED | FLAG.attested | FLAG.extended : ASSERTED)) !== 0) return 'flags'
  if (created && (flags & FLAG.attested) === 0) return 'flags'
  return (flags & FLAG.backedUp) !== 0 && (flags & FLAG.backupEligible) === 0 ? 'flags' : undefined
}
