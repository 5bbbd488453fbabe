// Whether a body came from Slack: HMAC v0 over the raw bytes, compared in constant time, and a time within five minutes in either direction, so that
// neither an old nor a prepared delivery passes. While a secret is exchanged two are valid, so that no click is lost on either side of the change.
// Slack: "Verifying requests from Slack". Replays inside the window fall to the inbox's key.

import { createHmac, timingSafeEqual } from 'node:crypto'

const TOLERANCE_SECONDS = 300

export type Signed = { readonly body: Uint8Array; readonly timestamp: unknown; readonly signature: unknown }

/** Whether Slack signed this body with one of the secrets, near enough to `now`. */
export function verifySlack(secrets: readonly string[], { body, timestamp, signature }: Signed, now: Date): boolean {
  if (secrets.length === 0 || secrets.includes('')) throw new TypeError('an empty signing secret verifies nothing')
  if (typeof timestamp !== 'string' || typeof signature !== 'string' || !/^[0-9]{1,12}$/.test(timestamp)) return false
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false
  const given = Buffer.from(signature)
  return secrets.some((secret) => {
    const expected = Buffer.from(`v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}
