import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { intentBytes, MAX_INTENT_BYTES, readIntent } from '../../src/domain/intent.ts'
import { makeWorld } from '../support/evidence-builder.ts'
import { holdFormat } from '../support/formats.ts'

const { intent } = makeWorld()
holdFormat('intent', readIntent, intent, MAX_INTENT_BYTES)

const accepts = (bent: object) => readIntent(canonicalBytes({ ...intent, ...bent })).ok

test('an intent comes back from its bytes', () => {
  assert.deepEqual(readIntent(intentBytes(intent)), { ok: true, value: intent })
})

test('reserved modes and requesters are refused', () => {
  assert.equal(accepts({ mode: 'break_glass' }), false)
  assert.equal(accepts({ requester: { kind: 'workload', id: 'ci' } }), false)
  assert.equal(accepts({ v: 2 }), false)
})

test('parameters are texts, integers and commitments, and a right nests them', () => {
  const commitment = { commitment: intent.action_digest }
  assert.ok(accepts({ parameters: { service: 'orders', count: 3, customer: commitment } }))
  for (const value of [true, ['a'], { commitment: 'short' }, { ...commitment, salt: 'x' }, { value: 'x' }])
    assert.equal(accepts({ parameters: { value } }), false, JSON.stringify(value))
  const grants = { scope: ['a', ['b', 1]], details: { customer: commitment, inner: { limit: 1 } } }
  assert.ok(accepts({ right: { ...intent.right, grants } }))
  assert.equal(accepts({ right: { ...intent.right, grants: { 'Bad-Name': 1 } } }), false)
  assert.equal(accepts({ right: { ...intent.right, grants: { x: { __proto__x: 1 } } } }), false)
})

test('a reason is never in the clear, a lease and times keep to their bounds', () => {
  assert.equal(accepts({ reason: 'The disk is full' }), false)
  for (const lease_seconds of [29, 86_401, '60']) assert.equal(accepts({ lease_seconds }), false)
  for (const confirm_by of [-1, 253_402_300_800]) assert.equal(accepts({ confirm_by }), false)
})
