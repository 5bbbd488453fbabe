// Who releases a held key: its owner by a key that is worth as much and was in power before, or administrators other than he; nobody by the way of another
// change, and no era by keeping what it has compared anew.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { changeDirectory } from '../../src/commands/change-directory.ts'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { findHeld, isHeld } from '../../src/db/holds.ts'
import { findPasskey } from '../../src/evidence/chain-state.ts'
import { makeRoot } from '../../src/sandbox/key-ring.ts'
import { openAdministrators } from '../support/administrators.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { openWorld, type World } from '../support/world.ts'

const { world, signs } = await openAdministrators({ after })
const { ctx } = world
const { registered, notMe, lifts } = ownKeys(world)
const held = ({ thumbprint }: RogueKey) => isHeld(ctx.db, thumbprint)
/** A key of a person that two administrators, or one, have compared. */
async function enrolled(person: string, ...by: readonly string[]) {
  const key = await registered(person)
  return { key, sequence: await signs({ operation: 'enrol', registrations: [key.thumbprint] }, ...by) }
}
const knownOf = async ({ thumbprint }: RogueKey) => findPasskey(await ctx.chain(), thumbprint)
const ROLE = { operation: 'role', person: 'rey', role: 'auditor', passkeys: [] } as const

test('not by a key that fewer administrators have compared', async () => {
  const weak = await enrolled('rey', 'mira')
  const full = await enrolled('rey', 'mira', 'ana').catch(() => undefined)
  assert.equal(full, undefined, 'one signature takes the key of who only asks')
  await signs({ ...ROLE, effect: 'grant', passkeys: [weak.key.thumbprint] }, 'mira', 'ana')
  await signs({ ...ROLE, effect: 'withdraw' }, 'mira', 'ana')
  const weaker = await enrolled('rey', 'mira')
  await signs({ ...ROLE, effect: 'grant' }, 'mira', 'ana')
  const later = await enrolled('rey', 'mira', 'ana')
  assert.deepEqual([(await knownOf(weaker.key))?.inFull, (await knownOf(later.key))?.inFull], [false, true])
  assert.equal(await notMe('rey', { sequence: later.sequence }), 'done')
  refused(await liftHold(ctx, lifts(weaker.key, later.key.thumbprint)), 'key_too_weak', /Less is known/)
  assert.ok((await liftHold(ctx, lifts(weak.key, later.key.thumbprint))).ok)
})

test('not by a key that was suspended when the change came and is back since', async () => {
  const lost = await enrolled('bo', 'mira', 'ana')
  await signs({ operation: 'suspend', passkeys: [lost.key.thumbprint] }, 'mira')
  const { key, sequence } = await enrolled('bo', 'mira', 'ana')
  await signs({ operation: 'reinstate', passkeys: [lost.key.thumbprint] }, 'mira', 'ana')
  assert.equal(await notMe('bo', { sequence }), 'done')
  refused(await liftHold(ctx, lifts(lost.key, key.thumbprint)), 'key_too_new', /had before that change/)
})

test('not by its owner’s own signature as an administrator, who suspends it and has others reinstate it', async () => {
  const { key, sequence } = await enrolled('theo', 'mira', 'ana')
  const other = await enrolled('theo', 'mira', 'ana')
  assert.equal(await notMe('theo', { sequence }), 'done')
  const { prepared } = ownKeys(world)
  const { change, digest } = await prepared({ operation: 'suspend', passkeys: [key.thumbprint] })
  const signed = other.key.sign('directory', { role: 'administrator', decision: 'change', change: digest })
  assert.ok((await changeDirectory(ctx, { ...signed, change })).ok)
  assert.equal(await held(key), true)
  await signs({ operation: 'reinstate', passkeys: [key.thumbprint] }, 'mira', 'ana')
  assert.equal(await held(key), false)
})

test('not by being compared for a role while it is held', async () => {
  const { key } = await enrolled('rey', 'mira', 'ana')
  await signs({ ...ROLE, effect: 'withdraw' }, 'mira', 'ana')
  const weak = await enrolled('rey', 'mira')
  const compared = { ...ROLE, effect: 'grant', passkeys: [weak.key.thumbprint] } as const
  assert.equal(await notMe('rey', { sequence: weak.sequence }), 'done')
  await assert.rejects(signs(compared, 'mira'), /passkey_held/)
  assert.ok((await liftHold(ctx, lifts(key, weak.key.thumbprint))).ok)
  await signs(compared, 'mira', 'ana')
})

test('by a new era, for which its words were compared anew; the old hold holds nothing there', async (t) => {
  const old = await openWorld(t)
  const { enrolled: enrols, notMe: says } = ownKeys(old)
  const { key, sequence } = await enrols('bo')
  assert.equal(await says('bo', { sequence }), 'done')
  const { id, thumbprint } = key
  const own = { person: 'bo', id, key: key.key, thumbprint, device_bound: true }
  const roots = { ...old.roots, era: 2, roots: [makeRoot(old.ring, old.roots.realm, 'mira'), own] }
  const issuer = await old.reopen({ roots, pastRoots: [old.roots] })
  const anew: World = { ...old, roots, issuer, ctx: issuer.ctx }
  assert.deepEqual(await findHeld(anew.ctx.db), new Set())
  const signedIn = await signIn(anew.ctx, key.sign('sign_in', { audience: 'issuer' }), 'issuer')
  assert.ok(signedIn.ok, JSON.stringify(signedIn))
})
