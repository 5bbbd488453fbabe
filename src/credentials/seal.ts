// Seals a credential to the holder's encryption key: compact JWE, ECDH-ES (RFC 7518 section 4.6) with AES-256-GCM. After this the server can
// no longer read what it issued; the ciphertext may lie in the database. A fresh ephemeral key makes each sealing different: the caller keeps
// the first and gives that again.

import { CompactEncrypt, importJWK } from 'jose'
import { thumbprint } from '../crypto.ts'
import type { P256Key } from '../domain/keys.ts'

/** The credential as a compact JWE that only the holder of `key` can open; `kid` is the thumbprint of `key`. Throws for a point off the curve. */
export async function seal(credential: string, key: P256Key): Promise<string> {
  const recipient = await importJWK({ ...key }, 'ECDH-ES')
  return new CompactEncrypt(new TextEncoder().encode(credential))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: thumbprint(key) })
    .encrypt(recipient)
}
