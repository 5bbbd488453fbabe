// Which keys serve for whom: the strictest tier decides, a claim of a model is none, and a key that lies unused is as good as none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTS, acceptFor, compromisedKeys, isAccepted, keyTrouble } from '../../src/domain/accepted-keys.ts'
import { acceptWords, misfitWords } from '../../src/domain/accepted-words.ts'
import type { RuleSet } from '../../src/domain/action.ts'
import { type AttestationModel, isOverdue, KEY_MISFITS } from '../../src/domain/attestation.ts'
import { loadGood } from '../support/runbook-folder.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const ago = (days: number) => new Date(NOW.getTime() - days * 86_400_000)
const MODEL = '0123abcd-4567-89ab-cdef-0123456789ab'
const bound = { device_bound: true }
const proved = { device_bound: true, aaguid: MODEL }

/** The good folder: rey asks, ana and bo approve, ana administers. */
async function rules(t: Parameters<typeof loadGood>[0], accept: Partial<RuleSet['keys']['accept']> = {}): Promise<RuleSet> {
  const set = await loadGood(t)
  return { ...set, keys: { ...set.keys, accept: { ...set.keys.accept, ...accept } } }
}

test('where directory.yaml says nothing, who only asks may have any key, and approvers and administrators one that stays in its place', async (t) => {
  const set = await rules(t)
  assert.deepEqual(
    ['rey', 'bo', 'ana', 'nobody'].map((person) => acceptFor(set, person)),
    ['any', 'device_bound', 'device_bound', 'any'],
  )
})

test('who belongs to several tiers needs what the strictest of them wants', async (t) => {
  const administrators = await rules(t, { administrators: 'hardware' })
  assert.deepEqual([acceptFor(administrators, 'ana'), acceptFor(administrators, 'bo')], ['hardware', 'device_bound'])
  const everybody = await rules(t, { requesters: 'hardware', approvers: 'any', administrators: 'any' })
  assert.deepEqual(
    ['rey', 'ana', 'bo'].map((person) => acceptFor(everybody, person)),
    ['hardware', 'hardware', 'hardware'],
  )
})

test('hardware takes a key whose model was proved, and no other', () => {
  const keys = [{ device_bound: false }, bound, { ...bound, aaguid: null }, { device_bound: false, aaguid: MODEL }, proved]
  assert.deepEqual(
    keys.map((key) => ACCEPTS.filter((accept) => isAccepted(accept, key))),
    [['any'], ['any', 'device_bound'], ['any', 'device_bound'], ['any'], ['any', 'device_bound', 'hardware']],
  )
})

test('one accepted key that worked within 90 days is enough; what else there is does not count', () => {
  const judged = (...keys: { device_bound: boolean; workedAt: Date }[]) => keyTrouble('device_bound', keys, NOW)
  assert.equal(judged(), 'no_key')
  assert.equal(judged({ device_bound: false, workedAt: ago(0) }), 'not_accepted')
  assert.equal(judged({ device_bound: false, workedAt: ago(0) }, { ...bound, workedAt: ago(91) }), 'unused')
  assert.equal(judged({ ...bound, workedAt: ago(500) }, { ...bound, workedAt: ago(90) }), undefined)
})

test('keys of a model that became compromised are found, and no claim of it is', () => {
  const model: AttestationModel = {
    aaguid: MODEL,
    name: 'Example Key 5',
    source: 'own',
    roots: [],
    reports: [{ status: 'REVOKED' }],
  }
  assert.deepEqual(compromisedKeys([bound, proved], { models: [model] }), [proved])
  assert.deepEqual(compromisedKeys([bound, proved], { models: [{ ...model, reports: [{ status: 'UPDATE_AVAILABLE' }] }] }), [])
  assert.deepEqual(compromisedKeys([proved], { models: [] }), [])
})

test('metadata is overdue when the day of its renewal is over; what is written by hand never is', () => {
  const at = (next_update: string) => ({ metadata: { number: 1, next_update, sha256: '' }, models: [] })
  assert.deepEqual(
    [isOverdue(at('2026-03-01'), NOW), isOverdue(at('2026-02-28'), NOW), isOverdue({ models: [] }, NOW)],
    [false, true, false],
  )
})

test('every reason has a sentence of its own kind, which says what would be accepted', () => {
  for (const why of KEY_MISFITS) {
    const words = misfitWords(why, 'hardware', ['Example Key 5'])
    assert.match(words, /^(This key|Keys|The certificates?) .*\. It was not registered\. You need .*Example Key 5/)
    assert.ok(!words.includes(why))
  }
  assert.equal(acceptWords('any', []), undefined)
  assert.match(acceptWords('hardware', []) ?? '', /none is listed yet, ask an administrator/)
  const many = Array.from({ length: 9 }, (_, n) => `Key ${n}`)
  assert.match(acceptWords('hardware', many) ?? '', /Key 5 and 3 more/)
})
