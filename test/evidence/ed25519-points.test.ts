// What no library is asked about: points of Ed25519 of small order, or in a second spelling. Our list of them is held against the curve itself, in the
// numbers of RFC 8032 section 5.1.

import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { isSoundPoint, mayVerify } from '../../src/evidence/crypto.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const mod = (of: bigint) => ((of % P) + P) % P
function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n
  const half = power(mod(base * base), exponent >> 1n)
  return exponent & 1n ? mod(half * base) : half
}
const inverse = (of: bigint) => power(mod(of), P - 2n)
const D = mod(-121665n * inverse(121666n))

type Point = readonly [x: bigint, y: bigint]
const NEUTRAL: Point = [0n, 1n]
function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const product = mod(D * mod(x1 * x2) * mod(y1 * y2))
  return [mod((x1 * y2 + x2 * y1) * inverse(1n + product)), mod((y1 * y2 + x1 * x2) * inverse(1n - product))]
}
function times(count: bigint, point: Point): Point {
  if (count === 0n) return NEUTRAL
  const half = times(count >> 1n, add(point, point))
  return count & 1n ? add(half, point) : half
}
/** A point with this y, if there is one: the one whose x is even. */
function pointAt(y: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n))
  const root = power(square, (P + 3n) / 8n)
  const x = [root, mod(root * power(2n, (P - 1n) / 4n))].find((each) => mod(each * each) === square)
  return x === undefined ? undefined : [x & 1n ? P - x : x, y]
}
const spell = (y: bigint, sign: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => Number(((y | (sign << 255n)) >> (8n * BigInt(at))) & 0xffn))
const spelled = ([x, y]: Point) => spell(y, x & 1n)
const number = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)

/** The eight: a point of order 8, which is any of the curve times L until one has it, as often as makes each of them. */
function smallOnes(): Point[] {
  for (let y = 2n; ; y += 1n) {
    const small = times(L, pointAt(y) ?? NEUTRAL)
    if (times(4n, small)[1] !== 1n) return Array.from({ length: 8 }, (_, at) => times(BigInt(at), small))
  }
}
const EIGHT = smallOnes()

test('a point of small order is refused: all eight, and where a sign stands with an x of zero', () => {
  assert.equal(new Set(EIGHT.map(String)).size, 8)
  for (const point of EIGHT) assert.deepEqual(times(8n, point), NEUTRAL)
  for (const [, y] of EIGHT) for (const sign of [0n, 1n]) assert.equal(isSoundPoint(spell(y, sign)), false, `${y}`)
})

test('a point in a second spelling, whose y is p or more, is refused, and one just below is not', () => {
  for (let over = 0n; over < 19n; over += 1n)
    for (const sign of [0n, 1n]) assert.equal(isSoundPoint(spell(P + over, sign)), false, `p + ${over}`)
  for (const sign of [0n, 1n]) assert.equal(isSoundPoint(spell(P - 2n, sign)), true)
})

test('31 and 33 bytes are no point', () => {
  for (const length of [0, 31, 33]) assert.equal(isSoundPoint(new Uint8Array(length).fill(9)), false)
})

test('keys that are made as keys are made are taken', () => {
  for (let made = 0; made < 200; made += 1) {
    const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    assert.equal(isSoundPoint(Buffer.from(x, 'base64url')), true, x)
  }
})

test('a key of small order takes no signature, also where its equation holds for a message that nobody signed', async () => {
  // R = SB for an S that we know: SB = R + kA holds for each message whose k makes nothing of A, which is every eighth at least.
  const base = pointAt(mod(4n * inverse(5n))) ?? assert.fail()
  const s = 1234567890123456789n
  const r = spelled(times(s, base))
  const signature = Buffer.concat([r, spell(s, 0n)])
  for (const point of EIGHT) {
    const a = spelled(point)
    const forged = Array.from({ length: 64 }, (_, at) => Buffer.from(`message ${at}`)).find((message) => {
      const k = number(createHash('sha512').update(r).update(a).update(message).digest()) % L
      return times(k % 8n, point)[1] === 1n
    })
    assert.ok(forged)
    await refusedByAll(a, signature, forged)
  }
})

test('an R of small order is refused, also where its equation holds', async () => {
  // The one who signed chose R as the neutral point, and S = ka: every message signed so has the same R, and S gives the key away.
  const base = pointAt(mod(4n * inverse(5n))) ?? assert.fail()
  const secret = 987654321987654321n
  const a = spelled(times(secret, base))
  const r = spelled(NEUTRAL)
  const message = Buffer.from('message')
  const k = number(createHash('sha512').update(r).update(a).update(message).digest()) % L
  await refusedByAll(a, Buffer.concat([r, spell((k * secret) % L, 0n)]), message)
})

async function refusedByAll(a: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<void> {
  const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(a).toString('base64url') } as const
  assert.equal(mayVerify(key, signature), false, 'a library would be asked')
  for (const crypto of [nodeCrypto, webCrypto]) assert.equal(await crypto.verify(key, signature, message, 'p1363'), false)
}
