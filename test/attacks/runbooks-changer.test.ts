// Who may change the issuer's runbooks, with a friend among the approvers of the signed directory: he gives his friend a say, or an action that people approve
// every day another meaning, and wants it approved before anybody has looked. He may change how long that waits as well.

import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import type { Wanted } from '../../src/commands/change-directory.ts'
import { sweep } from '../../src/commands/sweep.ts'
import type { Digest } from '../../src/domain/ids.ts'
import { registeredKey } from '../support/directory-world.ts'
import { changeAsAdministrator } from '../support/sign-change.ts'
import { ask, confirm, newHolder, openWorld, sign } from '../support/world.ts'

const HOUR = 3_600_000
const FRIEND = 'theo'
const opened = await openWorld({ after })
/** A clock that only goes on: everything here happens after the first week. */
let ahead = 8 * 24 * HOUR
const now = () => new Date(Date.now() + ahead)
const issuer = await opened.reopen({ now })
const world = { ...opened, bot: { ...opened.bot, now }, ctx: issuer.ctx }
const honest = join(opened.dir, 'honest')
cpSync(opened.runbooksDir, honest, { recursive: true })

/** Changes files of the runbooks and has the issuer read them. */
async function publish(...edits: readonly (readonly [file: string, was: string, is: string])[]): Promise<Digest> {
  for (const [file, was, is] of edits) {
    const path = join(opened.runbooksDir, file)
    const text = readFileSync(path, 'utf8')
    assert.ok(text.includes(was), `${file} does not say ${was}`)
    writeFileSync(path, text.replaceAll(was, is))
  }
  return (await issuer.reload()).digest
}
const asAdministrator = (wanted: Wanted) => changeAsAdministrator(world, wanted)
/** Asks anew and has somebody approve it: what becomes of it, or why not. */
async function approval(person: string): Promise<string> {
  const { intent } = await ask(world)
  await adoptProposals(world.ctx)
  assert.ok((await confirm(world, intent, await newHolder())).ok)
  const order = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
  const taken = await acceptStatement(world.ctx, await sign(world, person, order))
  if (!taken.ok) return taken.refusal.reason
  const [effect] = taken.effects
  return effect && 'state' in effect ? effect.state : assert.fail(JSON.stringify(effect))
}

const JOIN = ['directory.yaml', 'service-owners: [ana, bo]', `service-owners: [ana, bo, ${FRIEND}]`] as const
const NO_HOURS = ['directory.yaml', 'approver_keys: 1', 'approver_keys: 1, gained_hours: 0'] as const

// An approver since long ago, by a signed role: only the rules do not name him.
await asAdministrator({ operation: 'role', person: FRIEND, role: 'approver', effect: 'grant', passkeys: [] })
ahead += 48 * HOUR

beforeEach(async () => {
  assert.equal(await approval('bo'), 'approved', 'what has stood for long is approved')
  assert.equal(await approval(FRIEND), 'not_an_approver')
})
afterEach(async () => {
  cpSync(honest, opened.runbooksDir, { recursive: true })
  await issuer.reload()
  ahead += 8 * 24 * HOUR
  await sweep(world.ctx)
})

describe('who may change the runbooks', () => {
  test('gives his friend a say', async () => {
    await publish(JOIN)
    assert.equal(await approval(FRIEND), 'gained_too_recently')
    ahead += 23 * HOUR
    assert.equal(await approval(FRIEND), 'gained_too_recently')
    ahead += 2 * HOUR
    assert.equal(await approval(FRIEND), 'approved', 'for as long as everybody could see it')
  })

  test('gives his friend a say, and asks for no waiting in the same change', async () => {
    await publish(JOIN, NO_HOURS)
    assert.equal(await approval(FRIEND), 'gained_too_recently')
    ahead += 23 * HOUR
    assert.equal(await approval(FRIEND), 'gained_too_recently')
  })

  test('asks for no waiting first, and gives his friend a say as soon as that stands', async () => {
    await publish(NO_HOURS)
    await publish(JOIN)
    assert.equal(await approval(FRIEND), 'gained_too_recently')
  })

  test('asks for no waiting, and hides it behind changes of nothing', async () => {
    await publish(NO_HOURS)
    for (const name of ['Theo B.', 'T. Brandt'])
      await publish(['directory.yaml', name === 'Theo B.' ? 'Theo Brandt' : 'Theo B.', name])
    ahead += 23 * HOUR
    await publish(JOIN)
    assert.equal(await approval(FRIEND), 'gained_too_recently')
  })

  test('shortens what waits already', async () => {
    await publish(JOIN)
    ahead += HOUR
    await publish(NO_HOURS)
    assert.equal(await approval(FRIEND), 'gained_too_recently')
    ahead += 24 * HOUR
    assert.equal(await approval(FRIEND), 'approved')
  })

  test('asks for no waiting for as long as that waits itself: then it counts', async () => {
    await publish(NO_HOURS)
    ahead += 25 * HOUR
    await publish(JOIN)
    assert.equal(await approval(FRIEND), 'approved')
  })

  test('asks for fewer keys, or for no cool-down: that counts at once, for those whom rules and signed directory name already, and gives his friend no say', async () => {
    const { thumbprint } = await registeredKey(world, 'bo')
    await publish(['directory.yaml', 'approver_keys: 1', 'approver_keys: 2'])
    assert.equal(await approval('bo'), 'too_few_passkeys')
    await publish(['directory.yaml', 'approver_keys: 2', 'approver_keys: 1'])
    assert.equal(await approval('bo'), 'approved', 'with one key, at once')
    assert.equal(await approval(FRIEND), 'not_an_approver')
    await asAdministrator({ operation: 'enrol', registrations: [thumbprint] })
    assert.equal(await approval('bo'), 'passkey_cooling_down', 'his newest key signs')
    await publish(['directory.yaml', 'approver_keys: 1', 'approver_keys: 1, cool_down_hours: 0'])
    assert.equal(await approval('bo'), 'approved', 'with a key of this moment, at once')
    assert.equal(await approval(FRIEND), 'not_an_approver')
    await publish(JOIN)
    assert.equal(await approval(FRIEND), 'gained_too_recently', 'that waits all the same')
  })

  const meanings: { readonly [what: string]: readonly (readonly [string, string, string])[] } = {
    'lets an action that stands do something else': [['service.md', 'scope: ["service:restart"]', 'scope: ["service:drop"]']],
    'lets it do something else, and asks for no waiting': [
      ['service.md', 'scope: ["service:restart"]', 'scope: ["service:drop"]'],
      NO_HOURS,
    ],
    'lets its target be another': [['targets.yaml', 'urn:countersign:sandbox:target', 'urn:everything']],
    'lets it take any service at all': [
      ['service.md', 'type: enum', 'type: string'],
      ['service.md', 'values: [payments-api, ledger-api, checkout-web]', 'pattern: "[a-z-]+"'],
    ],
    'calls it what it is not': [['service.md', 'title: Restart a service', 'title: Read a dashboard']],
    'lets it last longer': [['service.md', 'maximum: 1h', 'maximum: 2h']],
  }
  for (const [what, edits] of Object.entries(meanings))
    test(`${what}: nobody approves it before it could be seen, but who signed for it did`, async () => {
      const digest = await publish(...edits)
      assert.equal(await approval('bo'), 'gained_too_recently')
      await asAdministrator({ operation: 'endorse', rule_set: digest })
      assert.equal(await approval('bo'), 'approved')
    })

  test('gives it a new meaning while a request is open: what was asked for is not asked for any more', async () => {
    const { intent, requestId } = await ask(world)
    await adoptProposals(world.ctx)
    assert.ok((await confirm(world, intent, await newHolder())).ok)
    await publish(['service.md', 'scope: ["service:restart"]', 'scope: ["service:drop"]'])
    const row = await world.ctx.db
      .selectFrom('request_state')
      .select('state')
      .where('request_id', '=', requestId)
      .executeTakeFirstOrThrow()
    assert.equal(row.state, 'voided')
  })

  test('changes its text alone: that waits for nothing, voids what is open, and is told', async () => {
    await publish(['service.md', 'Restarts all replicas', 'Looks at all replicas'])
    assert.equal(await approval('bo'), 'approved')
    const told = await world.ctx.db
      .selectFrom('issuer_outbox')
      .select('payload')
      .where('topic', '=', 'rules.published')
      .orderBy('created_at')
      .execute()
    const gains = told.map(({ payload }) => (payload as { gain?: { actions: unknown } }).gain)
    assert.deepEqual(gains.at(-1)?.actions, [{ action: 'service.restart', change: 'changed', members: ['text'], lowered: [] }])
  })

  test('changes anything at all: each has its entry, which names both rule sets’ difference', async () => {
    const count = async () =>
      (await world.ctx.db.selectFrom('entry').select('id').where('type', '=', 'rules.published').execute()).length
    const had = await count()
    await publish(NO_HOURS)
    await publish(JOIN)
    assert.equal(await count(), had + 2)
  })
})
