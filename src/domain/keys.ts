// Public keys as JSON Web Keys with exactly the members that RFC 7638 hashes, and the thumbprint that names each key everywhere.
// Three algorithms of passkeys (COSE -7, -8, -257); places that hold credentials use P-256 alone. Extra members are refused: two
// spellings of one key would be two keys.

import { decodeBase64url } from './base64url.ts'
import { canonicalBytes } from './canonical.ts'
import { encoded } from './ids.ts'
import { closed, literal, misfit, type Shape, type Shaped, variant } from './shape.ts'

const coordinate = encoded(32)
const modulus: Shape<string> = (value, path) => {
  const found = encoded(256, 512)(value, path)
  const bytes = decodeBase64url(found)
  // RFC 7518 section 6.3.1.1: no leading zero; and a modulus of 256 bytes has 2048 bits only with its first bit set.
  return bytes?.[0] && (bytes.length > 256 || bytes[0] >= 0x80) ? found : misfit(path, 'is not a modulus of 2048 to 4096 bits')
}

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
    n: modulus,
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

/** Whether two keys that have been read are one: reading gives their members in one order. */
export const isSameKey = (one: PasskeyKey, other: PasskeyKey): boolean => JSON.stringify(one) === JSON.stringify(other)

/** A WebAuthn credential id in base64url: 16 to 1023 bytes (WebAuthn L3 section 4). */
export const passkeyId: Shape<string> = encoded(16, 1023)
