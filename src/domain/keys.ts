// Public keys as JSON Web Keys with exactly the members that RFC 7638 hashes, and the thumbprint that names each key everywhere.
// Three algorithms of passkeys (COSE -7, -8, -257); places that hold credentials use P-256 alone. Extra members are refused: two
// spellings of one key would be two keys.

import { canonicalBytes } from './canonical.ts'
import { closed, literal, type Shape, type Shaped, text, variant } from './shape.ts'

const coordinate = text(/^[A-Za-z0-9_-]{43}$/)

/** A P-256 public key (RFC 7518 section 6.2.1). */
export const p256Key = closed({
  kty: literal('EC'),
  crv: literal('P-256'),
  x: coordinate,
  y: coordinate,
})
export type P256Key = Shaped<typeof p256Key>

/** The public key of a passkey: ES256, EdDSA (Ed25519) or RS256 (2048 to 4096 bits, exponent 65537). */
export const passkeyKey = variant('kty', {
  EC: p256Key,
  OKP: closed({ kty: literal('OKP'), crv: literal('Ed25519'), x: coordinate }),
  RSA: closed({
    kty: literal('RSA'),
    n: text(/^[A-Za-z0-9_-]{342,683}$/, 683),
    e: literal('AQAB'),
  }),
})
export type PasskeyKey = Shaped<typeof passkeyKey>

/** A public Ed25519 key, of the log. */
export const ed25519Key = closed({
  kty: literal('OKP'),
  crv: literal('Ed25519'),
  x: coordinate,
})

/** The bytes whose SHA-256 is the RFC 7638 thumbprint: required members only, in lexical order, which is our canonical form. */
export const thumbprintBytes = (key: PasskeyKey): Uint8Array<ArrayBuffer> => canonicalBytes(key)

/** A WebAuthn credential id in base64url, at most 1023 bytes (WebAuthn L3 section 4). */
export const passkeyId: Shape<string> = text(/^[A-Za-z0-9_-]{16,1364}$/, 1364)
