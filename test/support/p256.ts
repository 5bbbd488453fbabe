// P-256 keys as the formats know them.

import type { KeyObject } from 'node:crypto'
import type { P256Key } from '../../src/domain/keys.ts'

/** The public JWK of a P-256 key, with its required members only. */
export function publicKey(key: KeyObject): P256Key {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x, y }
}
