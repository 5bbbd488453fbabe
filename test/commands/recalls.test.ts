// Asking targets to end what was ended early: until they confirm, each for itself, across restarts, and never claimed before. Clocks are shifted
// instead of waited for; the targets are real ones on HTTP.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { outlineOf } from '../../src/bot/outline.ts'
import type { IssuerContext } from '../../src/commands/context.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { planDeliveries } from '../../src/commands/plan-deliveries.ts'
import { openRecalls, waitAfter } from '../../src/commands/recall-credentials.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { countRecalls } from '../../src/db/recalls.ts'
import { goingTo, openRevocableTarget, readEvent } from '../support/revocable-target.ts'
import { toldOf } from '../support/told-of.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld } from '../support/world.ts'

const target = await openRevocableTarget({ after })
const other = await openRevocableTarget({ after })
const world = await openWorld({ after }, undefined, goingTo(target, other))
const { ctx } = world
const CUSTOMER = { action: 'customer.read-record', parameters: { customer: 'c-1042' } }
const SQL = { action: 'sql.read', parameters: { query: 'failed-payments' } }

async function claimed(over: Parameters<typeof ask>[1] = {}, credentials = 1) {
  const asked = await ask(world, over)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  for (let number = 1; number <= credentials; number += 1) assert.ok((await claim(world, asked.intent, place, number)).ok)
  return { ...asked, place }
}
async function returned(over: Parameters<typeof ask>[1] = {}, credentials = 1) {
  const made = await claimed(over, credentials)
  await makeWish(world.bot, { kind: 'return', request: made.requestId, person: 'rey' })
  await heedWishes(ctx)
  return made
}
/** One round of an issuer that has just started, and all its answers. */
async function recall(as: IssuerContext = ctx) {
  const recalls = openRecalls(as)
  const taken = await recalls.round()
  await recalls.idle()
  return taken
}
const grantOf = async (request: string) => (await findGrant(ctx.db, request))?.state
const rowOf = async (request: string) => {
  const [row] = await findCredentials(ctx.db, request)
  return row ?? assert.fail('no credential')
}
const standsOf = async (request: string) => {
  const { state, recall, recall_tries } = await rowOf(request)
  return [await grantOf(request), state, recall, recall_tries]
}
const entriesOf = async (request: string, type: string) =>
  (
    await ctx.db
      .selectFrom('entry')
      .select('bytes')
      .where('request_id', '=', request)
      .where('type', '=', type as 'grant.revoked')
      .execute()
  ).map(({ bytes }) => JSON.parse(bytes.toString().split('\n')[1] ?? '') as Record<string, unknown>)

/** Where people are told in Slack that a target does not answer. */
async function alarmsOf(request: string) {
  const rows = await ctx.db
    .selectFrom('issuer_outbox')
    .selectAll()
    .where('request_id', '=', request)
    .orderBy('created_at')
    .execute()
  const last = rows.at(-1) ?? assert.fail('nothing was told')
  await planDeliveries(world.bot, last, outlineOf, true)
  const alarm = await ctx.db
    .selectFrom('entry')
    .select('id')
    .where('request_id', '=', request)
    .where('type', '=', 'credential.recall_failed')
    .executeTakeFirst()
  const planned = await world.bot.db.selectFrom('delivery').select('place').where('request_id', '=', request).execute()
  return planned
    .map(({ place }) => (place === `thread/${alarm?.id}` ? 'thread' : place))
    .filter((place) => place === 'thread' || place.includes('unanswered'))
    .sort()
}

describe('a target that takes word of early ends', () => {
  test('is told of each credential of the grant; its 202, and nothing before, makes it returned', async () => {
    const { requestId } = await returned({}, 2)
    assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'pending', 0])
    const from = target.heard.length
    assert.equal(await recall(), 2)
    const events = await Promise.all(target.heard.slice(from).map((event) => readEvent(world.keys, event)))
    const rows = await findCredentials(ctx.db, requestId)
    const said = events.map(({ sub_id, txn, aud }) => JSON.stringify([sub_id, txn, aud]))
    const expected = rows.map(({ id }) => [
      { format: 'jwt_id', iss: ctx.roots.issuer, jti: id },
      requestId,
      'urn:countersign:sandbox:target',
    ])
    assert.deepEqual(said.sort(), expected.map((each) => JSON.stringify(each)).sort())
    assert.equal(await grantOf(requestId), 'returned')
    assert.deepEqual(
      (await entriesOf(requestId, 'credential.revoked')).map(({ by }) => by),
      ['target', 'target'],
    )
    assert.equal(await recall(), 0, 'nobody is asked again')
  })

  test('is asked again and again while it does not confirm, each time the same event and twice as late, up to a minute', async () => {
    target.answering = 'fails'
    const { requestId } = await returned()
    const from = target.heard.length
    const began = Date.now()
    await recall()
    assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'pending', 1])
    assert.equal(await recall(), 0, 'not at once')
    let ahead = 0
    for (let tries = 1; tries < 9; tries += 1) {
      const wait = ((await rowOf(requestId)).recall_due_at?.getTime() ?? 0) - began
      assert.ok(wait - ahead >= waitAfter(tries) - 1, `try ${tries + 1} is due ${wait - ahead} ms later`)
      ahead = wait + 1_000
      await recall(later(ctx, ahead))
      assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'pending', tries + 1])
    }
    assert.equal(waitAfter(9), 60_000)
    assert.equal(new Set(target.heard.slice(from)).size, 1)
    target.answering = 'confirms'
    await recall(later(ctx, ahead + 120_000))
    assert.equal(await grantOf(requestId), 'returned')
    assert.equal((await rowOf(requestId)).recall, 'confirmed')
  })

  test('that does not confirm is an alarm after five tries: one entry, one message, a number to watch, and it is asked on', async () => {
    target.answering = 'fails'
    const { requestId } = await returned()
    const told = await toldOf(ctx.db, requestId)
    let ahead = 0
    for (let tries = 1; tries <= 7; tries += 1) {
      await recall(later(ctx, ahead))
      ahead += 70_000
      assert.equal((await entriesOf(requestId, 'credential.recall_failed')).length, tries < 5 ? 0 : 1)
    }
    const { id } = await rowOf(requestId)
    assert.deepEqual(await entriesOf(requestId, 'credential.recall_failed'), [
      { v: 1, credential: id, target: 'sandbox', reason: 'refused', status: 503, tries: 5 },
    ])
    assert.equal(await toldOf(ctx.db, requestId), told + 1)
    assert.deepEqual(await alarmsOf(requestId), ['tell/unanswered/mira', 'thread'])
    assert.deepEqual(await countRecalls(ctx.db, 5), { waiting: 0, not_answered: 1 })
    target.answering = 'confirms'
    await recall(later(ctx, ahead))
    assert.deepEqual(await countRecalls(ctx.db, 5), { waiting: 0, not_answered: 0 })
    assert.equal(await grantOf(requestId), 'returned')
  })

  test('that never confirms is asked until the credential’s own end, and is not said to have confirmed', async () => {
    target.answering = 'fails'
    const { requestId } = await returned()
    await recall()
    const end = later(ctx, ((await findGrant(ctx.db, requestId))?.ends_at.getTime() ?? 0) - Date.now() + 1_000)
    assert.equal(await recall(end), 0, 'what has ended is nobody’s to ask')
    await sweep(end)
    assert.deepEqual(await standsOf(requestId), ['returned', 'revoked', 'pending', 1])
    assert.deepEqual(
      (await entriesOf(requestId, 'credential.revoked')).map(({ by }) => by),
      ['its_own_end'],
    )
    target.answering = 'confirms'
  })

  test('is asked again after a crash between the question and the answer, by whoever runs next', async () => {
    target.answering = 'hangs'
    const { requestId } = await returned()
    const from = target.heard.length
    const crashed = openRecalls(ctx)
    await crashed.round()
    await target.hears(from + 1)
    // It is being asked: nobody else asks as long as an answer may come.
    assert.equal(await recall(), 0)
    await crashed.close()
    assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'pending', 0])
    target.answering = 'confirms'
    assert.equal(await recall(later(ctx, 16_000)), 1)
    assert.equal(await grantOf(requestId), 'returned')
  })

  test('that hangs delays no other target, nor the end of anything by time', async () => {
    target.answering = 'hangs'
    const stuck = []
    for (let count = 0; count < 6; count += 1) stuck.push(await returned())
    const free = await returned(CUSTOMER)
    const recalls = openRecalls(ctx)
    const [from, there] = [target.heard.length, other.heard.length]
    await recalls.round()
    await other.hears(there + 1)
    await target.hears(from + 4)
    assert.equal(target.heard.length, from + 4, 'no more than four at a time')
    assert.equal(await recalls.round(), 0)
    while ((await grantOf(free.requestId)) === 'revoking') await new Promise(setImmediate)
    assert.equal(await grantOf(free.requestId), 'returned')
    const { requestId } = await claimed()
    await sweep(later(ctx, ((await findGrant(ctx.db, requestId))?.ends_at.getTime() ?? 0) - Date.now()))
    assert.equal(await grantOf(requestId), 'expired')
    await recalls.close()
    target.answering = 'confirms'
    // Four at a time, so twice; the leases of the first round have run out by then.
    for (const ms of [16_000, 17_000]) await recall(later(ctx, ms))
    for (const { requestId: each } of stuck) assert.equal(await grantOf(each), 'returned')
  })

  test('is asked at once after the clock has stepped back by an hour', async () => {
    target.answering = 'fails'
    const ahead = later(ctx, 300_000)
    const made = await returned()
    await recall(ahead)
    target.answering = 'confirms'
    assert.equal(await recall(), 1, 'five minutes away is further than any wait')
    assert.equal(await grantOf(made.requestId), 'returned')
  })

  test('two issuers at once ask once', async () => {
    const { requestId } = await returned()
    const from = target.heard.length
    await Promise.all([recall(), recall(), recall()])
    assert.equal(target.heard.length, from + 1)
    assert.equal(await grantOf(requestId), 'returned')
  })
})

test('a target without a place for it is never asked, and the end is said to be impossible at once', async () => {
  const { requestId } = await returned(SQL)
  assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'not_before_expiry', 0])
  assert.equal(await recall(), 0)
  const end = later(ctx, ((await findGrant(ctx.db, requestId))?.ends_at.getTime() ?? 0) - Date.now() + 1_000)
  await sweep(end)
  assert.deepEqual(await standsOf(requestId), ['returned', 'revoked', 'not_before_expiry', 0])
})

describe('a credential of which nobody knows whether it was made', () => {
  /** Claimed by an issuer that never comes back from signing. */
  async function lost() {
    const asked = await ask(world)
    const place = await newHolder()
    assert.ok((await confirm(world, asked.intent, place)).ok)
    assert.ok((await decide(world, asked.intent, 'bo')).ok)
    const reached = Promise.withResolvers<void>()
    const open = Promise.withResolvers<void>()
    const sign: IssuerContext['signer']['sign'] = async (...given) => {
      reached.resolve()
      await open.promise
      return ctx.signer.sign(...given)
    }
    const making = claim({ ...world, ctx: { ...ctx, signer: { ...ctx.signer, sign } } }, asked.intent, place)
    await reached.promise
    return { ...asked, making, open: open.resolve }
  }

  test('is swept up after half a minute, and its target is told as of any other', async () => {
    const { requestId, making, open } = await lost()
    await sweep(later(ctx, 31_000))
    assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'pending', 0])
    const from = target.heard.length
    assert.equal(await recall(later(ctx, 31_000)), 1)
    const event = await readEvent(world.keys, target.heard[from] ?? '')
    assert.deepEqual(event['sub_id'], { format: 'jwt_id', iss: ctx.roots.issuer, jti: (await rowOf(requestId)).id })
    assert.deepEqual(await standsOf(requestId), ['revoked', 'revoked', 'confirmed', 1])
    open()
    const came = await making
    assert.ok(!came.ok && came.refusal.reason === 'grant_ended')
  })

  test('revoked while it is made: nobody gets it, and its target is told when it was made after all', async () => {
    const { requestId, making, open } = await lost()
    await makeWish(world.bot, { kind: 'return', request: requestId, person: 'rey' })
    await heedWishes(ctx)
    assert.deepEqual(await standsOf(requestId), ['revoking', 'issuing', null, 0])
    assert.equal(await recall(), 0)
    open()
    assert.equal((await making).ok, false)
    assert.deepEqual(await standsOf(requestId), ['revoking', 'revoking', 'pending', 0])
    assert.equal(await recall(), 1)
    assert.deepEqual(await standsOf(requestId), ['returned', 'revoked', 'confirmed', 1])
  })
})
