// A credential that several reach for, and people who end what others fetch: one credential for one number and one place, and never a live one under a
// grant that has ended.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { openRacingWorld, ROW, race } from '../support/race.ts'
import { type Asked, actsOf } from '../support/race-acts.ts'
import { claim, claimOf, claimPatiently, confirm, later, newHolder, type TestHolder } from '../support/world.ts'

const { world, referee } = await openRacingWorld()
const { ctx } = world
const { approved, claimed, claims, wishes, deactivates, revokes, gives, sweeps, stands } = actsOf(world)
const MINUTE = 60_000
const [ok, ended, over] = ['ok', 'request_ended', 'grant_ended']
const next = (made: Asked) => claims(made, 2)

race(referee, 'cancel against claim', {
  given: approved,
  left: (made) => wishes('cancel', 'rey', made),
  right: (made) => claims(made),
  stands,
  leftFirst: [['done', ended, 'cancelled']],
  rightFirst: [['already_claimed', ok, 'claimed, active: issued']],
})

race(referee, 'object against claim', {
  given: approved,
  left: (made) => wishes('object', 'ana', made),
  right: (made) => claims(made),
  stands,
  leftFirst: [['done', 'held', 'approved held']],
  rightFirst: [['already_claimed', ok, 'claimed, active: issued']],
})

race(referee, 'lapse against claim, each by its own clock', {
  given: approved,
  left: () => sweeps(later(ctx, 101 * MINUTE)),
  right: (made) => claims(made),
  stands,
  leftFirst: [['swept', ended, 'lapsed']],
  // A sweep that is so far ahead ends the grant as well, and gives up what is being made.
  rightFirst: [
    ['swept', ok, 'claimed, active: issued'],
    ['swept', ok, 'claimed, expired: expired'],
    ['swept', over, 'claimed, revoking: revoking'],
    ['swept', over, 'claimed, expired: revoking'],
    ['swept', over, 'claimed, expired: revoked'],
  ],
})

race(referee, 'the deactivation of the requester against claim: nothing lives after it', {
  given: approved,
  left: () => deactivates('rey'),
  right: (made) => claims(made),
  stands,
  leftFirst: [['done', ended, 'voided']],
  rightFirst: [
    ['done', ok, 'claimed, revoking: revoking'],
    ['done', over, 'claimed, revoking: revoking'],
  ],
})

race(referee, 'a revocation against the first claim: what is revoked is what was there', {
  given: approved,
  left: (made) => revokes('ana', 'approver', made),
  right: (made) => claims(made),
  stands,
  leftFirst: [['no_grant', ok, 'claimed, active: issued']],
  rightFirst: [
    ['revoking', ok, 'claimed, revoking: revoking'],
    ['revoking', over, 'claimed, revoking: revoking'],
  ],
})

for (const [name, end, by] of [
  ['a revocation', (made: Asked) => revokes('mira', 'administrator', made), 'revoking'],
  ['a return by the holder’s key', gives, 'revoking'],
  ['a return in Slack', (made: Asked) => wishes('return', 'rey', made), 'done'],
] as const)
  race(referee, `${name} against the claim of the next number: no number lives after it`, {
    given: claimed,
    left: end,
    right: next,
    stands,
    leftFirst: [[by, over, 'claimed, revoking: revoking']],
    rightFirst: [
      [by, ok, 'claimed, revoking: revoking revoking'],
      [by, over, 'claimed, revoking: revoking revoking'],
    ],
  })

race(referee, 'the end of the lease against the claim of the next number', {
  given: claimed,
  left: () => sweeps(later(ctx, 16 * MINUTE)),
  right: next,
  stands,
  leftFirst: [['swept', over, 'claimed, expired: expired']],
  rightFirst: [
    ['swept', ok, 'claimed, expired: expired expired'],
    ['swept', ok, 'claimed, active: issued issued'],
    ['swept', over, 'claimed, expired: expired revoking'],
    ['swept', over, 'claimed, expired: expired revoked'],
  ],
})

race(referee, 'a return against a revocation: it ends once, by the first', {
  given: claimed,
  left: gives,
  right: (made) => revokes('ana', 'approver', made),
  stands,
  leftFirst: [['revoking', 'revoking', 'claimed, revoking: revoking']],
  rightFirst: [['revoking', 'revoking', 'claimed, revoking: revoking']],
})

race(referee, 'a return against the end of the lease: never both', {
  given: claimed,
  left: gives,
  right: () => sweeps(later(ctx, 16 * MINUTE)),
  stands,
  leftFirst: [
    ['revoking', 'swept', 'claimed, returned: revoked'],
    ['revoking', 'swept', 'claimed, revoking: revoking'],
  ],
  rightFirst: [[over, 'swept', 'claimed, expired: expired']],
})

/** Another place, named by one more tap of the requester. */
async function twoPlaces(): Promise<Asked & { readonly second: TestHolder }> {
  const made = await approved()
  const second = await newHolder()
  assert.ok((await confirm(world, made.intent, second)).ok)
  return { ...made, second }
}
race(referee, 'two devices of the requester that claim the first number: one gets it, and the other the next', {
  given: twoPlaces,
  left: (made) => claims(made),
  right: (made) => claims(made, 1, made.second),
  stands: async (made) => {
    const [first] = await findCredentials(ctx.db, made.requestId)
    const loser = (await claim(world, made.intent, made.place)).ok ? made.second : made.place
    assert.ok((await claim(world, made.intent, loser, 2)).ok, 'the other place')
    assert.equal(first?.number, 1)
    return stands(made)
  },
  leftFirst: [[ok, 'claim_differs', 'claimed, active: issued issued']],
  rightFirst: [['claim_differs', ok, 'claimed, active: issued issued']],
})

race(referee, 'two tabs of one place that claim the same number: both get the same', {
  given: approved,
  left: (made) => claims(made),
  right: (made) => claims(made),
  stands,
  leftFirst: [[ok, ok, 'claimed, active: issued']],
  rightFirst: [[ok, ok, 'claimed, active: issued']],
})

test('fifty claims at once are one credential, the same bytes, and one entry of each kind', async () => {
  for (let run = 0; run < 3; run += 1) {
    const made = await approved()
    const messages = await Promise.all(Array.from({ length: 50 }, () => claimOf(world, made.intent, made.place)))
    const all = await Promise.all(messages.map((message) => claimPatiently(ctx, message)))
    const given = all.map((each) =>
      each.ok ? `${each.credential} ${each.ciphertext} ${each.endsAt.toISOString()}` : each.refusal.reason,
    )
    assert.equal(new Set(given).size, 1, [...new Set(given)].map((each) => each.slice(0, 40)).join('; '))
    assert.match(given[0] ?? '', /^[0-9a-z]{26} eyJ/)
    const rows = await ctx.db.selectFrom('entry').select('type').where('request_id', '=', made.requestId).execute()
    for (const type of ['grant.started', 'grant.activated', 'credential.issuing', 'credential.issued'])
      assert.equal(rows.filter((row) => row.type === type).length, 1, type)
    assert.equal((await findCredentials(ctx.db, made.requestId)).length, 1)
  }
})

test('claims held back together at the lock are one credential too', async () => {
  const made = await approved()
  const acts = await Promise.all(Array.from({ length: 6 }, () => claims(made)))
  assert.deepEqual(new Set(await referee.inOrder(ROW, [made.requestId], acts)), new Set([ok]))
  assert.equal(await stands(made), 'claimed, active: issued')
  assert.equal((await findGrant(ctx.db, made.requestId))?.state, 'active')
})
