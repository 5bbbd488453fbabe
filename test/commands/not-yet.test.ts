// Who may decide and cannot approve yet is told why and until when, on his page before he taps and after a tap: a thief of an administrator's key cannot make
// himself an approver who serves at once. A no needs none of it.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { newId } from '../../src/crypto.ts'
import { openViews } from '../../src/db/bot-queries/views.ts'
import { findViewState } from '../../src/issuer/view-state.ts'
import { editDirectory, keysOf, registeredKey } from '../support/directory-world.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, confirm, later, newHolder, openWorld, sign } from '../support/world.ts'

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR

/** A world a week after its roots were pinned, where nobody is new any more, with so many keys for each approver. */
async function settledWorld(approverKeys: number) {
  const world = await openWorld({ after }, undefined, (dir) => {
    if (approverKeys !== 1) editDirectory(dir, (text) => text.replace('approver_keys: 1', `approver_keys: ${approverKeys}`))
  })
  return at(world, WEEK + HOUR)
}
/** The same world, later. */
function at(world: Awaited<ReturnType<typeof openWorld>>, ms: number) {
  const ctx = later(world.ctx, ms)
  return { ...world, ctx, bot: { ...world.bot, now: ctx.now } }
}
type Settled = ReturnType<typeof at>

async function confirmed(world: Settled) {
  const asked = await ask(world)
  await adoptProposals(world.ctx)
  assert.ok((await confirm(world, asked.intent, await newHolder())).ok)
  return asked
}
async function change(world: Settled, person: string, wanted: Wanted, bent: Record<string, unknown> = {}) {
  const prepared = await prepareChange(world.ctx, wanted)
  assert.ok(prepared.ok, JSON.stringify(prepared))
  const signed = await signChange(world, person, prepared.digest, bent)
  const done = await changeDirectory(world.ctx, { ...signed, change: prepared.change })
  assert.ok(done.ok && !done.waits, JSON.stringify(done))
}
const decides = async (world: Settled, intent: string, person: string, decision: 'approve' | 'deny', bent = {}) =>
  acceptStatement(world.ctx, await sign(world, person, { kind: 'decide', role: 'approver', decision, intents: [intent] }, bent))

/** What the person's page says before he taps. */
async function page(world: Settled, request: string, person: string) {
  await world.bot.db.transaction().execute((trx) => openViews(trx, request, [person], newId, world.ctx.now()))
  const view = await world.bot.db
    .selectFrom('view')
    .select('id')
    .where('request_id', '=', request)
    .where('person', '=', person)
    .executeTakeFirstOrThrow()
  const found = await findViewState(world.ctx, view.id, undefined)
  assert.ok(found.ok && found.state.is === 'adopted', JSON.stringify(found))
  return found.state
}

describe('a key that was enrolled an hour ago', async () => {
  const world = await settledWorld(1)
  const { thumbprint, id } = await registeredKey(world, 'bo')
  const enrolledAt = world.ctx.now().getTime()
  const { intent, requestId } = await confirmed(world)
  await change(world, 'mira', { operation: 'enrol', registrations: [thumbprint] })
  const hourLater = at(world, WEEK + 2 * HOUR)

  test('cannot approve, and its owner is told from when', async () => {
    const refusal = refused(
      await decides(hourLater, intent, 'bo', 'approve'),
      'passkey_cooling_down',
      /may approve from .* UTC\. You can deny/,
    )
    assert.ok(Math.abs(refusal.at - enrolledAt - 24 * HOUR) < 60_000)
  })

  test('stands behind an older one on the page, which can', async () => {
    const { keys, notYet } = await page(hourLater, requestId, 'bo')
    assert.equal(notYet, undefined)
    assert.notEqual(keys[0]?.id, id)
    assert.equal(keys.at(-1)?.id, id)
  })

  test('is all that its owner has left: the page says so before he taps, to the second', async () => {
    const [older = ''] = await keysOf(world, 'bo')
    await change(hourLater, 'mira', { operation: 'suspend', passkeys: [older] })
    const { notYet } = await page(hourLater, requestId, 'bo')
    assert.ok(notYet?.reason === 'passkey_cooling_down')
    const when = refused(await decides(hourLater, intent, 'bo', 'approve'), 'passkey_cooling_down', /only since a short while/)
    assert.equal(notYet.at, when.at)
  })

  test('denies all the same', async () => {
    assert.ok((await decides(hourLater, intent, 'bo', 'deny')).ok)
  })

  test('approves a day later', async () => {
    const dayLater = at(world, WEEK + 26 * HOUR)
    const fresh = await confirmed(dayLater)
    assert.equal((await page(dayLater, fresh.requestId, 'bo')).notYet, undefined)
    assert.ok((await decides(dayLater, fresh.intent, 'bo', 'approve')).ok)
  })
})

test('who was made an approver an hour ago waits with the key that he has had for a week, until the time that is told of the change', async () => {
  const world = await settledWorld(1)
  const role = { operation: 'role', person: 'bo', role: 'approver', passkeys: [] } as const
  await change(world, 'mira', { ...role, effect: 'withdraw' })
  await change(world, 'mira', { ...role, effect: 'grant' })
  const grantedAt = world.ctx.now().getTime()
  const { intent, requestId } = await confirmed(world)
  const hourLater = at(world, WEEK + 2 * HOUR)
  const refusal = refused(await decides(hourLater, intent, 'bo', 'approve'), 'passkey_cooling_down', /may approve from .* UTC/)
  assert.ok(Math.abs(refusal.at - grantedAt - 24 * HOUR) < 60_000)
  assert.deepEqual((await page(hourLater, requestId, 'bo')).notYet, refusal)

  const told = await world.ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'directory.changed').execute()
  assert.deepEqual(
    told.map(({ payload }) => (payload as { approves_from?: number }).approves_from),
    [undefined, refusal.at],
  )

  const dayLater = at(world, WEEK + 26 * HOUR)
  const fresh = await confirmed(dayLater)
  assert.ok((await decides(dayLater, fresh.intent, 'bo', 'approve')).ok)
})

test('an approver with one key where two are asked for is sent to add another, and may deny', async () => {
  const world = await settledWorld(2)
  const { intent, requestId } = await confirmed(world)
  const refusal = refused(
    await decides(world, intent, 'ana', 'approve'),
    'too_few_passkeys',
    /need 2 keys here.*you have 1.*\/keys/,
  )
  assert.deepEqual((await page(world, requestId, 'ana')).notYet, refusal)
  assert.ok((await decides(world, intent, 'ana', 'deny')).ok)
})

test('whom the rules name, but the signed directory does not, is told that administrators have to sign', async () => {
  const world = await settledWorld(1)
  const { intent, requestId } = await confirmed(world)
  await change(world, 'mira', { operation: 'role', person: 'bo', role: 'approver', effect: 'withdraw', passkeys: [] })
  const refusal = refused(await decides(world, intent, 'bo', 'approve'), 'no_approver_role', /does not name you as an approver/)
  assert.deepEqual((await page(world, requestId, 'bo')).notYet, refusal)
})

test('whom the rules have just gained waits, until administrators sign for these rules', async () => {
  const world = await settledWorld(1)
  // His role is as old as the deployment: only the rules are new.
  await change(at(world, 0), 'mira', { operation: 'role', person: 'theo', role: 'approver', effect: 'grant', passkeys: [] })
  const { digest } = world.ctx.published()
  const reopened = await world.reopen({ now: world.ctx.now })
  editDirectory(world.runbooksDir, (text) => text.replace('service-owners: [ana, bo]', 'service-owners: [ana, bo, theo]'))
  await reopened.reload()
  const gained = { ...world, ctx: reopened.ctx, bot: world.bot }
  assert.notEqual(reopened.ctx.published().digest, digest)
  const { intent, requestId } = await confirmed(gained)
  const refusal = refused(
    await decides(gained, intent, 'theo', 'approve'),
    'gained_too_recently',
    /two administrators sign for these rules/,
  )
  assert.deepEqual((await page(gained, requestId, 'theo')).notYet, refusal)
  await change(gained, 'mira', { operation: 'endorse', rule_set: reopened.ctx.published().digest })
  assert.equal((await page(gained, requestId, 'theo')).notYet, undefined)
  assert.ok((await decides(gained, intent, 'theo', 'approve')).ok)
})
