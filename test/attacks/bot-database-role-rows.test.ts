// A thief with the bot's login who plants rows that are to stop the issuer: each may spoil what is his own, none what is another's. A denial is
// posted to the issuer, so least of all may he keep the page of somebody else's request from opening (DESIGN section 4, SECURITY.md).

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, beforeEach, describe, test } from 'node:test'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { transact } from '../../src/commands/transact.ts'
import { digestOf, newId, newSalt } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { type Intent, readIntent } from '../../src/domain/intent.ts'
import { findViewState } from '../../src/issuer/view-state.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { bot, ctx } = world
const CHECK_VIOLATION = '23514'
/** Openings that are no text to commit to: a lone surrogate, a minus zero, no JSON, no salt. */
const BROKEN = [
  ['"\\ud800"', newSalt()],
  ['-0', newSalt()],
  ['{', newSalt()],
  ['"x"', 'x'],
] as const

const propose = async () => {
  const proposed = await proposeRequest(bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'INC-4211: payments time out',
  })
  assert.ok(proposed.ok)
  return proposed
}
const stateOf = async (id: string) => (await findKnown(ctx.db, id))?.state.state

describe('an opening that cannot be read', () => {
  test('beside a proposal of his own is refused, and the honest one behind it is adopted', async () => {
    const honest = await bot.db
      .selectFrom('request')
      .selectAll()
      .where('id', '=', (await propose()).requestId)
      .executeTakeFirstOrThrow()
    const intent = readIntent(honest.intent)
    assert.ok(intent.ok)
    const planted: string[] = []
    for (const [value, salt] of BROKEN) {
      const id = newId()
      const bytes = canonicalBytes({ ...(intent.value as Intent), id } as never)
      const proposed_at = new Date(honest.proposed_at.getTime() - 60_000)
      const intent_digest = digestOf('intent', bytes)
      await bot.db
        .insertInto('request')
        .values({ ...honest, id, intent: Buffer.from(bytes), intent_digest, proposed_at })
        .execute()
      await bot.db.insertInto('personal').values({ request_id: id, name: 'reason', value, salt }).execute()
      planted.push(id)
    }
    await adoptProposals(ctx)
    assert.equal(await stateOf(honest.id), 'awaiting_requester')
    const refused = await ctx.db.selectFrom('refused_request').select('reason').where('request_id', 'in', planted).execute()
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      BROKEN.map(() => 'bad_parameter'),
    )
  })

  test('put beside somebody else’s request keeps neither its page from opening nor its credential from being made', async () => {
    const { requestId, intent } = await ask(world)
    const place = await newHolder()
    assert.ok((await confirm(world, intent, place)).ok)
    for (const [index, [value, salt]] of BROKEN.entries())
      await bot.db
        .insertInto('personal')
        .values({ request_id: requestId, name: `parameter:x${index}`, value, salt })
        .execute()
    const view = newId()
    await bot.db.insertInto('view').values({ id: view, request_id: requestId, person: 'bo', created_at: new Date() }).execute()
    const found = await findViewState(ctx, view, undefined)
    assert.ok(found.ok && found.state.is === 'adopted')
    assert.deepEqual(found.state.reason, { is: 'told', value: 'INC-4211: payments time out' })
    assert.ok((await decide(world, intent, 'bo')).ok)
    assert.ok((await claim(world, intent, place)).ok)
  })
})

describe('a row too large for the issuer is refused by the database: ', () => {
  let request: string
  beforeEach(async () => {
    request = (await propose()).requestId
  })
  const over = (bytes: number): string => randomBytes(bytes).toString('hex').slice(0, bytes)
  const refusedBy = (work: Promise<unknown>) => assert.rejects(work, { code: CHECK_VIOLATION })
  const ROWS: { readonly [column: string]: () => Promise<unknown> } = {
    'the value of an opening': () =>
      bot.db
        .insertInto('personal')
        .values({ request_id: request, name: 'x', value: over(24_003), salt: 'x' })
        .execute(),
    'the name of an opening': () =>
      bot.db
        .insertInto('personal')
        .values({ request_id: request, name: over(81), value: '1', salt: 'x' })
        .execute(),
    'the salt of an opening': () =>
      bot.db
        .insertInto('personal')
        .values({ request_id: request, name: 'x', value: '1', salt: over(65) })
        .execute(),
    'the person of a wish': () =>
      bot.db
        .insertInto('wish')
        .values({ id: crypto.randomUUID(), request_id: request, kind: 'cancel', person: over(65), made_at: new Date() })
        .execute(),
    'the person of a view': () =>
      bot.db
        .insertInto('view')
        .values({ id: newId(), request_id: request, person: over(65), created_at: new Date() })
        .execute(),
    'the id of a view': () =>
      bot.db
        .insertInto('view')
        .values({ id: over(65), request_id: request, person: 'bo', created_at: new Date() })
        .execute(),
  }
  for (const [column, insert] of Object.entries(ROWS)) test(column, () => refusedBy(insert()))

  for (const [column, length] of [
    ['intent_digest', 65],
    ['requester', 65],
    ['runbook', 65],
    ['action', 65],
    ['channel', 129],
  ] as const)
    test(`the ${column} of a proposal`, async () => {
      const honest = await bot.db.selectFrom('request').selectAll().where('id', '=', request).executeTakeFirstOrThrow()
      const bent = { ...honest, id: newId(), intent_digest: newId(), [column]: over(length) }
      await refusedBy(bot.db.insertInto('request').values(bent).execute())
    })
})

test('the largest value that can be committed to is not too large', async () => {
  const { requestId } = await propose()
  const value = JSON.stringify('\u0001'.repeat(4_000))
  await bot.db.insertInto('personal').values({ request_id: requestId, name: 'parameter:x', value, salt: newSalt() }).execute()
})

describe('a wish that somebody was deactivated', () => {
  test('touches no request of another person that it names', async () => {
    const { requestId, intent } = await ask(world)
    const place = await newHolder()
    await confirm(world, intent, place)
    await decide(world, intent, 'bo')
    assert.ok((await claim(world, intent, place)).ok)
    const id = crypto.randomUUID()
    await bot.db
      .insertInto('wish')
      .values({ id, request_id: requestId, kind: 'deactivated', person: 'theo', made_at: new Date() })
      .execute()
    await heedWishes(ctx)
    assert.equal((await findGrant(ctx.db, requestId))?.state, 'active')
    const outcome = await ctx.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
    assert.equal(outcome?.outcome, 'not_yours')
  })
})

test('what cannot be dealt with in a round of wishes stops none of those behind it', async () => {
  const [spoilt, honest] = [await propose(), await propose()]
  await adoptProposals(ctx)
  const first = await makeWish(bot, { kind: 'cancel', person: 'rey', request: spoilt.requestId })
  await makeWish(bot, { kind: 'cancel', person: 'rey', request: honest.requestId })
  // Somebody holds the first request's row for longer than the issuer waits.
  await world.database
    .connect('issuer')
    .transaction()
    .execute(async (trx) => {
      await trx.selectFrom('request_state').select('state').where('request_id', '=', spoilt.requestId).forUpdate().execute()
      await assert.rejects(heedWishes({ ...ctx, db: world.database.connect('issuer', { lockTimeoutMs: 100 }) }), {
        code: '55P03',
      })
      assert.equal(await stateOf(honest.requestId), 'cancelled')
    })
  await heedWishes(ctx)
  assert.equal(await stateOf(spoilt.requestId), 'cancelled')
  assert.ok(await ctx.db.selectFrom('wish_outcome').selectAll().where('wish_id', '=', first).executeTakeFirst())
})

test('one change may touch more requests than one statement of the database holds, as a flood of proposals makes it', async () => {
  const { requestId: request } = await propose()
  const many = 14_000
  await transact(ctx, [], async ({ record, tell }) => {
    for (let index = 0; index < 2_000; index += 1) record('request.voided', { request }, { v: 1, why: `the ${index}th` })
    for (let index = 0; index < many; index += 1) tell('request.changed', request)
  })
  const told = await ctx.db.selectFrom('issuer_outbox').select('id').where('request_id', '=', request).execute()
  assert.equal(told.length, many)
})
