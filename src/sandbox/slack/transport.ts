// The one way out to the app: an HTTP POST signed with the v0 scheme, three seconds to answer. Everything the workspace sends passes here, and so do
// the faults that were asked for. The app's answer is data from outside; callers parse it. Slack: "Verifying requests from Slack".

import { createHmac } from 'node:crypto'
import type { Faults } from './faults.ts'

export const ACK_MS = 3000
const MAX_ANSWER_BYTES = 300_000

export interface Delivery {
  /** An event's type, `command`, or an interaction's type: by which faults find it. */
  readonly name: string
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded'
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}
export type Delivered =
  | { readonly ok: true; readonly status: number; readonly body: string; readonly headers: Headers }
  | { readonly ok: false; readonly why: 'timeout' | 'connection' }
export type Deliver = (delivery: Delivery) => Promise<Delivered>

/** The v0 signature of a body at a time in seconds. */
export function signature(secret: string, seconds: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex')}`
}

/** Makes the way out. A late answer counts as none: the person is told, and what the app does later stands by itself. */
export function createTransport(options: {
  readonly requestUrl: string
  readonly signingSecret: string
  readonly ackMs?: number
  readonly now: () => number
}): Deliver {
  return async ({ contentType, body, headers }) => {
    const seconds = Math.trunc(options.now() / 1000)
    try {
      const response = await fetch(options.requestUrl, {
        method: 'POST',
        headers: {
          'content-type': contentType,
          'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
          ...headers,
          'x-slack-request-timestamp': String(seconds),
          'x-slack-signature': signature(options.signingSecret, seconds, body),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(options.ackMs ?? ACK_MS),
      })
      const text = await response.text()
      if (text.length > MAX_ANSWER_BYTES) return { ok: false, why: 'connection' }
      return { ok: true, status: response.status, body: text, headers: response.headers }
    } catch (error) {
      return { ok: false, why: error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'connection' }
    }
  }
}

/** The way out with the faults in it. Of a delivery that was sent again the last answer counts: Slack sends again because it heard none before. */
export function throughFaults(faults: Faults, deliver: Deliver): Deliver {
  const passing = async (delivery: Delivery) => {
    const delivered = await deliver(delivery)
    faults.passed('delivery')
    return delivered
  }
  return async (delivery) => {
    const struck = faults.strike('delivery', delivery.name)
    if (!struck) return passing(delivery)
    switch (struck.does.kind) {
      case 'dropped_before':
      case 'silence':
        return { ok: false, why: 'connection' }
      case 'dropped_after':
        await passing(delivery)
        return { ok: false, why: 'timeout' }
      case 'duplicated': {
        let delivered = await passing(delivery)
        for (let copy = 1; copy <= struck.does.copies; copy += 1) {
          const again = { 'x-slack-retry-num': String(copy), 'x-slack-retry-reason': 'http_timeout' }
          delivered = await passing({ ...delivery, headers: { ...delivery.headers, ...again } })
        }
        return delivered
      }
      case 'delayed':
      case 'held':
      case 'behind_next':
        await struck.released()
        return passing(delivery)
    }
  }
}

/** A form-encoded delivery. Slack does not send these again by itself. */
export function form(name: string, fields: Readonly<Record<string, string>>): Delivery {
  return { name, contentType: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() }
}
export const interaction = (payload: { readonly type: string } & Readonly<Record<string, unknown>>): Delivery =>
  form(payload.type, { payload: JSON.stringify(payload) })

/** Slack's word for why an app did not answer well; undefined when it did. */
export function failureOf(delivered: Delivered): string | undefined {
  if (!delivered.ok) return delivered.why === 'timeout' ? 'operation_timeout' : 'dispatch_failed'
  if (delivered.status >= 500) return 'http_service_error'
  return delivered.status >= 300 ? 'http_client_error' : undefined
}
