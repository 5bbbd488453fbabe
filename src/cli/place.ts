// This terminal as the place where a credential is needed: a signing key and an encryption key, made here, held in memory and not to be exported. They
// die with the process. The code is computed from them here, so the issuer cannot have the person name other keys (DESIGN section 3).

import { webcrypto } from 'node:crypto'
import { compactDecrypt } from 'jose'
import { digestOf, thumbprint } from '../crypto.ts'
import { encodeBase64url } from '../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../domain/canonical.ts'
import { type Claim, type GiveBack, type Material, material } from '../domain/claim.ts'
import { holderCode } from '../domain/ids.ts'
import { type P256Key, p256Key } from '../domain/keys.ts'
import { read } from '../domain/shape.ts'
import type { Holder } from '../domain/statement.ts'
import { tagged } from '../domain/tags.ts'
import type { Signed } from './issuer-doors.ts'

export type Place = {
  readonly holder: Holder
  /** What the person types on the page. */
  readonly code: string
  /** The name of this place in claims: the thumbprint of its signing key. */
  readonly thumbprint: string
  readonly claim: (about: Pick<Claim, 'realm' | 'intent' | 'nonce' | 'number' | 'material'>) => Promise<Signed>
  readonly giveBack: (about: Pick<GiveBack, 'realm' | 'intent' | 'nonce'>) => Promise<Signed>
  /** Opens what was sealed to this place; throws when it was not. */
  readonly open: (ciphertext: string) => Promise<string>
}

/** Makes a new place. */
export async function makePlace(): Promise<Place> {
  const { subtle } = webcrypto
  const signing = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const encryption = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
  const holder: Holder = { sign: await publicHalf(signing.publicKey), encrypt: await publicHalf(encryption.publicKey) }
  const own = thumbprint(holder.sign)
  const encrypt = thumbprint(holder.encrypt)
  const signed = async (tag: 'claim' | 'giveBack', message: Canonical): Promise<Signed> => {
    const bytes = canonicalBytes(message)
    const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, signing.privateKey, tagged(tag, bytes))
    return { bytes: encodeBase64url(bytes), signature: encodeBase64url(new Uint8Array(signature)) }
  }
  return {
    holder,
    code: holderCode(digestOf('holder', canonicalBytes(holder))),
    thumbprint: own,
    claim: (about) => signed('claim', { v: 1, ...about, holder: own, encrypt } satisfies Claim),
    giveBack: (about) => signed('giveBack', { v: 1, ...about, holder: own, decision: 'return' } satisfies GiveBack),
    open: async (ciphertext) => {
      const { plaintext } = await compactDecrypt(ciphertext, encryption.privateKey, {
        keyManagementAlgorithms: ['ECDH-ES'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      return new TextDecoder('utf-8', { fatal: true }).decode(plaintext)
    },
  }
}

/** What this command line contributes to a credential of a kind; undefined for a kind it does not know. */
export function materialOf(kind: string): Material | undefined {
  const found = read(material, { kind })
  return found.ok ? found.value : undefined
}

async function publicHalf(key: webcrypto.CryptoKey): Promise<P256Key> {
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', key)
  const found = read(p256Key, { kty, crv, x, y })
  if (!found.ok) throw new TypeError(`a key made here at ${found.path} ${found.problem}`)
  return found.value
}
