import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { replayChain } from '../../src/evidence/directory-chain.ts'
import { CHAIN_REASONS, EVIDENCE_REASONS, type EvidenceReason, STATEMENT_REASONS } from '../../src/evidence/reasons.ts'
import { openRuleSets } from '../../src/evidence/rule-sets.ts'
import { type Question, verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { APPROVER_ATTACKS, askedWith, gainedBo, gainedLine, letIn, settled } from '../support/approver-attacks.ts'
import { lives } from '../support/attack.ts'
import { newKey } from '../support/authenticator.ts'
import { BUNDLE_ATTACKS } from '../support/bundle-attacks.ts'
import { DECISION_ATTACKS } from '../support/decision-attacks.ts'
import { makeWorld, minutes, newHolder, RULES } from '../support/evidence-builder.ts'

const judge = (question: Question) => verifyEvidence(question, nodeCrypto)
const granted = async (question: Question) => {
  const verdict = await judge(question)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  return verdict
}
const ATTACKS = [...BUNDLE_ATTACKS, ...DECISION_ATTACKS, ...APPROVER_ATTACKS]

describe('a bundle is refused that holds', () => {
  for (const { name, reason, path, make } of ATTACKS) {
    test(`${name}: ${reason}`, async () => {
      const verdict = await judge(make())
      assert.ok(!verdict.ok, 'it was granted')
      assert.equal(verdict.reason, reason)
      assert.match(verdict.path, path)
    })
  }

  test('and every reason of the whole bundle and of a statement has an attack here', () => {
    const chain = new Set<string>(CHAIN_REASONS)
    const own = EVIDENCE_REASONS.filter((reason) => !chain.has(reason))
    const attacked = new Set<EvidenceReason>(ATTACKS.map(({ reason }) => reason))
    assert.deepEqual(
      [...own, ...STATEMENT_REASONS].filter((reason) => !attacked.has(reason)),
      [],
    )
  })
})

describe('a true bundle', () => {
  test('gives a grant in node and, with the same verdict, in a browser’s cryptography', async () => {
    const world = makeWorld()
    const question = world.question()
    const verdict = await granted(question)
    assert.deepEqual(await verifyEvidence(question, webCrypto), verdict)
    assert.deepEqual(
      verdict.approvals.map(({ person, group }) => [person, group]),
      [
        ['bo', 'dba'],
        ['dee', 'security'],
      ],
    )
    assert.equal(verdict.intentDigest, world.intentDigest)
    assert.equal(verdict.requester, 'ana')
    assert.deepEqual(verdict.missing, [])
  })

  test('is the same with a directory replayed before and no links of its own', async () => {
    const world = makeWorld()
    const chain = await replayChain(world.roots, world.directory.links, nodeCrypto)
    assert.ok(chain.ok)
    const question = world.question()
    const verdict = await judge({ ...question, bundle: { ...(question.bundle as object), directory: [] }, chain: chain.state })
    assert.deepEqual(verdict, await judge(question))
  })

  test('is judged by rule sets that were opened before, whatever it says of its own', async () => {
    const question = makeWorld().question()
    const { rule_sets } = question.bundle as { rule_sets: readonly string[] }
    const opened = await openRuleSets(rule_sets, nodeCrypto)
    assert.ok(opened.ok)
    const bundle = { ...(question.bundle as object), rule_sets: [] }
    assert.deepEqual(await judge({ ...question, bundle, ruleSets: opened.ruleSets }), await granted(question))
    const alone = await judge({ ...question, bundle })
    assert.equal(alone.ok || alone.reason, 'rule_set_missing')
  })

  test('says at a decision who is still missing', async () => {
    const world = makeWorld()
    const verdict = await granted(world.question([world.request(), world.approve(world.keys.bo)], { purpose: 'decision' }))
    assert.deepEqual(verdict.missing, [{ group: 'security', count: 1 }])
    assert.deepEqual(
      verdict.approvals.map(({ person }) => person),
      ['bo'],
    )
  })

  test('is filled by moving who could stand for either group', async () => {
    const world = makeWorld()
    const { keys, request, approve } = world
    const verdict = await granted(world.question([request(), approve(keys.cy), approve(keys.bo, minutes(3))]))
    assert.deepEqual(
      verdict.approvals.map(({ person, group }) => [person, group]),
      [
        ['bo', 'dba'],
        ['cy', 'security'],
      ],
    )
  })

  test('keeps its grant when a change of the directory or the rules touches none of it', async () => {
    const world = makeWorld()
    const statements = lives(world)
    world.directory.enrol([newKey('zoe')], world.keys.ada)
    await granted(world.question(statements, { rulesNow: { ...RULES, groups: { ...RULES.groups, dba: ['bo', 'zoe'] } } }))
  })

  test('gives the shortest lease that the intent or an approver allowed', async () => {
    const world = makeWorld()
    const { keys, request, approve } = world
    const shorter = approve(keys.bo, minutes(2), { statement: { lease_seconds: 300 } })
    const longer = approve(keys.dee, minutes(3), { statement: { lease_seconds: 3600 } })
    assert.equal((await granted(world.question([request(), shorter, longer]))).leaseSeconds, 300)
    assert.equal((await granted(world.question([request(), approve(keys.bo), longer]))).leaseSeconds, 900)
  })

  test('names each place the requester named, and which of them are fresh', async () => {
    const world = makeWorld()
    const terminal = newHolder()
    const later = world.request(undefined, minutes(20), { statement: { holder: terminal } })
    const verdict = await granted(world.question([...lives(world), later], { now: minutes(21) }))
    assert.equal(verdict.holders.length, 2)
    assert.deepEqual(
      verdict.freshHolders.map(({ holder }) => holder),
      [terminal],
    )
  })

  test('may be renewed when freshness and the time to claim have passed', async () => {
    const world = makeWorld()
    await granted(world.question(undefined, { purpose: 'renewal', now: minutes(110) }))
  })

  test('judges a confirmation by its own time in whatever order statements lie', async () => {
    const world = makeWorld()
    assert.equal((await granted(world.question(lives(world).toReversed()))).confirmedAt, minutes(1))
    const later = world.request(undefined, minutes(3.5))
    for (const statements of [
      [later, ...lives(world)],
      [...lives(world), later],
    ])
      assert.equal((await granted(world.question(statements))).confirmedAt, minutes(1))
  })
})

describe('an approval counts', () => {
  test('from the minute on in which its key has cooled down, and its giver’s membership is old enough', async () => {
    await granted(settled({ enrolledAt: minutes(2 - 1440) }).question())
    await granted(settled({ gained: [gainedBo(24), gainedLine(24)] }).question())
  })

  test('in the first week after the roots were pinned, whatever is new', async () => {
    const rules = { ...RULES, gained: [gainedBo(1), gainedLine(1)] }
    await granted(makeWorld({ rules, pinnedAt: minutes(-6 * 1440), enrolledAt: minutes(-1) }).question())
  })

  test('by an administrator who let in the key that asks together with another, or left that to another', async () => {
    for (const by of [['ada'], ['ada', 'bo']] as const) {
      const { world, fresh } = letIn(...by)
      await granted(world.question(askedWith(world, fresh)))
    }
  })

  test('by a new membership that another group makes up for', async () => {
    const world = settled({ gained: [{ at: minutes(0) / 1000, group: 'dba', person: 'cy' }] })
    const { keys, request, approve, question } = world
    await granted(question([request(), approve(keys.bo), approve(keys.cy, minutes(3))]))
  })

  test('at once, where administrators have signed for these rules', async () => {
    const world = settled({ gained: [gainedBo(1)] })
    const { directory, keys, ruleSetDigest, rules, question } = world
    directory.add({ operation: 'endorse', rule_set: ruleSetDigest(rules) }, { by: [keys.ada] })
    await granted(question())
  })

  test('with a proven model where that is asked, and with two keys where two are', async () => {
    const bo = newKey('bo')
    const aaguid = '01020304-0506-0708-0102-030405060708'
    const accept = { ...RULES.keys.accept, approvers: 'hardware' } as const
    const proven = { ...bo, passkey: { ...bo.passkey, aaguid } }
    const groups = { ...RULES.groups, security: ['bo'] }
    const rules = { ...RULES, groups, offers: RULES.offers, keys: { ...RULES.keys, approver_keys: 1, accept } }
    const world = makeWorld({ rules, pinnedAt: minutes(-60 * 1440), enrolledAt: minutes(-30 * 1440), bo: proven })
    const verdict = await granted(world.question([world.request(), world.approve(proven)], { purpose: 'decision' }))
    assert.deepEqual(
      verdict.approvals.map(({ person }) => person),
      ['bo'],
    )
  })

  test('not at all from whom a denial counts: a no waits for nothing', async () => {
    const world = settled({ enrolledAt: minutes(-1), keys: { approver_keys: 2 }, gained: [gainedBo(1)] })
    const verdict = await judge(world.question([world.request(), world.deny(world.keys.bo)], { purpose: 'decision' }))
    assert.ok(!verdict.ok && verdict.reason === 'denied')
  })
})
