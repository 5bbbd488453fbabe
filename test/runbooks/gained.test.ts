import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action, RuleSet } from '../../src/domain/action.ts'
import { saysTheSame, withGained } from '../../src/runbooks/gained.ts'
import { ACTION, NOON, RULES } from '../support/evidence-builder.ts'

const now = NOON / 1000
const hour = 3600
const joined: RuleSet = { ...RULES, groups: { ...RULES.groups, dba: ['bo', 'cy', 'dee'], fresh: ['ana'] } }
const asking = (hours: number, set: RuleSet = RULES): RuleSet => ({ ...set, keys: { ...set.keys, gained_hours: hours } })

/** Published after rules in force, a long time after the first week, unless said otherwise. */
function published(before: RuleSet, after: RuleSet, { at = now, hours = 0, settled = 0 } = {}): RuleSet {
  return withGained({ ruleSet: before, hours, settled }, after, at)
}
/** From when each may approve, in hours from now, as a verifier reads it. */
const waits = ({ gained, keys }: RuleSet) => gained.map(({ at }) => (at - now) / hour + keys.gained_hours)

test('the first rule set of a deployment has gained nobody', () => {
  assert.deepEqual(withGained({ ruleSet: undefined, hours: 0, settled: now + 1 }, joined, now).gained, [])
})

test('a first rule set after the first week has gained everybody whom it names, for a day at least, whatever it asks for', () => {
  const first = (set: RuleSet) => withGained({ ruleSet: undefined, hours: 0, settled: now }, set, now)
  const { gained } = first(joined)
  const members = Object.entries(joined.groups).flatMap(([group, people]) => people.map((person) => `${group} ${person}`))
  const named = gained.flatMap(({ group, person }) => (person === undefined ? [] : [`${group} ${person}`]))
  assert.deepEqual(named.toSorted(), members.toSorted())
  for (const { action } of joined.offers)
    for (const { group } of action.rules.approvals)
      assert.ok(gained.some((one) => one.action !== undefined && one.group === group))
  for (const [asks, hours] of [
    [0, 24],
    [24, 24],
    [72, 72],
  ] as const)
    assert.deepEqual(new Set(waits(first(asking(asks, joined)))), new Set([hours]))
})

test('in the first week nobody is gained, and nothing of it waits afterwards', () => {
  const early = published(RULES, joined, { settled: now + 1 })
  assert.deepEqual(early.gained, [])
  const old: RuleSet = { ...joined, gained: [{ at: now - 1, group: 'dba', person: 'dee' }] }
  assert.deepEqual(published(old, asking(0, joined), { settled: now }).gained, [])
})

test('who came into a group, new groups included, was gained now', () => {
  assert.deepEqual(published(RULES, joined).gained, [
    { at: now, group: 'dba', person: 'dee' },
    { at: now, group: 'fresh', person: 'ana' },
  ])
})

test('an action whose rules come to name a group, and a new action, gain all its members', () => {
  const easier = { ...ACTION, rules: { ...ACTION.rules, approvals: [...ACTION.rules.approvals, { group: 'oncall', count: 1 }] } }
  const more = { ...ACTION, name: 'stop' }
  const after: RuleSet = { ...RULES, offers: [easier, more].map((action) => ({ action, channel: '#ops' })) }
  assert.deepEqual(published(RULES, after).gained, [
    { action: 'orders-db.restart', at: now, group: 'oncall' },
    { action: 'orders-db.stop', at: now, group: 'dba' },
    { action: 'orders-db.stop', at: now, group: 'security' },
  ])
})

test('what was gained is carried from one rule set to the next until its hours are over, and taking somebody out and in again starts anew', () => {
  const first = published(RULES, joined)
  assert.deepEqual(published(first, joined, { at: now + 23 * hour }).gained, first.gained)
  assert.deepEqual(published(first, joined, { at: now + 24 * hour }).gained, [])
  const without = published(first, RULES, { at: now + hour })
  const again = published(without, joined, { at: now + 2 * hour })
  assert.ok(again.gained.some(({ at, person }) => at === now + 2 * hour && person === 'dee'))
})

test('where no hours are asked, and none were, nobody is gained', () => {
  assert.deepEqual(published(asking(0), asking(0, joined)).gained, [])
})

test('a member who comes with the change that asks for no hours waits as long as before, and so does one who comes with fewer', () => {
  for (const asks of [0, 1, 24]) assert.deepEqual(waits(published(RULES, asking(asks, joined))), [24, 24])
})

test('a member who comes after the change that asked for no hours waits as long as what was asked for of late', () => {
  const lowered = published(RULES, asking(0))
  assert.deepEqual(waits(published(lowered, asking(0, joined), { hours: 24 })), [24, 24])
})

test('more hours count at once, for what waits, too', () => {
  assert.deepEqual(waits(published(asking(2), asking(48, joined))), [48, 48])
  assert.deepEqual(waits(published(asking(2, published(RULES, joined)), asking(48, joined), { at: now + hour })), [48, 48])
})

test('fewer hours do not shorten what waits, nor do more and fewer in turn lengthen it without end', () => {
  const first = published(RULES, joined)
  const none = published(first, asking(0, joined), { at: now + 10 * hour })
  assert.deepEqual(waits(none), [24, 24])
  const again = published(none, asking(24, joined), { at: now + 11 * hour })
  assert.deepEqual(waits(again), [35, 35])
  assert.deepEqual(waits(published(again, asking(0, joined), { at: now + 12 * hour })), [35, 35])
  assert.deepEqual(published(again, asking(0, joined), { at: now + 35 * hour }).gained, [])
})

const ASKS: Action = {
  ...ACTION,
  parameters: [
    { name: 'host', label: 'Host', help: '', personal: false, type: 'string', pattern: '[a-z]+', max_length: 20 },
    { name: 'side', label: 'Side', help: '', personal: false, type: 'enum', values: ['left', 'right'] },
    { name: 'count', label: 'Count', help: '', personal: false, type: 'integer', minimum: 1, maximum: 9 },
  ],
}
const offering = (change: Partial<Action> = {}): RuleSet => ({
  ...RULES,
  offers: [{ action: { ...ASKS, ...change }, channel: '#ops' }],
})
/** The rules with one parameter that differs. */
const taking = (name: string, change: object): RuleSet =>
  offering({ parameters: ASKS.parameters.map((one) => (one.name === name ? { ...one, ...change } : one)) })
const [, ...fewerParameters] = ASKS.parameters
const flag = { name: 'force', label: 'Force', help: '', personal: false, type: 'boolean' } as const

const meaning: { readonly [change: string]: RuleSet } = {
  'grants another right': offering({ credential: { ...ASKS.credential, grants: { scope: 'service:drop' } } }),
  'is for another target': offering({ credential: { ...ASKS.credential, target: 'other' } }),
  'is for a target that became another': {
    ...offering(),
    targets: [{ name: 'control', kind: 'jwt', settings: { audience: 'urn:other' } }],
  },
  'makes another kind of credential': offering({ credential: { ...ASKS.credential, kind: 'ssh' } }),
  'takes a further value': offering({ parameters: [...ASKS.parameters, flag] }),
  'does not ask for a value any more': offering({ parameters: fewerParameters }),
  'takes values of another type': taking('count', { ...flag, name: 'count', label: 'Count' }),
  'takes values of another pattern': taking('host', { pattern: '.+' }),
  'takes longer values': taking('host', { max_length: 21 }),
  'takes greater numbers': taking('count', { maximum: 10 }),
  'takes smaller numbers': taking('count', { minimum: 0 }),
  'hides a value that was shown': taking('host', { personal: true }),
  'is called otherwise': offering({ title: 'Read a dashboard' }),
  'calls a value otherwise': taking('host', { label: 'Ticket' }),
  'lasts longer': offering({ lease: { ...ASKS.lease, maximum_seconds: 3601 } }),
  'takes an older confirmation': offering({ freshness_seconds: 901 }),
  'needs fewer approvals': offering({ rules: { ...ASKS.rules, approvals: [{ group: 'dba', count: 1 }] } }),
}
for (const [change, after] of Object.entries(meaning))
  test(`an action that ${change} is gained anew by everybody who approves it`, () => {
    const groups = after.offers.flatMap(({ action }) => action.rules.approvals.map(({ group }) => group))
    assert.deepEqual(
      published(offering(), after).gained,
      groups.toSorted().map((group) => ({ action: 'orders-db.restart', at: now, group })),
    )
  })

const narrower: { readonly [change: string]: RuleSet } = {
  'has another text': offering({ text: 'Other words.' }),
  'helps in other words': taking('host', { help: 'Other words.' }),
  'lasts shorter': offering({ lease: { default_seconds: 30, maximum_seconds: 30 } }),
  'takes a younger confirmation': offering({ freshness_seconds: 60 }),
  'takes shorter values': taking('host', { max_length: 19 }),
  'takes one more value of a list': taking('side', { values: ['left', 'right', 'both'] }),
  'takes fewer values of a list': taking('side', { values: ['right'] }),
  'takes fewer numbers': taking('count', { minimum: 2, maximum: 8 }),
  'is offered to more people': offering({ rules: { ...ASKS.rules, requesters: ['oncall', 'security'] } }),
  'is posted elsewhere': { ...offering(), offers: [{ action: ASKS, channel: '#other' }] },
}
for (const [change, after] of Object.entries(narrower))
  test(`an action that ${change} is gained by nobody`, () => {
    assert.deepEqual(published(offering(), after).gained, [])
  })

test('more than there is room for waits by whole groups, and nobody is forgotten', () => {
  const crowd = Array.from({ length: 4500 }, (_, index) => `person-${index}`)
  const groups = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((group) => [group, crowd]))
  const { gained } = published(RULES, { ...RULES, groups })
  assert.deepEqual(
    gained,
    ['a', 'b', 'c', 'd', 'e'].map((group) => ({ at: now, group })),
  )
})

test('two rule sets that differ by what they gained say the same, any other two do not', () => {
  assert.ok(saysTheSame(joined, published(RULES, joined)))
  assert.equal(saysTheSame(RULES, joined), false)
})
