// Requests as Slack signs them, made by hand, to bend what the simulated workspace would never send.

import { createHmac, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { SIGNING_SECRET } from './bot.ts'

export type Bent = {
  readonly at?: number
  readonly secret?: string
  readonly signature?: string
  readonly type?: string
  readonly host?: string
}

/** Posts a body to the bot's Slack door, signed now unless bent. */
export function deliver(app: FastifyInstance, body: string, bent: Bent = {}) {
  const timestamp = String(bent.at ?? Math.floor(Date.now() / 1000))
  const hmac = createHmac('sha256', bent.secret ?? SIGNING_SECRET).update(`v0:${timestamp}:${body}`)
  return app.inject({
    method: 'POST',
    url: '/slack/events',
    headers: {
      host: bent.host ?? 'localhost:3000',
      'content-type': bent.type ?? 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': bent.signature ?? `v0=${hmac.digest('hex')}`,
    },
    payload: body,
  })
}

/** A slash command's form. */
export const command = (over: Record<string, string> = {}): string =>
  new URLSearchParams({
    command: '/elevate',
    text: 'help',
    team_id: 'T0SANDBOX',
    user_id: 'U0REYOKAFOR',
    channel_id: 'C0INCIDENT42',
    api_app_id: 'A0COUNTERSIGN',
    trigger_id: `trigger.${randomUUID()}`,
    response_url: 'http://127.0.0.1:9/hooks/none',
    ...over,
  }).toString()

export const event = (id: string, over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    type: 'event_callback',
    event_id: id,
    team_id: 'T0SANDBOX',
    api_app_id: 'A0COUNTERSIGN',
    event: { type: 'user_change', user: { id: 'U0NOBODY', team_id: 'T0SANDBOX', deleted: false } },
    ...over,
  })
