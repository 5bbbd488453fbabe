// Who owns Slack presses “This was not me” for everybody: work stops, and that is all. Nothing is signed, enrolled, lifted or granted by it, no request or key is
// changed, what was his own to lift is lifted by keys alone, and many presses raise an alarm in the log, where he cannot hide it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { findHeld } from '../../src/db/holds.ts'
import { openBot } from '../support/bot.ts'
import { ACCOUNTS, forger } from '../support/forged-slack.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { ownKeys } from '../support/own-keys.ts'
import { ask, claim, confirm, decide, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))
const { world } = bot
const { ctx } = world
const { enrolled, registered, lifts } = ownKeys(world)
let gains: Gains
const slack = forger(bot, () => gains)
const PEOPLE = ['rey', 'ana', 'bo', 'theo'] as const
const keys = new Map<string, Awaited<ReturnType<typeof enrolled>>>()
const older = new Map<string, Awaited<ReturnType<typeof enrolled>>>()
const wishes = async () =>
  (
    await world.bot.db
      .selectFrom('wish')
      .innerJoin('wish_outcome', 'wish_outcome.wish_id', 'wish.id')
      .select('outcome')
      .where('kind', '=', 'not_me')
      .execute()
  ).map(({ outcome }) => outcome)
const entriesOf = async (type: string) =>
  (await ctx.db.selectFrom('entry').select('id').where('type', '=', type).execute()).length
const held = () => findHeld(ctx.db)

before(async () => {
  for (const person of PEOPLE) older.set(person, await enrolled(person))
  for (const person of PEOPLE) keys.set(person, await enrolled(person))
  gains = await watchGains(world)
})

test('a press in one account’s name about another’s key, or about no change at all, is refused with words', async () => {
  const { sequence = 0 } = keys.get('bo') ?? {}
  const values = [
    `change/${sequence}`,
    'change/0',
    'change/99999999',
    'change/-1',
    'change/1e3',
    'registration/',
    'registration/x',
    'bo',
    undefined,
  ]
  for (const value of values) assert.equal((await slack.press(ACCOUNTS.ana, 'key.not_me', value)).statusCode, 200)
  await slack.settled()
  assert.equal((await held()).size, 0)
  assert.deepEqual(await wishes(), ['no_key_of_yours'], 'what names nothing of ours is not even passed on')
  await gains.nothingGained()
})

test('a press in one account’s name about a key that waits for another turns nothing down', async () => {
  const key = await registered('bo')
  await gains.honestly(async () => undefined)
  await slack.press(ACCOUNTS.ana, 'key.not_me', `registration/${key.thumbprint}`)
  await slack.settled()
  const row = await ctx.db
    .selectFrom('registration')
    .select('ended_at')
    .where('thumbprint', '=', key.thumbprint)
    .executeTakeFirst()
  assert.equal(row?.ended_at, null)
})

test('pressing for everybody holds their keys, gives nothing, and raises an alarm', async () => {
  for (const person of PEOPLE) await slack.press(ACCOUNTS[person], 'key.not_me', `change/${keys.get(person)?.sequence}`)
  await slack.settled()
  assert.deepEqual(await held(), new Set(PEOPLE.map((person) => keys.get(person)?.key.thumbprint)))
  assert.equal(await entriesOf('alarm.raised'), 1)
  assert.equal(await entriesOf('passkey.held'), PEOPLE.length)
  await gains.nothingGained()
})

test('a hold is lifted by no press, and once its owner’s key has lifted it, by no press made again', async () => {
  for (const action of ['key.lift', 'key.not_me', 'request.lift', 'key.released'])
    await slack.press(ACCOUNTS.bo, action, keys.get('bo')?.key.thumbprint)
  await slack.settled()
  const { key, sequence = 0 } = keys.get('bo') ?? {}
  assert.ok(key && (await held()).has(key.thumbprint))
  await gains.honestly(async () => {
    const own = older.get('bo')?.key
    assert.ok(own && (await liftHold(ctx, lifts(own, key.thumbprint))).ok)
  })
  await slack.press(ACCOUNTS.bo, 'key.not_me', `change/${sequence}`)
  await slack.settled()
  assert.equal((await held()).has(key.thumbprint), false)
  await gains.nothingGained()
})

test('who is not held still asks, approves and claims: the keys that people had before are out of reach', async () => {
  const place = await newHolder()
  const { intent } = await ask(world)
  assert.ok((await confirm(world, intent, place)).ok)
  assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, intent, place)).ok)
})
