// Statements: what one key signs. One closed shape per kind, one domain tag per kind; the challenge of a ceremony is SHA-256 over tag and
// canonical bytes, so an approval can never serve as a denial, an enrolment or a sign-in. The issuer makes the nonce, the page composes the
// statement around it, the issuer parses and hashes again. A statement carries no time: it counts from when the issuer accepted it.

import { readCanonical } from './canonical.ts'
import { commitment } from './commitment.ts'
import { digest, NAME, PERSON, REALM } from './ids.ts'
import { p256Key, passkeyId, passkeyKey } from './keys.ts'
import { closed, integer, list, literal, type Read, read, type Shaped, text, variant } from './shape.ts'
import { type Tag, tagged } from './tags.ts'

export const MAX_STATEMENT_BYTES = 8_192

const about = {
  v: literal(1),
  realm: text(REALM),
  nonce: text(/^[A-Za-z0-9_-]{40,120}$/),
}
const signed = {
  ...about,
  signer: closed({ person: text(PERSON), passkey: digest }),
}
const intents = list(digest, 1, 8)

/** The place where a credential is needed: a signing key, and a key to encrypt to. Both are P-256 and are made there. */
export const holder = closed({ sign: p256Key, encrypt: p256Key })
export type Holder = Shaped<typeof holder>

export const statement = variant('kind', {
  request: closed({
    ...signed,
    kind: literal('request'),
    role: literal('requester'),
    decision: literal('confirm'),
    intents,
    holder,
  }),
  decide: closed(
    {
      ...signed,
      kind: literal('decide'),
      role: literal('approver'),
      decision: literal('approve', 'deny'),
      intents,
    },
    { note: commitment, lease_seconds: integer(30, 86_400) },
  ),
  revoke: closed({
    ...signed,
    kind: literal('revoke'),
    role: literal('requester', 'approver', 'administrator'),
    decision: literal('revoke'),
    intents,
  }),
  register: closed({
    ...signed,
    kind: literal('register'),
    role: literal('owner'),
    decision: literal('register'),
    id: passkeyId,
    key: passkeyKey,
  }),
  directory: closed({
    ...signed,
    kind: literal('directory'),
    // An owner adds a key with one that he has, and suspends or revokes his own.
    role: literal('administrator', 'owner'),
    decision: literal('change'),
    change: digest,
  }),
  sign_in: closed({ ...about, kind: literal('sign_in'), audience: text(NAME) }),
  // An owner says with one key of his that another, which is held, is his after all.
  lift: closed({
    ...signed,
    kind: literal('lift'),
    role: literal('owner'),
    decision: literal('lift'),
    passkey: digest,
  }),
})
export type Statement = Shaped<typeof statement>
export type StatementKind = Statement['kind']
export type StatementOf<K extends StatementKind> = Extract<Statement, { readonly kind: K }>

/** The statement behind canonical bytes; any other byte form, an unknown member or over 8 KB is refused. */
export function readStatement(bytes: Uint8Array): Read<Statement> {
  if (bytes.length > MAX_STATEMENT_BYTES)
    return {
      ok: false,
      path: '(whole)',
      problem: `is over ${MAX_STATEMENT_BYTES} bytes`,
    }
  const value = readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(statement, value)
}

/** The bytes whose SHA-256 is the WebAuthn challenge of a statement. */
export const challengeBytes = (kind: StatementKind, bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  tagged(`statement/${kind}` satisfies Tag, bytes)
