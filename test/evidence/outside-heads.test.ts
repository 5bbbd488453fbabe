// A database held against the heads outside it: what is behind, what is only ahead, and what an administrator has signed for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Heads, laterHeads } from '../../src/domain/heads.ts'
import { findPasskey, lastLoss } from '../../src/evidence/chain-state.ts'
import { judgeHeads } from '../../src/evidence/outside-heads.ts'
import { makeOffice, type Office } from '../support/office.ts'

const stateOf = async (office: Office) => {
  const replayed = await office.replay()
  assert.ok(replayed.ok, JSON.stringify(replayed))
  return replayed.state
}
const at = ({ heads }: Office, sequence: number, watermark: number): Heads => ({
  directory: { sequence, head: heads[sequence] ?? assert.fail() },
  watermark,
})

test('a database at its outside heads or ahead of them is even, and so is one of which nothing was seen', async () => {
  const office = makeOffice()
  const state = await stateOf(office)
  assert.equal(judgeHeads(undefined, state, 0), 'even')
  for (const sequence of [0, 1, 2])
    for (const ahead of [0, 1, 9]) assert.equal(judgeHeads(at(office, sequence, 7), state, 7 + ahead), 'even')
  const { directory } = at(office, 2, 0)
  assert.equal(judgeHeads({ directory }, state, 0), 'even', 'heads that were kept before there was a watermark')
})

test('a database with a lower watermark, a shorter chain or another one is behind', async () => {
  const office = makeOffice()
  const state = await stateOf(office)
  const outside = at(office, 2, 7)
  assert.equal(judgeHeads(outside, state, 6), 'behind')
  assert.equal(judgeHeads({ ...outside, directory: { ...outside.directory, sequence: 3 } }, state, 9), 'behind')
  assert.equal(judgeHeads({ ...outside, directory: { sequence: 1, head: office.heads[2] ?? '' } }, state, 9), 'behind')
})

test('a recovery counts for exactly the heads that it names, and only above their watermark', async () => {
  const office = makeOffice()
  const lost = { directory: { sequence: 5, head: office.heads[1] ?? '' }, watermark: 40 }
  office.add({ operation: 'recover', lost }, { by: [office.keys.ada, office.keys.bo] })
  const state = await stateOf(office)
  assert.deepEqual(lastLoss(state), lost)
  assert.equal(judgeHeads(lost, state, 41), 'recovered')
  assert.equal(judgeHeads(lost, state, 40), 'behind')
  for (const other of [
    { ...lost, watermark: 41 },
    { ...lost, watermark: 39 },
    { ...lost, directory: { ...lost.directory, sequence: 6 } },
    { ...lost, directory: { ...lost.directory, head: office.heads[2] ?? '' } },
  ])
    assert.equal(judgeHeads(other, state, 50), 'behind', JSON.stringify(other))
})

test('a recovery changes nobody’s key and nobody’s role, and a branch from before it knows nothing of it', async () => {
  const office = makeOffice()
  const before = await stateOf(office)
  office.add(office.recovery(9, 40), { by: [office.keys.ada, office.keys.bo] })
  const after = await stateOf(office)
  for (const name of ['ada', 'bo', 'cy'] as const) {
    const { thumbprint } = office.keys[name].passkey
    assert.deepEqual(findPasskey(after, thumbprint), findPasskey(before, thumbprint))
  }
  assert.deepEqual([...after.administrators], [...before.administrators])
  assert.equal(lastLoss(before), undefined)
  assert.equal(lastLoss(after)?.watermark, 40)
})

test('of two heads the later is found whichever is named first, by the watermark and then by the directory', () => {
  const heads = fc.record({
    directory: fc.record({ sequence: fc.nat(3), head: fc.constantFrom('a', 'b') }),
    watermark: fc.nat(3),
  })
  const rank = ({ directory, watermark }: Heads) => (watermark ?? 0) * 10 + directory.sequence
  fc.assert(
    fc.property(heads, heads, (one, other) => {
      const later = laterHeads(one, other)
      assert.ok(later && rank(later) === Math.max(rank(one), rank(other)))
      assert.equal(laterHeads(undefined, one), one)
      assert.equal(laterHeads(one, undefined), one)
    }),
  )
})
