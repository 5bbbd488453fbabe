// A key that is held while what it approved is being claimed: the hold waits for the claim or the claim sees the hold, and never is there a credential by a
// key that was held before it.

import assert from 'node:assert/strict'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { ownKeys } from '../support/own-keys.ts'
import { openRacingWorld, race } from '../support/race.ts'
import { type Asked, actsOf } from '../support/race-acts.ts'

const { world, referee } = await openRacingWorld()
const { confirmed, claims, stands } = actsOf(world)
const { enrolled, approves } = ownKeys(world)

type Given = Asked & { readonly sequence: number }

race<Given>(referee, 'the key of an approver is held, and what it approved is claimed', {
  given: async () => {
    const made = await confirmed()
    const { key, sequence } = await enrolled('bo')
    assert.ok((await acceptStatement(world.ctx, approves(key, made.intent))).ok)
    return { ...made, sequence }
  },
  left: async ({ sequence }) => {
    const id = await makeWish(world.bot, { kind: 'not_me', person: 'bo', about: { sequence } })
    return async () => {
      await heedWishes(world.ctx)
      const row = await world.bot.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
      return row?.outcome ?? 'not heeded'
    }
  },
  right: (given) => claims(given),
  stands,
  leftFirst: [['done', 'passkey_held', 'approved']],
  rightFirst: [['done', 'ok', 'claimed, active: issued']],
})
