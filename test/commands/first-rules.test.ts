// A database that was put back to before its first rules, in the hands of who may change the runbooks: what stands there is the first that it publishes, and
// nothing is left that it could be compared with. People still have a day to look at it.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import type { Wanted } from '../../src/commands/change-directory.ts'
import { followPublication } from '../../src/db/rule-sets.ts'
import { enrolPeople } from '../../src/sandbox/enrol-people.ts'
import { createTestDatabase } from '../support/database.ts'
import { editDirectory } from '../support/directory-world.ts'
import { changeAsAdministrator } from '../support/sign-change.ts'
import { ask, confirm, newHolder, openWorld, sign } from '../support/world.ts'

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR

/** The issuer so long after its roots were pinned, over a database that holds nothing, with runbooks that ask for no waiting. */
async function bare(since: number) {
  const opened = await openWorld({ after })
  await opened.ctx.beat()
  editDirectory(opened.runbooksDir, (text) =>
    text.replace('approver_keys: 1', 'approver_keys: 1, cool_down_hours: 0, gained_hours: 0'),
  )
  const database = await createTestDatabase({ after })
  let ahead = since
  const now = () => new Date(Date.now() + ahead)
  const issuer = await opened.reopen({ db: database.connect('issuer', { max: 4 }), now })
  const botDb = database.connect('bot', { max: 2 })
  const bot = { ...opened.bot, db: botDb, now, published: followPublication(botDb) }
  const world = { ...opened, database, issuer, ctx: issuer.ctx, bot }
  const change = (wanted: Wanted) => changeAsAdministrator(world, wanted)
  await change({ operation: 'recover' })
  await enrolPeople(world.ctx, world.ring, ['rey', 'bo'])
  /** Asks anew and has an approver approve it: what becomes of it, or why not. */
  const approval = async (): Promise<string> => {
    const { intent } = await ask(world)
    await adoptProposals(world.ctx)
    assert.ok((await confirm(world, intent, await newHolder())).ok)
    const order = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
    const taken = await acceptStatement(world.ctx, await sign(world, 'bo', order))
    if (!taken.ok) return taken.refusal.reason
    const [effect] = taken.effects
    return effect && 'state' in effect ? effect.state : assert.fail(JSON.stringify(effect))
  }
  const later = (ms: number): void => {
    ahead += ms
  }
  return { world, issuer, change, approval, later }
}

test('who empties the database and writes the rules anew waits for a day, though they ask for no waiting, and is told of', async () => {
  const { world, approval, later } = await bare(WEEK + HOUR)
  const news = await world.ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'rules.published').execute()
  const [told] = news.map(({ payload }) => payload as { gain?: { groups: { name: string }[] }; counts_from?: number })
  assert.ok(told?.gain?.groups.some(({ name }) => name === 'service-owners'))
  assert.ok((told?.counts_from ?? 0) > world.ctx.now().getTime() + 23 * HOUR)
  assert.equal(await approval(), 'gained_too_recently')
  later(23 * HOUR)
  assert.equal(await approval(), 'gained_too_recently')
  later(2 * HOUR)
  assert.equal(await approval(), 'approved', 'for as long as everybody could see it')
})

test('and reads it again, changed once more: nothing of it counts sooner', async () => {
  const { world, issuer, approval, later } = await bare(WEEK + HOUR)
  later(HOUR)
  editDirectory(world.runbooksDir, (text) => text.replace('Theo Brandt', 'Theo B.'))
  await issuer.reload()
  later(22 * HOUR)
  assert.equal(await approval(), 'gained_too_recently')
})

test('unless administrators sign for these rules', async () => {
  const { issuer, world, change, approval } = await bare(WEEK + HOUR)
  await change({ operation: 'endorse', rule_set: world.ctx.published().digest })
  assert.equal(issuer.ctx.published().ruleSet.gained.length > 0, true)
  assert.equal(await approval(), 'approved')
})

test('a deployment that begins within a week of its roots waits for nothing', async () => {
  const { world, approval } = await bare(6 * 24 * HOUR)
  assert.deepEqual(world.ctx.published().ruleSet.gained, [])
  assert.equal(await approval(), 'approved')
})
