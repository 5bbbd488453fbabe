// Puts Slack's side together: receiver, Bolt with its listeners, gate, and what the worker tells with. Learns the app's own id from Slack, so that
// deliveries for another app that shares our secret are refused; until Slack has answered, the workspace list and the signature stand alone.

import type { Logger } from 'pino'
import type { BotContext } from '../../commands/context.ts'
import type { Part } from '../../readiness.ts'
import { createBolt, interactiveClient, type SlackOutcome, type SlackSettings, workerClient } from './connect.ts'
import { createDeliverer, type Deliverer } from './deliver.ts'
import { createGate } from './gate.ts'
import { handleAsking } from './handle-asking.ts'
import { handleClicks } from './handle-clicks.ts'
import { handleEvents } from './handle-events.ts'
import { handleNotMe } from './handle-not-me.ts'
import { handleObjection } from './handle-objection.ts'
import { createReceiver, type SlackReceiver } from './receiver.ts'
import { createNo } from './say-no.ts'
import type { SlackSide } from './side.ts'

export type { SlackSettings } from './connect.ts'

/** Where Slack takes answers to what people did. */
const SLACK = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']

const STANDING: { readonly [O in SlackOutcome | 'unasked']: Part } = {
  ok: { ready: true, words: 'Slack took the last call.' },
  refused: { ready: true, words: 'Slack answered the last call with an error; the log tells which.' },
  limited: { ready: true, words: 'Slack asks us to go slower; what waits is told later.' },
  broken: { ready: false, words: 'Slack is in trouble: its last answer was none that can be used. What waits is told later.' },
  silent: { ready: false, words: 'Slack did not answer the last call. What waits is told later; the console works.' },
  unasked: { ready: true, words: 'Slack has not been called yet.' },
}

export type OpenSlack = {
  readonly receiver: SlackReceiver
  readonly deliverer: Deliverer
  /** Asks Slack once who we are there. */
  readonly learnAppId: () => Promise<void>
  /** How it went with Slack last, for whoever watches. */
  readonly standing: () => Part
}

export function openSlack(options: {
  readonly ctx: BotContext
  readonly settings: SlackSettings
  readonly publicUrl: string
  readonly issuerUrl: string
  readonly log: Logger
  readonly wake: () => void
}): OpenSlack {
  const { ctx, publicUrl, issuerUrl, log, wake } = options
  let last: SlackOutcome | undefined
  const settings: SlackSettings = {
    ...options.settings,
    heard: (method, outcome) => {
      last = outcome
      ctx.watch?.called?.(method, outcome)
    },
  }
  const { signingSecrets, teamIds, apiUrl } = settings
  const answersAt = apiUrl === undefined ? SLACK : [new URL(apiUrl).origin]
  let appId: string | undefined
  const no = createNo(publicUrl)
  const receiver = createReceiver({ ctx, signingSecrets, teamIds, answersAt, appId: () => appId, no, log, wake })
  const bolt = createBolt(settings, receiver, log)
  const client = interactiveClient(settings, log)
  const gate = createGate(ctx, client, teamIds)
  const side: SlackSide = { ctx, gate, teamIds, issuerUrl, publicUrl, no, client, log }
  handleAsking(bolt, side)
  handleClicks(bolt, side)
  handleObjection(bolt, side)
  handleNotMe(bolt, side)
  handleEvents(bolt, side)
  const told = { ctx, teamIds, answersAt, appId: () => appId, issuerUrl, publicUrl, log }
  const deliverer = createDeliverer({ ...told, client: workerClient(settings, log) })
  const learnAppId = async (): Promise<void> => {
    try {
      const { bot_id: bot } = await deliverer.client.auth.test()
      appId = bot === undefined ? undefined : (await deliverer.client.bots.info({ bot })).bot?.app_id
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'Slack did not say which app this is')
    }
  }
  return { receiver, deliverer, learnAppId, standing: () => STANDING[last ?? 'unasked'] }
}
