// A thief with the bot's login who plants rows that tell the bot where to answer: the bot posts to Slack and to nobody else, whatever its own tables say.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ANSWER_PLACE } from '../../src/commands/places.ts'
import { keepInbox } from '../../src/db/bot-queries/inbox.ts'
import { keepMessage } from '../../src/db/bot-queries/messages.ts'
import { openBot } from '../support/bot.ts'
import { ask, confirm, newHolder } from '../support/world.ts'

const bot = await openBot({ after })
const { db } = bot.world.bot
const posted: string[] = []
const inside = createServer((request, reply) => {
  posted.push(request.url ?? '')
  reply.end('ok')
})
await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
after(() => new Promise((resolve) => inside.close(resolve)))
const address = (path: string) => `http://127.0.0.1:${(inside.address() as AddressInfo).port}${path}`

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (const late = Date.now() + 15_000; !(await look()); await delay(20)) assert.ok(Date.now() < late, `${what} did not happen`)
}
const isDone = (id: string) => async () =>
  (await db.selectFrom('inbox').select('done_at').where('id', '=', id).executeTakeFirst())?.done_at instanceof Date

test('a command or a press that nobody sent is not answered where it says', async () => {
  const past = new Date(Date.now() - 1000)
  const command = {
    command: '/elevate',
    text: 'help',
    team_id: 'T0SANDBOX',
    user_id: 'U0REYOKAFOR',
    channel_id: 'C0INCIDENT42',
    api_app_id: 'A0COUNTERSIGN',
    trigger_id: 'planted',
    response_url: address('/command'),
  }
  const press = {
    type: 'block_actions',
    trigger_id: 'planted.too',
    api_app_id: 'A0COUNTERSIGN',
    team: { id: 'T0SANDBOX' },
    user: { id: 'U0REYOKAFOR', team_id: 'T0SANDBOX' },
    container: { type: 'message', is_ephemeral: true },
    actions: [{ type: 'button', action_id: 'request.cancel', block_id: 'b', value: 'a'.repeat(26) }],
    response_url: address('/press'),
  }
  for (const [kind, payload] of [
    ['command', command],
    ['click', press],
  ] as const) {
    await keepInbox(db, { id: `planted:${kind}`, kind, payload }, past, past)
    await until(`the ${kind} is looked at`, isDone(`planted:${kind}`))
  }
  assert.deepEqual(posted, [])
})

test('an answer that is to be changed elsewhere is left alone', async () => {
  const { requestId, intent } = await ask(bot.world)
  await keepMessage(db, { request_id: requestId, place: ANSWER_PLACE, channel: address('/answer'), ts: '', shown: '' })
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  await until('the place is looked at', async () => {
    const rows = await db
      .selectFrom('delivery')
      .select('done_at')
      .where('request_id', '=', requestId)
      .where('place', '=', ANSWER_PLACE)
      .execute()
    return rows.length > 0 && rows.every(({ done_at }) => done_at !== null)
  })
  assert.deepEqual(posted, [])
})
