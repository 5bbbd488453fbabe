// The operations that evidence needs from outside. They are arguments, so that one verifier runs in the issuer, offline and
// in a browser. Here also stands how a signature's form is judged before any library sees it: libraries differ in what they
// forgive.

import type { Digest } from '../domain/ids.ts'
import { type PasskeyKey, thumbprintBytes } from '../domain/keys.ts'
import { type Tag, tagged } from '../domain/tags.ts'

export type EvidenceCrypto = {
  /** SHA-256 of bytes. */
  readonly sha256: (bytes: Uint8Array) => Promise<Uint8Array>
  /** The same in base64url, which is how nearly every digest is used. */
  readonly digest: (bytes: Uint8Array) => Promise<Digest>
  /**
   * Whether a signature is valid under a public key: ES256 (DER for passkeys), EdDSA or RS256 by the key's type. Answers false, never
   * throws, for a malformed signature.
   */
  readonly verify: (key: PasskeyKey, signature: Uint8Array, data: Uint8Array, form: 'der' | 'p1363') => Promise<boolean>
}

/** SHA-256 of tagged bytes in base64url. */
export const digestUnder = (crypto: EvidenceCrypto, tag: Tag, bytes: Uint8Array): Promise<Digest> =>
  crypto.digest(tagged(tag, bytes))

/** RFC 7638 thumbprint of a key. */
export const thumbprintOf = (crypto: EvidenceCrypto, key: PasskeyKey): Promise<Digest> => crypto.digest(thumbprintBytes(key))

const P256_BYTES = 32

/**
 * The 64 bytes r || s of a DER signature over P-256 (RFC 3279 section 2.2.3), or undefined when it is anything but strict DER: long lengths,
 * padded, negative or zero integers, and bytes after the end are refused.
 */
export function p1363FromDer(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return undefined
  const out = new Uint8Array(2 * P256_BYTES)
  let at = 2
  for (const place of [1, 2]) {
    const length = der[at + 1]
    if (der[at] !== 0x02 || length === undefined || length < 1 || length > P256_BYTES + 1) return undefined
    const integer = der.subarray(at + 2, at + 2 + length)
    const [first = 0x80, second = 0] = integer
    if (integer.length !== length || first >= 0x80 || (first === 0 && second < 0x80)) return undefined
    const magnitude = first === 0 ? integer.subarray(1) : integer
    if (magnitude.length > P256_BYTES) return undefined
    out.set(magnitude, place * P256_BYTES - magnitude.length)
    at += 2 + length
  }
  return at === der.length ? out : undefined
}
