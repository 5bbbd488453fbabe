import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertionResponse, registrationResponse } from '../../src/passkeys/response.ts'
import { create, get } from '../../src/sandbox/authenticator.ts'

const ceremony = { rpId: 'localhost', origin: 'http://localhost:3001', challenge: Buffer.alloc(32, 1).toString('base64url') }
const made = create({ ...ceremony, userHandle: Buffer.alloc(32, 2).toString('base64url') })
const answer = get(made.passkey, ceremony).response
const accepts = (value: unknown): boolean => assertionResponse.safeParse(value).success

test('what a browser posts is taken, with the optional members of the standard and the nulls of some password managers', () => {
  assert.ok(accepts(answer))
  assert.ok(accepts({ ...answer, authenticatorAttachment: null, response: { ...answer.response, userHandle: null } }))
  const creation = {
    ...made.response,
    clientExtensionResults: { credProps: { rk: true } },
    response: {
      ...made.response.response,
      authenticatorData: 'AAAA',
      publicKey: 'AAAA',
      publicKeyAlgorithm: -7,
      transports: ['usb', 'hybrid'],
    },
  }
  assert.ok(registrationResponse.safeParse(creation).success)
})

test('33 a padded id and any other spelling of an id are refused', () => {
  for (const id of [`${answer.id}=`, answer.id.replace(/.$/, '+'), `${answer.id} `, `${answer.id.slice(0, -1)}B`, '']) {
    assert.ok(!accepts({ ...answer, id }), id)
    assert.ok(!accepts({ ...answer, rawId: id }), id)
  }
})

test('33 a user handle in another spelling is refused', () => {
  const userHandle = `${answer.response.userHandle}=`
  assert.ok(!accepts({ ...answer, response: { ...answer.response, userHandle } }))
})

test('39 parts that are longer than their format are refused', () => {
  const long = Buffer.alloc(4100).toString('base64url')
  for (const member of ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'])
    assert.ok(!accepts({ ...answer, response: { ...answer.response, [member]: long } }), member)
})

test('40 members that are not of the standard are refused, prototypes among them', () => {
  assert.ok(!accepts({ ...answer, verified: true }))
  assert.ok(!accepts(JSON.parse(JSON.stringify(answer).replace('{', '{"__proto__":{"verified":true},'))))
  assert.ok(!accepts({ ...answer, response: { ...answer.response, challenge: 'AAAA' } }))
})

test('41 null, lists, numbers and texts instead of objects are refused without a fault', () => {
  for (const value of [null, undefined, [], 1, 'x', true]) {
    assert.ok(!accepts(value))
    assert.ok(!accepts({ ...answer, response: value }))
    assert.ok(!accepts({ ...answer, response: { ...answer.response, signature: value } }))
    assert.ok(!registrationResponse.safeParse({ ...made.response, response: value }).success)
  }
})

test('53 a passkey id over 1023 bytes is refused', () => {
  const id = Buffer.alloc(1024, 1).toString('base64url')
  assert.ok(!registrationResponse.safeParse({ ...made.response, id, rawId: id }).success)
})
