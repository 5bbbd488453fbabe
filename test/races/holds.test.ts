// A key that is held while it is used, released or suspended: one of the two waits for the other, and sees what it did. Never is there a credential by a key
// that was held before it, a key that a held one let in and that is free, or a release by a key in doubt.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { changeDirectory } from '../../src/commands/change-directory.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { isHeld } from '../../src/db/holds.ts'
import { findPasskey } from '../../src/evidence/chain-state.ts'
import { ownKeys } from '../support/own-keys.ts'
import { came, openRacingWorld, race } from '../support/race.ts'
import { type Asked, actsOf } from '../support/race-acts.ts'
import { refused } from '../support/refused.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'
import { claim } from '../support/world.ts'

const { world, referee } = await openRacingWorld()
const { ctx } = world
const { confirmed, claims, stands } = actsOf(world)
const { enrolled, registered, prepared, notMe, approves, lifts } = ownKeys(world)
const RUNS = 4

/** Presses now, and has it decided when called. */
async function says(person: string, sequence: number): Promise<() => Promise<string>> {
  const id = await makeWish(world.bot, { kind: 'not_me', person, about: { sequence } })
  return async () => {
    await heedWishes(ctx)
    const row = await world.bot.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
    return row?.outcome ?? 'not heeded'
  }
}

type Act = () => Promise<string>
type Pair = {
  /** What the two of them may come to, the hold first. */
  readonly holdFirst: readonly [string, string]
  readonly holdLast: readonly [string, string]
  /** Prepares both, with everything signed; `after` looks at the world, knowing what became of the other act. */
  readonly given: (
    person: string,
  ) => Promise<{ hold: Act; other: Act; lock: readonly [string, readonly string[]]; after: (other: string) => Promise<void> }>
}
const WATCH = ['select from hold_watch for update', [] as string[]] as const
const rowOf = ({ thumbprint }: RogueKey) => ['select from passkey where thumbprint = $1 for update', [thumbprint]] as const
const PEOPLE = ['bo', 'ana', 'theo', 'rey']

/** Both forced orders, and free runs; each on keys of its own. */
function pair(name: string, { holdFirst, holdLast, given }: Pair): void {
  describe(name, () => {
    test('the hold first', async () => {
      const { hold, other, lock, after } = await given('bo')
      const [held = '', came = ''] = await referee.inOrder(...lock, [hold, other])
      assert.deepEqual([held, came], holdFirst)
      await after(came)
    })
    test('the hold last', async () => {
      const { hold, other, lock, after } = await given('ana')
      const [came = '', held = ''] = await referee.inOrder(...lock, [other, hold])
      assert.deepEqual([held, came], holdLast)
      await after(came)
    })
    test(`${RUNS} times as it comes`, async () => {
      for (const person of PEOPLE.slice(0, RUNS)) {
        const { hold, other, after } = await given(person)
        const [held, came = ''] = await Promise.all([hold(), other()])
        assert.ok(
          [holdFirst, holdLast].some(([one, two]) => one === held && two === came),
          `${held} | ${came}`,
        )
        await after(came)
      }
    })
  })
}
const held = ({ thumbprint }: RogueKey) => isHeld(ctx.db, thumbprint)

// The first of all: so many keys of one person come in within a day.
pair('a key is held, and lets in another', {
  holdFirst: ['done', 'passkey_held'],
  holdLast: ['done', 'ok'],
  given: async (person) => {
    const { key, sequence } = await enrolled(person)
    const next = await registered(person)
    const { change, digest } = await prepared({ operation: 'add', registration: next.thumbprint })
    const signed = { ...key.sign('directory', { role: 'owner', decision: 'change', change: digest }), change }
    return {
      hold: await says(person, sequence),
      other: async () => came(await changeDirectory(ctx, signed)),
      lock: WATCH,
      after: async (other) => {
        assert.equal(await held(key), true)
        assert.equal(await held(next), other === 'ok', 'what it let in is held, or was not let in')
      },
    }
  },
})

pair('a key is held, and releases another', {
  holdFirst: ['done', 'passkey_held'],
  holdLast: ['done', 'ok'],
  given: async (person) => {
    const [misled, thiefs] = [await enrolled(person), await enrolled(person)]
    assert.equal(await notMe(person, { sequence: thiefs.sequence }), 'done')
    const signed = lifts(misled.key, thiefs.key.thumbprint)
    return {
      hold: await says(person, misled.sequence),
      other: async () => came(await liftHold(ctx, signed)),
      lock: WATCH,
      after: async () => {
        for (const { key } of [misled, thiefs]) assert.equal(await held(key), true)
      },
    }
  },
})

pair('a key is held, and suspended by an administrator', {
  holdFirst: ['done', 'ok'],
  holdLast: ['no_key_of_yours', 'ok'],
  given: async (person) => {
    const { key, sequence } = await enrolled(person)
    const { change, digest } = await prepared({ operation: 'suspend', passkeys: [key.thumbprint] })
    const signed = { ...(await signChange(world, 'mira', digest)), change }
    return {
      hold: await says(person, sequence),
      other: async () => came(await changeDirectory(ctx, signed)),
      lock: WATCH,
      after: async () => {
        assert.equal(findPasskey(await ctx.chain(), key.thumbprint)?.status, 'suspended')
        assert.equal(await held(key), false)
      },
    }
  },
})

pair('a key is held, and signs in', {
  holdFirst: ['done', 'passkey_held'],
  holdLast: ['done', 'ok'],
  given: async (person) => {
    const { key, sequence } = await enrolled(person)
    const signed = key.sign('sign_in', { audience: 'issuer' })
    return {
      hold: await says(person, sequence),
      other: async () => came(await signIn(ctx, signed, 'issuer')),
      lock: rowOf(key),
      after: async () => {
        const sessions = await ctx.db
          .selectFrom('issuer_session')
          .select('person')
          .where('passkey', '=', key.thumbprint)
          .execute()
        assert.deepEqual(sessions, [])
      },
    }
  },
})

describe('a key is held while its approval is on the way', () => {
  const given = async () => {
    const made = await confirmed()
    const { key, sequence } = await enrolled('bo')
    const signed = approves(key, made.intent)
    const approve = async () => came(await acceptStatement(ctx, signed))
    return { made, key, approve, hold: await says('bo', sequence) }
  }
  test('the hold first: it is no approval', async () => {
    const { made, key, approve, hold } = await given()
    assert.deepEqual(await referee.inOrder(...rowOf(key), [hold, approve]), ['done', 'passkey_held'])
    assert.equal(await stands(made), 'awaiting_approvers')
  })
  test('the approval first: the hold sees what it approved, and no claim passes', async () => {
    const { made, key, approve, hold } = await given()
    assert.deepEqual(await referee.inOrder(...rowOf(key), [approve, hold]), ['ok', 'done'])
    refused(await claim(world, made.intent, made.place), 'passkey_held', /^A key of Bo Tanaka is held/)
    assert.equal(await stands(made), 'approved')
  })
})

type Given = Asked & { readonly sequence: number }

race<Given>(referee, 'the key of an approver is held, and what it approved is claimed', {
  given: async () => {
    const made = await confirmed()
    const { key, sequence } = await enrolled('bo')
    assert.ok((await acceptStatement(world.ctx, approves(key, made.intent))).ok)
    return { ...made, sequence }
  },
  left: ({ sequence }) => says('bo', sequence),
  right: (given) => claims(given),
  stands,
  leftFirst: [['done', 'passkey_held', 'approved']],
  rightFirst: [['done', 'ok', 'claimed, active: issued']],
})
