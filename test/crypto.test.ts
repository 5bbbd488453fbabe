import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { digestOf, nodeCrypto, sha256 } from '../src/crypto.ts'
import { webCrypto } from '../src/evidence/web-crypto.ts'
import { publicKey } from './support/p256.ts'

test('digests are SHA-256 over tag, zero byte and bytes, in base64url', async () => {
  const byHand = createHash('sha256').update('countersign/intent/v1\0{}').digest()
  assert.equal(digestOf('intent', Buffer.from('{}')), byHand.toString('base64url'))
  const tagged = Buffer.from('countersign/intent/v1\0{}')
  assert.deepEqual(Buffer.from(sha256(tagged)), byHand)
  for (const crypto of [nodeCrypto, webCrypto]) assert.deepEqual(Buffer.from(await crypto.sha256(tagged)), byHand)
})

test('keys are told apart however many have been seen', async () => {
  const pairs = Array.from({ length: 1100 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  const data = Buffer.from('data')
  const signed = pairs.map(({ privateKey, publicKey: shown }) => ({
    key: publicKey(shown),
    signature: sign('sha256', data, privateKey),
  }))
  for (const { key, signature } of signed) assert.ok(await nodeCrypto.verify(key, signature, data, 'der'))
  const [first = assert.fail(), second = assert.fail()] = signed
  assert.ok(await nodeCrypto.verify(first.key, first.signature, data, 'der'))
  assert.equal(await nodeCrypto.verify(second.key, first.signature, data, 'der'), false)
})
