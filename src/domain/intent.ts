// The intent: everything one request is about, in canonical bytes made once (DESIGN section 3). Pages are rendered from these bytes, every
// challenge is a hash over them, the issuer acts on them. The bot proposes them; the issuer derives them again and takes only equal bytes.
// Times are seconds since 1970-01-01T00:00:00Z, absolute, and bound by the maxima below.

import { canonicalBytes, readCanonical } from './canonical.ts'
import { type Commitment, commitment } from './commitment.ts'
import { digest, ID, NAME, PERSON, REALM } from './ids.ts'
import { closed, integer, list, literal, type Read, read, record, type Shape, type Shaped, scalarOr, text } from './shape.ts'

export const MAX_INTENT_BYTES = 16_384
/** Default spans of a request's life in seconds; also the maxima the issuer accepts, counted from its first sight. */
export const SPANS = {
  confirmSeconds: 600,
  decideSeconds: 3600,
  claimSeconds: 1800,
} as const

const seconds = integer(0, 253_402_300_799)
const number = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
const value: Shape<string | number | Commitment> = scalarOr<string | number, Commitment>(
  (v, path) => (typeof v === 'number' ? number(v, path) : text(/^/, 4000)(v, path)),
  commitment,
)

export type RightValue = string | number | Commitment | readonly RightValue[] | { readonly [member: string]: RightValue }
const rightValue: Shape<RightValue> = (v, path) => {
  if (Array.isArray(v)) return list(rightValue, 0, 50)(v, path)
  if (typeof v === 'object' && v !== null && !('commitment' in v))
    return record(/^[a-z][a-z0-9_]{0,62}$/, rightValue, 50)(v, path)
  return value(v, path)
}

/** What the action resolves to, in full: kind and target, the target's public settings, what is granted there. */
export const right = closed({
  kind: text(NAME),
  target: text(NAME),
  settings: record(/^[a-z][a-z0-9_]{0,62}$/, text(/^/, 2000), 30),
  grants: record(/^[a-z][a-z0-9_]{0,62}$/, rightValue, 20),
})
export type Right = Shaped<typeof right>

export const intent = closed({
  v: literal(1),
  realm: text(REALM),
  id: text(ID),
  mode: literal('normal'),
  requester: closed({ kind: literal('person'), id: text(PERSON) }),
  runbook: text(NAME),
  action: text(NAME),
  action_digest: digest,
  parameters: record(/^[a-z][a-z0-9_]{0,62}$/, value, 20),
  right,
  reason: commitment,
  lease_seconds: integer(30, 86_400),
  confirm_by: seconds,
  decide_by: seconds,
  claim_by: seconds,
  ends_no_later_than: seconds,
  rules_digest: digest,
})
export type Intent = Shaped<typeof intent>

/** The intent behind canonical bytes; bytes in any other form, or over 16 KB, are refused. */
export function readIntent(bytes: Uint8Array): Read<Intent> {
  if (bytes.length > MAX_INTENT_BYTES)
    return {
      ok: false,
      path: '(whole)',
      problem: `is over ${MAX_INTENT_BYTES} bytes`,
    }
  const value = readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(intent, value)
}

export const intentBytes = (of: Intent): Uint8Array<ArrayBuffer> => canonicalBytes(of)
