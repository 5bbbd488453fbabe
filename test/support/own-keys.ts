// Further keys of people in a test world: software keys that go the real way into the directory, and what people sign or press about them.

import assert from 'node:assert/strict'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { type Doubted, makeWish } from '../../src/commands/make-wish.ts'
import { completeRegistration, registerPasskey } from '../../src/commands/register-passkey.ts'
import { type RogueKey, rogueKey } from './rogue-key.ts'
import { signChange } from './sign-change.ts'
import type { World } from './world.ts'

export const ownKeys = (world: World) => {
  const { ctx } = world
  /** A key that waits in a person's name. */
  const registered = async (person: string): Promise<RogueKey> => {
    const key = rogueKey(world, person)
    assert.ok((await registerPasskey(ctx, key.registration)).ok)
    const proof = key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key })
    const done = await completeRegistration(ctx, proof)
    assert.ok(done.ok, JSON.stringify(done))
    return key
  }
  const prepared = async (wanted: Wanted) => {
    const outcome = await prepareChange(ctx, wanted)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    return outcome
  }
  /** A change that the administrator of the world signs with her root; answers its place. */
  const changed = async (wanted: Wanted): Promise<number> => {
    const { change, digest } = await prepared(wanted)
    const done = await changeDirectory(ctx, { ...(await signChange(world, 'mira', digest)), change })
    assert.ok(done.ok, JSON.stringify(done))
    return done.sequence
  }
  /** A further key of a person that an administrator enrolled, and the place of that change. */
  const enrolled = async (person: string) => {
    const key = await registered(person)
    return { key, sequence: await changed({ operation: 'enrol', registrations: [key.thumbprint] }) }
  }
  /** A further key that another one of the same person signed for. */
  const added = async (person: string, by: RogueKey) => {
    const key = await registered(person)
    const { change, digest } = await prepared({ operation: 'add', registration: key.thumbprint })
    const done = await changeDirectory(ctx, {
      ...by.sign('directory', { role: 'owner', decision: 'change', change: digest }),
      change,
    })
    assert.ok(done.ok, JSON.stringify(done))
    return { key, sequence: done.sequence }
  }
  /** Presses "This was not me", and answers what the issuer made of it. */
  const notMe = async (person: string, about: Doubted, at: World['ctx'] = ctx): Promise<string | undefined> => {
    const id = await makeWish({ ...world.bot, now: at.now }, { kind: 'not_me', person, about })
    await heedWishes(at)
    const row = await world.bot.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
    return row?.outcome
  }
  const approves = (key: RogueKey, intent: string) =>
    key.sign('decide', { role: 'approver', decision: 'approve', intents: [intent] })
  const lifts = (key: RogueKey, passkey: string) => key.sign('lift', { role: 'owner', decision: 'lift', passkey })
  return { registered, prepared, changed, enrolled, added, notMe, approves, lifts }
}
