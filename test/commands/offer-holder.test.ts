// What a terminal offers: found for five minutes by its code, and again when the same terminal offers it again.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findHolderOffer, offerHolder } from '../../src/commands/offer-holder.ts'
import { refused } from '../support/refused.ts'
import { later, newHolder, openWorld } from '../support/world.ts'

const MINUTE = 60_000
const { ctx } = await openWorld({ after })
const offerOf = async (name: string) => ({ holder: (await newHolder()).holder, name, address: '192.0.2.7' })

test('an offer that is over is not found, also while it is still kept', async () => {
  const { code } = await offerHolder(ctx, await offerOf('jump-1'))
  assert.ok((await findHolderOffer(later(ctx, 4 * MINUTE), code)).ok)
  refused(await findHolderOffer(later(ctx, 6 * MINUTE), code), 'unknown_offer', /code/)
})

test('a terminal whose offer is over offers the same keys again under the same code', async () => {
  const offer = await offerOf('jump-2')
  const { code } = await offerHolder(ctx, offer)
  const afterwards = later(ctx, 6 * MINUTE)
  await offerHolder(afterwards, offer)
  const found = await findHolderOffer(afterwards, code)
  assert.ok(found.ok)
  assert.equal(found.offer.name, 'jump-2')
})

test('who offers a living code’s keys once more changes neither the terminal’s name nor its end', async () => {
  const offer = await offerOf('jump-3')
  const { code } = await offerHolder(ctx, offer)
  await offerHolder(later(ctx, 3 * MINUTE), { ...offer, name: 'somebody else’s' })
  const found = await findHolderOffer(ctx, code)
  assert.ok(found.ok)
  assert.equal(found.offer.name, 'jump-3')
  refused(await findHolderOffer(later(ctx, 6 * MINUTE), code), 'unknown_offer', /code/)
})
