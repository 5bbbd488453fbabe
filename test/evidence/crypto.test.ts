import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodeCrypto } from '../../src/crypto.ts'
import { p1363FromDer } from '../../src/evidence/crypto.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { publicKey } from '../support/p256.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = publicKey(pair.publicKey)

test('both implementations accept a P-256 signature in either form, and only in the form asked for', async () => {
  const data = Buffer.from('data')
  for (const [form, dsaEncoding] of [
    ['der', 'der'],
    ['p1363', 'ieee-p1363'],
  ] as const) {
    const signature = sign('sha256', data, { key: pair.privateKey, dsaEncoding })
    for (const crypto of [nodeCrypto, webCrypto]) {
      assert.equal(await crypto.verify(key, signature, data, form), true)
      assert.equal(await crypto.verify(key, signature, data, form === 'der' ? 'p1363' : 'der'), false)
      assert.equal(await crypto.verify(key, signature, Buffer.from('date'), form), false)
    }
  }
})

test('taking a DER signature apart gives what the library signs as r || s', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      const der = sign('sha256', data, { key: pair.privateKey, dsaEncoding: 'der' })
      const joined = p1363FromDer(der)
      assert.equal(joined?.length, 64)
      // Written again by the rules of DER, the two numbers give the same bytes: nothing was lost, nothing forgiven.
      const integers = [joined.subarray(0, 32), joined.subarray(32)].map((number) => {
        const bare = Buffer.from(number.subarray(number.findIndex((byte) => byte !== 0)))
        return (bare[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bare]) : bare
      })
      const body = Buffer.concat(integers.map((each) => Buffer.concat([Buffer.of(2, each.length), each])))
      assert.deepEqual(Buffer.concat([Buffer.of(0x30, body.length), body]), der)
    }),
    { numRuns: 50 },
  )
})

test('no single changed, added or dropped byte of the frame of a DER signature is forgiven', () => {
  const der = sign('sha256', Buffer.from('data'), { key: pair.privateKey, dsaEncoding: 'der' })
  const frame = [0, 1, 2, 3, 4 + (der[3] ?? 0), 5 + (der[3] ?? 0)]
  for (const at of frame) {
    for (let value = 0; value < 256; value += 1) {
      if (value === der[at]) continue
      const bent = Buffer.from(der)
      bent[at] = value
      assert.equal(p1363FromDer(bent), undefined, `byte ${at} as ${value}`)
    }
  }
  assert.equal(p1363FromDer(Buffer.concat([der, Buffer.of(0)])), undefined)
  assert.equal(p1363FromDer(der.subarray(0, -1)), undefined)
  assert.equal(p1363FromDer(Buffer.alloc(0)), undefined)
})

test('a key that is no point of the curve verifies nothing and throws nothing', async () => {
  const off = { ...key, y: key.x }
  const signature = sign('sha256', Buffer.from('data'), { key: pair.privateKey, dsaEncoding: 'der' })
  for (const crypto of [nodeCrypto, webCrypto])
    assert.equal(await crypto.verify(off, signature, Buffer.from('data'), 'der'), false)
})
