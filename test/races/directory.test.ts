// Administrators who sign at once: one place of the chain is taken once, a change that needs two is taken with two of them or not at all, and who loses is told
// to look again.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { findPending, withdrawChange } from '../../src/commands/pending-change.ts'
import { findContinuation } from '../../src/db/passkeys.ts'
import { holdsRole } from '../../src/evidence/chain-state.ts'
import { editDirectory, keysOf } from '../support/directory-world.ts'
import { came, openRacingWorld } from '../support/race.ts'
import { signChange } from '../support/sign-change.ts'

const { world, referee } = await openRacingWorld()
const { ctx } = world
const RUNS = 5
/** Until a signature has been judged, before it is kept or taken. */
const BEFORE_TAKING = 'lock table nonce in share mode'
const AUDITOR = { operation: 'role', person: 'rey', role: 'auditor', effect: 'grant', passkeys: [] } as const

const prepared = async (wanted: Wanted) => {
  const outcome = await prepareChange(ctx, wanted)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome
}
/** Signs now, and posts when called. */
async function signs(person: string, { change, digest }: { change: string; digest: string }): Promise<() => Promise<string>> {
  const signed = await signChange(world, person, digest)
  return async () => {
    const outcome = await changeDirectory(ctx, { ...signed, change })
    return outcome.ok && outcome.waits ? 'waits' : came(outcome)
  }
}
async function now(person: string, wanted: Wanted): Promise<void> {
  await (await signs(person, await prepared(wanted)))()
}
async function both(wanted: Wanted): Promise<void> {
  const change = await prepared(wanted)
  assert.equal(await (await signs('mira', change))(), 'waits')
  assert.equal(await (await signs('ana', change))(), 'ok')
}
const isAuditor = async () => holdsRole(await ctx.chain(), 'rey', 'auditor')
const unmake = () => both({ ...AUDITOR, effect: 'withdraw' })
async function sound(): Promise<void> {
  const links = (await findContinuation(ctx.db, { era: 1, sequence: 0, head: '' })) ?? []
  assert.deepEqual(
    links.map(({ sequence }) => sequence),
    links.map((_, index) => index + 1),
  )
}

editDirectory(world.runbooksDir, (text) => text.replace('administrators: [mira]', 'administrators: [mira, ana, theo]'))
await world.issuer.reload()
await now('mira', { operation: 'role', person: 'ana', role: 'administrator', effect: 'grant', passkeys: [] })
await both({ operation: 'role', person: 'theo', role: 'administrator', effect: 'grant', passkeys: [] })

describe('two second signatures at once', () => {
  test('in either order: the change is taken once, and the slower one is told to look again', async () => {
    for (const [first, second] of [
      ['ana', 'theo'],
      ['theo', 'ana'],
    ] as const) {
      const change = await prepared(AUDITOR)
      assert.equal(await (await signs('mira', change))(), 'waits')
      const acts = [await signs(first, change), await signs(second, change)]
      assert.deepEqual(await referee.inOrder(BEFORE_TAKING, [], acts), ['ok', 'directory_moved'])
      assert.equal(await isAuditor(), true)
      assert.equal(await findPending(ctx), undefined)
      await unmake()
    }
    await sound()
  })

  test(`${RUNS} times as it comes`, async () => {
    for (let run = 0; run < RUNS; run += 1) {
      const change = await prepared(AUDITOR)
      assert.equal(await (await signs('mira', change))(), 'waits')
      const acts = [await signs('ana', change), await signs('theo', change)]
      assert.deepEqual((await Promise.all(acts.map((act) => act()))).sort(), ['directory_moved', 'ok'])
      await unmake()
    }
    await sound()
  })
})

test('two first signatures over the same change at once make one whole', async () => {
  for (let run = 0; run < RUNS; run += 1) {
    const change = await prepared(AUDITOR)
    const acts = [await signs('ana', change), await signs('theo', change)]
    assert.deepEqual((await Promise.all(acts.map((act) => act()))).sort(), ['ok', 'waits'])
    assert.equal(await isAuditor(), true)
    await unmake()
  }
  await sound()
})

test('first signatures over two changes at once: one of them waits, and the other is told of it', async () => {
  for (let run = 0; run < RUNS; run += 1) {
    const one = await prepared(AUDITOR)
    const other = await prepared({ ...AUDITOR, role: 'administrator' })
    const acts = [await signs('ana', one), await signs('theo', other)]
    assert.deepEqual((await Promise.all(acts.map((act) => act()))).sort(), ['change_waits', 'waits'])
    assert.ok((await withdrawChange(ctx, 'mira', (await findPending(ctx))?.digest ?? '')).ok)
  }
})

describe('the second signature against the suspension of who signed first', () => {
  const given = async () => {
    const [key = ''] = await keysOf(world, 'theo')
    const change = await prepared(AUDITOR)
    assert.equal(await (await signs('theo', change))(), 'waits')
    const suspends = await signs('mira', await prepared({ operation: 'suspend', passkeys: [key] }))
    return { key, second: await signs('ana', change), suspends }
  }
  const after = async (key: string, taken: boolean) => {
    assert.equal(await isAuditor(), taken)
    if (taken) await unmake()
    else {
      assert.equal((await findPending(ctx))?.isStale, true)
      assert.ok((await withdrawChange(ctx, 'mira', (await findPending(ctx))?.digest ?? '')).ok)
      await both({ operation: 'reinstate', passkeys: [key] })
    }
  }

  test('suspended first: what he signed counts no more', async () => {
    const { key, second, suspends } = await given()
    assert.deepEqual(await referee.inOrder(BEFORE_TAKING, [], [suspends, second]), ['ok', 'directory_moved'])
    await after(key, false)
  })

  test('signed first: it is taken, and the suspension has to be signed anew, which takes one', async () => {
    const { key, second, suspends } = await given()
    assert.deepEqual(await referee.inOrder(BEFORE_TAKING, [], [second, suspends]), ['ok', 'directory_moved'])
    await after(key, true)
  })

  test(`${RUNS} times as it comes: exactly one of them`, async () => {
    for (let run = 0; run < RUNS; run += 1) {
      const { key, second, suspends } = await given()
      const [taken, suspended] = await Promise.all([second(), suspends()])
      assert.deepEqual([taken, suspended].sort(), ['directory_moved', 'ok'])
      await after(key, taken === 'ok')
    }
    await sound()
  })
})
