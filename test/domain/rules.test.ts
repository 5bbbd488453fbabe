import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Approval, judgeQuorum } from '../../src/domain/rules.ts'

const approval = (person: string, groups: readonly string[], passkey = `${person}-key`): Approval => ({ person, passkey, groups })
const rules = (...approvals: readonly (readonly [group: string, count: number])[]) => ({
  approvals: approvals.map(([group, count]) => ({ group, count })),
})
const missing = (quorum: ReturnType<typeof judgeQuorum>) => quorum.lines.map((line) => line.missing)

test('each line is filled by its own people, and each approval stands where its person may', () => {
  const [bo, dee] = [approval('bo', ['dba']), approval('dee', ['security'])]
  const quorum = judgeQuorum([dee, bo], rules(['dba', 1], ['security', 1]), 'ana')
  assert.deepEqual(quorum, {
    complete: true,
    lines: [
      { group: 'dba', required: 1, approvals: [bo], missing: 0 },
      { group: 'security', required: 1, approvals: [dee], missing: 0 },
    ],
  })
})

test('one person does not fill two places, with however many keys', () => {
  const both = ['dba', 'security']
  assert.deepEqual(missing(judgeQuorum([approval('cy', both)], rules(['dba', 1], ['security', 1]), 'ana')), [0, 1])
  const twice = [approval('cy', both, 'k1'), approval('cy', both, 'k2')]
  assert.equal(judgeQuorum(twice, rules(['dba', 1], ['security', 1]), 'ana').complete, false)
  assert.equal(judgeQuorum(twice, rules(['dba', 2]), 'ana').complete, false)
})

test('a key that two people used counts for neither', () => {
  const shared = [approval('bo', ['dba'], 'k'), approval('cy', ['dba'], 'k')]
  assert.deepEqual(missing(judgeQuorum(shared, rules(['dba', 1]), 'ana')), [1])
  assert.deepEqual(
    missing(judgeQuorum([approval('ana', ['dba'], 'k'), approval('bo', ['dba'], 'k')], rules(['dba', 1]), 'ana')),
    [1],
  )
})

test('the requester never counts', () => {
  assert.deepEqual(missing(judgeQuorum([approval('ana', ['dba'])], rules(['dba', 1]), 'ana')), [1])
})

test('who could stand in two places makes room for who can stand in one', () => {
  const flexible = approval('cy', ['dba', 'security'])
  assert.ok(judgeQuorum([flexible, approval('bo', ['dba'])], rules(['dba', 1], ['security', 1]), 'ana').complete)
  assert.ok(judgeQuorum([flexible, approval('dee', ['security'])], rules(['dba', 1], ['security', 1]), 'ana').complete)
})

test('rules that ask for nobody are never fulfilled', () => {
  assert.equal(judgeQuorum([approval('bo', ['dba'])], rules(), 'ana').complete, false)
})

const GROUPS = ['a', 'b', 'c'] as const
const PEOPLE = ['ana', 'bo', 'cy', 'dee', 'eve', 'fay']
const anyApprovals = fc.array(
  fc
    .record({ person: fc.constantFrom(...PEOPLE), key: fc.nat(1), groups: fc.subarray([...GROUPS]) })
    .map(({ person, key, groups }) => approval(person, groups, `${person}-${key}`)),
  { maxLength: 6 },
)
const anyRules = fc
  .array(fc.tuple(fc.constantFrom(...GROUPS), fc.integer({ min: 1, max: 2 })), { minLength: 1, maxLength: 3 })
  .map((lines) => rules(...lines))

/** The most places that can be filled, by trying everything. */
function bruteForce(approvals: readonly Approval[], places: readonly string[], used: readonly Approval[] = []): number {
  const [place, ...rest] = places
  if (place === undefined) return used.length
  const free = approvals.filter(
    ({ person, passkey, groups }) =>
      groups.includes(place) && !used.some((other) => other.person === person || other.passkey === passkey),
  )
  return Math.max(bruteForce(approvals, rest, used), ...free.map((each) => bruteForce(approvals, rest, [...used, each])))
}

test('as many places are filled as any assignment could fill, and each lawfully', () => {
  fc.assert(
    fc.property(anyApprovals, anyRules, (approvals, asked) => {
      const quorum = judgeQuorum(approvals, asked, 'ana')
      const filled = quorum.lines.flatMap((line) => line.approvals)
      const places = asked.approvals.flatMap(({ group, count }) => Array<string>(count).fill(group))
      const others = approvals.filter(({ person }) => person !== 'ana')
      assert.equal(filled.length, bruteForce(others, places))
      assert.equal(quorum.complete, filled.length === places.length)
      assert.equal(new Set(filled.map(({ person }) => person)).size, filled.length)
      assert.equal(new Set(filled.map(({ passkey }) => passkey)).size, filled.length)
      for (const line of quorum.lines) {
        assert.equal(line.approvals.length + line.missing, line.required)
        for (const each of line.approvals)
          assert.ok(each.groups.includes(line.group) && approvals.includes(each) && each.person !== 'ana')
      }
    }),
    { numRuns: 500 },
  )
})

test('the order of approvals never decides whether a quorum stands', () => {
  fc.assert(
    fc.property(anyApprovals, anyRules, fc.nat(), (approvals, asked, turn) => {
      const turned = approvals.map((_, at) => approvals[(at + turn) % approvals.length] as Approval)
      assert.equal(judgeQuorum(turned, asked, 'ana').complete, judgeQuorum(approvals, asked, 'ana').complete)
    }),
  )
})
