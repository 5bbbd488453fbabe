import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { read, text } from '../../src/domain/shape.ts'
import { judgeNonce, makeNonce } from '../../src/passkeys/nonce.ts'

const key = Buffer.alloc(32, 7)
const noon = new Date('2026-03-01T12:00:00.000Z')
const later = (ms: number) => new Date(noon.getTime() + ms)
const reason = (nonce: string, now: Date, by: Uint8Array = key) => {
  const verdict = judgeNonce(by, nonce, now)
  return verdict.ok ? 'ok' : verdict.refusal.reason
}

test('a nonce lives five minutes and not a millisecond longer', () => {
  const nonce = makeNonce(key, noon)
  assert.equal(reason(nonce, noon), 'ok')
  assert.equal(reason(nonce, later(300_000)), 'ok')
  assert.equal(reason(nonce, later(300_001)), 'nonce_stale')
})

test('a nonce of another issuer may be two seconds ahead, and no more', () => {
  const nonce = makeNonce(key, noon)
  assert.equal(reason(nonce, later(-2_000)), 'ok')
  assert.equal(reason(nonce, later(-2_001)), 'nonce_stale')
})

test('a nonce made with another key is forged', () => {
  assert.equal(reason(makeNonce(Buffer.alloc(32, 8), noon), noon), 'nonce_forged')
})

test('a nonce says when it was made and when it is dead', () => {
  const verdict = judgeNonce(key, makeNonce(key, noon), later(1_000))
  assert.ok(verdict.ok)
  assert.deepEqual([verdict.madeAt, verdict.deadAt], [noon, later(300_000)])
})

test('a nonce fits where statements and claims carry it', () => {
  assert.ok(read(text(/^[A-Za-z0-9_-]{40,120}$/), makeNonce(key, noon)).ok)
})

test('no letter of a nonce can be changed, added or taken away', () => {
  const nonce = makeNonce(key, noon)
  fc.assert(
    fc.property(fc.nat({ max: nonce.length - 1 }), fc.constantFrom(...'ABab01-_=. '), (at, letter) => {
      fc.pre(nonce[at] !== letter)
      const bent = nonce.slice(0, at) + letter + nonce.slice(at + 1)
      assert.equal(reason(bent, noon), 'nonce_forged')
      assert.equal(reason(nonce.slice(0, at), noon), 'nonce_forged')
      assert.equal(reason(nonce + letter, noon), 'nonce_forged')
    }),
  )
})
