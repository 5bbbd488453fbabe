// The two operations that evidence needs from outside. They are arguments, so that one verifier runs in the issuer, offline and in a browser.

import type { PasskeyKey } from '../domain/keys.ts'

export type EvidenceCrypto = {
  /** SHA-256 of bytes. */
  readonly sha256: (bytes: Uint8Array) => Promise<Uint8Array>
  /**
   * Whether a signature is valid under a public key: ES256 (DER for passkeys), EdDSA or RS256 by the key's type. Answers false, never
   * throws, for a malformed signature.
   */
  readonly verify: (key: PasskeyKey, signature: Uint8Array, data: Uint8Array, form: 'der' | 'p1363') => Promise<boolean>
}
