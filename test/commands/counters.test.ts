// A key counts what it signs, and never backwards. A true signature whose counter has not grown is the sign of a copy: it is refused, and its owner and
// administrators are told. A counter that nobody signed for says nothing, and some keys never count.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import type { Twist } from '../../src/sandbox/authenticator.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { ask, confirm, newHolder, openWorld } from '../support/world.ts'

const logged: { alarm?: string; passkey?: string }[] = []
const opened = await openWorld({ after })
const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
const world = { ...opened, ctx: { ...opened.ctx, log } }
const { ctx } = world
const { enrolled } = ownKeys(world)

const enters = (key: RogueKey, twist: Twist = {}) => signIn(ctx, key.sign('sign_in', { audience: 'issuer' }, twist))
const stoodStill = (outcome: Awaited<ReturnType<typeof acceptStatement>> | Awaited<ReturnType<typeof signIn>>) =>
  assert.equal(refused(outcome, 'assertion_refused', /Nothing was recorded/).check, 'counter')

/** What the log of entries, the news and the issuer's own log say of a key. */
async function alarmsAbout({ thumbprint }: RogueKey) {
  const rows = await ctx.db.selectFrom('entry').select(['actor', 'bytes']).where('type', '=', 'alarm.raised').execute()
  const entries = rows.map(({ actor, bytes }) => ({ actor, ...JSON.parse(bytes.toString('utf8').split('\n')[1] ?? '') }))
  const news = await ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'alarm.raised').execute()
  return {
    entries: entries.filter(({ passkey }) => passkey === thumbprint),
    news: news.filter(({ payload }) => payload['passkey'] === thumbprint),
    logged: logged.filter(({ passkey }) => passkey === thumbprint).map(({ alarm }) => alarm),
  }
}
const NONE = { entries: [], news: [], logged: [] }

for (const [what, signCount] of [
  ['equal', 5],
  ['lower', 4],
  ['back at zero', 0],
] as const)
  test(`25 a true signature with a counter that is ${what} is refused, and is an alarm about its key`, async () => {
    const { key } = await enrolled('ana')
    assert.ok((await enters(key, { signCount: 5 })).ok)
    stoodStill(await enters(key, { signCount }))
    const about = { alarm: 'counter_stood_still', kind: 'sign_in', person: 'ana', passkey: key.thumbprint }
    const { entries, news, logged } = await alarmsAbout(key)
    assert.deepEqual(entries, [{ actor: 'ana', v: 1, ...about }])
    assert.deepEqual([news.map(({ payload }) => payload), logged], [[about], ['counter_stood_still']])
    assert.ok((await enters(key, { signCount: 6 })).ok, 'only people take a key out of use for it')
  })

test('25 an approval by a copy of a key approves nothing', async () => {
  const { key } = await enrolled('bo')
  const { intent, requestId } = await ask(world)
  assert.ok((await confirm(world, intent, await newHolder())).ok)
  assert.ok((await enters(key, { signCount: 9 })).ok)
  stoodStill(
    await acceptStatement(
      ctx,
      key.sign('decide', { role: 'approver', decision: 'approve', intents: [intent] }, { signCount: 9 }),
    ),
  )
  const { state } = await ctx.db
    .selectFrom('request_state')
    .select('state')
    .where('request_id', '=', requestId)
    .executeTakeFirstOrThrow()
  assert.deepEqual([state, (await alarmsAbout(key)).entries.length], ['awaiting_approvers', 1])
})

test('a counter that nobody has signed for is no alarm: anybody could post one', async () => {
  const { key } = await enrolled('ana')
  assert.ok((await enters(key, { signCount: 5 })).ok)
  const forged = { signCount: 5, signature: (bytes: Buffer) => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1) }
  assert.equal(refused(await enters(key, forged), 'assertion_refused', /Nothing was recorded/).check, 'signature')
  assert.deepEqual(await alarmsAbout(key), NONE)
})

test('the same post once more is no alarm: browsers try again, and thieves of what went over the line', async () => {
  const { key } = await enrolled('ana')
  const posted = key.sign('sign_in', { audience: 'issuer' })
  assert.ok((await signIn(ctx, posted)).ok)
  refused(await signIn(ctx, posted), 'nonce_used', /used already/)
  assert.deepEqual(await alarmsAbout(key), NONE)
})

test('a key that never counts is let in each time', async () => {
  const { key } = await enrolled('ana')
  for (const signCount of [0, 0, 0]) assert.ok((await enters(key, { signCount })).ok)
  assert.deepEqual(await alarmsAbout(key), NONE)
})

test('one key is one alarm within the hour, also of many posts at once, and another key is another', async () => {
  const [{ key }, other] = [await enrolled('ana'), await enrolled('ana')]
  for (const each of [key, other.key]) {
    assert.ok((await enters(each, { signCount: 5 })).ok)
    for (const outcome of await Promise.all([1, 2, 3, 4, 5].map((signCount) => enters(each, { signCount })))) stoodStill(outcome)
  }
  for (const each of [key, other.key]) {
    const { entries, news, logged } = await alarmsAbout(each)
    assert.deepEqual([entries.length, news.length, logged.length], [1, 1, 1])
  }
})
