import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { thumbprint } from '../../src/crypto.ts'
import { type PasskeyKey, passkeyId, passkeyKey } from '../../src/domain/keys.ts'
import { read } from '../../src/domain/shape.ts'
import { newKey } from '../support/authenticator.ts'

const KEYS = (['ES256', 'EdDSA', 'RS256'] as const).map((algorithm) => newKey('bo', { algorithm }).passkey.key)
const refused = (key: unknown) => assert.equal(read(passkeyKey, key).ok, false, JSON.stringify(key))
/** The texts a lenient decoder reads as the same bytes. */
const twins = (text: string): string[] => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const others = [...alphabet].map((letter) => text.slice(0, -1) + letter)
  return others.filter((other) => other !== text && Buffer.from(other, 'base64url').equals(Buffer.from(text, 'base64url')))
}

test('a thumbprint is that of RFC 7638, as jose computes it', async () => {
  for (const key of KEYS) {
    assert.ok(read(passkeyKey, key).ok)
    assert.equal(thumbprint(key), await calculateJwkThumbprint(key))
  }
})

test('a key has one spelling: another would be another key to every table', () => {
  for (const key of KEYS) {
    for (const [member, text] of Object.entries(key)) {
      for (const twin of [...twins(text), `${text}=`]) refused({ ...key, [member]: twin })
    }
    refused({ ...key, alg: 'ES256' })
    refused({ ...key, kid: 'x' })
  }
})

test('a modulus has no leading zero and 2048 to 4096 bits', () => {
  const [, , rsa] = KEYS as [PasskeyKey, PasskeyKey, Extract<PasskeyKey, { kty: 'RSA' }>]
  const modulus = Buffer.from(rsa.n, 'base64url')
  const n = (bytes: Buffer) => ({ ...rsa, n: bytes.toString('base64url') })
  refused(n(Buffer.concat([Buffer.alloc(1), modulus])))
  refused(n(Buffer.concat([Buffer.of(0x7f), modulus.subarray(1)])))
  refused(n(modulus.subarray(1)))
  refused(n(Buffer.alloc(513, 0xff)))
  assert.ok(read(passkeyKey, n(Buffer.alloc(512, 0xff))).ok)
})

test('private members and other kinds of key are refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  refused(privateKey.export({ format: 'jwk' }))
  refused(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }))
  refused(generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }))
})

test('a credential id has 16 to 1023 bytes', () => {
  assert.deepEqual(
    [15, 16, 1023, 1024].map((count) => read(passkeyId, Buffer.alloc(count, 1).toString('base64url')).ok),
    [false, true, true, false],
  )
})
