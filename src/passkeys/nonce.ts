// Nonces of statements and claims: made by the issuer, authentic by a MAC, so that nothing need be stored before somebody has signed. A nonce
// is six bytes of milliseconds, eighteen of randomness, sixteen of HMAC-SHA-256 over tag and both. It is dead after five minutes. Single use
// is not decided here: the table `nonce` has it as primary key, in the transaction that takes the statement (DESIGN section 3).

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import { tagged } from '../domain/tags.ts'

/** How long a nonce lives, and so how long one ceremony may take. */
export const NONCE_SECONDS = 300
/** Issuers of one deployment may differ by this much. */
const AHEAD_MS = 2_000
const TIME_BYTES = 6
const BODY_BYTES = TIME_BYTES + 18
const MAC_BYTES = 16

export type NonceVerdict =
  | { readonly ok: true; readonly madeAt: Date; readonly deadAt: Date }
  | { readonly ok: false; readonly refusal: { readonly reason: 'nonce_forged' } | { readonly reason: 'nonce_stale' } }

/** A fresh nonce: 54 letters of base64url. `key` is the issuer's nonce key. */
export function makeNonce(key: Uint8Array, now: Date): string {
  const body = Buffer.concat([Buffer.alloc(TIME_BYTES), randomBytes(BODY_BYTES - TIME_BYTES)])
  body.writeUIntBE(now.getTime(), 0, TIME_BYTES)
  return encodeBase64url(Buffer.concat([body, mac(key, body)]))
}

/** Whether a nonce is ours, not from the future and not older than five minutes. */
export function judgeNonce(key: Uint8Array, nonce: string, now: Date): NonceVerdict {
  const bytes = decodeBase64url(nonce)
  if (bytes?.length !== BODY_BYTES + MAC_BYTES) return { ok: false, refusal: { reason: 'nonce_forged' } }
  const body = bytes.subarray(0, BODY_BYTES)
  if (!timingSafeEqual(mac(key, body), bytes.subarray(BODY_BYTES))) return { ok: false, refusal: { reason: 'nonce_forged' } }
  const madeAt = Buffer.from(body).readUIntBE(0, TIME_BYTES)
  const age = now.getTime() - madeAt
  if (age < -AHEAD_MS || age > NONCE_SECONDS * 1000) return { ok: false, refusal: { reason: 'nonce_stale' } }
  return { ok: true, madeAt: new Date(madeAt), deadAt: new Date(madeAt + NONCE_SECONDS * 1000) }
}

const mac = (key: Uint8Array, body: Uint8Array): Buffer =>
  createHmac('sha256', key).update(tagged('nonce', body)).digest().subarray(0, MAC_BYTES)
