// The claim: a message by which a holder key fetches credential number n of an intent. Signed with ECDSA P-256 over SHA-256 (IEEE P1363
// form, as Web Crypto makes it) of tag and canonical bytes. It repeats the thumbprint of the encryption key it expects, so that one claim
// can mean only one ciphertext; everything but the nonce must be the same when a claim is repeated.

import { readCanonical } from './canonical.ts'
import { digest, REALM } from './ids.ts'
import { closed, integer, literal, type Read, read, type Shaped, text, variant } from './shape.ts'

export const MAX_CLAIM_BYTES = 8_192

/** Material by credential kind: what the holder contributes so that the server never holds the secret half. */
export const material = variant('kind', {
  jwt: closed({ kind: literal('jwt') }),
})
export type Material = Shaped<typeof material>

export const claim = closed({
  v: literal(1),
  realm: text(REALM),
  intent: digest,
  holder: digest,
  encrypt: digest,
  nonce: text(/^[A-Za-z0-9_-]{40,120}$/),
  number: integer(1, 1000),
  material,
})
export type Claim = Shaped<typeof claim>

/** The claim behind canonical bytes; any other byte form or an unknown member is refused. */
export function readClaim(bytes: Uint8Array): Read<Claim> {
  if (bytes.length > MAX_CLAIM_BYTES)
    return {
      ok: false,
      path: '(whole)',
      problem: `is over ${MAX_CLAIM_BYTES} bytes`,
    }
  const value = readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(claim, value)
}

/** "I'm done": the holder key gives the grant back. Anybody who holds that key may; nothing can be gained by it. */
export const giveBack = closed({
  v: literal(1),
  realm: text(REALM),
  intent: digest,
  holder: digest,
  nonce: text(/^[A-Za-z0-9_-]{40,120}$/),
  decision: literal('return'),
})
export type GiveBack = Shaped<typeof giveBack>

/** The give-back behind canonical bytes; any other byte form or an unknown member is refused. */
export function readGiveBack(bytes: Uint8Array): Read<GiveBack> {
  if (bytes.length > MAX_CLAIM_BYTES) return { ok: false, path: '(whole)', problem: `is over ${MAX_CLAIM_BYTES} bytes` }
  const value = readCanonical(bytes)
  return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(giveBack, value)
}
