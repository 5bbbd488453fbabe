// A lost key, in the hands of a thief: what it may have asked for is void, what it approved counts no more and is shown while it lives, and its owner stops
// it himself.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { openStandings } from '../../src/commands/end-lost-standing.ts'
import { LOST_KEY } from '../../src/commands/void-lost-requests.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { findDoubtful } from '../../src/db/standings.ts'
import { keysOf, registeredKey } from '../support/directory-world.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const standings = openStandings(ctx)
await standings.round()

async function changed(person: string, wanted: Wanted, bent: Record<string, unknown> = {}): Promise<void> {
  const prepared = await prepareChange(ctx, wanted)
  assert.ok(prepared.ok, JSON.stringify(prepared))
  const done = await changeDirectory(ctx, {
    ...(await signChange(world, person, prepared.digest, bent)),
    change: prepared.change,
  })
  assert.ok(done.ok, JSON.stringify(done))
}
/** Suspends the first key of somebody for one story, and gives it back. */
async function without(person: string, by: string, story: () => Promise<void>): Promise<void> {
  const [key = ''] = await keysOf(world, person)
  await changed(by, { operation: 'suspend', passkeys: [key] }, by === person ? { role: 'owner' } : {})
  await standings.round()
  await story()
  await changed('mira', { operation: 'reinstate', passkeys: [key] })
  await standings.round()
}
const ended = async (request: string) => {
  const { state, ended_reason } = (await findKnown(ctx.db, request))?.state ?? {}
  return [state, ended_reason]
}
async function confirmed() {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  return { ...asked, place }
}

test('what its owner had asked for is void with a reason, in every open state, and he stops it himself', async () => {
  const [asked, waiting, approved] = [await ask(world), await confirmed(), await confirmed()]
  assert.ok((await decide(world, approved.intent, 'bo')).ok)
  await without('rey', 'rey', async () => {
    for (const { requestId } of [asked, waiting, approved]) assert.deepEqual(await ended(requestId), ['voided', LOST_KEY])
  })
})

test('what others asked for goes on, and so does what he asks afterwards with another key', async () => {
  const others = await ask(world, { person: 'ana' })
  const { thumbprint } = await registeredKey(world, 'rey')
  await changed('rey', { operation: 'add', registration: thumbprint }, { role: 'owner' })
  await without('rey', 'mira', async () => {
    assert.deepEqual(await ended(others.requestId), ['awaiting_requester', null])
    const fresh = await confirmed()
    await standings.round()
    assert.deepEqual(await ended(fresh.requestId), ['awaiting_approvers', null])
  })
})

test('what it approved lives on until somebody ends it, and is listed with who approved it', async () => {
  const made = await confirmed()
  assert.ok((await decide(world, made.intent, 'bo')).ok)
  assert.ok((await claim(world, made.intent, made.place)).ok)
  assert.deepEqual(await findDoubtful(ctx.db, 10), [])
  await without('bo', 'mira', async () => {
    assert.equal((await findGrant(ctx.db, made.requestId))?.state, 'active')
    const [only, ...more] = await findDoubtful(ctx.db, 10)
    assert.deepEqual([only?.request_id, only?.holder, only?.approver], [made.requestId, 'rey', 'bo'])
    assert.deepEqual(more, [])
  })
})
