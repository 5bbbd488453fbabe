// That the library and the verifier of evidence agree is an alarm where it fails, so nobody may be able to make them differ: what libraries are known to
// forgive is refused before either is asked, and bent bytes are refused by both.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import fc from 'fast-check'
import { nodeCrypto } from '../../src/crypto.ts'
import { NO_MODELS } from '../../src/domain/attestation.ts'
import { judgeAnswer } from '../../src/evidence/assertion.ts'
import { assertionOf, verifyAssertion, verifyRegistration } from '../../src/passkeys/ceremony.ts'
import { registrationResponse } from '../../src/passkeys/response.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create } from '../../src/sandbox/authenticator.ts'
import { answered, assertReason, CHALLENGE, ORIGIN, owner, REALM, RP_ID } from '../support/ceremony.ts'

const ROOTS = { issuer: ORIGIN, rp_id: RP_ID }
const challenge = Buffer.from(CHALLENGE).toString('base64url')
const bent = (text: string, seed: number): string => {
  const bytes = Buffer.from(text, 'base64url')
  const bit = seed % (bytes.length * 8)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return bytes.toString('base64url')
}

test('a signature of Ed25519 around a point of small order, about which libraries differ, is refused before the library is asked', async () => {
  const bo = owner('bo', 'EdDSA')
  const neutral = Buffer.from(`01${'00'.repeat(31)}`, 'hex')
  const ask = answered(bo, { signature: (bytes) => Buffer.concat([neutral, bytes.subarray(32)]) })
  const asked = mock.method(globalThis.crypto.subtle, 'verify', async () => true)
  assertReason(await verifyAssertion(ask), 'signature')
  assert.equal(asked.mock.callCount(), 0)
  assert.ok((await verifyAssertion(answered(bo))).ok)
  assert.equal(asked.mock.callCount(), 1, 'the library would have taken it')
  asked.mock.restore()
  const answer = { challenge, assertion: assertionOf(ask.response), passkey: bo.enrolled }
  assertReason(await judgeAnswer(answer, ROOTS, nodeCrypto), 'signature_invalid')
})

for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
  test(`whatever bit of an assertion by ${algorithm} is flipped, both verifiers refuse it`, async () => {
    const by = owner('bo', algorithm)
    const ask = answered(by)
    const member = fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature' as const)
    await fc.assert(
      fc.asyncProperty(member, fc.nat(), async (name, seed) => {
        const response = {
          ...ask.response,
          response: { ...ask.response.response, [name]: bent(ask.response.response[name], seed) },
        }
        const answer = { challenge, assertion: assertionOf(response), passkey: by.enrolled }
        const verdicts = [await verifyAssertion({ ...ask, response }), await judgeAnswer(answer, ROOTS, nodeCrypto)]
        assert.deepEqual(
          verdicts.map(({ ok }) => ok),
          [false, false],
        )
      }),
      { numRuns: 100 },
    )
  })

test('whatever bits of a registration are flipped, the library is never alone in refusing it, nor reads another key', async () => {
  const handle = Buffer.from(userHandle(REALM, 'bo')).toString('base64url')
  const { response } = create({ rpId: RP_ID, origin: ORIGIN, challenge, userHandle: handle })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), async (seeds) => {
      const attestationObject = seeds.reduce(bent, response.response.attestationObject)
      const checked = await verifyRegistration({
        response: registrationResponse.parse({ ...response, response: { ...response.response, attestationObject } }),
        expectedChallenge: CHALLENGE,
        origin: ORIGIN,
        rpId: RP_ID,
        accept: 'any',
        models: NO_MODELS,
        now: new Date(),
      })
      assert.ok(checked.ok || !['library_alone', 'verifiers_differ'].includes(checked.reason), JSON.stringify(checked))
    }),
    { numRuns: 1_000 },
  )
})
