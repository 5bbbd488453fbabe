import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { digestOf, sha256 } from '../../src/crypto.ts'
import { read } from '../../src/domain/shape.ts'
import { challengeBytes } from '../../src/domain/statement.ts'
import { assertion } from '../../src/evidence/bundle.ts'
import { authenticationOptions, verifyAssertion } from '../../src/passkeys/ceremony.ts'
import { FLAGS, type Twist } from '../../src/sandbox/authenticator.ts'
import { answered, assertReason, CHALLENGE, ORIGIN, otherChallenge, owner } from '../support/ceremony.ts'

const bo = owner('bo')
const cy = owner('cy')
const HONEST = FLAGS.userPresent | FLAGS.userVerified

async function refusedWith(reason: string, twist: Twist): Promise<void> {
  assertReason(await verifyAssertion(answered(bo, twist)), reason)
}

for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
  test(`an honest assertion by ${algorithm} is accepted and comes back byte for byte`, async () => {
    const ask = answered(owner('bo', algorithm))
    const checked = await verifyAssertion(ask)
    assert.ok(checked.ok)
    assert.equal(checked.assertion.client_data_json, ask.response.response.clientDataJSON)
    assert.equal(checked.assertion.authenticator_data, ask.response.response.authenticatorData)
    assert.equal(checked.assertion.signature, ask.response.response.signature)
    assert.ok(read(assertion, checked.assertion).ok)
    assert.deepEqual([checked.signCount, checked.backedUp], [1, false])
  })
}

test('a synced passkey that never counts is accepted, and its backup is told', async () => {
  const synced = owner('bo', 'ES256', false)
  const checked = await verifyAssertion(answered(synced, { flags: HONEST | FLAGS.backupEligible | FLAGS.backedUp, signCount: 0 }))
  assert.ok(checked.ok)
  assert.deepEqual([checked.signCount, checked.backedUp], [0, true])
})

test('an answer without user handle is accepted, as keys give that are not discoverable', async () => {
  assert.ok((await verifyAssertion(answered(bo, { userHandle: null }))).ok)
})

test('members that browsers add to the client data on purpose are accepted', async () => {
  assert.ok((await verifyAssertion(answered(bo, { clientData: { other_keys_can_be_added_here: 'do not compare' } }))).ok)
})

test('options ask for user verification, of the offered passkeys only, for five minutes', async () => {
  const passkeys = [{ id: bo.passkey.id, transports: ['usb'] }]
  const options = await authenticationOptions({ rpId: 'localhost', challenge: CHALLENGE, passkeys })
  assert.equal(options.challenge, Buffer.from(CHALLENGE).toString('base64url'))
  assert.equal(options.userVerification, 'required')
  assert.equal(options.timeout, 300_000)
  assert.deepEqual(options.allowCredentials, [{ id: bo.passkey.id, transports: ['usb'], type: 'public-key' }])
})

test('1 a wrong challenge is refused', () => refusedWith('challenge', { challenge: Buffer.alloc(32).toString('base64url') }))
test('2 the challenge of another request is refused', () => refusedWith('challenge', { challenge: otherChallenge('another') }))
test('3 the challenge of the other decision is refused', () => refusedWith('challenge', { challenge: otherChallenge('deny') }))
test('5 the challenge of the same bytes for another purpose is refused', async () => {
  const bytes = new TextEncoder().encode('{}')
  const ask = answered(bo, { challenge: digestOf('statement/sign_in', bytes) })
  const expectedChallenge = sha256(challengeBytes('decide', bytes))
  assertReason(await verifyAssertion({ ...ask, expectedChallenge }), 'challenge')
})
test('9 an answer of type webauthn.create is refused', () => refusedWith('type', { type: 'webauthn.create' }))
test('10 an answer of type payment.get is refused', () => refusedWith('type', { type: 'payment.get' }))
for (const [number, origin] of [
  ['11', 'https://localhost:3001'],
  ['12', 'http://evil.localhost:3001'],
  ['13', 'http://localhost:3001/'],
  ['13', 'http://localhost:3002'],
  ['14', 'http://localhost:30010'],
  ['14', 'http://localhost:3001.evil.example'],
] as const)
  test(`${number} an answer made on ${origin} is refused`, () => refusedWith('origin', { origin }))
test('15 an answer from a frame is refused', () => refusedWith('cross_origin', { clientData: { crossOrigin: true } }))
test('15 a crossOrigin that is not exactly false is refused', () =>
  refusedWith('cross_origin', { clientData: { crossOrigin: 0 } }))
test('16 an answer that names a page around it is refused', () =>
  refusedWith('cross_origin', { clientData: { topOrigin: ORIGIN } }))
test('an answer with token binding is refused', () =>
  refusedWith('token_binding', { clientData: { tokenBinding: { status: 'supported' } } }))
test('17 an answer for another rpID is refused', () => refusedWith('rp_id', { rpId: 'example.com' }))
test('18 an answer without user presence is refused', () => refusedWith('user_not_present', { flags: FLAGS.userVerified }))
test('19 an answer without user verification is refused', () => refusedWith('user_not_verified', { flags: FLAGS.userPresent }))
test('20 backed up without being eligible for it is refused', () => refusedWith('flags', { flags: HONEST | FLAGS.backedUp }))
test('21 a device-bound passkey that turns synced is refused', () =>
  refusedWith('backup_eligibility', { flags: HONEST | FLAGS.backupEligible }))
test('21 a synced passkey that turns device-bound is refused', async () => {
  assertReason(await verifyAssertion(answered(owner('bo', 'ES256', false))), 'backup_eligibility')
})
test('22 attested key data in an assertion is refused', () =>
  refusedWith('authenticator_data', {
    flags: HONEST | FLAGS.attested,
    authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.alloc(16), Buffer.from([0, 1, 9]), Buffer.from([0xa0])]),
  }))
test('23 an extension that nobody asked for is refused', () =>
  refusedWith('authenticator_data', {
    flags: HONEST | FLAGS.extended,
    authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.from([0xa0])]),
  }))
test('23 the flag of an extension without one is refused', () => refusedWith('flags', { flags: HONEST | FLAGS.extended }))
test('23 reserved flags are refused', async () => {
  for (const reserved of [0x02, 0x20]) await refusedWith('flags', { flags: HONEST | reserved })
})
test('24 authenticator data that is short or long is refused', async () => {
  await refusedWith('authenticator_data', { authenticatorData: (bytes) => bytes.subarray(0, 36) })
  await refusedWith('authenticator_data', { authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) })
})
test('25 a counter that is equal, lower or back at zero is refused', async () => {
  for (const signCount of [5, 4, 0]) {
    const ask = answered(bo, { signCount })
    assertReason(await verifyAssertion({ ...ask, passkey: { ...ask.passkey, sign_count: 5 } }), 'counter')
  }
})
test('25 a counter is judged only where the signature is true', async () => {
  const ask = answered(bo, { signCount: 5, signWith: owner('bo').passkey })
  assertReason(await verifyAssertion({ ...ask, passkey: { ...ask.passkey, sign_count: 5 } }), 'signature')
})
test('26 a bad signature is a refusal, although the library only answers false', () =>
  refusedWith('signature', { signWith: owner('bo').passkey }))
test('27 a signature by the key of another person is refused', () => refusedWith('signature', { signWith: cy.passkey }))
test('28 a truncated or empty DER signature is refused', async () => {
  for (const cut of [1, 8, 40]) await refusedWith('signature', { signature: (bytes) => bytes.subarray(0, cut) })
})
test('28 bytes after the DER signature are refused', () =>
  refusedWith('signature', { signature: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) }))
test('30 an id that differs from its raw id is refused', () => refusedWith('id_differs', { rawId: cy.passkey.id }))
test('31 the id of another person’s passkey is refused', () => refusedWith('other_passkey', { id: cy.passkey.id }))
test('32 a passkey of the same person that the statement does not name is refused', async () => {
  const second = owner('bo')
  assertReason(await verifyAssertion({ ...answered(second), passkey: bo.enrolled }), 'other_passkey')
})
test('33 the user handle of somebody else is refused', () => refusedWith('user_handle', { userHandle: cy.passkey.user_handle }))
test('33 the user handle of the same person in another realm is refused', async () => {
  assertReason(await verifyAssertion({ ...answered(bo), realm: 'sandbox:00000000000000000000000002' }), 'user_handle')
})
test('37 client data that is not JSON, not UTF-8 or starts with a byte order mark is refused', async () => {
  await refusedWith('client_data', { clientDataJSON: () => 'not json' })
  await refusedWith('client_data', { clientDataJSON: () => '[]' })
  await refusedWith('client_data', {
    clientDataJSON: (text) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
  })
  await refusedWith('client_data', { clientDataJSON: (text) => Buffer.from(text.replace('false', '"\xff"'), 'latin1') })
})
test('38 client data that says a member twice is refused', () =>
  refusedWith('client_data', { clientDataJSON: (text) => text.replace('{', '{"origin":"http://evil.example",') }))
test('40 a prototype in the client data changes nothing', () =>
  refusedWith('origin', {
    origin: 'http://evil.example',
    clientDataJSON: (text) => text.replace('{', `{"__proto__":{"origin":"${ORIGIN}"},`),
  }))

test('no bit of what was signed can be flipped', async () => {
  const ask = answered(bo)
  const members = ['clientDataJSON', 'authenticatorData', 'signature'] as const
  const total = (member: (typeof members)[number]) => Buffer.from(ask.response.response[member], 'base64url').length * 8
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...members), fc.nat(), async (member, seed) => {
      const bit = seed % total(member)
      const bytes = Buffer.from(ask.response.response[member], 'base64url')
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const response = { ...ask.response, response: { ...ask.response.response, [member]: bytes.toString('base64url') } }
      assert.equal((await verifyAssertion({ ...ask, response })).ok, false)
    }),
    { numRuns: 150 },
  )
})
