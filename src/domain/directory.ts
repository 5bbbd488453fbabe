// The passkey directory: changes in one hash-linked sequence, each signed by administrators whose power comes from this chain alone, back to
// the roots in `trust-roots.json`. `previous` of change 1 is the digest of those roots; of every other, the digest of the change before.

import { readCanonical } from './canonical.ts'
import { lostHeads } from './heads.ts'
import { digest, PERSON, REALM } from './ids.ts'
import { ed25519Key, passkeyId, passkeyKey } from './keys.ts'
import { boolean, closed, integer, list, literal, type Read, read, type Shaped, text, variant } from './shape.ts'

export const MAX_CHANGE_BYTES = 262_144

/** A passkey as the directory knows it. `thumbprint` is RFC 7638 of `key`; `id` is the WebAuthn credential id. */
export const passkey = closed({
  person: text(PERSON),
  id: passkeyId,
  key: passkeyKey,
  thumbprint: digest,
  device_bound: boolean,
})
export type Passkey = Shaped<typeof passkey>

export const trustRoots = closed({
  v: literal(1),
  realm: text(REALM),
  era: integer(1, 1000),
  issuer: text(/^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?$/),
  rp_id: text(/^[a-z0-9.-]+$/),
  roots: list(passkey, 1, 3),
  log_key: ed25519Key,
})
/** What a verifier trusts before it reads anything: never taken from a bundle. */
export type TrustRoots = Shaped<typeof trustRoots>

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
    // `registration` is the digest of the owner's own register statement: the proof that he holds the key.
    passkeys: list(closed({ passkey, registration: digest }), 1, 200),
  }),
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
  role: closed({
    ...linked,
    operation: literal('role'),
    person: text(PERSON),
    role: literal('administrator'),
    effect: literal('grant', 'withdraw'),
  }),
  // The database was put back: an administrator has seen that everything up to these outside heads is gone, and goes on from here.
  recover: closed({ ...linked, operation: literal('recover'), lost: lostHeads }),
})
export type DirectoryChange = Shaped<typeof directoryChange>

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
