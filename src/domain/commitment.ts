// Salted commitments. Reason, note and personal parameters stand in signed bytes and in the log only as `{commitment}`; value and salt lie
// beside, so that the law can have them erased and every signature still verifies. 32 random bytes of salt make the digest say nothing
// about the value; SHA-256 makes it bind.

import { decodeBase64url } from './base64url.ts'
import { canonicalBytes } from './canonical.ts'
import { digest, encoded } from './ids.ts'
import { closed, integer, misfit, type Shaped, scalarOr, text } from './shape.ts'
import { tagged } from './tags.ts'

export const commitment = closed({ commitment: digest })
export type Commitment = Shaped<typeof commitment>

/** A value with its salt: what must be shown to prove what a commitment says. */
export const opening = closed({
  value: scalarOr(
    (value, path) =>
      typeof value === 'number'
        ? integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)(value, path)
        : text(/^/, 4000)(value, path),
    (_, path) => misfit(path, 'is not a text or an integer'),
  ),
  salt: encoded(32),
})
export type Opening = Shaped<typeof opening>

export const isCommitment = (value: unknown): value is Commitment =>
  typeof value === 'object' && value !== null && 'commitment' in value

/** The bytes whose SHA-256 is the commitment: tag, 32 bytes of salt, canonical value. Throws when the salt is not 32 bytes. */
export function commitmentBytes({ value, salt }: Opening): Uint8Array<ArrayBuffer> {
  const saltBytes = decodeBase64url(salt)
  if (saltBytes?.length !== 32) throw new TypeError('a salt is 32 bytes in base64url')
  const valueBytes = canonicalBytes(value)
  const joined = new Uint8Array(saltBytes.length + valueBytes.length)
  joined.set(saltBytes)
  joined.set(valueBytes, saltBytes.length)
  return tagged('commitment', joined)
}
