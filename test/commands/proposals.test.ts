// Proposals of a thief who has the bot's login: bytes that differ from what the issuer derives itself are refused once, for good, with a reason,
// and nobody can sign them. He starts from an honest proposal and bends one thing.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { commit, digestOf, newId } from '../../src/crypto.ts'
import type { RequestRow } from '../../src/db/requests.ts'
import { type Canonical, canonicalBytes, canonicalText } from '../../src/domain/canonical.ts'
import { type Intent, readIntent } from '../../src/domain/intent.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { refusalWords } from '../../src/domain/words.ts'
import { refused } from '../support/refused.ts'
import { confirm, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { bot, ctx } = world

type Opening = { name: string; value: string; salt: string }
type Planted = { row: Partial<RequestRow>; openings: (honest: Opening[]) => Opening[] }
const asHonest: Planted = { row: {}, openings: (honest) => honest }

/** Plants a bent copy of an honest proposal and has the issuer look at it; answers how it was refused. */
async function plant(bend: (intent: Intent) => object, over: Partial<Planted> = {}, action = 'service.restart') {
  // What was open before is not: one person may have only so many open.
  await ctx.db.updateTable('request_state').set({ state: 'cancelled' }).where('state', '=', 'awaiting_requester').execute()
  const parameters = action === 'service.restart' ? { service: 'payments-api' } : { customer: 'c-1042' }
  const proposed = await proposeRequest(bot, { person: 'rey', action, parameters, reason: 'INC-4211: payments time out' })
  assert.ok(proposed.ok)
  const honest = await bot.db.selectFrom('request').selectAll().where('id', '=', proposed.requestId).executeTakeFirstOrThrow()
  const read = readIntent(honest.intent)
  assert.ok(read.ok)
  const { row, openings } = { ...asHonest, ...over }
  const id = newId()
  const bytes = canonicalBytes(bend({ ...read.value, id }) as Canonical)
  const planted = { ...honest, id, intent: Buffer.from(bytes), intent_digest: digestOf('intent', bytes), ...row }
  await bot.db.insertInto('request').values(planted).execute()
  const kept = await bot.db.selectFrom('personal').select(['name', 'value', 'salt']).where('request_id', '=', honest.id).execute()
  const beside = openings(kept).map((opening) => ({ ...opening, request_id: planted.id }))
  if (beside.length > 0) await bot.db.insertInto('personal').values(beside).execute()
  await adoptProposals(ctx)
  return planted
}

async function refusalOf(id: string): Promise<Refusal | undefined> {
  const row = await bot.db.selectFrom('refused_request').selectAll().where('request_id', '=', id).executeTakeFirst()
  return row && ({ reason: row.reason, ...JSON.parse(row.detail) } as Refusal)
}
const isAdopted = async (id: string) =>
  (await bot.db.selectFrom('request_state').select('request_id').where('request_id', '=', id).execute()).length === 1

type Bent = { bend: (intent: Intent) => object; over?: Partial<Planted>; action?: string; refusal: object; words: RegExp }
const RIGHT = { reason: 'derived_differently', path: 'right' }
const SAID = /does not say what its runbook says/
const MORE_TIME = /more time than is allowed/
const later = (name: 'confirm_by' | 'decide_by' | 'claim_by' | 'ends_no_later_than') => ({
  bend: (intent: Intent) => ({ ...intent, [name]: intent[name] + 5 }),
  refusal: { reason: 'times_too_long' },
  words: MORE_TIME,
})

const BENT: Readonly<Record<string, Bent>> = {
  'a right with one more scope': {
    bend: (intent) => ({
      ...intent,
      right: { ...intent.right, grants: { ...intent.right.grants, scope: ['service:restart', 'all'] } },
    }),
    refusal: RIGHT,
    words: SAID,
  },
  'a right for another service than the parameter says': {
    bend: (intent) => ({ ...intent, parameters: { service: 'ledger-api' } }),
    refusal: RIGHT,
    words: SAID,
  },
  'a right at another audience': {
    bend: (intent) => ({
      ...intent,
      right: { ...intent.right, settings: { ...intent.right.settings, audience: 'urn:elsewhere' } },
    }),
    refusal: RIGHT,
    words: SAID,
  },
  'the digest of another action': {
    bend: (intent) => ({ ...intent, action_digest: intent.rules_digest }),
    refusal: { reason: 'derived_differently', path: 'action_digest' },
    words: SAID,
  },
  'the digest of other rules': {
    bend: (intent) => ({ ...intent, rules_digest: intent.action_digest }),
    refusal: { reason: 'derived_differently', path: 'rules_digest' },
    words: SAID,
  },
  'another requester inside than beside': {
    bend: (intent) => ({ ...intent, requester: { kind: 'person', id: 'ana' } }),
    refusal: { reason: 'derived_differently', path: 'requester' },
    words: SAID,
  },
  'another id inside than beside': {
    bend: (intent) => ({ ...intent, id: newId() }),
    refusal: { reason: 'derived_differently', path: 'id' },
    words: SAID,
  },
  'a digest that is not of its bytes': {
    bend: (intent) => intent,
    over: { row: { intent_digest: 'a'.repeat(42) } },
    refusal: { reason: 'derived_differently', path: 'digest' },
    words: SAID,
  },
  'a requester who may not ask': {
    bend: (intent) => ({ ...intent, requester: { kind: 'person', id: 'bo' } }),
    over: { row: { requester: 'bo' } },
    refusal: { reason: 'not_eligible_to_ask', groups: ['on-call'] },
    words: /Only members of on-call may ask/,
  },
  'a requester whom nobody knows': {
    bend: (intent) => ({ ...intent, requester: { kind: 'person', id: 'mallory' } }),
    over: { row: { requester: 'mallory' } },
    refusal: { reason: 'not_eligible_to_ask', groups: ['on-call'] },
    words: /Only members of on-call may ask/,
  },
  'a foreign realm': {
    bend: (intent) => ({ ...intent, realm: `prod:${'0'.repeat(26)}` }),
    refusal: { reason: 'foreign_realm' },
    words: /another Countersign/,
  },
  'an action that is not offered': {
    bend: (intent) => ({ ...intent, action: 'destroy' }),
    refusal: { reason: 'unknown_action', action: 'service.destroy' },
    words: /There is no action “service.destroy”/,
  },
  'a lease over the maximum': {
    bend: (intent) => ({ ...intent, lease_seconds: 3_601 }),
    refusal: { reason: 'bad_lease', maximumSeconds: 3_600 },
    words: /at most 1 hour/,
  },
  'more time to confirm': later('confirm_by'),
  'more time to decide': later('decide_by'),
  'more time to claim': later('claim_by'),
  'an end after the lease': later('ends_no_later_than'),
  'a parameter out of its range': {
    bend: (intent) => ({ ...intent, parameters: { service: 'vault' } }),
    refusal: { reason: 'bad_parameter', parameter: 'Service' },
    words: /^Service: /,
  },
  'a parameter too many': {
    bend: (intent) => ({ ...intent, parameters: { ...intent.parameters, force: 'yes' } }),
    refusal: { reason: 'bad_parameter', parameter: 'force', problem: 'is not a parameter of this action' },
    words: /^force: is not a parameter/,
  },
  'no parameter': {
    bend: (intent) => ({ ...intent, parameters: {} }),
    refusal: { reason: 'bad_parameter', parameter: 'Service', problem: 'is missing' },
    words: /^Service: is missing/,
  },
  'a parameter hidden that must stand open': {
    bend: (intent) => ({ ...intent, parameters: { service: commit('payments-api').commitment } }),
    refusal: { reason: 'bad_parameter', parameter: 'Service' },
    words: /hidden where it is not/,
  },
  'a personal parameter that stands open': {
    bend: (intent) => ({ ...intent, parameters: { customer: 'c-1042' } }),
    action: 'customer.read-record',
    refusal: { reason: 'bad_parameter', parameter: 'Customer number' },
    words: /stands open where it is personal/,
  },
  'a personal parameter with another value beside': {
    bend: (intent) => intent,
    over: {
      openings: (honest) => honest.map((each) => (each.name === 'reason' ? each : { ...each, value: canonicalText('c-1043') })),
    },
    action: 'customer.read-record',
    refusal: { reason: 'bad_parameter', parameter: 'parameter:customer', problem: 'is not the value that was committed to' },
    words: /is not the value that was committed to/,
  },
  'a reason that nobody can read': {
    bend: (intent) => intent,
    over: { openings: () => [] },
    refusal: { reason: 'bad_parameter', parameter: 'reason', problem: 'has no value' },
    words: /has no value/,
  },
  'another reason beside than was committed to': {
    bend: (intent) => intent,
    over: { openings: (honest) => honest.map((each) => ({ ...each, value: '"routine"' })) },
    refusal: { reason: 'bad_parameter', parameter: 'reason' },
    words: /is not the value that was committed to/,
  },
  'a member that no intent has': {
    bend: (intent) => ({ ...intent, approved: true }),
    refusal: { reason: 'malformed' },
    words: /not in the form that is signed here/,
  },
  'the mode for breaking glass, which is not built': {
    bend: (intent) => ({ ...intent, mode: 'break_glass' }),
    refusal: { reason: 'malformed', path: '/mode' },
    words: /not in the form that is signed here/,
  },
  'a workload as requester': {
    bend: (intent) => ({ ...intent, requester: { kind: 'workload', id: 'rey' } }),
    refusal: { reason: 'malformed', path: '/requester/kind' },
    words: /not in the form that is signed here/,
  },
  'bytes in another spelling': {
    bend: (intent) => intent,
    over: { row: { intent: Buffer.from('{ "v": 1 }') } },
    refusal: { reason: 'malformed', path: '(whole)' },
    words: /not in the form that is signed here/,
  },
}

describe('a proposal is refused that has', () => {
  for (const [name, { bend, over, action, refusal, words }] of Object.entries(BENT)) {
    test(name, async () => {
      const planted = await plant(bend, over, action)
      const found = await refusalOf(planted.id)
      assert.ok(found, 'it was not refused')
      assert.partialDeepStrictEqual(found, refusal)
      assert.match(refusalWords(found), words)
      assert.equal(await isAdopted(planted.id), false)
      refused(await confirm(world, digestOf('intent', planted.intent), await newHolder()), 'unknown_request', /no such request/)
    })
  }
})

test('the same way of planting, with nothing bent, is adopted: what is refused above is refused for its bend', async () => {
  for (const action of ['service.restart', 'customer.read-record']) {
    const planted = await plant((intent) => intent, {}, action)
    assert.equal(await refusalOf(planted.id), undefined)
    assert.equal(await isAdopted(planted.id), true)
  }
})

test('less time than allowed is the requester’s to choose', async () => {
  const planted = await plant((intent) => ({ ...intent, lease_seconds: 60, ends_no_later_than: intent.claim_by + 60 }))
  assert.equal(await isAdopted(planted.id), true)
})

test('a refusal comes once, is recorded and told, and is never taken back', async () => {
  const planted = await plant((intent) => ({ ...intent, lease_seconds: 3_601 }))
  const told = () => ctx.db.selectFrom('issuer_outbox').select('topic').where('request_id', '=', planted.id).execute()
  assert.deepEqual(await told(), [{ topic: 'request.changed' }])
  assert.equal(await adoptProposals(ctx), 0)
  await Promise.all([adoptProposals(ctx), adoptProposals(ctx)])
  assert.equal((await told()).length, 1)
  const entries = await ctx.db.selectFrom('entry').select('type').where('request_id', '=', planted.id).execute()
  assert.deepEqual(entries, [{ type: 'request.refused' }])
})

test('two issuers that look at one proposal adopt it once', async () => {
  const proposed = await proposeRequest(bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'ledger-api' },
    reason: 'INC-4212: ledger lags',
  })
  assert.ok(proposed.ok)
  await Promise.all(Array.from({ length: 4 }, () => adoptProposals(ctx)))
  const entries = await ctx.db
    .selectFrom('entry')
    .select('type')
    .where('request_id', '=', proposed.requestId)
    .where('writer', '=', 'issuer')
    .execute()
  assert.deepEqual(entries, [{ type: 'request.adopted' }])
})
