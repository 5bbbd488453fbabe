// Who owns Slack presses “This was not me” for every administrator: the directory can be changed after it all the same, by as many as it asks for, and what
// is spared by that is an alarm and one signature away from being stopped.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { findHeld } from '../../src/db/holds.ts'
import { ENROLMENT, openAdministrators } from '../support/administrators.ts'
import { keysOf } from '../support/directory-world.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, type World } from '../support/world.ts'

const alarmsOf = async ({ ctx }: World) =>
  (await ctx.db.selectFrom('entry').select('bytes').where('type', '=', 'alarm.raised').orderBy('recorded_at').execute()).map(
    ({ bytes }) => JSON.parse(bytes.toString('utf8').split('\n')[1] ?? ''),
  )
const newsOf = async ({ ctx }: World) =>
  (await ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'passkey.held').orderBy('id').execute()).at(-1)
    ?.payload
const heldIn = async ({ ctx }: World) => [...(await findHeld(ctx.db))].toSorted()

describe('of three administrators', () => {
  test('as many stay as must sign, whoever is pressed for, and they mend what was held', async (t) => {
    const { world, signs } = await openAdministrators(t)
    const [[mira = ''], [ana = ''], [theo = '']] = [
      await keysOf(world, 'mira'),
      await keysOf(world, 'ana'),
      await keysOf(world, 'theo'),
    ]
    const { notMe } = ownKeys(world)
    const logged: string[] = []
    const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(JSON.parse(line).alarm) })
    const at = { ...world.ctx, log }
    const auditor = { operation: 'role', person: 'bo', role: 'auditor', passkeys: [] } as const
    await signs({ ...auditor, effect: 'grant' }, 'theo', 'ana')

    assert.equal(await notMe('mira', { sequence: ENROLMENT }, at), 'done', 'two others are left')
    assert.deepEqual(await heldIn(world), [mira])
    assert.deepEqual(logged, [])
    const { sequence } = await world.ctx.chain()
    const everything = Array.from({ length: sequence }, (_, index) => index + 1)
    for (const person of ['theo', 'mira', 'ana', 'theo'])
      for (const each of everything) await notMe(person, { sequence: each }, at)
    assert.deepEqual(await heldIn(world), [mira])
    assert.deepEqual(new Set(logged), new Set(['administrator_in_doubt', 'many_holds']))
    const spared = (await alarmsOf(world)).filter(({ alarm }) => alarm === 'administrator_in_doubt')
    assert.deepEqual(new Set(spared.map(({ passkey }) => passkey)), new Set([ana, theo]))
    assert.equal(await notMe('ana', { sequence: ENROLMENT }, at), 'already_held', 'nobody is alarmed twice')

    await signs({ operation: 'suspend', passkeys: [mira] }, 'ana')
    await signs({ operation: 'reinstate', passkeys: [mira] }, 'ana', 'theo')
    assert.deepEqual(await heldIn(world), [])
    await signs({ ...auditor, effect: 'withdraw' }, 'mira', 'theo')
  })

  test('one whose key must stay is told so, and administrators are asked to suspend it, which takes one of them', async (t) => {
    const { world, signs } = await openAdministrators(t)
    const [[mira = ''], [ana = '']] = [await keysOf(world, 'mira'), await keysOf(world, 'ana')]
    const { notMe, enrolled } = ownKeys(world)
    assert.equal(await notMe('mira', { sequence: ENROLMENT }), 'done')
    assert.equal(await notMe('ana', { sequence: ENROLMENT }), 'administrator_needed')
    assert.deepEqual(await newsOf(world), { person: 'ana', sequence: ENROLMENT, passkeys: [], spared: ana })
    await signs({ operation: 'suspend', passkeys: [ana] }, 'theo')
    const prepared = await prepareChange(world.ctx, { operation: 'suspend', passkeys: [mira] })
    assert.ok(prepared.ok)
    const signed = { ...(await signChange(world, 'ana', prepared.digest)), change: prepared.change }
    refused(await changeDirectory(world.ctx, signed), 'passkey_inactive', /suspended/)
    await assert.rejects(enrolled('rey'), /passkey_held/, 'mira’s key is held, and signs nothing')
  })

  test('one whose key must stay grants no access and asks for none with it, and what it approved before hands out nothing', async (t) => {
    const { world } = await openAdministrators(t)
    const { notMe } = ownKeys(world)
    const [before, open] = [await ask(world), await ask(world)]
    const place = await newHolder()
    for (const { intent } of [before, open]) assert.ok((await confirm(world, intent, place)).ok)
    assert.ok((await decide(world, before.intent, 'ana')).ok)
    assert.equal(await notMe('mira', { sequence: ENROLMENT }), 'done')
    assert.equal(await notMe('ana', { sequence: ENROLMENT }), 'administrator_needed')
    refused(await claim(world, before.intent, place), 'passkey_held', /^A key of Ana.* is held/)
    refused(await decide(world, open.intent, 'ana'), 'key_in_doubt', /approves nothing/)
    const own = await ask(world, { person: 'ana' })
    refused(await confirm(world, own.intent, place, 'ana'), 'key_in_doubt', /approves nothing/)
    assert.ok((await decide(world, open.intent, 'bo')).ok)
    assert.ok((await claim(world, open.intent, place)).ok)
  })

  test('in whose name others sign has the key held that signed, not those that it enrolled', async (t) => {
    const { world } = await openAdministrators(t)
    const { enrolled, notMe } = ownKeys(world)
    const [mira = ''] = await keysOf(world, 'mira')
    const { sequence } = await enrolled('rey')
    assert.equal(await notMe('mira', { sequence }), 'done')
    assert.deepEqual(await heldIn(world), [mira])
    await assert.rejects(enrolled('rey'), /passkey_held/)
  })
})

describe('of a single administrator', () => {
  test('the keys are held that came with a change in doubt, and the oldest is not, which releases none of them', async (t) => {
    const world = await openWorld(t)
    const { ctx } = world
    const { registered, prepared, notMe, lifts, enrolled } = ownKeys(world)
    const key = await registered('mira')
    const { change, digest } = await prepared({ operation: 'add', registration: key.thumbprint })
    const done = await changeDirectory(ctx, { ...(await signChange(world, 'mira', digest, { role: 'owner' })), change })
    assert.ok(done.ok, JSON.stringify(done))
    const [root = ''] = await keysOf(world, 'mira')
    assert.equal(await notMe('mira', { sequence: done.sequence }), 'done')
    assert.deepEqual(await heldIn(world), [key.thumbprint])
    assert.deepEqual(await newsOf(world), { person: 'mira', sequence: done.sequence, passkeys: [key.thumbprint], spared: root })
    refused(await signIn(ctx, key.sign('sign_in', { audience: 'issuer' }), 'issuer'), 'passkey_held', /signs nothing/)
    refused(await liftHold(ctx, lifts(key, root)), 'passkey_held', /signs nothing/)
    await enrolled('rey')
  })

  test('who has another key than the ones in doubt has these held, and signs with that one', async (t) => {
    const world = await openWorld(t)
    const days = { value: 0 }
    const ctx = { ...world.ctx, now: () => new Date(Date.now() + days.value * 86_400_000) }
    const { added, registered, prepared, notMe } = ownKeys({ ...world, ctx })
    const own = await registered('mira')
    const first = await prepared({ operation: 'add', registration: own.thumbprint })
    const signed = await signChange({ ...world, ctx }, 'mira', first.digest, { role: 'owner' })
    assert.ok((await changeDirectory(ctx, { ...signed, change: first.change })).ok)
    days.value = 8
    const stolen = await added('mira', own)
    assert.equal(await notMe('mira', { sequence: stolen.sequence }, ctx), 'done')
    assert.deepEqual(await heldIn(world), [own.thumbprint, stolen.key.thumbprint].toSorted())
    const next = await prepared({ operation: 'suspend', passkeys: [own.thumbprint, stolen.key.thumbprint] })
    const suspends = await signChange({ ...world, ctx }, 'mira', next.digest)
    assert.ok((await changeDirectory(ctx, { ...suspends, change: next.change })).ok)
  })
})
