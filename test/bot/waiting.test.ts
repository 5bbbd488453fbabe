// Nobody waits in vain without a time: when too few may approve now, the requester reads who may from when, and who waits himself reads it where he is asked.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { MessageView } from '../../src/sandbox/slack/wire.ts'
import { openBot } from '../support/bot.ts'
import { editDirectory } from '../support/directory-world.ts'
import { lastFirst } from '../support/last-first.ts'
import { wordsOf } from '../support/slack-driver.ts'
import { ask, confirm, newHolder } from '../support/world.ts'

const holds = (code: string, words: RegExp) => (message: MessageView) =>
  message.threadTs === null && wordsOf(message.blocks).includes(code) && words.test(wordsOf(message.blocks))
const asking = async (bot: Awaited<ReturnType<typeof openBot>>) => {
  const { intent, checkCode } = await ask(bot.world)
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  return checkCode
}
/** Everybody's key was enrolled a moment ago, long after the roots. */
const opened = (keys: string) =>
  openBot(lastFirst(after), {
    pinnedDaysAgo: 8,
    runbooks: (dir) => editDirectory(dir, (text) => text.replace('approver_keys: 1', keys)),
  })

test('keys that are new for an hour: the requester reads from when they may approve, and they read it themselves', async () => {
  const bot = await opened('approver_keys: 1, cool_down_hours: 1')
  const code = await asking(bot)
  const told = await bot.slack
    .as('rey')
    .message('direct', holds(code, /Too few of those who may approve this can do so now/), 'why')
  const words = wordsOf(told.blocks)
  for (const account of ['U0ANALINDQV', 'U0BOTANAKA0']) assert.ok(JSON.stringify(told.blocks).includes(account))
  assert.match(words, /may approve from/)
  assert.match(words, /You need do nothing/)
  assert.doesNotMatch(words, /too late/)
  const own = await bot.slack.as('bo').message('direct', holds(code, /You can deny this now. You may approve from/), 'his own')
  assert.match(wordsOf(own.blocks), /Your decision is asked/)
})

test('keys that are new for a day are too late for this request, which is said', async () => {
  const bot = await opened('approver_keys: 1, cool_down_hours: 24')
  const code = await asking(bot)
  const told = await bot.slack.as('rey').message('direct', holds(code, /too late for this request/), 'why')
  assert.match(wordsOf(told.blocks), /Ask again then/)
})

test('who needs a second key is sent to register it', async () => {
  const bot = await opened('approver_keys: 2, cool_down_hours: 0')
  const code = await asking(bot)
  await bot.slack.as('rey').message('direct', holds(code, /may approve as soon as they have another key/), 'why')
  await bot.slack.as('ana').message('direct', holds(code, /you need another key: .*\/keys/), 'her own')
})
