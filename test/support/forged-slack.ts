// Whatever a Slack administrator, or a thief of the signing secret, makes Slack's signature stand under: presses, submissions, commands and events with any
// user, team, channel and value. Each is delivered to the bot's door, and what it answered is heard.

import { randomUUID } from 'node:crypto'
import type { openBot } from './bot.ts'
import type { Gains } from './nothing-gained.ts'
import { type Bent, deliver, command as form } from './slack-requests.ts'
import { until } from './until.ts'

export const ACCOUNTS = {
  rey: 'U0REYOKAFOR',
  ana: 'U0ANALINDQV',
  bo: 'U0BOTANAKA0',
  mira: 'U0MIRACASTE',
  theo: 'U0THEOBRAND',
} as const
const TEAM = 'T0SANDBOX'
const APP = 'A0COUNTERSIGN'
type Bot = Awaited<ReturnType<typeof openBot>>
type Forged = { readonly [member: string]: unknown }

/** The thief at the bot's door; `settled` waits until everything that he sent has been taken up and heeded, or was tried in vain. */
export function forger({ bot, publicUrl, slackUrl, world, slack }: Bot, gains: () => Gains) {
  const answersAt = `${slackUrl}/hooks/forged`
  const send = async (body: string, bent: Bent = {}) => {
    const answer = await deliver(bot.app, body, { host: new URL(publicUrl).host, ...bent })
    return gains().hear(answer)
  }
  const interact = (payload: Forged, bent: Bent = {}) => {
    const common = { trigger_id: `forged.${randomUUID()}`, api_app_id: APP, team: { id: TEAM }, response_url: answersAt }
    return send(new URLSearchParams({ payload: JSON.stringify({ ...common, ...payload }) }).toString(), bent)
  }
  const user = (id: string) => ({ id, team_id: TEAM, name: 'forged' })
  return {
    press: (who: string, action_id: string, value: string | undefined, over: Forged = {}, bent: Bent = {}) =>
      interact(
        {
          type: 'block_actions',
          user: user(who),
          container: { type: 'message', is_ephemeral: true },
          channel: { id: 'C0INCIDENT42' },
          actions: [{ type: 'button', action_id, block_id: 'b', ...(value !== undefined && { value }) }],
          ...over,
        },
        bent,
      ),
    submit: (who: string, callback_id: string, private_metadata: string, values: Forged, over: Forged = {}) => {
      const blocks = Object.keys(values).map((block_id) => ({ type: 'input', block_id }))
      const view = {
        id: `V${randomUUID().slice(0, 8).toUpperCase()}`,
        hash: '1.a',
        type: 'modal',
        callback_id,
        private_metadata,
        blocks,
      }
      return interact({ type: 'view_submission', user: user(who), view: { ...view, state: { values } }, ...over })
    },
    shortcut: (who: string, callback_id: string) => interact({ type: 'shortcut', user: user(who), callback_id }),
    command: (who: string, text: string, over: Record<string, string> = {}, bent: Bent = {}) =>
      send(form({ user_id: who, text, response_url: answersAt, trigger_id: `forged.${randomUUID()}`, ...over }), bent),
    event: (event: Forged, over: Forged = {}) =>
      send(
        JSON.stringify({ type: 'event_callback', event_id: `Ev${randomUUID()}`, team_id: TEAM, api_app_id: APP, event, ...over }),
        { type: 'application/json' },
      ),
    /** What the bot then said in Slack belongs to the thief as well. */
    settled: async () => {
      await until('everything forged to be taken up', async () => {
        const left = await world.bot.db
          .selectFrom('inbox')
          .select('id')
          .where('done_at', 'is', null)
          .where('last_error', 'is', null)
          .limit(1)
          .execute()
        const wishes = await world.bot.db
          .selectFrom('wish')
          .select('id')
          .where((eb) => eb.not(eb.exists(eb.selectFrom('wish_outcome').select('wish_id').whereRef('wish_id', '=', 'wish.id'))))
          .limit(1)
          .execute()
        return left.length + wishes.length === 0
      })
      gains().hear(await slack.calls())
    },
  }
}
