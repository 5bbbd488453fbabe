// One tap over several requests of the same action: what an approver is shown beside, and what a statement over them does. Each is decided by itself.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { ask, confirm, decide, newHolder, sign } from '../support/world.ts'

let door: Door
const ends: (() => Promise<void> | void)[] = []
before(async () => {
  door = await openDoors({ after: (work) => void ends.unshift(work) })
})
after(async () => {
  for (const end of ends) await end()
})

const confirmed = async (over: Record<string, unknown> = {}) => {
  const asked = await ask(door.world, over)
  const person = String(over['person'] ?? 'rey')
  assert.ok((await confirm(door.world, asked.intent, await newHolder(), person)).ok)
  return { ...asked, link: (approver: string) => door.link(asked.requestId, approver) }
}
/** Closes what is open, so that every test begins with nothing beside. */
const finish = async (): Promise<void> => {
  const rows = await door.world.ctx.db
    .selectFrom('request_state')
    .select('intent_digest')
    .where('state', '=', 'awaiting_approvers')
    .execute()
  for (const { intent_digest: intent } of rows) await decide(door.world, intent, 'bo', 'deny')
}
const outline = async (view: string) => (await door.get(`/v1/views/${view}`)).json()
const twinsOf = async (view: string): Promise<string[]> =>
  (await outline(view)).twins.map(({ request }: { request: string }) => request)
const tap = async (person: string, intents: readonly string[], decision: 'approve' | 'deny' = 'approve') =>
  door.post('/v1/statements', await sign(door.world, person, { kind: 'decide', role: 'approver', decision, intents }))
const stateOf = async (request: string): Promise<string> =>
  (
    await door.world.ctx.db
      .selectFrom('request_state')
      .select('state')
      .where('request_id', '=', request)
      .executeTakeFirstOrThrow()
  ).state

test('beside a request stand the open ones for the same action that the approver may decide, each in full and none ticked', async () => {
  await finish()
  const mine = await confirmed()
  const view = await mine.link('bo')
  assert.deepEqual(await twinsOf(view), [])
  const same = await confirmed({ person: 'ana', parameters: { service: 'ledger-api' }, reason: 'INC-4211: the ledger as well' })
  const unconfirmed = await ask(door.world)
  await confirmed({ action: 'customer.read-record', parameters: { customer: 'c-2001' } })
  const denied = await confirmed()
  assert.ok((await decide(door.world, denied.intent, 'bo', 'deny')).ok)
  const held = await confirmed()
  await makeWish(door.world.bot, { kind: 'object', request: held.requestId, person: 'ana' } as Parameters<typeof makeWish>[1])
  await heedWishes(door.world.ctx)
  assert.deepEqual(
    await twinsOf(view),
    [same.requestId],
    `not ${unconfirmed.requestId}, another action, a decided or an objected one`,
  )
  assert.deepEqual((await outline(view)).twins[0].intent, same.intent)

  const markup = (await door.get(`/r/${view}`)).body
  const twin = /<article class="document twin"[\s\S]*?<\/article>/.exec(markup)?.[0] ?? ''
  for (const each of ['Ana Lindqvist', 'INC-4211: the ledger as well', 'ledger-api', '15 minutes', 'What it gives', 'Check code'])
    assert.ok(twin.includes(each), each)
  assert.doesNotMatch(markup, / checked(?=[^<]*name="twin")|name="twin"[^>]* checked/)
  assert.ok(twin.indexOf('Check code') < twin.indexOf('type="checkbox"'), 'the box stands after what is to be read')
  // Ana asked for one of the two herself, so beside the other she sees none.
  assert.deepEqual(await twinsOf(await mine.link('ana')), [])
})

test('beside a request that somebody objected to none is offered: its approval is signed by itself', async () => {
  await finish()
  const [mine, other] = [await confirmed(), await confirmed()]
  const view = await mine.link('bo')
  assert.deepEqual(await twinsOf(view), [other.requestId])
  await makeWish(door.world.bot, { kind: 'object', request: mine.requestId, person: 'ana' } as Parameters<typeof makeWish>[1])
  await heedWishes(door.world.ctx)
  assert.deepEqual(await twinsOf(view), [])
})

test('who may not decide, has decided, or asked himself is shown nothing beside', async () => {
  await finish()
  const mine = await confirmed()
  await confirmed()
  assert.deepEqual(await twinsOf(mine.viewId), [], 'the requester')
  assert.deepEqual(await twinsOf(await mine.link('theo')), [], 'an onlooker')
  const view = await mine.link('ana')
  assert.equal((await twinsOf(view)).length, 1)
  assert.ok((await decide(door.world, mine.intent, 'ana')).ok)
  assert.deepEqual(await twinsOf(view), [], 'decided')
})

test('at most seven stand beside, so that one statement holds all', async () => {
  await finish()
  const mine = await confirmed()
  for (let n = 0; n < 9; n += 1) await confirmed()
  const twins = (await outline(await mine.link('bo'))).twins as { intent: string; request: string }[]
  assert.equal(twins.length, 7)
  const answer = await tap('bo', [mine.intent, ...twins.map(({ intent }) => intent)])
  assert.equal(answer.statusCode, 200, answer.body)
  assert.equal(answer.json().requests.length, 8)
  for (const { request } of [{ request: mine.requestId }, ...twins]) assert.equal(await stateOf(request), 'approved')
})

test('a ninth intent is refused as a whole', async () => {
  await finish()
  const nine = []
  for (let n = 0; n < 9; n += 1) nine.push(await confirmed())
  const answer = await tap(
    'bo',
    nine.map(({ intent }) => intent),
  )
  assert.deepEqual([answer.statusCode, answer.json().reason], [422, 'malformed'])
  for (const { requestId } of nine) assert.equal(await stateOf(requestId), 'awaiting_approvers')
})

test('each is decided by itself: what was decided meanwhile, is one’s own or is unknown stops none of the others', async () => {
  await finish()
  const [open, ended, own] = [await confirmed(), await confirmed(), await confirmed({ person: 'ana' })]
  assert.ok((await decide(door.world, ended.intent, 'bo', 'deny')).ok)
  const foreign = 'A'.repeat(43)
  const answer = await tap('ana', [ended.intent, open.intent, own.intent, foreign])
  assert.equal(answer.statusCode, 200, answer.body)
  const told = new Map((answer.json().requests as { request?: string }[]).map((each) => [each.request, each]))
  const reasons = [open.requestId, ended.requestId, own.requestId, undefined].map((request) => {
    const { state, reason } = (told.get(request) ?? {}) as { state?: string; reason?: string }
    return state ?? reason
  })
  assert.deepEqual(reasons, ['approved', 'request_ended', 'self_approval', 'unknown_request'])
  assert.deepEqual(await Promise.all([open, ended, own].map(({ requestId }) => stateOf(requestId))), [
    'approved',
    'denied',
    'awaiting_approvers',
  ])
  assert.match(JSON.stringify(answer.json()), /You asked for this yourself/)
})

test('none of them stands: the whole is refused, and nothing is stored', async () => {
  await finish()
  const [ended, own] = [await confirmed(), await confirmed({ person: 'ana' })]
  assert.ok((await decide(door.world, ended.intent, 'bo', 'deny')).ok)
  const answer = await tap('ana', [ended.intent, own.intent])
  assert.deepEqual([answer.statusCode, answer.json().reason], [410, 'request_ended'])
  assert.equal(await stateOf(own.requestId), 'awaiting_approvers')
})

test('a request of another action in the same tap counts only if the signer may decide about that one too', async () => {
  await finish()
  const service = await confirmed()
  const two = await confirmed({ action: 'vector-db.drop-collection', parameters: { collection: 'product-search-v1' } })
  const answer = await tap('theo', [service.intent, two.intent])
  assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'not_an_approver'])
  const both = await tap('ana', [service.intent, two.intent])
  const states = (both.json().requests as { state: string }[]).map(({ state }) => state)
  assert.deepEqual(states.toSorted(), ['approved', 'awaiting_approvers'], 'each by its own rules')
})

test('a statement made for another realm is refused, whatever it names', async () => {
  const { intent, requestId } = await confirmed()
  const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
  const answer = await door.post(
    '/v1/statements',
    await sign(door.world, 'bo', said, { realm: 'sandbox:0000000000000000000000000a' }),
  )
  assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'foreign_realm'])
  assert.equal(await stateOf(requestId), 'awaiting_approvers')
})
