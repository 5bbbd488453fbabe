// The one way out to the app: an HTTP POST signed with the v0 scheme, three seconds to answer. Everything the workspace sends passes here, so this
// is where faults can be put in. The app's answer is data from outside; callers parse it. Slack: "Verifying requests from Slack".

import { createHmac } from 'node:crypto'

export const ACK_MS = 3000
const MAX_ANSWER_BYTES = 300_000

export interface Delivery {
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

/** An interaction or command: form-encoded, never sent twice. */
export function form(fields: Readonly<Record<string, string>>): Delivery {
  return { contentType: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() }
}
export const interaction = (payload: unknown): Delivery => form({ payload: JSON.stringify(payload) })

/** Slack's word for why an app did not answer well; undefined when it did. */
export function failureOf(delivered: Delivered): string | undefined {
  if (!delivered.ok) return delivered.why === 'timeout' ? 'operation_timeout' : 'dispatch_failed'
  if (delivered.status >= 500) return 'http_service_error'
  return delivered.status >= 300 ? 'http_client_error' : undefined
}
