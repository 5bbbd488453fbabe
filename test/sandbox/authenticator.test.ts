import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { type Algorithm, create, get } from '../../src/sandbox/authenticator.ts'

const rpId = 'localhost'
const origin = 'http://localhost:3001'
const challenge = () => randomBytes(32).toString('base64url')

for (const algorithm of ['ES256', 'EdDSA', 'RS256'] satisfies Algorithm[]) {
  test(`an honest ${algorithm} registration and assertion are accepted by an independent implementation`, async () => {
    const first = challenge()
    const made = create({ rpId, origin, challenge: first, userHandle: 'YW5h', algorithm })
    const registered = await verifyRegistrationResponse({
      response: made.response,
      expectedChallenge: first,
      expectedOrigin: origin,
      expectedRPID: rpId,
    })
    assert.ok(registered.verified)
    assert.equal(registered.registrationInfo.credential.id, made.passkey.id)
    assert.equal(registered.registrationInfo.credentialDeviceType, 'singleDevice')

    const second = challenge()
    const { passkey, response } = get(JSON.parse(JSON.stringify(made.passkey)), { rpId, origin, challenge: second })
    const judged = await verifyAuthenticationResponse({
      response,
      expectedChallenge: second,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential: registered.registrationInfo.credential,
    })
    assert.ok(judged.verified)
    assert.equal(judged.authenticationInfo.newCounter, 1)
    assert.equal(passkey.sign_count, 1)
  })
}

test('an assertion signed with another passkey is not valid', async () => {
  const first = challenge()
  const made = create({ rpId, origin, challenge: first, userHandle: 'YW5h' })
  const thief = create({ rpId, origin, challenge: first, userHandle: 'ZXZl' })
  const registered = await verifyRegistrationResponse({
    response: made.response,
    expectedChallenge: first,
    expectedOrigin: origin,
    expectedRPID: rpId,
  })
  assert.ok(registered.verified)
  const { response } = get(made.passkey, { rpId, origin, challenge: first }, { signWith: thief.passkey })
  const judged = await verifyAuthenticationResponse({
    response,
    expectedChallenge: first,
    expectedOrigin: origin,
    expectedRPID: rpId,
    credential: registered.registrationInfo.credential,
  })
  assert.equal(judged.verified, false)
})
