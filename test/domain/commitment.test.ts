import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { commit, commitmentOf, newSalt } from '../../src/crypto.ts'
import { commitment, isCommitment, opening } from '../../src/domain/commitment.ts'
import { read } from '../../src/domain/shape.ts'

const values = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 50 }), fc.maxSafeInteger())

test('an opening proves its commitment and no other value does', () => {
  fc.assert(
    fc.property(values, values, (value, other) => {
      const made = commit(value)
      assert.ok(read(commitment, made.commitment).ok)
      assert.ok(read(opening, made.opening).ok)
      assert.equal(commitmentOf(made.opening), made.commitment.commitment)
      fc.pre(value !== other)
      assert.notEqual(commitmentOf({ ...made.opening, value: other }), made.commitment.commitment)
      assert.notEqual(commitmentOf({ ...made.opening, salt: newSalt() }), made.commitment.commitment)
    }),
  )
})

test('the same value commits differently each time, so that nothing can be told from equal commitments', () => {
  assert.notEqual(commit('yes').commitment.commitment, commit('yes').commitment.commitment)
})

test('a text and the integer it spells are two values', () => {
  const salt = newSalt()
  assert.notEqual(commitmentOf({ value: '1', salt }), commitmentOf({ value: 1, salt }))
})

test('a commitment is the SHA-256 that an auditor computes by hand', () => {
  const salt = Buffer.alloc(32, 7)
  const byHand = createHash('sha256').update('countersign/commitment/v1\0').update(salt).update('"yes"').digest('base64url')
  assert.equal(commitmentOf({ value: 'yes', salt: salt.toString('base64url') }), byHand)
})

test('a salt that is short, long or spelled otherwise is no opening', () => {
  const salt = newSalt()
  for (const bad of [salt.slice(1), `${salt}A`, `${salt}=`, `${'A'.repeat(42)}B`, 7])
    assert.equal(read(opening, { value: 'x', salt: bad }).ok, false)
  for (const value of [null, [], {}, 1.5, true]) assert.equal(read(opening, { value, salt }).ok, false)
})

test('only an object that says so is a commitment', () => {
  assert.ok(isCommitment(commit('x').commitment))
  for (const other of ['commitment', null, 1, ['commitment'], { value: 'x' }]) assert.equal(isCommitment(other), false)
})
