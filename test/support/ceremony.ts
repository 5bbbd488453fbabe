// One person with one software passkey in front of one ceremony: what tests of live assertions and registrations start from.

import assert from 'node:assert/strict'
import { digestOf, sha256 } from '../../src/crypto.ts'
import type { AssertionAsk } from '../../src/passkeys/ceremony.ts'
import { assertionResponse } from '../../src/passkeys/response.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { type Algorithm, create, get, type SoftPasskey, type Twist } from '../../src/sandbox/authenticator.ts'

export const REALM = 'sandbox:00000000000000000000000001'
export const ORIGIN = 'http://localhost:3001'
export const RP_ID = 'localhost'
export const CHALLENGE = sha256(new TextEncoder().encode('the statement in question'))
const asked = { rpId: RP_ID, origin: ORIGIN, challenge: Buffer.from(CHALLENGE).toString('base64url') }

export type Owner = { readonly passkey: SoftPasskey; readonly enrolled: AssertionAsk['passkey'] }

/** A person whose passkey is enrolled. */
export function owner(person: string, algorithm: Algorithm = 'ES256', deviceBound = true): Owner {
  const handle = Buffer.from(userHandle(REALM, person)).toString('base64url')
  const { passkey, key } = create({ ...asked, userHandle: handle, algorithm })
  return { passkey, enrolled: { id: passkey.id, key, person, device_bound: deviceBound, sign_count: 0 } }
}

/** What the wrapper is asked when `by` answers the ceremony, bent by a twist. */
export function answered(by: Owner, twist: Twist = {}): AssertionAsk {
  const response = assertionResponse.parse(get(by.passkey, asked, twist).response)
  return { response, expectedChallenge: CHALLENGE, passkey: by.enrolled, origin: ORIGIN, rpId: RP_ID, realm: REALM }
}

/** Another challenge than the one asked. */
export const otherChallenge = (about: string): string => digestOf('statement/decide', new TextEncoder().encode(about))

/** Fails with the reason, so that a test says which check it expected. */
export function assertReason(checked: { readonly ok: boolean; readonly reason?: string }, reason: string): void {
  assert.equal(checked.ok ? 'accepted' : checked.reason, reason)
}
