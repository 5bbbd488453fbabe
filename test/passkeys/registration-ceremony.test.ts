import assert from 'node:assert/strict'
import { test } from 'node:test'
import { thumbprint } from '../../src/crypto.ts'
import type { Accept } from '../../src/domain/accepted-keys.ts'
import { NO_MODELS } from '../../src/domain/attestation.ts'
import { isSameKey, registrationOptions, verifyRegistration } from '../../src/passkeys/ceremony.ts'
import { registrationResponse } from '../../src/passkeys/response.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { type Algorithm, create, FLAGS, type RegistrationJSON, type Twist } from '../../src/sandbox/authenticator.ts'
import { assertReason, CHALLENGE, ORIGIN, REALM, RP_ID } from '../support/ceremony.ts'

const MADE = FLAGS.userPresent | FLAGS.userVerified | FLAGS.attested
const handle = Buffer.from(userHandle(REALM, 'bo')).toString('base64url')
const asked = { rpId: RP_ID, origin: ORIGIN, challenge: Buffer.from(CHALLENGE).toString('base64url'), userHandle: handle }
const make = (twist: Twist = {}, algorithm: Algorithm = 'ES256') => create({ ...asked, algorithm }, twist)
const check = (response: RegistrationJSON, accept: Accept = 'any') =>
  verifyRegistration({
    response: registrationResponse.parse(response),
    expectedChallenge: CHALLENGE,
    origin: ORIGIN,
    rpId: RP_ID,
    accept,
    models: NO_MODELS,
    now: new Date(),
  })

async function refusedWith(reason: string, twist: Twist): Promise<void> {
  assertReason(await check(make(twist).response), reason)
}

/** The same registration with another attestation object around its authenticator data. */
function attestedAs(fmt: string, statement: string, twist: Twist = {}): RegistrationJSON {
  const { response } = make(twist)
  const object = Buffer.from(response.response.attestationObject, 'base64url').toString('latin1')
  const bent = object
    .replace('\x64none', `${String.fromCharCode(0x60 + fmt.length)}${fmt}`)
    .replace('attStmt\xa0', `attStmt${statement}`)
  assert.notEqual(bent, object)
  return { ...response, response: { ...response.response, attestationObject: Buffer.from(bent, 'latin1').toString('base64url') } }
}

for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
  test(`a fresh ${algorithm} passkey is read in full`, async () => {
    const { response, passkey, key } = make({}, algorithm)
    const checked = await check(response)
    assert.ok(checked.ok)
    assert.deepEqual(checked.registered, {
      id: passkey.id,
      key,
      thumbprint: thumbprint(key),
      device_bound: true,
      aaguid_hint: '00000000-0000-0000-0000-000000000000',
      transports: ['usb'],
      sign_count: 0,
      attestation: {
        fmt: 'none',
        attestation_object: response.response.attestationObject,
        client_data_json: response.response.clientDataJSON,
      },
    })
  })
}

test('a synced passkey is told from a device-bound one', async () => {
  const checked = await check(make({ flags: MADE | FLAGS.backupEligible | FLAGS.backedUp }).response)
  assert.ok(checked.ok && !checked.registered.device_bound)
})

test('an extension that browsers ask for on their own (credProtect) is accepted', async () => {
  const credProtect = Buffer.concat([Buffer.from([0xa1, 0x6b]), Buffer.from('credProtect'), Buffer.from([0x02])])
  const twist: Twist = { flags: MADE | FLAGS.extended, authenticatorData: (bytes) => Buffer.concat([bytes, credProtect]) }
  assert.ok((await check(make(twist).response)).ok)
})

test('options pin algorithms, demand a verified user and a discoverable key, and exclude what is known', async () => {
  const known = [{ id: make().passkey.id, transports: ['usb'] }]
  const ask = {
    rpId: RP_ID,
    rpName: 'Countersign',
    realm: REALM,
    person: 'bo',
    personName: 'Bo',
    challenge: CHALLENGE,
    known,
    accept: 'any',
  } as const
  const options = await registrationOptions(ask)
  assert.deepEqual(
    options.pubKeyCredParams.map(({ alg }) => alg),
    [-7, -8, -257],
  )
  assert.deepEqual(options.authenticatorSelection, {
    userVerification: 'required',
    residentKey: 'required',
    requireResidentKey: true,
  })
  assert.equal(options.attestation, 'none')
  assert.equal(options.timeout, 300_000)
  assert.equal(options.user.id, handle)
  assert.equal(options.excludeCredentials?.[0]?.id, known[0]?.id)
  assert.notEqual((await registrationOptions(ask)).authenticatorSelection, options.authenticatorSelection)
})

test('a user handle says nothing of the person and differs in each realm', () => {
  assert.ok(!Buffer.from(userHandle(REALM, 'bo')).includes('bo'))
  assert.notDeepEqual(userHandle(REALM, 'bo'), userHandle('sandbox:00000000000000000000000002', 'bo'))
})

test('1 a registration over another challenge is refused', () =>
  refusedWith('challenge', { challenge: Buffer.alloc(32).toString('base64url') }))
test('9 an assertion posted as a registration is refused', () => refusedWith('type', { type: 'webauthn.get' }))
test('12 a registration on another port is refused', () => refusedWith('origin', { origin: 'http://localhost:3000' }))
test('15 a registration in a frame is refused', () => refusedWith('cross_origin', { clientData: { crossOrigin: true } }))
test('16 a registration that names a page around it is refused', () =>
  refusedWith('cross_origin', { clientData: { topOrigin: ORIGIN } }))
test('17 a registration for another rpID is refused', () => refusedWith('rp_id', { rpId: 'example.com' }))
test('18 a registration without user presence is refused', () =>
  refusedWith('user_not_present', { flags: FLAGS.userVerified | FLAGS.attested }))
test('19 a registration without user verification is refused', () =>
  refusedWith('user_not_verified', { flags: FLAGS.userPresent | FLAGS.attested }))
test('20 backed up without being eligible is refused', () => refusedWith('flags', { flags: MADE | FLAGS.backedUp }))
test('24 authenticator data with a rest is refused', () =>
  refusedWith('authenticator_data', { authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.alloc(3)]) }))
test('38 client data that says a member twice is refused', () =>
  refusedWith('client_data', { clientDataJSON: (text) => text.replace('{', '{"origin":"http://evil.example",') }))
test('44 an AAGUID that nobody attests is a hint and no more', async () => {
  const checked = await check(make({ aaguid: Buffer.from('ee882879721c491397753dfcce97072a', 'hex') }).response)
  assert.ok(checked.ok)
  assert.deepEqual(
    [checked.registered.aaguid, checked.registered.aaguid_hint, checked.registered.attestation.fmt],
    [undefined, 'ee882879-721c-4913-9775-3dfcce97072a', 'none'],
  )
})
test('45 an attestation with certificates that nobody pinned is refused', async () => {
  const x5c = '\xa3\x63alg\x26\x63sig\x41\x00\x63x5c\x81\x41\x00'
  assertReason(await check(attestedAs('packed', x5c)), 'attestation_unasked')
})
test('43 a self-attestation whose signature is not by the new key is refused', async () => {
  const checked = await check(attestedAs('packed', '\xa2\x63alg\x26\x63sig\x41\x00'))
  assert.ok(!checked.ok && (checked.reason === 'attestation' || checked.reason === 'library'))
})
test('an attestation of another format is refused', async () => {
  assertReason(await check(attestedAs('tpm', '\xa0')), 'attestation_unasked')
})
test('51 a key whose algorithm or curve is not ours is refused', () =>
  refusedWith('key', {
    // The last of EC_START's frame: crv 1 (P-256) becomes 2 (P-384) while the coordinates stay.
    authenticatorData: (bytes) => {
      const bent = Buffer.from(bytes)
      bent[bent.length - 77 + 6] = 2
      return bent
    },
  }))
test('54 a registration whose outer id is not the signed one is refused', async () => {
  const { response } = make()
  const other = make().passkey.id
  assertReason(await check({ ...response, id: other, rawId: other }), 'id_differs')
  assertReason(await check({ ...response, rawId: other }), 'id_differs')
})
test('53 an id of more than 1023 bytes is refused, outside by the schema and signed by the check', async () => {
  const long = Buffer.alloc(1024, 7)
  const { response } = make()
  assert.equal(registrationResponse.safeParse({ ...response, id: long.toString('base64url') }).success, false)
  await refusedWith('passkey_id', {
    authenticatorData: (bytes) =>
      Buffer.concat([bytes.subarray(0, 37 + 16), Buffer.from([4, 0]), long, bytes.subarray(37 + 18 + 32)]),
  })
})
test('a signed id that is shorter than 16 bytes is refused', () =>
  refusedWith('passkey_id', {
    authenticatorData: (bytes) =>
      Buffer.concat([
        bytes.subarray(0, 37 + 16),
        Buffer.from([0, 4]),
        bytes.subarray(37 + 18, 37 + 22),
        bytes.subarray(37 + 18 + 32),
      ]),
  }))

test('two readers of one registration agree only on the very same key, id and kind', async () => {
  const [made, other] = [await check(make().response), await check(make().response)]
  assert.ok(made.ok && other.ok)
  const { id, key, device_bound: deviceBound } = made.registered
  const ours = { id, key, deviceBound }
  assert.equal(isSameKey(ours, { id, key: { ...key }, deviceBound }), true)
  for (const theirs of [
    { ...ours, id: other.registered.id },
    { ...ours, key: other.registered.key },
    { ...ours, key: undefined },
    { ...ours, deviceBound: !deviceBound },
  ])
    assert.equal(isSameKey(ours, theirs), false)
})

test('an attestation object with anything but a map, a name and bytes in their places is refused, and nothing is thrown', async () => {
  for (const fmt of ['none', 'packed'])
    for (const statement of ['\x80', '\x00', '\x60', '\xf6', '\xf7'])
      for (const accept of ['any', 'hardware'] as const)
        assertReason(await check(attestedAs(fmt, statement), accept), 'authenticator_data')
  const { response } = make()
  const object = Buffer.from(response.response.attestationObject, 'base64url').toString('latin1')
  for (const bent of [object.replace('\x64none', '\xf7'), object.replace('authDataX\xa4', 'authDatax\xa4'), '\x01', '\x80']) {
    assert.notEqual(bent, object)
    const attestationObject = Buffer.from(bent, 'latin1').toString('base64url')
    assertReason(await check({ ...response, response: { ...response.response, attestationObject } }), 'authenticator_data')
  }
})
