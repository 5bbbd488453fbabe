// Who hears in Slack of a change of keys, roles and rules, and what a press of "This was not me" does there: it stops, it tells, and it gives nothing.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { findAble } from '../../src/commands/find-able.ts'
import { liftHold } from '../../src/commands/lift-hold.ts'
import { findHeld } from '../../src/db/holds.ts'
import type { MessageView } from '../../src/sandbox/slack/wire.ts'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import { actionsOf, on, wordsOf } from '../support/slack-driver.ts'
import { ask, claim, confirm, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))
const { world } = bot
const { ctx } = world
const { registered, enrolled, changed, notMe, approves, lifts } = ownKeys(world)

const SECURITY = 'C0SECURITY0'
const says =
  (...words: readonly (string | RegExp)[]) =>
  (message: MessageView) =>
    words.every((each) =>
      typeof each === 'string' ? wordsOf(message.blocks).includes(each) : each.test(wordsOf(message.blocks)),
    )
const buttons = (message: MessageView) => actionsOf(message.blocks).map(({ action_id }) => action_id)
const shortOf = (thumbprint: string) => thumbprint.slice(0, 8)
const direct = (person: string, what: string, ...words: readonly (string | RegExp)[]) =>
  bot.slack.as(person).message('direct', says(...words), what)

describe('whose key it is', () => {
  test('hears that a key waits in his name, and has it turned down without one', async () => {
    const key = await registered('bo')
    const told = await direct(
      'bo',
      'the key that waits',
      /registered in your name/,
      shortOf(key.thumbprint),
      'can do nothing yet',
    )
    const answer = await bot.slack.as('bo').press(on(told), 'key.not_me')
    assert.ok(answer.ok)
    const after = await direct('bo', 'that it is turned down', shortOf(key.thumbprint), 'was turned down')
    assert.deepEqual([after.ts, buttons(after)], [told.ts, []], 'the same message, which offers nothing more')
    assert.equal(
      (
        await ctx.db
          .selectFrom('registration')
          .select('ended_at')
          .where('thumbprint', '=', key.thumbprint)
          .executeTakeFirstOrThrow()
      ).ended_at === null,
      false,
    )
  })

  test('hears who enrolled it, and that it was suspended, in messages of their own', async () => {
    const { key } = await enrolled('ana')
    const told = await direct('ana', 'the enrolment', /enrolled in your name/, shortOf(key.thumbprint), /Signed by/)
    assert.deepEqual(buttons(told), ['key.not_me', 'link.keys'])
    await changed({ operation: 'suspend', passkeys: [key.thumbprint] })
    const suspended = await direct('ana', 'the suspension', /A key of yours was suspended/, shortOf(key.thumbprint))
    assert.notEqual(suspended.ts, told.ts)
    assert.deepEqual(buttons(suspended), ['link.keys'], 'nothing was given that could be held')
    const older = await direct(
      'ana',
      'what the older one says by now',
      /enrolled in your name/,
      shortOf(key.thumbprint),
      'now suspended',
    )
    assert.deepEqual([older.ts, buttons(older)], [told.ts, ['link.keys']])
  })
})

test('a press holds the key, tells administrators and the security channel at once what lives by it, and stands until a key says otherwise', async () => {
  const before = await enrolled('bo')
  const { key, sequence } = await enrolled('bo')
  const place = await newHolder()
  const live = await ask(world)
  assert.ok((await confirm(world, live.intent, place)).ok)
  assert.ok((await acceptStatement(ctx, approves(key, live.intent))).ok)
  assert.ok((await claim(world, live.intent, place)).ok)
  const told = await direct('bo', 'the enrolment', /enrolled in your name/, shortOf(key.thumbprint))
  assert.ok((await bot.slack.as('bo').press(on(told), 'key.not_me')).ok)
  const [administrator, channel] = await Promise.all([
    direct('mira', 'the hold', /this was not me/, shortOf(key.thumbprint), live.checkCode, `change ${sequence} `),
    bot.slack.as('theo').message(SECURITY, says(/this was not me/, shortOf(key.thumbprint)), 'the hold'),
  ])
  assert.match(JSON.stringify(administrator.blocks), /\/r\/[0-9a-z]{26}/, 'with a way to end it')
  assert.doesNotMatch(JSON.stringify(channel.blocks), new RegExp(`/r/|${live.checkCode}`), 'others see no link')
  const held = await direct('bo', 'his own message', /enrolled in your name/, shortOf(key.thumbprint), 'now held')
  assert.deepEqual([held.ts, buttons(held)], [told.ts, ['link.keys']])
  const next = await ask(world)
  assert.ok((await confirm(world, next.intent, await newHolder())).ok)
  refused(await acceptStatement(ctx, approves(key, next.intent)), 'passkey_held', /signs nothing/)
  assert.ok((await liftHold(ctx, lifts(before.key, key.thumbprint))).ok)
  await direct('bo', 'the release', /Your key is released/, shortOf(key.thumbprint))
  await bot.slack.as('mira').message(SECURITY, says(/A key is released/, shortOf(key.thumbprint)), 'the release')
  assert.equal((await findHeld(ctx.db)).has(key.thumbprint), false)
})

test('a lowered rule and who gained by it are told to those who gained, administrators and the security channel', async () => {
  const edit = (file: string, from: string, to: string) => {
    const path = join(world.runbooksDir, file)
    const text = readFileSync(path, 'utf8')
    assert.ok(text.includes(from), `${file} has ${from}`)
    writeFileSync(path, text.replace(from, to))
  }
  edit('directory.yaml', 'service-owners: [ana, bo]', 'service-owners: [ana, bo, theo]')
  await world.issuer.reload()
  const told = await direct('theo', 'that he is a member', /The rules now name you/, /service-owners\s+gained/)
  assert.deepEqual(buttons(told), [])
  const { db } = world.bot
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('issuer_outbox', 'issuer_outbox.id', 'delivery.source')
    .select('place')
    .where('topic', '=', 'rules.published')
    .where('place', '!=', '')
    .execute()
  assert.deepEqual(rows.map(({ place }) => place).sort(), ['admin/mira', 'own/theo', 'security/#security'])
})

test('nobody is asked to approve who is no approver of the directory, or whose every key is held', async () => {
  const set = ctx.published().ruleSet
  const able = async () => [...(await findAble(world.bot.db, set, ['rey', 'ana', 'bo', 'theo']))].sort()
  assert.deepEqual(await able(), ['ana', 'bo'], 'theo came into the group, and no administrator has signed that he approves')
  const keys = await world.bot.db.selectFrom('passkey').select('enrolled_sequence').where('person', '=', 'ana').execute()
  for (const sequence of new Set(keys.map((key) => key.enrolled_sequence))) await notMe('ana', { sequence })
  assert.deepEqual(await able(), ['bo'])
})
