// Public keys of passkeys: COSE_Key (RFC 9052 section 7) as authenticators write it, JSON Web Key as everything else here reads it. WebAuthn L3
// section 6.5.1 allows each key exactly one byte form (CTAP2 canonical CBOR, no optional member), so reading is: take the parts from their
// places, write the key again, and accept only equal bytes. Keys that are no point of their curve, or RSA outside 2048 to 4096 bits, are refused.

import { createPublicKey } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import { type PasskeyKey, passkeyKey } from '../domain/keys.ts'
import { read } from '../domain/shape.ts'

// Maps of labels to values: 1 kty, 3 alg, then -1, -2, -3 of the key's type.
const EC_START = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]
const EC_BETWEEN = [0x22, 0x58, 0x20]
const OKP_START = [0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]
const RSA_START = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59]
const RSA_END = [0x21, 0x43, 0x01, 0x00, 0x01]

/** The key behind COSE bytes, or undefined when they are not the one canonical form of a key we take. */
export function keyFromCose(bytes: Uint8Array): PasskeyKey | undefined {
  const slice = (from: number, to?: number): string => encodeBase64url(bytes.subarray(from, to))
  const candidates = [
    { kty: 'EC', crv: 'P-256', x: slice(10, 42), y: slice(45, 77) },
    { kty: 'OKP', crv: 'Ed25519', x: slice(10, 42) },
    { kty: 'RSA', n: slice(11, -RSA_END.length), e: 'AQAB' },
  ]
  for (const candidate of candidates) {
    const found = read(passkeyKey, candidate)
    if (found.ok && isWrittenAs(bytes, found.value)) return isUsable(found.value) ? found.value : undefined
  }
  return undefined
}

/** The canonical COSE bytes of a key. */
export function coseFromKey(key: PasskeyKey): Uint8Array<ArrayBuffer> {
  if (key.kty === 'EC') return Uint8Array.from([...EC_START, ...part(key.x), ...EC_BETWEEN, ...part(key.y)])
  if (key.kty === 'OKP') return Uint8Array.from([...OKP_START, ...part(key.x)])
  const n = part(key.n)
  return Uint8Array.from([...RSA_START, n.length >> 8, n.length & 0xff, ...n, ...RSA_END])
}

const isWrittenAs = (bytes: Uint8Array, key: PasskeyKey): boolean => {
  try {
    return Buffer.compare(coseFromKey(key), bytes) === 0
  } catch {
    return false // letters with spare bits set: the key was cut at a wrong place
  }
}

function part(text: string): Uint8Array {
  const bytes = decodeBase64url(text)
  if (!bytes) throw new TypeError('a key member that is not base64url')
  return bytes
}

function isUsable(key: PasskeyKey): boolean {
  try {
    const { modulusLength } = createPublicKey({ key: { ...key }, format: 'jwk' }).asymmetricKeyDetails ?? {}
    return modulusLength === undefined || (modulusLength >= 2048 && modulusLength <= 4096)
  } catch {
    return false
  }
}
