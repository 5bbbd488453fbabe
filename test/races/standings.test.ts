// A key that is suspended while it, or what it gave, is being used. A directory change locks no request, so an act that was judged before it may commit after it:
// what then counts is that the claim judges anew, and that no grant lives under a suspended key.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { openStandings } from '../../src/commands/end-lost-standing.ts'
import { findGrant } from '../../src/db/grants.ts'
import { came, openRacingWorld } from '../support/race.ts'
import { type Asked, actsOf } from '../support/race-acts.ts'
import { signChange } from '../support/sign-change.ts'

const { world, referee } = await openRacingWorld()
const { ctx } = world
const { confirmed, approved, claimed, approves, claims, stands } = actsOf(world)
/** After an act has judged, before it writes: nothing else is held back. */
const BEFORE_EVIDENCE = 'lock table evidence in share mode'
const BEFORE_CREDENTIAL = 'lock table credential in share mode'

const keysOf = async (person: string) =>
  [...(await ctx.chain()).passkeys.values()].flatMap(({ passkey }) => (passkey.person === person ? [passkey.thumbprint] : []))
async function changes(operation: 'suspend' | 'reinstate', person: string): Promise<() => Promise<string>> {
  const prepared = await prepareChange(ctx, { operation, passkeys: await keysOf(person) })
  if (!prepared.ok) throw new Error(prepared.refusal.reason)
  const signed = await signChange(world, 'mira', prepared.digest)
  return async () => came(await changeDirectory(ctx, { ...signed, change: prepared.change }))
}
/** Suspends somebody's key for one story. */
async function suspending(person: string, story: (suspends: () => Promise<string>) => Promise<void>): Promise<void> {
  const suspends = await changes('suspend', person)
  try {
    await story(suspends)
  } finally {
    assert.equal(await (await changes('reinstate', person))(), 'ok')
  }
}
const endsOf = async ({ requestId }: Asked) => (await findGrant(ctx.db, requestId))?.state

describe('an approver’s key is suspended', () => {
  test('before the decision: it is refused', async () => {
    const made = await confirmed()
    const decides = await approves('bo', [made.intent])
    await suspending('bo', async (suspends) => {
      assert.equal(await suspends(), 'ok')
      assert.equal(await decides(), 'passkey_inactive')
      assert.equal(await stands(made), 'awaiting_approvers')
    })
  })

  test('while the decision is being written: it stands, and the claim does not count it', async () => {
    const made = await confirmed()
    const decides = await approves('bo', [made.intent])
    await suspending('bo', async (suspends) => {
      // A decision uses the key's row, so the change waits for it.
      assert.deepEqual(await referee.inOrder(BEFORE_EVIDENCE, [], [decides, suspends]), ['ok', 'ok'])
      assert.equal(await stands(made), 'approved')
      assert.equal(await (await claims(made))(), 'changed_since')
      assert.equal(await stands(made), 'voided')
    })
  })

  test('while the claim is being written: the grant lives, as it would a moment later', async () => {
    const made = await approved()
    const fetches = await claims(made)
    await suspending('bo', async (suspends) => {
      assert.deepEqual(await referee.between(BEFORE_CREDENTIAL, fetches, suspends), ['ok', 'ok'])
      assert.equal(await stands(made), 'claimed, active: issued')
      assert.equal(await (await claims(made, 2))(), 'changed_since', 'but is not renewed')
      assert.equal(await endsOf(made), 'revoking')
    })
  })
})

describe('the requester’s key is suspended', () => {
  test('before the claim: nothing is handed out', async () => {
    const made = await approved()
    const fetches = await claims(made)
    await suspending('rey', async (suspends) => {
      assert.equal(await suspends(), 'ok')
      assert.equal(await fetches(), 'changed_since')
      assert.equal(await endsOf(made), undefined)
    })
  })

  test('while the claim is being written: the grant that comes of it ends by itself', async () => {
    const standings = openStandings(ctx)
    await standings.round()
    const made = await approved()
    const fetches = await claims(made)
    await suspending('rey', async (suspends) => {
      assert.deepEqual(await referee.between(BEFORE_CREDENTIAL, fetches, suspends), ['ok', 'ok'])
      assert.equal(await endsOf(made), 'active')
      await standings.round()
      assert.equal(await stands(made), 'claimed, revoking: revoking')
    })
  })

  test('and looked after before the claim is written: it is looked at once more', async (t) => {
    const standings = openStandings(ctx)
    const made = await approved()
    const fetches = await claims(made)
    let looking: Promise<number> | undefined
    await suspending('rey', async (suspends) => {
      const suspendsAndLooks = async () => {
        const done = await suspends()
        // It has looked at what lives, and waits for the claim before it voids what is open.
        looking = standings.round()
        await referee.untilWaiting(2)
        return done
      }
      assert.deepEqual(await referee.between(BEFORE_CREDENTIAL, fetches, suspendsAndLooks), ['ok', 'ok'])
      assert.equal(await looking, 0, 'there was nothing to see yet')
      assert.equal(await endsOf(made), 'active')
      const now = performance.now()
      t.mock.method(performance, 'now', () => now + 16_000)
      assert.equal(await standings.round(), 1)
      assert.equal(await endsOf(made), 'revoking')
      assert.equal(await standings.round(), 0, 'and then no more')
    })
  })

  test('against the claim of the next number, as it comes: the grant never lives on', async () => {
    for (let run = 0; run < 8; run += 1) {
      const standings = openStandings(ctx)
      await standings.round()
      const made = await claimed()
      const fetches = await claims(made, 2)
      await suspending('rey', async (suspends) => {
        const [fetched] = await Promise.all([fetches(), suspends()])
        assert.ok(['ok', 'changed_since'].includes(fetched), fetched)
        await standings.round()
        assert.equal(await endsOf(made), 'revoking')
      })
    }
  })
})
