// "This was not me": what it stops, who can press it for what, and who can lift it. Whatever somebody presses in Slack, nothing comes of it but a stop.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { pino } from 'pino'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { changeDirectory } from '../../src/commands/change-directory.ts'
import { MOST_HOLDS } from '../../src/commands/hold-passkeys.ts'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { readSession, signIn } from '../../src/commands/sign-in.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findHeld } from '../../src/db/holds.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld, type World } from '../support/world.ts'

type Keys = ReturnType<typeof ownKeys>
const DAY_MS = 86_400_000

const shared = await openWorld({ after })
const told = (of: (world: World, keys: Keys) => Promise<void>) => of(shared, ownKeys(shared))
/** A world of its own, for what would be in the way of others: alarms, and a root that is held. */
async function alone(of: (world: World, keys: Keys) => Promise<void>): Promise<void> {
  const ends: (() => Promise<void> | void)[] = []
  const world = await openWorld({ after: (work) => void ends.push(work) })
  try {
    await of(world, ownKeys(world))
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}
/** A request of Rey's that waits for approvers. */
async function confirmed(world: World) {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  return { ...asked, place }
}
const isHeld = async ({ ctx }: World, key: RogueKey) => (await findHeld(ctx.db)).has(key.thumbprint)
const entries = async ({ ctx }: World, type: string) =>
  (await ctx.db.selectFrom('entry').select(['actor', 'bytes']).where('type', '=', type).orderBy('recorded_at').execute()).map(
    ({ actor, bytes }) => ({ actor, body: JSON.parse(bytes.toString('utf8').split('\n')[1] ?? '') }),
  )

describe('a key that its owner does not know', () => {
  test('signs nothing any more: no approval, no denial, no sign-in, no change', () =>
    told(async (world, { enrolled, notMe, approves, prepared }) => {
      const { ctx } = world
      const { intent } = await confirmed(world)
      const { key, sequence } = await enrolled('bo')
      assert.equal(await notMe('bo', { sequence }), 'done')
      assert.ok(await isHeld(world, key))
      refused(await acceptStatement(ctx, approves(key, intent)), 'passkey_held', /^A key of Bo Tanaka is held/)
      const denial = key.sign('decide', { role: 'approver', decision: 'deny', intents: [intent] })
      refused(await acceptStatement(ctx, denial), 'passkey_held', /signs nothing/)
      refused(await signIn(ctx, key.sign('sign_in', { audience: 'issuer' })), 'passkey_held', /signs nothing/)
      const { change, digest } = await prepared({ operation: 'suspend', passkeys: [key.thumbprint] })
      const own = key.sign('directory', { role: 'owner', decision: 'change', change: digest })
      refused(await changeDirectory(ctx, { ...own, change }), 'passkey_held', /signs nothing/)
      assert.ok((await decide(world, intent, 'bo')).ok, 'the key that he had before is not touched')
      const held = (await entries(world, 'passkey.held')).at(-1)
      assert.deepEqual(held, { actor: 'bo', body: { v: 1, person: 'bo', sequence, passkeys: [key.thumbprint] } })
    }))

  test('does not let a claim pass by the approval it gave, and ends nothing that lives', () =>
    told(async (world, { enrolled, notMe, approves, lifts }) => {
      const { ctx } = world
      const older = await enrolled('bo')
      const { key, sequence } = await enrolled('bo')
      const [live, open] = [await confirmed(world), await confirmed(world)]
      for (const { intent } of [live, open]) assert.ok((await acceptStatement(ctx, approves(key, intent))).ok)
      assert.ok((await claim(world, live.intent, live.place)).ok)
      assert.equal(await notMe('bo', { sequence }), 'done')
      refused(await claim(world, open.intent, open.place), 'passkey_held', /^A key of Bo Tanaka is held/)
      refused(await claim(world, live.intent, live.place, 2), 'passkey_held', /counts for nothing/)
      assert.equal((await findGrant(ctx.db, live.requestId))?.state, 'active')
      assert.ok((await liftHold(ctx, lifts(older.key, key.thumbprint))).ok)
      assert.ok((await claim(world, open.intent, open.place)).ok, 'it was his after all')
      assert.ok((await claim(world, live.intent, live.place, 2)).ok)
    }))

  test('does not let a claim pass that it asked for', () =>
    told(async (world, { enrolled, notMe }) => {
      const { ctx } = world
      const { key, sequence } = await enrolled('rey')
      const { intent } = await ask(world)
      const place = await newHolder()
      const body = { role: 'requester', decision: 'confirm', intents: [intent], holder: place.holder }
      assert.ok((await acceptStatement(ctx, key.sign('request', body))).ok)
      assert.ok((await decide(world, intent, 'bo')).ok)
      assert.equal(await notMe('rey', { sequence }), 'done')
      refused(await claim(world, intent, place), 'passkey_held', /^A key of Rey Okafor is held/)
    }))

  test('keeps no session: what it signed in is out, and stays out when it is lifted', () =>
    told(async (world, { enrolled, notMe, lifts }) => {
      const { ctx } = world
      const older = await enrolled('ana')
      const { key, sequence } = await enrolled('ana')
      const session = async (by: RogueKey) => {
        const entered = await signIn(ctx, by.sign('sign_in', { audience: 'issuer' }))
        assert.ok(entered.ok)
        return entered.token
      }
      const [his, thiefs] = [await session(older.key), await session(key)]
      assert.equal(await notMe('ana', { sequence }), 'done')
      assert.equal(await readSession(ctx, thiefs), undefined)
      assert.equal((await readSession(ctx, his))?.person, 'ana')
      assert.ok((await liftHold(ctx, lifts(older.key, key.thumbprint))).ok)
      assert.equal(await readSession(ctx, thiefs), undefined)
    }))

  test('was added by a key of his that others must have: both are held', () =>
    told(async (world, { enrolled, added, notMe, lifts }) => {
      const stolen = await enrolled('theo')
      const { key, sequence } = await added('theo', stolen.key)
      assert.equal(await notMe('theo', { sequence }), 'done')
      for (const each of [stolen.key, key]) assert.ok(await isHeld(world, each))
      refused(await liftHold(world.ctx, lifts(stolen.key, key.thumbprint)), 'passkey_held', /signs nothing/)
    }))

  test('waits for an administrator: it is turned down for good', () =>
    told(async (world, { registered, notMe, prepared }) => {
      const key = await registered('bo')
      assert.equal(await notMe('ana', { registration: key.thumbprint }), 'unknown_registration')
      assert.equal(await notMe('bo', { registration: key.thumbprint }), 'done')
      assert.equal(await notMe('bo', { registration: key.thumbprint }), 'unknown_registration')
      await assert.rejects(prepared({ operation: 'enrol', registrations: [key.thumbprint] }), /unknown_registration/)
      const turned = (await entries(world, 'passkey.rejected')).at(-1)
      assert.deepEqual(turned, { actor: 'bo', body: { v: 1, person: 'bo', passkey: key.thumbprint, why: 'not_me' } })
    }))
})

describe('who owns Slack and presses for somebody', () => {
  test('can hold no key of anybody else, of no other change, and each change once', () =>
    told(async (world, { enrolled, notMe, lifts }) => {
      const older = await enrolled('bo')
      const { key, sequence } = await enrolled('bo')
      for (const other of ['ana', 'rey', 'theo', 'nobody']) assert.equal(await notMe(other, { sequence }), 'no_key_of_yours')
      assert.equal(await notMe('bo', { sequence: 9_999 }), 'unknown_change')
      assert.equal(await notMe('bo', { registration: key.thumbprint }), 'unknown_registration', 'it waits no more')
      assert.equal(await isHeld(world, key), false)
      assert.equal(await notMe('bo', { sequence }), 'done')
      assert.equal(await notMe('bo', { sequence }), 'already_held')
      assert.ok((await liftHold(world.ctx, lifts(older.key, key.thumbprint))).ok)
      assert.equal(await notMe('bo', { sequence }), 'already_held', 'who has said with his key that it was he is not asked again')
      assert.equal(await isHeld(world, key), false)
    }))

  test('finds what is older than a week beyond reach', () =>
    told(async (world, { enrolled, notMe }) => {
      const { key, sequence } = await enrolled('bo')
      assert.equal(await notMe('bo', { sequence }, later(world.ctx, 7 * DAY_MS + 60_000)), 'change_too_old')
      assert.equal(await isHeld(world, key), false)
    }))

  test('holds nothing by a change that only took away', () =>
    told(async (_, { enrolled, changed, notMe }) => {
      const { key } = await enrolled('bo')
      const sequence = await changed({ operation: 'suspend', passkeys: [key.thumbprint] })
      assert.equal(await notMe('bo', { sequence }), 'no_key_of_yours')
    }))

  test(`raises an alarm with hold ${MOST_HOLDS + 1} within ten minutes, and one alarm only`, () =>
    alone(async (world, { enrolled, notMe }) => {
      const alarms: string[] = []
      const log = pino({ level: 'error' }, { write: (line: string) => void alarms.push(JSON.parse(line).alarm) })
      const at = { ...world.ctx, log }
      for (const [index, person] of ['rey', 'ana', 'bo', 'theo', 'rey'].entries()) {
        const { sequence } = await enrolled(person)
        assert.equal(await notMe(person, { sequence }, at), 'done')
        assert.deepEqual(alarms, index < MOST_HOLDS ? [] : ['many_holds'])
      }
      assert.deepEqual(await entries(world, 'alarm.raised'), [
        { actor: null, body: { v: 1, alarm: 'many_holds', holds: MOST_HOLDS + 1, seconds: 600 } },
      ])
    }))

  test('is counted also when several issuers hold at once', () =>
    alone(async (world, { enrolled, notMe }) => {
      const doubts = []
      for (const person of ['rey', 'ana', 'bo', 'theo']) doubts.push({ person, ...(await enrolled(person)) })
      const came = await Promise.all(doubts.map(({ person, sequence }) => notMe(person, { sequence })))
      assert.deepEqual(new Set(came), new Set(['done']))
      assert.equal((await entries(world, 'alarm.raised')).length, 1)
    }))
})

describe('a hold is lifted', () => {
  test('by another key that its owner had before, and by nobody else’s', () =>
    told(async (world, { enrolled, notMe, lifts }) => {
      const { ctx } = world
      const [older, others] = [await enrolled('bo'), await enrolled('ana')]
      const { key, sequence } = await enrolled('bo')
      const newer = await enrolled('bo')
      refused(await liftHold(ctx, lifts(older.key, key.thumbprint)), 'not_held', /not held/)
      assert.equal(await notMe('bo', { sequence }), 'done')
      refused(await liftHold(ctx, lifts(key, key.thumbprint)), 'passkey_held', /signs nothing/)
      refused(await liftHold(ctx, lifts(others.key, key.thumbprint)), 'not_held', /not held/)
      refused(await liftHold(ctx, lifts(newer.key, key.thumbprint)), 'key_too_new', /had before that change/)
      const done = await liftHold(ctx, lifts(older.key, key.thumbprint))
      assert.deepEqual(done, { ok: true, person: 'bo', passkey: key.thumbprint })
      assert.equal(await isHeld(world, key), false)
      const released = (await entries(world, 'passkey.released')).at(-1)
      assert.equal(released?.body.signed_with, older.key.thumbprint)
    }))

  test('by the directory, once administrators have signed about that key', () =>
    told(async (world, { enrolled, changed, notMe, approves }) => {
      const { ctx } = world
      const { key, sequence } = await enrolled('bo')
      assert.equal(await notMe('bo', { sequence }), 'done')
      await changed({ operation: 'suspend', passkeys: [key.thumbprint] })
      assert.equal(await isHeld(world, key), false)
      const { intent } = await confirmed(world)
      refused(await acceptStatement(ctx, approves(key, intent)), 'passkey_inactive', /suspended/)
      await changed({ operation: 'reinstate', passkeys: [key.thumbprint] })
      assert.ok((await acceptStatement(ctx, approves(key, intent))).ok)
      const released = (await entries(world, 'passkey.released')).at(-1)
      assert.deepEqual([released?.actor, released?.body.by], ['mira', 'directory'])
    }))

  test('not by a change that a key of the same person signed', () =>
    told(async (world, { enrolled, notMe, prepared }) => {
      const { ctx } = world
      const thiefs = await enrolled('bo')
      const { key, sequence } = await enrolled('bo')
      assert.equal(await notMe('bo', { sequence }), 'done')
      const { change, digest } = await prepared({ operation: 'suspend', passkeys: [key.thumbprint] })
      const own = thiefs.key.sign('directory', { role: 'owner', decision: 'change', change: digest })
      assert.ok((await changeDirectory(ctx, { ...own, change })).ok)
      assert.ok(await isHeld(world, key))
    }))
})
