// Whoever changes runbooks changes them visibly: the entry says who gained what and which hurdle became lower.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action, RuleSet } from '../../src/domain/action.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { KEYS } from '../../src/runbooks/check-directory.ts'
import { describeGain } from '../../src/runbooks/gain.ts'

const restart: Action = {
  runbook: 'service',
  name: 'restart',
  title: 'Restart',
  text: 'Restarts it.',
  parameters: [],
  credential: { kind: 'jwt', target: 'cluster', grants: {} },
  lease: { default_seconds: 900, maximum_seconds: 3600 },
  freshness_seconds: 900,
  rules: { requesters: ['on-call'], approvals: [{ group: 'owners', count: 2 }] },
}
const before: RuleSet = {
  v: 1,
  offers: [{ action: restart, channel: '#incidents' }],
  targets: [{ name: 'cluster', kind: 'jwt', settings: { audience: 'urn:a' } }],
  people: [
    { id: 'ana', name: 'Ana', slack: ['T01/U01'] },
    { id: 'bo', name: 'Bo', slack: [] },
  ],
  groups: { 'on-call': ['ana'], owners: ['ana', 'bo'] },
  administrators: ['ana'],
  auditors: [],
  keys: KEYS,
  gained: [],
}
const withAction = (change: Partial<Action>): RuleSet => ({
  ...before,
  offers: [{ action: { ...restart, ...change }, channel: '#incidents' }],
})

test('the same rule set again gives nothing to anybody', () => {
  const gain = describeGain(before, before)
  assert.deepEqual(gain.counts, { groups: 0, accounts: 0, actions: 0 })
  assert.deepEqual([gain.groups, gain.roles, gain.accounts, gain.actions], [[], [], [], []])
})

test('the first publication gives everything, and says so', () => {
  const gain = describeGain(undefined, before)
  assert.deepEqual(gain.groups, [
    { name: 'on-call', gained: ['ana'], lost: [] },
    { name: 'owners', gained: ['ana', 'bo'], lost: [] },
  ])
  assert.deepEqual(gain.roles, [{ name: 'administrators', gained: ['ana'], lost: [] }])
  assert.deepEqual(gain.actions, [{ action: 'service.restart', change: 'added', members: [], lowered: [] }])
  assert.deepEqual(gain.targets.gained, ['cluster'])
})

test('who enters and who leaves a group, a role, an account is named', () => {
  const gain = describeGain(before, {
    ...before,
    people: [{ id: 'ana', name: 'Ana', slack: ['T01/U09'] }],
    groups: { 'on-call': ['ana', 'bo'], owners: ['ana'] },
    administrators: ['bo'],
    targets: [{ name: 'cluster', kind: 'jwt', settings: { audience: 'urn:b' } }],
  })
  assert.deepEqual(gain.groups, [
    { name: 'on-call', gained: ['bo'], lost: [] },
    { name: 'owners', gained: [], lost: ['bo'] },
  ])
  assert.deepEqual(gain.roles, [{ name: 'administrators', gained: ['bo'], lost: ['ana'] }])
  assert.deepEqual(gain.accounts, [{ name: 'ana', gained: ['T01/U09'], lost: ['T01/U01'] }])
  assert.deepEqual(gain.targets, { name: 'targets', gained: ['cluster'], lost: ['cluster'] })
})

test('another subject at the provider is told without its text: who has that account may enrol a first key as this person', () => {
  const people = [{ id: 'ana', name: 'Ana', slack: ['T01/U01'], oidc: 'ana@x.example' }, ...before.people.slice(1)]
  const [account, ...others] = describeGain(before, { ...before, people }).accounts
  assert.deepEqual([account?.name, account?.lost, others], ['ana', [], []])
  assert.match(account?.gained.join() ?? '', /^oidc [\w-]{43}$/)
})

for (const [is, change, lowered] of [
  ['a lower quorum', { rules: { ...restart.rules, approvals: [{ group: 'owners', count: 1 }] } }, 'fewer_approvals'],
  [
    'another group that approves instead',
    { rules: { ...restart.rules, approvals: [{ group: 'on-call', count: 2 }] } },
    'others_may_approve',
  ],
  ['more who may ask', { rules: { ...restart.rules, requesters: ['on-call', 'owners'] } }, 'others_may_ask'],
  ['a longer lease', { lease: { default_seconds: 900, maximum_seconds: 7200 } }, 'longer_lease'],
  ['an older confirmation', { freshness_seconds: 3600 }, 'older_confirmation'],
] as const satisfies readonly (readonly [string, Partial<Action>, string])[]) {
  test(`${is} is told as lowered, and the way back is not`, () => {
    assert.deepEqual(describeGain(before, withAction(change)).actions, [
      { action: 'service.restart', change: 'changed', members: Object.keys(change), lowered: [lowered] },
    ])
    const back = describeGain(withAction(change), before).actions[0]?.lowered
    assert.deepEqual(back, lowered === 'others_may_approve' ? [lowered] : [])
  })
}

test('an additional rule is a higher hurdle, not a lower one', () => {
  const approvals = [...restart.rules.approvals, { group: 'on-call', count: 1 }]
  assert.deepEqual(describeGain(before, withAction({ rules: { ...restart.rules, approvals } })).actions[0]?.lowered, [])
})

test('a changed text is a changed action', () => {
  assert.deepEqual(describeGain(before, withAction({ text: 'Other.' })).actions[0]?.members, ['text'])
})

test('a change too big for one entry is told in counts, and keeps what was lowered', () => {
  const crowd = Array.from({ length: 5000 }, (_, index) => `person-${index}`)
  const after = { ...withAction({ freshness_seconds: 3600 }), groups: { ...before.groups, crowd } }
  const gain = describeGain(before, after)
  assert.equal(gain.complete, false)
  assert.equal(gain.counts.groups, 1)
  assert.deepEqual(gain.actions[0]?.lowered, ['older_confirmation'])
  assert.ok(canonicalBytes(gain).length <= 24_000)
})

test('another place where changes are told is named with the one that hears of it no more', () => {
  const here = { ...before, security_channel: '#security' }
  assert.equal('security_channel' in describeGain(here, here), false)
  assert.deepEqual(describeGain(before, here).security_channel, { was: '', is: '#security' })
  assert.deepEqual(describeGain(here, before).security_channel, { was: '#security', is: '' })
})
