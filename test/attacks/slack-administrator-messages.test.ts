// Another app in a channel, or a person by an app of their own, who writes our metadata on a message: the bot takes only what Slack says is its own for its
// own, or it would believe told what is not, post anew because it cannot change it, and spend its calls on taking it away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { workerClient } from '../../src/bot/slack/connect.ts'
import { findOwnMessages, metadataOf } from '../../src/bot/slack/own-messages.ts'
import { createPace } from '../../src/bot/slack/pace.ts'
import type { BotContext } from '../../src/commands/context.ts'
import { openSlackApi } from '../support/slack-api.ts'

const OWN = 'A0COUNTERSIGN'
const origin = { request: 'a'.repeat(26), place: 'channel', delivery: '01890000-0000-7000-8000-000000000001' }
const metadata = metadataOf(origin)
const MESSAGES = [
  { ts: '5.0', bot_id: 'B0OTHER', app_id: 'A0OTHER', metadata },
  { ts: '4.0', bot_id: 'B0OTHER', bot_profile: { id: 'B0OTHER', app_id: 'A0OTHER' }, metadata },
  { ts: '3.0', user: 'U0REYOKAFOR', metadata },
  { ts: '2.0', bot_id: 'B0COUNTERSIGN', bot_profile: { id: 'B0COUNTERSIGN', app_id: OWN }, metadata },
  { ts: '1.0', bot_id: 'B0COUNTERSIGN', app_id: OWN, metadata },
  { ts: '0.5', bot_id: 'B0COUNTERSIGN', app_id: OWN, metadata: metadataOf({ ...origin, place: 'ask:bo' }) },
]

for (const [where, thread] of [
  ['a channel', undefined],
  ['a thread', '0.1'],
] as const)
  test(`in ${where} a message with our metadata is ours only if Slack says so`, async (t) => {
    const api = await openSlackApi(t)
    const log = pino({ level: 'silent' })
    const slack = { botToken: 'xoxb-of-a-test', signingSecrets: [], teamIds: ['T0SANDBOX'], apiUrl: api.url }
    const ctx = { now: () => new Date() } as BotContext
    const caller = { ctx, client: workerClient(slack, log), pace: createPace(), log, appId: () => OWN }
    const method = thread === undefined ? 'conversations.history' : 'conversations.replies'
    api.answer(method, { body: { ok: true, messages: MESSAGES } })
    const to = { channel: 'C0INCIDENT42', ...(thread === undefined ? {} : { thread }) }
    const found = await findOwnMessages(caller, to, origin, new Date())
    assert.ok(found.ok)
    assert.deepEqual(
      found.value.map(({ ts }) => ts),
      ['2.0', '1.0'],
    )
  })
