// A folder of runbooks as a whole: several mistakes at once, bytes that read back, and the folder that comes along.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { credentialKinds } from '../../src/credentials/index.ts'
import { actionName, findOffer, ruleSet } from '../../src/domain/action.ts'
import { readCanonical } from '../../src/domain/canonical.ts'
import { read } from '../../src/domain/shape.ts'
import { loadRuleSet } from '../../src/runbooks/load.ts'
import { PEOPLE, TEAM_ID } from '../../src/sandbox/world.ts'
import { changed, GOOD_FILES, loadGood, runbookFolder } from '../support/runbook-folder.ts'

test('two rules over the same two people are refused when one of them is the only requester', async (t) => {
  const twoRules =
    changed('restart.md', '- { group: owners, count: 1 }', '- { group: owners }\n      - { group: second }')['restart.md'] ?? ''
  const directory = (asks: string) =>
    changed('directory.yaml', 'on-call: [rey]', `on-call: [${asks}]\n  second: [ana, bo]`)['directory.yaml'] ?? ''
  const load = async (asks: string) =>
    loadRuleSet(
      await runbookFolder(t, { ...GOOD_FILES, 'restart.md': twoRules, 'directory.yaml': directory(asks) }),
      credentialKinds,
    )
  const alone = await load('ana')
  assert.ok(!alone.ok)
  assert.deepEqual(
    alone.problems.map(({ what }) => what),
    ['nobody can ever be granted this: too few people for whoever may ask'],
  )
  assert.ok((await load('ana, rey')).ok)
})

test('mistakes in several files come back at once, in reading order', async (t) => {
  const files = {
    'restart.md': GOOD_FILES['restart.md']

      .replace('title:', 'titel:')
      .replace('count: 1', 'count: 3')
      .replace('[on-call]', '[oncall]'),
    'directory.yaml': GOOD_FILES['directory.yaml'].replace('[ana, bo]', '[ana, bo, cy]').replace('name: Bo', 'nam: Bo'),
    'targets.yaml': GOOD_FILES['targets.yaml'].replace('kind: jwt', 'kind: jwx'),
  }
  const loaded = await loadRuleSet(await runbookFolder(t, files), credentialKinds)
  assert.ok(!loaded.ok)
  assert.deepEqual(
    loaded.problems.map(({ file, line }) => `${file}:${line}`),
    [
      'directory.yaml:4',
      'directory.yaml:4',
      'directory.yaml:7',
      'restart.md:4',
      'restart.md:5',
      'restart.md:15',
      'targets.yaml:2',
    ],
  )
})

test('where the directory says nothing of keys, approvers need two, which stay in one place, and what is new waits a day', async (t) => {
  const stated = {
    accept: { requesters: 'any', approvers: 'device_bound', administrators: 'device_bound' },
    approver_keys: 2,
    cool_down_hours: 24,
    gained_hours: 24,
  }
  assert.deepEqual((await loadGood(t)).keys, stated)
  for (const [written, said] of [
    ['cool_down_hours: 1', { cool_down_hours: 1 }],
    ['gained_hours: 1', { gained_hours: 1 }],
    ['approver_keys: 1', { approver_keys: 1 }],
    ['accept: { approvers: any }', { accept: { ...stated.accept, approvers: 'any' } }],
  ] as const) {
    const files = changed('directory.yaml', 'groups:', `keys: { ${written} }\ngroups:`)
    const loaded = await loadRuleSet(await runbookFolder(t, files), credentialKinds)
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.deepEqual(loaded.ruleSet.keys, { ...stated, ...said }, `whoever writes ${written} says nothing of the rest`)
  }
})

test('a folder that is not there is a problem, not a fault', async () => {
  const loaded = await loadRuleSet('/nonexistent/runbooks', credentialKinds)
  assert.ok(!loaded.ok)
  assert.match(loaded.problems[0]?.what ?? '', /cannot be read: ENOENT/)
})

test('published bytes are the canonical bytes of the rule set, whatever order and line ends the files have', async (t) => {
  const first = await loadRuleSet(await runbookFolder(t), credentialKinds)
  assert.ok(first.ok)
  const back = read(ruleSet, readCanonical(first.bytes))
  assert.ok(back.ok)
  assert.deepEqual(back.value, first.ruleSet)
  const directory = GOOD_FILES['directory.yaml'].replace('[ana, bo]', '[bo, ana]').replaceAll('\n', '\r\n')
  const files = { ...GOOD_FILES, 'directory.yaml': directory, 'restart.md': GOOD_FILES['restart.md'].replaceAll('\n', '\r\n') }
  const second = await loadRuleSet(await runbookFolder(t, files), credentialKinds)
  assert.ok(second.ok)
  assert.deepEqual(second.bytes, first.bytes)
})

test('parameters keep the order in which the author wrote them, and defaults are filled in', async (t) => {
  const loaded = await loadRuleSet(await runbookFolder(t), credentialKinds)
  assert.ok(loaded.ok)
  const action = findOffer(loaded.ruleSet, 'restart.restart')?.action
  assert.deepEqual(action?.parameters[0], {
    name: 'service',
    label: 'Service',
    help: '',
    personal: false,
    type: 'string',
    pattern: '[a-z-]{1,40}',
    max_length: 200,
  })
  assert.deepEqual(
    action?.parameters.map(({ name }) => name),
    ['service', 'replicas'],
  )
  assert.deepEqual(action?.lease, { default_seconds: 900, maximum_seconds: 3600 })
  assert.equal(action?.freshness_seconds, 900)
  assert.equal(action?.text, '# Restart\n\nRestarts it.')
})

test('the runbooks that come along load, and offer the six actions of the sandbox', async () => {
  const loaded = await loadRuleSet(fileURLToPath(new URL('../../runbooks', import.meta.url)), credentialKinds)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(({ file, line, what }) => `${file}:${line} ${what}`).join('; '))
  assert.deepEqual(
    loaded.ruleSet.offers.map(({ action }) => actionName(action)),
    [
      'customer.read-record',
      'kubernetes.namespace-admin',
      'llm-gateway.rotate-key',
      'service.restart',
      'sql.read',
      'vector-db.drop-collection',
    ],
  )
})

test('the directory that comes along names exactly the members of the simulated workspace, without its guest', async () => {
  const loaded = await loadRuleSet(fileURLToPath(new URL('../../runbooks', import.meta.url)), credentialKinds)
  assert.ok(loaded.ok)
  const members = PEOPLE.filter((person) => !('flags' in person)).map(({ handle, slackId }) => [handle, `${TEAM_ID}/${slackId}`])
  assert.deepEqual(
    loaded.ruleSet.people.map(({ id, slack }) => [id, ...slack]),
    members.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  )
})
