// The request that comes of what somebody does in Slack. The bot answers Slack in time, whether the request is written by then or not, so it is waited for.

import assert from 'node:assert/strict'
import type { BotContext } from '../../src/commands/context.ts'
import { checkCode } from '../../src/domain/ids.ts'
import type { ActOutcome } from '../../src/sandbox/slack/wire.ts'
import { until } from './until.ts'

/** Does what asks, which Slack must not refuse, and waits for the request that was not there before. */
export async function requestFrom(db: BotContext['db'], act: () => Promise<ActOutcome | undefined>) {
  const all = () => db.selectFrom('request').select(['id', 'requester', 'intent_digest']).execute()
  const before = new Set((await all()).map(({ id }) => id))
  const outcome = await act()
  if (outcome) assert.ok(outcome.ok, JSON.stringify(outcome))
  let made: Awaited<ReturnType<typeof all>>[number] | undefined
  await until('the request', async () => {
    made = (await all()).find(({ id }) => !before.has(id))
    return made !== undefined
  })
  if (!made) throw new TypeError('unreachable: it was waited for')
  const { id, requester, intent_digest: intent } = made
  return { id, requester, intent, code: checkCode(intent) }
}
