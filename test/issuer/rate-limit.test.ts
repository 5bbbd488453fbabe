import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRateLimit } from '../../src/issuer/rate-limit.ts'

test('an address that has used up its burst waits, another does not', () => {
  let now = 0
  const limit = openRateLimit(3, 2, () => now)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limit.take('a')),
    [true, true, true, false],
  )
  assert.equal(limit.take('b'), true)
  now = 400
  assert.equal(limit.take('a'), false)
  now = 500
  assert.equal(limit.take('a'), true)
  assert.equal(limit.take('a'), false)
})

test('waiting for long brings back the burst and no more', () => {
  let now = 0
  const limit = openRateLimit(2, 1, () => now)
  limit.take('a')
  now = 3_600_000
  assert.deepEqual(
    [1, 2, 3].map(() => limit.take('a')),
    [true, true, false],
  )
})

test('ten thousand other addresses do not grow the memory without bound', () => {
  const limit = openRateLimit(1, 0.001, () => 0)
  assert.equal(limit.take('first'), true)
  assert.equal(limit.take('first'), false)
  for (let i = 0; i < 10_000; i += 1) limit.take(`other ${i}`)
  // The oldest was forgotten: it begins anew, which costs a flooder ten thousand addresses.
  assert.equal(limit.take('first'), true)
})

test('who has an IPv6 network has one bucket, however the address is spelt; an IPv4 address has its own', () => {
  const one = (...addresses: readonly string[]): readonly boolean[] => {
    const limit = openRateLimit(1, 0.001, () => 0)
    return addresses.map((address) => limit.take(address))
  }
  assert.deepEqual(one('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::7', '2001:db8:1:2:ffff::'), [true, false, false])
  assert.deepEqual(one('2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8::1'), [true, true, true])
  assert.deepEqual(one('::1', '::2', 'fe80::1'), [true, false, true])
  assert.deepEqual(one('192.0.2.1', '192.0.2.2', '::ffff:192.0.2.1', '::ffff:192.0.2.2'), [true, true, true, true])
})
