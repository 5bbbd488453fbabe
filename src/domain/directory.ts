// The passkey directory: changes in one hash-linked sequence, each signed by administrators whose power comes from this chain alone, back to
// the roots in `trust-roots.json`. `previous` of change 1 is the digest of those roots; of every other, the head that the change before made.

import { canonicalBytes, readCanonical } from './canonical.ts'
import { lostHeads } from './heads.ts'
import { digest, PERSON, REALM } from './ids.ts'
import { ed25519Key, passkeyId, passkeyKey } from './keys.ts'
import { boolean, closed, integer, list, literal, type Read, read, type Shaped, text, variant } from './shape.ts'
import { tagged } from './tags.ts'

export const MAX_CHANGE_BYTES = 262_144

/** A passkey as the directory knows it. `thumbprint` is RFC 7638 of `key`; `id` is the WebAuthn credential id. */
export const passkey = closed(
  {
    person: text(PERSON),
    id: passkeyId,
    key: passkeyKey,
    thumbprint: digest,
    device_bound: boolean,
  },
  // The model of the authenticator, only where a chain of certificates proved it to the issuer; what a key says of itself is no model.
  { aaguid: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) },
)
export type Passkey = Shaped<typeof passkey>

/** What a person may be in the chain; `directory.yaml` can only narrow it. Whoever holds none may ask, if the rules let him. */
export const ROLES = ['administrator', 'approver', 'auditor'] as const
export type Role = (typeof ROLES)[number]
const role = literal(...ROLES)

export const trustRoots = closed({
  v: literal(1),
  realm: text(REALM),
  era: integer(1, 1000),
  issuer: text(/^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?$/),
  rp_id: text(/^[a-z0-9.-]+$/),
  // When the roots were pinned, in seconds since 1970: for a week new keys and new members need not wait.
  pinned_at: integer(0, 253_402_300_799),
  roots: list(passkey, 1, 3),
  log_key: ed25519Key,
})
/** What a verifier trusts before it reads anything: never taken from a bundle. */
export type TrustRoots = Shaped<typeof trustRoots>

/** Where the roots of an era that is over are kept: beside the file of those that count. */
export const pastRootsPath = (path: string, era: number): string => `${path.replace(/\.json$/, '')}.era-${era}.json`

const linked = {
  v: literal(1),
  realm: text(REALM),
  sequence: integer(1, 1_000_000),
  previous: digest,
}
export const directoryChange = variant('operation', {
  enrol: closed({
    ...linked,
    operation: literal('enrol'),
    // `registration` is the digest of the owner's own register statement: the proof that he holds the key. `roles` are given to its person.
    passkeys: list(closed({ passkey, registration: digest, roles: list(role, 0, 3) }), 1, 200),
  }),
  // A further key, which its owner signs with one that he has.
  add: closed({ ...linked, operation: literal('add'), passkey, registration: digest }),
  suspend: closed({
    ...linked,
    operation: literal('suspend'),
    passkeys: list(digest, 1, 200),
  }),
  reinstate: closed({
    ...linked,
    operation: literal('reinstate'),
    passkeys: list(digest, 1, 200),
  }),
  revoke: closed({
    ...linked,
    operation: literal('revoke'),
    passkeys: list(digest, 1, 200),
  }),
  // `passkeys` are those of the person's keys whose words were compared anew: they may serve the role. The others stay what they were.
  role: closed({
    ...linked,
    operation: literal('role'),
    person: text(PERSON),
    role,
    effect: literal('grant', 'withdraw'),
    passkeys: list(digest, 0, 20),
  }),
  // These rules count for everybody whom they name, also for whom they have gained within the last hours.
  endorse: closed({ ...linked, operation: literal('endorse'), rule_set: digest }),
  // People who only ask may be enrolled by their sign-in at this OpenID provider.
  provider: closed({
    ...linked,
    operation: literal('provider'),
    issuer: text(/^https?:\/\/[^\s\p{Cc}]+$/u, 500),
    client_id: text(/^[^\p{Cc}]+$/u, 200),
    effect: literal('grant', 'withdraw'),
  }),
  // The database was put back: administrators have seen that everything up to these outside heads is gone, and go on from here.
  recover: closed({ ...linked, operation: literal('recover'), lost: lostHeads }),
})
export type DirectoryChange = Shaped<typeof directoryChange>

/** What the issuer signs with its log key when a sign-in at a provider stands for administrators. `subject` is a digest: the chain is for ever. */
export const vouch = closed(
  {
    v: literal(1),
    realm: text(REALM),
    change: digest,
    issuer: text(/^https?:\/\/[^\s\p{Cc}]+$/u, 500),
    client_id: text(/^[^\p{Cc}]+$/u, 200),
    subject: digest,
    // Seconds since 1970, as the ID token says it.
    auth_time: integer(0, 253_402_300_799),
    // Where the chain stood when the sign-in was begun: the nonce of the ID token is a digest over person, thumbprint and this head.
    directory: closed({ sequence: integer(0, 1_000_000), head: digest }),
    nonce: digest,
  },
  { acr: text(/^[^\p{Cc}]+$/u, 200) },
)
export type Vouch = Shaped<typeof vouch>

/** The vouching behind canonical bytes. */
export function readVouch(bytes: Uint8Array): Read<Vouch> {
  const value = bytes.length > 4096 ? undefined : readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(vouch, value)
}

/** What the head after a change is made from: the change by its digest, and when the issuer took it (ms), so that no time can be bent later. */
export const headBytes = (change: string, accepted_at: number) => tagged('directoryHead', canonicalBytes({ accepted_at, change }))

/** What the nonce of an ID token is made from. */
export const vouchedNonceBytes = (of: { readonly person: string; readonly thumbprint: string; readonly head: string }) =>
  tagged('vouchedNonce', canonicalBytes({ person: of.person, thumbprint: of.thumbprint, head: of.head }))

/** The change behind canonical bytes; any other byte form or an unknown member is refused. */
export function readDirectoryChange(bytes: Uint8Array): Read<DirectoryChange> {
  if (bytes.length > MAX_CHANGE_BYTES)
    return {
      ok: false,
      path: '(whole)',
      problem: `is over ${MAX_CHANGE_BYTES} bytes`,
    }
  const value = readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(directoryChange, value)
}
