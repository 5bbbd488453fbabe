// Wishes of the bot: they can take away and hold, never give, and each is decided once by the issuer, with its outcome kept for the bot to tell.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish, type Wish } from '../../src/commands/make-wish.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { refused } from '../support/refused.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world

async function confirmed(person = 'rey') {
  const asked = await ask(world, { person })
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place, person)).ok)
  return { ...asked, place }
}
async function claimed(person = 'rey') {
  const made = await confirmed(person)
  assert.ok((await decide(world, made.intent, 'bo')).ok)
  assert.ok((await claim(world, made.intent, made.place)).ok)
  return made
}
/** What the bot can read about a wish: done, the reason of its refusal, or nothing yet. */
const outcomeOf = async (id: string) =>
  (await world.bot.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst())?.outcome
/** Makes a wish, has it heeded, and answers its outcome. */
async function wish(kind: Exclude<Wish['kind'], 'deactivated' | 'not_me'>, request: string, person: string) {
  const id = await makeWish(world.bot, { kind, request, person })
  await heedWishes(ctx)
  return outcomeOf(id)
}
const stateOf = async (request: string) => {
  const known = await findKnown(ctx.db, request)
  return [known?.state.state, known?.state.held_by]
}
const grantOf = async (request: string) => (await findGrant(ctx.db, request))?.state
const typesOf = async (request: string) =>
  (
    await ctx.db.selectFrom('entry').select('type').where('request_id', '=', request).where('writer', '=', 'issuer').execute()
  ).map(({ type }) => type)

describe('cancelling', () => {
  test('is for the requester; another’s wish is refused, kept and told', async () => {
    const { requestId } = await confirmed()
    assert.equal(await wish('cancel', requestId, 'bo'), 'not_yours')
    assert.deepEqual(await stateOf(requestId), ['awaiting_approvers', null])
    assert.ok((await typesOf(requestId)).includes('wish.refused'))
    const told = await ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'wish.refused').execute()
    assert.deepEqual(told.at(-1)?.payload, { wish: 'cancel', person: 'bo', refusal: { reason: 'not_yours' } })
    assert.equal(await wish('cancel', requestId, 'rey'), 'done')
    assert.deepEqual(await stateOf(requestId), ['cancelled', null])
  })

  test('ends what is approved, for good: nothing can be claimed or decided any more', async () => {
    const { intent, requestId, place } = await confirmed()
    assert.ok((await decide(world, intent, 'bo')).ok)
    assert.equal(await wish('cancel', requestId, 'rey'), 'done')
    refused(await claim(world, intent, place), 'request_ended', /was cancelled/)
    refused(await decide(world, intent, 'ana'), 'request_ended', /was cancelled/)
    assert.equal(await wish('cancel', requestId, 'rey'), 'request_ended')
  })

  test('a request that the issuer does not know is refused', async () => {
    const { requestId } = await ask(world)
    await world.database.connect('owner').deleteFrom('request_state').where('request_id', '=', requestId).execute()
    assert.equal(await wish('cancel', requestId, 'rey'), 'unknown_request')
  })
})

describe('an objection', () => {
  test('holds the claim until an approver signs after it', async () => {
    const { intent, requestId, place } = await confirmed()
    assert.ok((await decide(world, intent, 'bo')).ok)
    assert.equal(await wish('object', requestId, 'ana'), 'done')
    refused(await claim(world, intent, place), 'held', /^ana objected\. Nothing can be claimed until/)
    const released = await decide(world, intent, 'ana')
    assert.deepEqual(released.ok && released.effects, [{ request: requestId, state: 'approved' }])
    assert.deepEqual(await stateOf(requestId), ['approved', null])
    assert.ok((await claim(world, intent, place)).ok)
  })

  test('before the decisions does not stop them: an approval after it releases and approves', async () => {
    const { intent, requestId, place } = await confirmed()
    assert.equal(await wish('object', requestId, 'mira'), 'done', 'administrators may object as well')
    assert.ok((await decide(world, intent, 'bo')).ok)
    assert.ok((await claim(world, intent, place)).ok)
    assert.equal((await typesOf(requestId)).filter((type) => type === 'request.released').length, 1)
  })

  test('is for those who have a say, one at a time, and lifted by the objector alone', async () => {
    const { intent, requestId, place } = await confirmed()
    for (const stranger of ['rey', 'theo', 'nobody'])
      assert.equal(await wish('object', requestId, stranger), 'not_eligible_to_object')
    assert.equal(await wish('lift', requestId, 'ana'), 'not_your_objection')
    assert.equal(await wish('object', requestId, 'ana'), 'done')
    assert.equal(await wish('object', requestId, 'bo'), 'held')
    for (const other of ['bo', 'mira', 'rey']) assert.equal(await wish('lift', requestId, other), 'not_your_objection')
    assert.ok((await confirm(world, intent, place)).ok, 'the requester’s tap does not lift it')
    assert.deepEqual(await stateOf(requestId), ['awaiting_approvers', 'ana'])
    assert.equal(await wish('lift', requestId, 'ana'), 'done')
    assert.deepEqual(await stateOf(requestId), ['awaiting_approvers', null])
  })

  test('comes too late for what is claimed', async () => {
    const { requestId } = await claimed()
    assert.equal(await wish('object', requestId, 'ana'), 'already_claimed')
    assert.equal(await grantOf(requestId), 'active')
  })
})

describe('a return', () => {
  test('is for the requester, ends the grant, and gives out nothing more', async () => {
    const { intent, requestId, place } = await claimed()
    assert.equal(await wish('return', requestId, 'bo'), 'not_yours')
    assert.equal(await grantOf(requestId), 'active')
    assert.equal(await wish('return', requestId, 'rey'), 'done')
    assert.equal(await grantOf(requestId), 'revoking')
    refused(await claim(world, intent, place), 'grant_ended', /has ended \(revoking\)/)
    assert.equal(await wish('return', requestId, 'rey'), 'done', 'once more changes nothing')
  })

  test('of what was never issued is refused', async () => {
    const { requestId } = await confirmed()
    assert.equal(await wish('return', requestId, 'rey'), 'no_grant')
  })
})

describe('somebody who was deactivated', () => {
  test('loses what he has open and what he holds, at once; others keep theirs', async () => {
    const [open, approvedOne, alive, other] = [await confirmed(), await confirmed(), await claimed(), await claimed('ana')]
    assert.ok((await decide(world, approvedOne.intent, 'bo')).ok)
    await makeWish(world.bot, { kind: 'deactivated', person: 'rey' })
    await heedWishes(ctx)
    for (const { requestId } of [open, approvedOne]) assert.deepEqual(await stateOf(requestId), ['voided', null])
    assert.equal(await grantOf(alive.requestId), 'revoking')
    assert.equal(await grantOf(other.requestId), 'active')
    const why = (await findKnown(ctx.db, open.requestId))?.state.ended_reason
    assert.equal(why, 'the requester was deactivated')
    refused(await claim(world, approvedOne.intent, approvedOne.place), 'request_ended', /was made void by a change/)
    refused(await claim(world, alive.intent, alive.place, 2), 'grant_ended', /has ended/)
  })

  test('no longer lends a word to what is open: what he approved is void, what he did not stays', async () => {
    const [his, another] = [await confirmed(), await confirmed()]
    assert.ok((await decide(world, his.intent, 'bo')).ok)
    assert.ok((await decide(world, another.intent, 'ana')).ok)
    await makeWish(world.bot, { kind: 'deactivated', person: 'bo' })
    await heedWishes(ctx)
    assert.deepEqual(await stateOf(his.requestId), ['voided', null])
    assert.equal((await findKnown(ctx.db, his.requestId))?.state.ended_reason, 'an approver was deactivated')
    refused(await claim(world, his.intent, his.place), 'request_ended', /was made void by a change/)
    assert.ok((await claim(world, another.intent, another.place)).ok)
  })
})

test('a wish is decided once, also when two issuers take it at the same time', async () => {
  const { requestId } = await confirmed()
  const id = await makeWish(world.bot, { kind: 'cancel', request: requestId, person: 'bo' })
  await Promise.all([heedWishes(ctx), heedWishes(ctx), heedWishes(ctx)])
  await heedWishes(ctx)
  assert.equal(await outcomeOf(id), 'not_yours')
  assert.equal((await typesOf(requestId)).filter((type) => type === 'wish.refused').length, 1)
})
