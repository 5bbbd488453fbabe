// Signs a change of the passkey directory: the page composes the change itself out of what it showed, so what the administrator ticked is what is
// signed; the issuer takes it only if the chain extended by it verifies.

import { encodeBase64url } from '../../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../domain/canonical.ts'
import { tagged } from '../../domain/tags.ts'
import { begin, sha256, sign } from './ceremony.ts'
import type { KeyFact } from './facts.ts'
import { chooseKey, deviceOf } from './page.ts'
import { post } from './post.ts'

export type Signing = {
  readonly person: string
  readonly keys: readonly KeyFact[]
  readonly button: HTMLElement
  readonly near: Element | null
  readonly signal: AbortSignal
}

/** Signs and posts one change. */
export async function signChange(change: object, { person, keys, button, near, signal }: Signing): Promise<void> {
  const device = deviceOf(button)
  const bytes = canonicalBytes(change as Canonical)
  const digest = encodeBase64url(await sha256(tagged('directory', bytes)))
  const begun = await begin('directory')
  const key = chooseKey(begun, keys, device, near)
  const { realm, nonce, rpId } = begun
  const signer = { person, passkey: key.thumbprint }
  const statement = {
    v: 1,
    realm,
    nonce,
    signer,
    kind: 'directory',
    role: 'administrator',
    decision: 'change',
    change: digest,
  } as const
  const signed = await sign(statement, { rpId, key, device, signal })
  await post('/v1/statements', { ...signed, change: encodeBase64url(bytes) })
}
