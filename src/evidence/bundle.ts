// The evidence bundle: all that somebody needs to judge one intent, in a closed format. Texts
// are strict base64url of exact stored bytes; nothing in it is trusted, and realm, origin, rpID and root keys are never read from
// it.

import { digest } from '../domain/ids.ts'
import { passkeyId } from '../domain/keys.ts'
import { closed, integer, list, literal, type Shaped, text } from '../domain/shape.ts'

const bytes = (max: number) => text(/^[A-Za-z0-9_-]+$/, Math.ceil((max * 4) / 3))

/** A WebAuthn assertion as the browser gave it, byte by byte (WebAuthn L3 section 5.2.2). */
export const assertion = closed({
  id: passkeyId,
  authenticator_data: bytes(1024),
  client_data_json: bytes(4096),
  signature: bytes(1024),
})
export type Assertion = Shaped<typeof assertion>

/** A statement with its assertion and what the issuer recorded when it accepted it: time in ms since 1970, rule set, directory head. */
export const signedStatement = closed({
  statement: bytes(8192),
  assertion,
  accepted_at: integer(0, 253_402_300_799_999),
  rule_set: digest,
  directory: closed({ sequence: integer(0, 1_000_000), head: digest }),
})
export type SignedStatement = Shaped<typeof signedStatement>

/**
 * One change of the directory, the statements over it, the owners' register statements it names, and when the issuer took it, in ms since 1970.
 * `vouch` is the issuer's own word, signed with its log key, where a sign-in at a provider stands in the place of administrators.
 */
export const directoryLink = closed(
  {
    change: bytes(262_144),
    statements: list(closed({ statement: bytes(8192), assertion }), 0, 8),
    registrations: list(closed({ statement: bytes(8192), assertion }), 0, 200),
    accepted_at: integer(0, 253_402_300_799_999),
  },
  { vouch: closed({ body: bytes(4096), signature: bytes(64) }) },
)
export type DirectoryLink = Shaped<typeof directoryLink>

/** How many statements one intent can have. */
export const MOST_STATEMENTS = 64

export const bundle = closed({
  v: literal(1),
  intent: bytes(16_384),
  statements: list(signedStatement, 1, MOST_STATEMENTS),
  directory: list(directoryLink, 0, 100_000),
  rule_sets: list(bytes(4_000_000), 0, 64),
})
export type Bundle = Shaped<typeof bundle>
