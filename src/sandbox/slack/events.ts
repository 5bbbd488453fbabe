// The Events API: each subscribed event is sent until the app answers 2xx, at most four times: at once, at once again, after one minute, after
// five. `retryFactor` compresses the schedule. An answer with `x-slack-no-retry` ends it. Unlike interactions, an event may so arrive twice.

import { setTimeout as delay } from 'node:timers/promises'
import { eventEnvelope } from './payloads.ts'
import type { Deliver, Delivered } from './transport.ts'
import type { Workspace } from './workspace.ts'

const RETRY_AFTER_MS = [0, 60_000, 300_000]

export interface Events {
  /** Sends an event if the app has subscribed to its type. Resolves when it is delivered or given up. */
  readonly emit: (event: { readonly type: string } & Readonly<Record<string, unknown>>) => Promise<void>
  /** Gives up what still waits. */
  readonly close: () => void
}

export function createEvents(workspace: Workspace, deliver: Deliver, retryFactor = 1): Events {
  const closing = new AbortController()
  const send = (name: string, body: string, headers: Readonly<Record<string, string>>) =>
    deliver({ name, contentType: 'application/json', body, headers })
  return {
    emit: async (event) => {
      if (!workspace.app.events.includes(event.type)) return
      const body = JSON.stringify(eventEnvelope(workspace, event))
      let delivered = await send(event.type, body, {})
      for (const [index, wait] of RETRY_AFTER_MS.entries()) {
        if (taken(delivered)) return
        const waited = await delay(wait * retryFactor, true, { signal: closing.signal, ref: false }).catch(() => false)
        if (!waited) return
        const again = { 'x-slack-retry-num': String(index + 1), 'x-slack-retry-reason': reason(delivered) }
        delivered = await send(event.type, body, again)
      }
    },
    close: () => closing.abort(),
  }
}

/** Slack's question when a request URL is set: the app must answer the challenge. */
export async function verifyUrl(deliver: Deliver): Promise<boolean> {
  const challenge = crypto.randomUUID()
  const body = JSON.stringify({ token: 'deprecated', type: 'url_verification', challenge })
  const delivered = await deliver({ name: 'url_verification', contentType: 'application/json', body })
  return delivered.ok && delivered.status === 200 && delivered.body.includes(challenge)
}

function taken(delivered: Delivered): boolean {
  return (
    delivered.ok && ((delivered.status >= 200 && delivered.status < 300) || delivered.headers.get('x-slack-no-retry') === '1')
  )
}

function reason(delivered: Delivered): string {
  if (!delivered.ok) return delivered.why === 'timeout' ? 'http_timeout' : 'connection_failed'
  return 'http_error'
}
