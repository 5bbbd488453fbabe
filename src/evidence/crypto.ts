// The operations that evidence needs from outside. They are arguments, so that one verifier runs in the issuer, offline and
// in a browser. Here also stands how a signature's form, and the points of Ed25519, are judged before any library sees them: libraries
// differ in what they forgive.

import { decodeBase64url } from '../domain/base64url.ts'
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

/**
 * Whether key and signature are of a form that a library may be asked about. Every implementation of `verify` asks this first; false is its answer then.
 * The DER of a passkey's signature is judged apart (below).
 */
export function mayVerify(key: PasskeyKey, signature: Uint8Array): boolean {
  if (key.kty !== 'OKP') return true
  const point = decodeBase64url(key.x)
  return signature.length === 64 && point !== undefined && isSoundPoint(point) && isSoundPoint(signature.subarray(0, 32))
}

const ED25519_BYTES = 32
const fromHex = (text: string) =>
  Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16))

/** The y of the eight points of small order, lowest byte first; with three of them stand two points each, which differ in the sign of x. */
const SMALL_ORDER: readonly Uint8Array[] = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)

/**
 * Whether 32 bytes name a point that a key or an R may be: a y below p = 2^255 - 19 (RFC 8032 section 5.1.3), so that no point has a second spelling,
 * and none of small order, for under such a key one signature holds for many messages. Whether it lies on the curve the library says.
 */
export function isSoundPoint(encoded: Uint8Array): boolean {
  if (encoded.length !== ED25519_BYTES) return false
  const y = encoded.with(31, (encoded[31] ?? 0) & 0x7f)
  const belowP = (y[0] ?? 0) < 0xed || y.at(-1) !== 0x7f || y.subarray(1, -1).some((byte) => byte !== 0xff)
  return belowP && !SMALL_ORDER.some((small) => small.every((byte, at) => byte === y[at]))
}

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
