// The issuer's word that it made one credential, signed with its log key (DESIGN section 4): what it was made from, under which rules, by which directory,
// at what time on its own clock. It names by digest, order and time everything that was judged, so that nobody who holds the signatures of people can
// tell another story of them afterwards. All times are in ms since 1970.

import { canonicalBytes, readCanonical } from './canonical.ts'
import { type Digest, digest, ID, NAME, PERSON, REALM } from './ids.ts'
import { closed, integer, list, literal, type Read, read, type Shaped, text } from './shape.ts'
import { tagged } from './tags.ts'

export const MAX_ISSUED_BYTES = 65_536

const time = integer(0, 253_402_300_799_999)
const position = closed({ sequence: integer(0, 1_000_000), head: digest })

export const issued = closed({
  v: literal(1),
  realm: text(REALM),
  era: integer(1, 1000),
  intent: digest,
  credential: closed({ id: text(ID), number: integer(1, 1000), fingerprint: digest }),
  // What the evidence was judged for, and when; `issued_at` is when the credential had been made.
  purpose: literal('claim', 'renewal'),
  judged_at: time,
  issued_at: time,
  expires_at: time,
  // In force when it was judged, and where the directory stood.
  rule_set: digest,
  directory: position,
  // Every statement of the evidence with what was recorded at its acceptance, in the order of their digests.
  statements: list(closed({ statement: digest, accepted_at: time, rule_set: digest, directory: position }), 1, 64),
  // One for each place that the rules ask for, in their order.
  approvals: list(closed({ person: text(PERSON), passkey: digest, group: text(NAME), statement: digest }), 1, 64),
})
export type Issued = Shaped<typeof issued>

/** The word behind canonical bytes; any other byte form or an unknown member is refused. */
export function readIssued(bytes: Uint8Array): Read<Issued> {
  if (bytes.length > MAX_ISSUED_BYTES) return { ok: false, path: '(whole)', problem: `is over ${MAX_ISSUED_BYTES} bytes` }
  const value = readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(issued, value)
}

/** What the id of credential `number` of an intent is made from: the first 16 bytes of their SHA-256 are the id. */
export const credentialIdBytes = (intent: Digest, number: number): Uint8Array<ArrayBuffer> =>
  tagged('credential', canonicalBytes({ intent, number }))
