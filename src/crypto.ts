// Node's cryptography for everything that is hashed, committed to or verified here: digests under their domain tags, thumbprints,
// ids, salted commitments, and the EvidenceCrypto of the issuer and the command line. It holds no secret and signs nothing.
// Public keys are imported once and kept in a bounded map: importing costs more than verifying.

import { createPublicKey, hash, type KeyObject, randomBytes, verify } from 'node:crypto'
import { encodeBase64url } from './domain/base64url.ts'
import { type Commitment, commitmentBytes, type Opening } from './domain/commitment.ts'
import { type Digest, idFrom } from './domain/ids.ts'
import { type PasskeyKey, thumbprintBytes } from './domain/keys.ts'
import { type Tag, tagged } from './domain/tags.ts'
import { type EvidenceCrypto, mayVerify, p1363FromDer } from './evidence/crypto.ts'

const KEPT_KEYS = 1024

/** SHA-256 of bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

/** SHA-256 in base64url of bytes under a domain tag. */
export const digestOf = (tag: Tag, bytes: Uint8Array): Digest => hash('sha256', tagged(tag, bytes), 'base64url')

/** RFC 7638 thumbprint: the name of a public key everywhere. */
export const thumbprint = (key: PasskeyKey): Digest => hash('sha256', thumbprintBytes(key), 'base64url')

/** Who a person is at the provider, for whoever knows it: log and chain are for ever, and keep no name of an account. */
export const subjectDigest = (subject: string): Digest => digestOf('providerSubject', new TextEncoder().encode(subject))

/** A new id: 128 random bits in 26 letters. */
export const newId = (): string => idFrom(randomBytes(16))

/** 32 random bytes for one commitment. A salt is never used twice. */
export const newSalt = (): string => encodeBase64url(randomBytes(32))

/** Commits to a value under a new salt: what is signed, and what must be kept beside it to prove what it says. */
export function commit(value: string | number): { readonly commitment: Commitment; readonly opening: Opening } {
  const opening = { value, salt: newSalt() }
  return { commitment: { commitment: commitmentOf(opening) }, opening }
}

/** The commitment that an opening proves. */
export const commitmentOf = (opening: Opening): Digest => hash('sha256', commitmentBytes(opening), 'base64url')

/** By what tells one key from every other; their lengths keep the types apart. */
const imported = new Map<string, KeyObject>()

function importKey(key: PasskeyKey): KeyObject {
  const name = key.kty === 'EC' ? `${key.x}.${key.y}` : key.kty === 'OKP' ? key.x : key.n
  const kept = imported.get(name)
  if (kept) return kept
  const made = createPublicKey({ key: { ...key }, format: 'jwk' })
  const oldest = imported.size >= KEPT_KEYS ? imported.keys().next().value : undefined
  if (oldest !== undefined) imported.delete(oldest)
  imported.set(name, made)
  return made
}

/** The operations of evidence by node:crypto. */
export const nodeCrypto: EvidenceCrypto = {
  sha256: async (bytes) => sha256(bytes),
  digest: async (bytes) => hash('sha256', bytes, 'base64url'),
  verify: async (key, signature, data, form) => {
    if (!mayVerify(key, signature)) return false
    // OpenSSL forgives some BER; two parsers that disagree are one hole.
    if (key.kty === 'EC' && form === 'der' && !p1363FromDer(signature)) return false
    try {
      const known = importKey(key)
      const how = form === 'der' ? known : ({ key: known, dsaEncoding: 'ieee-p1363' } as const)
      return verify(key.kty === 'OKP' ? null : 'sha256', data, how, signature)
    } catch {
      // A key that is no point of the curve: nothing verifies under it.
      return false
    }
  },
}
