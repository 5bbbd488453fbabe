// People who decide at once: whoever is first is first, both are told the truth, and the log holds each end once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { findKnown } from '../../src/db/requests.ts'
import { came, openRacingWorld, ROW, race } from '../support/race.ts'
import { actsOf } from '../support/race-acts.ts'
import { ask, later, newHolder, sign } from '../support/world.ts'

const { world, referee } = await openRacingWorld()
const { ctx } = world
const { confirmed, approved, approves, denies, confirms, claims, wishes, deactivates, sweeps, stands } = actsOf(world)
const TWO = { action: 'vector-db.drop-collection', parameters: { collection: 'product-search-v1' } }
const MINUTE = 60_000
const [ok, ended] = ['ok', 'request_ended']

race(referee, 'two approvers where one is needed: it is approved once', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: ({ intent }) => approves('bo', [intent]),
  stands,
  leftFirst: [[ok, ok, 'approved']],
  rightFirst: [[ok, ok, 'approved']],
})

race(referee, 'two approvers where two are needed: it is approved once, by the second', {
  given: () => confirmed(TWO),
  left: ({ intent }) => approves('ana', [intent]),
  right: ({ intent }) => approves('bo', [intent]),
  stands,
  leftFirst: [[ok, ok, 'approved']],
  rightFirst: [[ok, ok, 'approved']],
})

race(referee, 'approve against deny: no is always safe', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: ({ intent }) => denies('bo', [intent]),
  stands,
  leftFirst: [[ok, ok, 'denied']],
  rightFirst: [[ended, ok, 'denied']],
})

race(referee, 'two who deny: it is denied once', {
  given: confirmed,
  left: ({ intent }) => denies('ana', [intent]),
  right: ({ intent }) => denies('bo', [intent]),
  stands,
  leftFirst: [[ok, ended, 'denied']],
  rightFirst: [[ended, ok, 'denied']],
})

race(referee, 'deny against claim', {
  given: approved,
  left: ({ intent }) => denies('ana', [intent]),
  right: claims,
  stands,
  leftFirst: [[ok, ended, 'denied']],
  rightFirst: [['already_claimed', ok, 'claimed, active: issued']],
})

race(referee, 'one person in two tabs, yes and no: the first word counts', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: ({ intent }) => denies('ana', [intent]),
  stands,
  leftFirst: [[ok, 'already_decided', 'approved']],
  // The key has signed the second later: the first comes with a counter that is behind.
  rightFirst: [
    ['assertion_refused', ok, 'denied'],
    ['already_decided', ok, 'denied'],
    [ended, ok, 'denied'],
  ],
})

race(referee, 'approve against lapse, each by its own clock', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: () => sweeps(later(ctx, 71 * MINUTE)),
  stands,
  leftFirst: [[ok, 'swept', 'approved']],
  rightFirst: [[ended, 'swept', 'lapsed']],
})

race(referee, 'approve against cancel', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: (made) => wishes('cancel', 'rey', made),
  stands,
  leftFirst: [[ok, 'done', 'cancelled']],
  rightFirst: [[ended, 'done', 'cancelled']],
})

race(referee, 'approve against objection: the approval lifts one made before it, and no later one', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: (made) => wishes('object', 'bo', made),
  stands,
  leftFirst: [[ok, 'done', 'approved held']],
  rightFirst: [[ok, 'done', 'approved']],
})

race(referee, 'approve against the deactivation of the requester', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: () => deactivates('rey'),
  stands,
  leftFirst: [[ok, 'done', 'voided']],
  rightFirst: [[ended, 'done', 'voided']],
})

race(referee, 'confirm against cancel', {
  given: async () => ({ ...(await ask(world)), place: await newHolder() }),
  left: (made) => confirms(made, made.place),
  right: (made) => wishes('cancel', 'rey', made),
  stands,
  leftFirst: [[ok, 'done', 'cancelled']],
  rightFirst: [[ended, 'done', 'cancelled']],
})

race(referee, 'an approval against one more place of the requester: both count', {
  given: confirmed,
  left: ({ intent }) => approves('ana', [intent]),
  right: async (made) => confirms(made, await newHolder()),
  stands,
  leftFirst: [[ok, ok, 'approved']],
  rightFirst: [[ok, ok, 'approved']],
})

test('a double click, the same bytes posted ten times at once, is one decision', async () => {
  for (let run = 0; run < 5; run += 1) {
    const made = await confirmed()
    const body = { kind: 'decide', role: 'approver', decision: 'approve', intents: [made.intent] } as const
    const statement = await sign(world, 'ana', body)
    const acts = Array.from({ length: 5 }, () => async () => came(await acceptStatement(ctx, statement)))
    const all = run === 0 ? await referee.inOrder(ROW, [made.requestId], acts) : await Promise.all(acts.map((act) => act()))
    assert.deepEqual(all.filter((each) => each === ok).length, 1, all.join(' '))
    for (const each of all) assert.ok([ok, 'nonce_used'].includes(each), each)
    assert.equal(await stands(made), 'approved')
  }
})

test('taps over the same requests in opposite orders never lock each other up', async () => {
  for (let run = 0; run < 6; run += 1) {
    const made = [await confirmed(), await confirmed(), await confirmed(), await confirmed()]
    const intents = made.map(({ intent }) => intent)
    const acts = [await approves('ana', intents), await approves('bo', intents.toReversed()), await deactivates('rey')]
    const results = await Promise.all(acts.map((act) => act()))
    for (const each of results) assert.ok([ok, 'done', ended].includes(each), each)
    for (const each of made) assert.equal((await findKnown(ctx.db, each.requestId))?.state.state, 'voided')
  }
})
