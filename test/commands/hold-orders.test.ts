// A thief's key lets in the next, and its owner finds them in any order: whichever change is pressed first, and whatever the thief releases in between, in the
// end the same keys are held, and none that the owner had before.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { findHeld } from '../../src/db/holds.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { later, openWorld } from '../support/world.ts'

const DAY_MS = 86_400_000
const world = await openWorld({ after })
const at = (days: number) => ownKeys({ ...world, ctx: later(world.ctx, days * DAY_MS) })
const heldOf = async (keys: readonly RogueKey[]) => {
  const held = await findHeld(world.ctx.db)
  return keys.map(({ thumbprint }) => held.has(thumbprint))
}
const ownOf = async (person: string) =>
  [...(await world.ctx.chain()).passkeys.values()].flatMap(({ passkey }) =>
    passkey.person === person && world.ring.idsOf(person).includes(passkey.id) ? [passkey.thumbprint] : [],
  )

/** Every order of some things. */
const ordersOf = <T>(things: readonly T[]): T[][] =>
  things.length < 2
    ? [[...things]]
    : things.flatMap((first) => ordersOf(things.filter((each) => each !== first)).map((rest) => [first, ...rest]))

/** A key is stolen and adds two, the first of which adds a third. */
async function theft(person: string, days: number) {
  const { enrolled, added, notMe, lifts } = at(days)
  const stolen = await enrolled(person)
  const first = await added(person, stolen.key)
  const second = await added(person, stolen.key)
  const third = await added(person, first.key)
  const keys = [stolen, first, second, third].map(({ key }) => key)
  const ctx = later(world.ctx, days * DAY_MS)
  return {
    keys,
    changes: [first.sequence, second.sequence, third.sequence],
    says: (sequence: number) => notMe(person, { sequence }, ctx),
    /** With every key that he has he tries to release every other one. */
    releases: async () => {
      for (const by of keys) for (const key of keys) await liftHold(ctx, lifts(by, key.thumbprint))
    },
  }
}

describe('the keys of a thief', () => {
  const people = ['bo', 'ana', 'theo', 'rey']
  for (const [index, order] of ordersOf([0, 1, 2]).entries()) {
    const person = people[index % people.length] ?? ''
    test(`are all held when the changes are said in the order ${order.join(', ')}`, async () => {
      const { keys, changes, says, releases } = await theft(person, index < people.length ? 0 : 2)
      for (const which of order) {
        await says(changes[which] ?? 0)
        await releases()
      }
      assert.deepEqual(await heldOf(keys), [true, true, true, true])
      const held = await findHeld(world.ctx.db)
      for (const own of await ownOf(person)) assert.equal(held.has(own), false)
    })
  }
})

test('a change that one of them signed tells of what it let in before and after, and not of the key that let it in', async () => {
  const { keys, changes, says } = await theft('rey', 10)
  assert.equal(await says(changes[2] ?? 0), 'done')
  assert.deepEqual(await heldOf(keys), [false, true, false, true])
  assert.equal(await says(changes[1] ?? 0), 'done')
  assert.deepEqual(await heldOf(keys), [true, true, true, true])
  await at(10).changed({ operation: 'revoke', passkeys: keys.map(({ thumbprint }) => thumbprint) })
})

test('what a key has released is held again when the key comes into doubt itself', async () => {
  const { enrolled, notMe, lifts } = at(20)
  const ctx = later(world.ctx, 20 * DAY_MS)
  const [own, thiefs, misled] = [await enrolled('ana'), await enrolled('ana'), await enrolled('ana')]
  const { key, sequence } = await enrolled('ana')
  assert.equal(await notMe('ana', { sequence }, ctx), 'done')
  assert.ok((await liftHold(ctx, lifts(misled.key, key.thumbprint))).ok)
  assert.equal(await notMe('ana', { sequence: misled.sequence }, ctx), 'done')
  assert.deepEqual(await heldOf([own.key, thiefs.key, misled.key, key]), [false, false, true, true])
  assert.equal(await notMe('ana', { sequence: thiefs.sequence }, ctx), 'done')
  refused(await liftHold(ctx, lifts(misled.key, key.thumbprint)), 'passkey_held', /signs nothing/)
  assert.ok((await liftHold(ctx, lifts(own.key, key.thumbprint))).ok)
  assert.deepEqual(await heldOf([own.key, thiefs.key, misled.key, key]), [false, true, true, false])
})

test('a key in doubt by two changes is released only by one that was there before both', async () => {
  const { enrolled, added, notMe, lifts } = at(30)
  const ctx = later(world.ctx, 30 * DAY_MS)
  const [own, stolen] = [await enrolled('theo'), await enrolled('theo')]
  const first = await added('theo', stolen.key)
  const between = await enrolled('theo')
  const second = await added('theo', stolen.key)
  for (const { sequence } of [second, first]) await notMe('theo', { sequence }, ctx)
  const release = (by: RogueKey, key: RogueKey) => liftHold(ctx, lifts(by, key.thumbprint))
  for (const { key } of [stolen, first, second]) refused(await release(between.key, key), 'key_too_new', /had before that change/)
  for (const { key } of [stolen, first, second]) assert.ok((await release(own.key, key)).ok)
})

test('what was signed more than a week ago passes no doubt on', async () => {
  let days = 40
  const ctx = { ...world.ctx, now: () => new Date(Date.now() + days * DAY_MS) }
  const { enrolled, added, notMe } = ownKeys({ ...world, ctx })
  const stolen = await enrolled('rey')
  const early = await added('rey', stolen.key)
  days = 48
  const late = await added('rey', stolen.key)
  assert.equal(await notMe('rey', { sequence: late.sequence }, ctx), 'done')
  assert.deepEqual(await heldOf([stolen.key, early.key, late.key]), [true, false, true])
})
