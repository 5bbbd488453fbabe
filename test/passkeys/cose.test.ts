import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import fc from 'fast-check'
import { type PasskeyKey, passkeyKey } from '../../src/domain/keys.ts'
import { read } from '../../src/domain/shape.ts'
import { coseFromKey, keyFromCose } from '../../src/passkeys/cose.ts'

function keyOf(made: { publicKey: { export(options: { format: 'jwk' }): object } }): PasskeyKey {
  const found = read(passkeyKey, made.publicKey.export({ format: 'jwk' }))
  assert.ok(found.ok)
  return found.value
}
const p256 = keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const ed25519 = keyOf(generateKeyPairSync('ed25519'))
const rsa = keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))

for (const key of [p256, ed25519, rsa]) {
  test(`a key of type ${key.kty} comes back from COSE with exactly the members of RFC 7638`, () => {
    assert.deepEqual(keyFromCose(coseFromKey(key)), key)
  })

  test(`the COSE form of a key of type ${key.kty} is what another reader understands`, () => {
    const other = decodeCredentialPublicKey(coseFromKey(key)) as unknown as ReadonlyMap<number, unknown>
    const algorithm = { EC: -7, OKP: -8, RSA: -257 }[key.kty]
    assert.equal(other.get(3), algorithm)
    const first = key.kty === 'RSA' ? other.get(-1) : other.get(-2)
    assert.equal(Buffer.from(first as Uint8Array).toString('base64url'), key.kty === 'RSA' ? key.n : key.x)
  })

  test(`a key of type ${key.kty} with any byte of its frame changed, cut or followed by more is refused`, () => {
    const bytes = coseFromKey(key)
    fc.assert(fc.property(fc.nat({ max: bytes.length - 1 }), (at) => assert.equal(keyFromCose(bytes.subarray(0, at)), undefined)))
    for (const at of Array.from({ length: 9 }, (_, index) => index)) {
      const bent = Uint8Array.from(bytes)
      bent[at] = (bent[at] ?? 0) ^ 1
      const found = keyFromCose(bent)
      assert.ok(found === undefined || found.kty !== key.kty)
    }
    assert.equal(keyFromCose(Uint8Array.from([...bytes, 0])), undefined)
  })
}

test('a point that is not on the curve is no key', () => {
  assert.ok(p256.kty === 'EC')
  const y = Buffer.from(p256.y, 'base64url')
  y[31] = (y[31] ?? 0) ^ 1
  assert.equal(keyFromCose(coseFromKey({ ...p256, y: y.toString('base64url') })), undefined)
})

test('RSA under 2048 bits is refused even when its modulus has as many bytes', () => {
  const short = Buffer.from((rsa as { n: string }).n, 'base64url')
  short[0] = 0x7f
  assert.equal(keyFromCose(coseFromKey({ kty: 'RSA', n: short.toString('base64url'), e: 'AQAB' })), undefined)
})

test('51 keys of algorithms we do not take are refused (RS1, P-521)', () => {
  const rs1 = coseFromKey(rsa)
  assert.equal(keyFromCose(Uint8Array.from([...rs1.subarray(0, 5), 0xff, 0xfe, ...rs1.subarray(7)])), undefined)
  const p521 = Uint8Array.from([
    0xa5,
    1,
    2,
    3,
    0x38,
    0x23,
    0x20,
    3,
    0x21,
    0x58,
    66,
    ...Buffer.alloc(66, 1),
    0x22,
    0x58,
    66,
    ...Buffer.alloc(66, 2),
  ])
  assert.equal(keyFromCose(p521), undefined)
})
