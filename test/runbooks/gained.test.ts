import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RuleSet } from '../../src/domain/action.ts'
import { saysTheSame, withGained } from '../../src/runbooks/gained.ts'
import { ACTION, NOON, RULES } from '../support/evidence-builder.ts'

const now = NOON / 1000
const hour = 3600
const joined: RuleSet = { ...RULES, groups: { ...RULES.groups, dba: ['bo', 'cy', 'dee'], fresh: ['ana'] } }

test('the first rule set of a deployment has gained nobody', () => {
  assert.deepEqual(withGained(undefined, joined, now).gained, [])
})

test('who came into a group, new groups included, was gained now', () => {
  assert.deepEqual(withGained(RULES, joined, now).gained, [
    { at: now, group: 'dba', person: 'dee' },
    { at: now, group: 'fresh', person: 'ana' },
  ])
})

test('an action whose rules come to name a group, and a new action, gain all its members', () => {
  const easier = { ...ACTION, rules: { ...ACTION.rules, approvals: [{ group: 'oncall', count: 1 }] } }
  const more = { ...ACTION, name: 'stop' }
  const after: RuleSet = { ...RULES, offers: [easier, more].map((action) => ({ action, channel: '#ops' })) }
  assert.deepEqual(withGained(RULES, after, now).gained, [
    { action: 'orders-db.restart', at: now, group: 'oncall' },
    { action: 'orders-db.stop', at: now, group: 'dba' },
    { action: 'orders-db.stop', at: now, group: 'security' },
  ])
})

test('what was gained is carried from one rule set to the next until its hours are over, and taking somebody out and in again starts anew', () => {
  const first = withGained(RULES, joined, now)
  assert.deepEqual(withGained(first, joined, now + 23 * hour).gained, first.gained)
  assert.deepEqual(withGained(first, joined, now + 24 * hour).gained, [])
  const without = withGained(first, RULES, now + hour)
  const again = withGained(without, joined, now + 2 * hour)
  assert.ok(again.gained.some(({ at, person }) => at === now + 2 * hour && person === 'dee'))
})

test('where no hours are asked nobody is gained', () => {
  assert.deepEqual(withGained(RULES, { ...joined, keys: { ...RULES.keys, gained_hours: 0 } }, now).gained, [])
})

test('two rule sets that differ by what they gained say the same, any other two do not', () => {
  assert.ok(saysTheSame(joined, withGained(RULES, joined, now)))
  assert.equal(saysTheSame(RULES, joined), false)
})
