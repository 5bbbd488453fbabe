// Who cannot approve yet is told of each request that waits, with the time from which he may: the same time at which the evidence begins to count.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import type { Wanted } from '../../src/commands/change-directory.ts'
import { openWaits } from '../../src/commands/tell-waits.ts'
import { findToldWaits, NEWS_OF_WAITS } from '../../src/db/waits.ts'
import { editDirectory } from '../support/directory-world.ts'
import { changeAsAdministrator } from '../support/sign-change.ts'
import { ask, confirm, newHolder, openWorld, sign } from '../support/world.ts'

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
const MANY = Array.from({ length: 30 }, (_, index) => `member${index}`)

/** A world after its first week, whose clock is put on by the test. */
async function settledWorld(runbooks?: (dir: string) => void) {
  const opened = await openWorld({ after }, undefined, runbooks)
  let ahead = 0
  const now = () => new Date(Date.now() + ahead)
  const issuer = await opened.reopen({ now })
  const world = { ...opened, ctx: issuer.ctx, bot: { ...opened.bot, now } }
  const change = (wanted: Wanted) => changeAsAdministrator(world, wanted)
  const role = (person: string, effect: 'grant' | 'withdraw') =>
    change({ operation: 'role', person, role: 'approver', effect, passkeys: [] })
  const asked = async () => {
    const found = await ask(world)
    await adoptProposals(world.ctx)
    assert.ok((await confirm(world, found.intent, await newHolder())).ok)
    return found
  }
  const told = async (request: string) => (await findToldWaits(world.ctx.db, request)).map(({ person, at }) => [person, at])
  const news = async () =>
    (await world.ctx.db.selectFrom('issuer_outbox').select('id').where('topic', '=', NEWS_OF_WAITS).execute()).length
  const approves = async (person: string, intent: string) => {
    const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
    return (await acceptStatement(world.ctx, await sign(world, person, said))).ok
  }
  const later = (ms: number): void => {
    ahead += ms
  }
  return { world, issuer, change, role, asked, told, news, approves, later }
}

test('in the first week nobody waits, and nothing is told', async () => {
  const { world, asked, told, news } = await settledWorld()
  const { requestId } = await asked()
  assert.equal(await openWaits(world.ctx).round(), 0)
  assert.deepEqual(await told(requestId), [])
  assert.equal(await news(), 0)
})

test('who came to serve an hour ago is told with the time at which his approval begins to count, once, and no more when it has come', async () => {
  const { world, role, asked, told, news, approves, later } = await settledWorld((dir) =>
    editDirectory(dir, (text) => text.replace('approver_keys: 1', 'approver_keys: 1, cool_down_hours: 1')),
  )
  later(WEEK + HOUR)
  await role('bo', 'withdraw')
  await role('bo', 'grant')
  const since = world.ctx.now().getTime()
  const { requestId, intent } = await asked()
  const waits = openWaits(world.ctx)
  assert.equal(await waits.round(), 1)
  const [[person, at] = []] = await told(requestId)
  assert.equal(person, 'bo')
  assert.ok(Math.abs(Number(at) - since - HOUR) < 60_000)
  assert.equal(await waits.round(), 0)
  assert.equal(await openWaits(world.ctx).round(), 0, 'an issuer that was restarted, or another one, tells it no second time')
  assert.equal(await news(), 1)
  assert.equal(await approves('bo', intent), false)
  later(Number(at) - world.ctx.now().getTime() + 1)
  assert.equal(await waits.round(), 1)
  assert.deepEqual(await told(requestId), [])
  assert.equal(await approves('bo', intent), true)
})

test('of two reasons the one that ends last is told, and what administrators sign for is told anew', async () => {
  const { world, issuer, change, role, asked, told, later } = await settledWorld((dir) =>
    editDirectory(dir, (text) => text.replace('approver_keys: 1', 'approver_keys: 1, cool_down_hours: 1')),
  )
  later(WEEK + HOUR)
  await role('theo', 'grant')
  const since = world.ctx.now().getTime()
  editDirectory(world.runbooksDir, (text) => text.replace('service-owners: [ana, bo]', 'service-owners: [ana, bo, theo]'))
  await issuer.reload()
  const { requestId } = await asked()
  const waits = openWaits(world.ctx)
  await waits.round()
  const [[person, at] = []] = await told(requestId)
  assert.equal(person, 'theo')
  assert.ok(Math.abs(Number(at) - since - 24 * HOUR) < 60_000, 'the rules are newer than his role')
  await change({ operation: 'endorse', rule_set: world.ctx.published().digest })
  assert.equal(await waits.round(), 1)
  const [[, sooner] = []] = await told(requestId)
  assert.ok(Math.abs(Number(sooner) - since - HOUR) < 60_000, 'his role is still new')
})

test('who needs another key is told without a time', async () => {
  const { world, asked, told, later } = await settledWorld((dir) =>
    editDirectory(dir, (text) => text.replace('approver_keys: 1', 'approver_keys: 2')),
  )
  later(WEEK + HOUR)
  const { requestId } = await asked()
  assert.equal(await openWaits(world.ctx).round(), 1)
  assert.deepEqual(await told(requestId), [
    ['ana', undefined],
    ['bo', undefined],
  ])
})

test('of more people than are asked one by one each is told as well, so that the requester reads how many wait', async () => {
  const { world, role, issuer, asked, told, later } = await settledWorld((dir) =>
    editDirectory(dir, (text) =>
      text
        .replace('approver_keys: 1', 'approver_keys: 1, cool_down_hours: 1')
        .replace('service-owners: [ana, bo]', `service-owners: [ana, bo, ${MANY.join(', ')}]`)
        .replace('\ngroups:', `${MANY.map((id) => `\n  ${id}: { name: ${id}, slack: [] }`).join('')}\n\ngroups:`),
    ),
  )
  later(WEEK + HOUR)
  await role('bo', 'withdraw')
  await role('bo', 'grant')
  await issuer.reload()
  const { requestId } = await asked()
  assert.equal(await openWaits(world.ctx).round(), 1)
  assert.deepEqual(
    (await told(requestId)).map(([person]) => person),
    ['bo'],
  )
})
