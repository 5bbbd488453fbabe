// The life of a request by the issuer's commands, with real keys and a real database: what leads to a credential, and what never does.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { compactDecrypt } from 'jose'
import { sweep } from '../../src/commands/sweep.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { ask, claim, claimOf, claimPatiently, confirm, decide, later, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })

test('one confirmation, one approval and one claim give one credential, encrypted to the place that was named', async () => {
  const place = await newHolder()
  const { requestId, intent } = await ask(world)
  const confirmed = await confirm(world, intent, place)
  assert.deepEqual(confirmed.ok && confirmed.effects, [{ request: requestId, state: 'awaiting_approvers' }])
  const approved = await decide(world, intent, 'bo')
  assert.deepEqual(approved.ok && approved.effects, [{ request: requestId, state: 'approved' }])
  const claimed = await claim(world, intent, place)
  assert.ok(claimed.ok, JSON.stringify(claimed))
  const { plaintext } = await compactDecrypt(claimed.ciphertext, place.encryptionKey)
  assert.match(Buffer.from(plaintext).toString(), /^eyJ/)
  assert.equal((await findGrant(world.ctx.db, requestId))?.state, 'active')
})

test('a claim that is repeated fifty times at once gives one credential, the same bytes', async () => {
  const place = await newHolder()
  const { intent } = await ask(world)
  await confirm(world, intent, place)
  await decide(world, intent, 'bo')
  const claims = await Promise.all(Array.from({ length: 50 }, () => claimOf(world, intent, place)))
  const outcomes = await Promise.all(claims.map((claim) => claimPatiently(world.ctx, claim)))
  const given = new Set(outcomes.map((outcome) => (outcome.ok ? outcome.ciphertext : outcome.refusal.reason)))
  assert.equal(given.size, 1)
  assert.ok(outcomes.every(({ ok }) => ok))
})

test('a grant ends on the issuer’s own clock', async () => {
  const place = await newHolder()
  const { requestId, intent } = await ask(world)
  await confirm(world, intent, place)
  await decide(world, intent, 'bo')
  assert.ok((await claim(world, intent, place)).ok)
  const grant = await findGrant(world.ctx.db, requestId)
  assert.ok(grant)
  await sweep(later(world.ctx, grant.ends_at.getTime() - Date.now() - 1_000))
  assert.equal((await findGrant(world.ctx.db, requestId))?.state, 'active')
  await sweep(later(world.ctx, grant.ends_at.getTime() - Date.now() + 1_000))
  assert.equal((await findGrant(world.ctx.db, requestId))?.state, 'expired')
})

test('a request that nobody confirms lapses', async () => {
  const { requestId } = await ask(world)
  await sweep(later(world.ctx, 601_000))
  assert.equal((await findKnown(world.ctx.db, requestId))?.state.state, 'lapsed')
})
