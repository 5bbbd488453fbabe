// Eras cannot be taken for one another: each chain hangs on the digest of its own roots, which names the era, and the heads outside know which came last.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, nodeCrypto } from '../../src/crypto.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import { type Heads, laterHeads } from '../../src/domain/heads.ts'
import { replayChain } from '../../src/evidence/directory-chain.ts'
import { judgeHeads } from '../../src/evidence/outside-heads.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { newKey } from '../support/authenticator.ts'
import { makeDirectory, makeRoots, makeWorld } from '../support/evidence-builder.ts'

const stateOf = async (roots: TrustRoots, links: Parameters<typeof replayChain>[1] = []) => {
  const replayed = await replayChain(roots, links, nodeCrypto)
  assert.ok(replayed.ok, JSON.stringify(replayed))
  return replayed.state
}
/** The same root key in two eras: nothing but the era tells them apart. */
function twoEras() {
  const ada = newKey('ada')
  const bo = newKey('bo')
  const first = makeRoots(ada)
  return { ada, bo, first, second: { ...first, era: 2 } }
}

test('the head of position 0 names the era: the same roots in another era begin another chain', async () => {
  const { first, second } = twoEras()
  const [one, two] = [await stateOf(first), await stateOf(second)]
  assert.deepEqual([one.era, two.era], [1, 2])
  assert.notEqual(one.head, two.head)
  assert.equal(two.head, digestOf('roots', canonicalBytes(second)))
})

test('a change of the old era continues nothing in the new one, though the same key is a root of both', async () => {
  const { ada, bo, first, second } = twoEras()
  const directory = makeDirectory(first)
  const link = directory.enrol([bo], ada)
  await stateOf(first, [link])
  const replayed = await replayChain(second, [link], nodeCrypto)
  assert.deepEqual(replayed, { ok: false, reason: 'wrong_previous', path: '/0/change/previous' })
})

test('an old root signs nothing in the era of others', async () => {
  const { ada, bo, first } = twoEras()
  const second = { ...makeRoots(newKey('ada')), realm: first.realm, era: 2 }
  const directory = makeDirectory(second)
  const replayed = await replayChain(second, [directory.enrol([bo], ada)], nodeCrypto)
  assert.ok(!replayed.ok)
  assert.equal(replayed.reason, 'unknown_passkey')
})

test('statements of the old era give nothing in the new one: they name a position that its chain does not have', async () => {
  const world = makeWorld()
  const question = world.question()
  assert.ok((await verifyEvidence(question, nodeCrypto)).ok)
  const roots = { ...question.roots, era: question.roots.era + 1 }
  const withBundle = await verifyEvidence({ ...question, roots }, nodeCrypto)
  assert.ok(!withBundle.ok)
  assert.equal(withBundle.reason, 'wrong_previous', 'with the chain of then')
  const withChain = await verifyEvidence({ ...question, roots, chain: await stateOf(roots) }, nodeCrypto)
  assert.ok(!withChain.ok)
  assert.equal(withChain.reason, 'directory_position_unknown', 'with the chain of now')
})

test('a new era is even with heads of the era before, however far that came, as long as the watermark went on', async () => {
  const { second } = twoEras()
  const state = await stateOf(second)
  const outside: Heads = { directory: { sequence: 9, head: digestOf('roots', new Uint8Array()) }, watermark: 40 }
  assert.equal(judgeHeads(outside, state, 40), 'even')
  assert.equal(judgeHeads(outside, state, 39), 'behind', 'the database was put back beside')
  assert.equal(judgeHeads({ ...outside, era: 2 }, state, 40), 'behind', 'of its own era it must know every head')
})

test('roots of an earlier era than the heads outside are never even, whatever the watermark and the head', async () => {
  const { first } = twoEras()
  const state = await stateOf(first)
  const directory = { sequence: 0, head: state.head }
  for (const watermark of [0, 7, 99]) assert.equal(judgeHeads({ era: 2, directory, watermark }, state, 7), 'later_era')
  assert.equal(judgeHeads({ directory, watermark: 7 }, state, 7), 'even', 'heads without an era are of the first')
})

test('of two heads that of the later era is later, whatever their watermarks', () => {
  const directory = { sequence: 3, head: 'a' }
  const old: Heads = { directory, watermark: 90 }
  const next: Heads = { era: 2, directory: { sequence: 0, head: 'b' }, watermark: 4 }
  assert.equal(laterHeads(old, next), next)
  assert.equal(laterHeads(next, old), next)
})
