// Opens a sealed credential where it is needed, in a browser or on the command line: plain Web Crypto, no package. Only the one form that the
// issuer writes is read (ECDH-ES on P-256 with A256GCM, direct agreement, no party info); a header that says anything else is refused
// rather than followed. RFC 7518 section 4.6.2 (Concat KDF, one round of SHA-256) and section 5.3.

import { decodeBase64url } from '../../domain/base64url.ts'

/** The text inside a compact JWE, by the private half (usage `deriveBits`) of the key it was sealed to. Throws when it is not ours or was changed. */
export async function unseal(jwe: string, privateKey: Parameters<typeof crypto.subtle.deriveBits>[1]): Promise<string> {
  const parts = jwe.split('.')
  const [header, encryptedKey, iv, ciphertext, tag] = parts.map(decodeBase64url)
  if (parts.length !== 5 || !header || encryptedKey?.length !== 0 || iv?.length !== 12 || !ciphertext || tag?.length !== 16)
    throw new TypeError('not a sealed credential')
  const { alg, enc, epk, apu, apv, crit, zip } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header))
  if (alg !== 'ECDH-ES' || enc !== 'A256GCM' || apu !== undefined || apv !== undefined || crit !== undefined || zip !== undefined)
    throw new TypeError('a sealed credential of another form')
  const { kty, crv, x, y } = epk ?? {}
  const ephemeral = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, { name: 'ECDH', namedCurve: 'P-256' }, false, [])
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: ephemeral }, privateKey, 256)
  const secret = await crypto.subtle.digest('SHA-256', concatKdfInput(new Uint8Array(shared), 'A256GCM', 256))
  const key = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['decrypt'])
  const additionalData = new TextEncoder().encode(parts[0])
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData, tagLength: 128 }, key, joined(ciphertext, tag))
  return new TextDecoder('utf-8', { fatal: true }).decode(plain)
}

/** Round number, shared secret, algorithm name with its length, empty PartyUInfo and PartyVInfo, key length in bits. */
function concatKdfInput(shared: Uint8Array, algorithm: string, bits: number): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(algorithm)
  return joined(uint32(1), shared, uint32(name.length), name, uint32(0), uint32(0), uint32(bits))
}

const uint32 = (value: number): Uint8Array => new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value])

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}
