// Who hears in Slack that the two verifiers disagree, and that there may be a copy of a key: administrators and the security channel each by a message of
// their own, and whose key it is.

import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import { signIn } from '../../src/commands/sign-in.ts'
import type { MessageView } from '../../src/sandbox/slack/wire.ts'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import { wordsOf } from '../support/slack-driver.ts'

const SECURITY = 'C0SECURITY0'
const bot = await openBot(lastFirst(after))
const { ctx } = bot.world
const { enrolled } = ownKeys(bot.world)
const says =
  (...words: readonly string[]) =>
  (message: MessageView) =>
    words.every((each) => wordsOf(message.blocks).includes(each))

test('administrators and the security channel hear that the two verifiers disagree', async () => {
  const { key } = await enrolled('bo')
  const faulty = mock.method(globalThis.crypto.subtle, 'verify', async () => false)
  refused(await signIn(ctx, key.sign('sign_in', { audience: 'issuer' })), 'assertion_refused', /Nothing was recorded/)
  faulty.mock.restore()
  const told = says('Alarm: the two verifiers disagree', 'a signature in the name of', 'It was refused')
  await bot.slack.as('mira').message('direct', told, 'the alarm')
  await bot.slack.as('mira').message(SECURITY, told, 'the alarm in the channel')
})

test('whose key may have a copy hears it, as administrators and the security channel do', async () => {
  const { key } = await enrolled('ana')
  const enters = () => signIn(ctx, key.sign('sign_in', { audience: 'issuer' }, { signCount: 5 }))
  assert.ok((await enters()).ok)
  refused(await enters(), 'assertion_refused', /Nothing was recorded/)
  const short = key.thumbprint.slice(0, 8)
  await bot.slack
    .as('ana')
    .message(
      'direct',
      says('there may be a copy of your key', short, 'suspend it there, and sign with another'),
      'the alarm about her key',
    )
  const told = says('there may be a copy of a key', short, 'An administrator suspends it with one signature')
  await bot.slack.as('mira').message('direct', told, 'the alarm')
  await bot.slack.as('mira').message(SECURITY, told, 'the alarm in the channel')
})
