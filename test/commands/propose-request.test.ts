import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { digestOf, newId } from '../../src/crypto.ts'
import { isCommitment } from '../../src/domain/commitment.ts'
import { checkCode } from '../../src/domain/ids.ts'
import { readIntent, SPANS } from '../../src/domain/intent.ts'
import { refusalWords } from '../../src/domain/words.ts'
import { lastFirst } from '../support/last-first.ts'
import { openWorld } from '../support/world.ts'

const world = await openWorld(lastFirst(after))

type Over = Partial<Parameters<typeof proposeRequest>[1]>
const propose = (over: Over = {}) =>
  proposeRequest(world.bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'INC-4211: payments time out',
    ...over,
  })
const refused = async (over: Over): Promise<string[]> => {
  const outcome = await propose(over)
  assert.ok(!outcome.ok)
  return outcome.problems.map(({ at, refusal }) => `${at} · ${refusalWords(refusal)}`)
}
const entries = (type: string, request?: string) =>
  world.bot.db
    .selectFrom('entry')
    .select(['bytes', 'actor', 'request_id'])
    .where('type', '=', type)
    .$if(request !== undefined, (query) => query.where('request_id', '=', request ?? ''))
    .execute()
const bodyOf = (bytes: Buffer) => JSON.parse(bytes.toString('utf8').split('\n')[1] ?? '')

test('a proposal is the canonical intent, its openings, the requester’s link, one entry and one thing to tell, together', async () => {
  const outcome = await propose({ leaseSeconds: 600 })
  assert.ok(outcome.ok)
  const { requestId } = outcome
  const row = await world.bot.db.selectFrom('request').selectAll().where('id', '=', requestId).executeTakeFirstOrThrow()
  const read = readIntent(row.intent)
  assert.ok(read.ok)
  const { value: intent } = read
  assert.equal(digestOf('intent', row.intent), outcome.intentDigest)
  assert.equal(outcome.checkCode, checkCode(outcome.intentDigest))
  assert.deepEqual([intent.requester.id, intent.lease_seconds, intent.realm], ['rey', 600, world.bot.realm])
  assert.equal(intent.decide_by - intent.confirm_by, SPANS.decideSeconds)
  assert.equal(intent.ends_no_later_than - intent.claim_by, 600)
  assert.ok(!row.intent.includes('payments time out'), 'the reason stands in no signed byte')
  const personal = await world.bot.db.selectFrom('personal').selectAll().where('request_id', '=', requestId).execute()
  assert.deepEqual(
    personal.map(({ name, value }) => [name, value]),
    [['reason', '"INC-4211: payments time out"']],
  )
  const view = await world.bot.db.selectFrom('view').selectAll().where('id', '=', outcome.viewId).executeTakeFirstOrThrow()
  assert.deepEqual([view.request_id, view.person], [requestId, 'rey'])
  const [entry] = await entries('request.proposed', requestId)
  assert.equal(entry?.actor, 'rey')
  assert.equal(bodyOf(entry?.bytes ?? Buffer.alloc(0)).intent, outcome.intentDigest)
  const told = await world.bot.db.selectFrom('bot_outbox').selectAll().where('request_id', '=', requestId).execute()
  assert.deepEqual(
    told.map(({ topic }) => topic),
    ['request.changed'],
  )
})

test('a personal parameter stands in the intent and in its right only as a commitment', async () => {
  const outcome = await propose({ action: 'customer.read-record', parameters: { customer: 'c-1042' } })
  assert.ok(outcome.ok)
  const row = await world.bot.db.selectFrom('request').selectAll().where('id', '=', outcome.requestId).executeTakeFirstOrThrow()
  const read = readIntent(row.intent)
  assert.ok(read.ok)
  assert.ok(isCommitment(read.value.parameters['customer']))
  assert.ok(!row.intent.includes('c-1042'))
  const names = await world.bot.db
    .selectFrom('personal')
    .select(['name', 'value'])
    .where('request_id', '=', outcome.requestId)
    .execute()
  assert.ok(names.some(({ name, value }) => name === 'parameter:customer' && value === '"c-1042"'))
})

test('an unknown action is refused with the nearest name the person may ask for', async () => {
  assert.deepEqual(await refused({ action: 'service.restrat' }), [
    'action · There is no action “service.restrat”. Did you mean “service.restart”?',
  ])
  assert.match((await refused({ action: 'x'.repeat(300) }))[0] ?? '', /^action · There is no action “x{80}”\. Leave the name out/)
})

test('somebody outside the asking groups is refused and told which they are', async () => {
  assert.deepEqual(await refused({ person: 'theo' }), [
    'action · Only members of on-call may ask for this. You are not one of them.',
  ])
})

test('a person whom the directory does not know is refused and leaves no entry', async () => {
  const before = (await entries('request.proposal_refused')).length
  assert.match((await refused({ person: 'mallory' }))[0] ?? '', /not in the directory/)
  assert.equal((await entries('request.proposal_refused')).length, before)
})

test('every wrong parameter is named at its field, at once, with reason and lease', async () => {
  const problems = await refused({ parameters: { service: 'payments', colour: 'red' }, reason: 'no', leaseSeconds: 100_000 })
  assert.deepEqual(problems.map((line) => line.split(' · ')[0]).sort(), [
    'lease',
    'parameter:colour',
    'parameter:service',
    'reason',
  ])
  assert.match(problems.join('\n'), /Service: is not one of payments-api, ledger-api, checkout-web/)
  assert.match(problems.join('\n'), /at most 1 hour/)
})

test('a reason that hides a character, is too long, or is spelt in two ways is refused', async () => {
  assert.match((await refused({ reason: 'looks \u202eharmless' }))[0] ?? '', /U\+202E, at place 7/)
  assert.match((await refused({ reason: 'x'.repeat(501) }))[0] ?? '', /501 characters long; at most 500/)
  assert.match((await refused({ reason: 'cafe\u0301 is down' }))[0] ?? '', /NFC/)
})

test('a lease that is none is refused as such', async () => {
  for (const leaseSeconds of [0, -5, 29, 30.5, Number.NaN])
    assert.match((await refused({ leaseSeconds }))[0] ?? '', /lease · Lease: is not a time of at least 30 seconds/)
})

test('a refusal of a known person is an entry that holds nothing of what was typed', async () => {
  await refused({ action: 'rm -rf / my secret', reason: 'private words', parameters: { secret: 'private value' } })
  const all = (await entries('request.proposal_refused')).map(({ bytes }) => bytes.toString('utf8')).join('\n')
  assert.match(all, /"reason":"unknown_action"/)
  assert.doesNotMatch(all, /private|secret/)
})

test('the same form sent twice, even at the same time, is one request; in another’s name it is refused', async () => {
  const id = newId()
  const [first, second] = await Promise.all([propose({ id }), propose({ id })])
  assert.ok(first.ok && second.ok)
  assert.deepEqual([second.requestId, second.viewId, second.intentDigest], [first.requestId, first.viewId, first.intentDigest])
  assert.equal((await entries('request.proposed', id)).length, 1)
  const other = await propose({ id, person: 'ana' })
  assert.ok(!other.ok)
  assert.equal(other.refusal.reason, 'unknown_request')
})

test('before anything was published nobody can ask, and is told so', async () => {
  const outcome = await proposeRequest(
    { ...world.bot, published: async () => undefined },
    { person: 'rey', action: 'a.b', parameters: {}, reason: 'why' },
  )
  assert.ok(!outcome.ok)
  assert.equal(outcome.refusal.reason, 'not_ready')
})
