// EvidenceCrypto by Web Crypto, for browsers: the receipt page verifies with the same code as the issuer. It imports nothing of
// Node. Web Crypto takes P-256 signatures as r || s alone, so the DER of passkeys is taken apart here, strictly.

import { encodeBase64url } from '../domain/base64url.ts'
import type { PasskeyKey } from '../domain/keys.ts'
import { type EvidenceCrypto, mayVerify, p1363FromDer } from './crypto.ts'

const ALGORITHMS = {
  EC: { import: { name: 'ECDSA', namedCurve: 'P-256' }, verify: { name: 'ECDSA', hash: 'SHA-256' } },
  OKP: { import: { name: 'Ed25519' }, verify: { name: 'Ed25519' } },
  RSA: { import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, verify: { name: 'RSASSA-PKCS1-v1_5' } },
} as const

// Web Crypto's types take views over an ArrayBuffer only; a view over a SharedArrayBuffer cannot come from our decoders.
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)

const sha256 = async (bytes: Uint8Array) => new Uint8Array(await crypto.subtle.digest('SHA-256', owned(bytes)))

/** Digests and signature checks by `globalThis.crypto.subtle`. */
export const webCrypto: EvidenceCrypto = {
  sha256,
  digest: async (bytes) => encodeBase64url(await sha256(bytes)),
  verify: async (key: PasskeyKey, signature, data, form) => {
    if (!mayVerify(key, signature)) return false
    const algorithm = ALGORITHMS[key.kty]
    const bytes = key.kty === 'EC' && form === 'der' ? p1363FromDer(signature) : signature
    if (!bytes) return false
    try {
      const imported = await crypto.subtle.importKey('jwk', { ...key }, algorithm.import, false, ['verify'])
      return await crypto.subtle.verify(algorithm.verify, imported, owned(bytes), owned(data))
    } catch {
      // A key that is no point of the curve: nothing verifies under it.
      return false
    }
  },
}
