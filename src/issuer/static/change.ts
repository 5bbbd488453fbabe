// Signs a change of the passkey directory: the page composes the change itself out of what it showed, so what the person ticked is what is
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
  /** An owner signs for his own keys, with one that he has. */
  readonly role?: 'owner' | 'administrator'
}
/** `waits`: a second administrator has to sign it, too. */
export type Signed = { readonly sequence: number; readonly waits: boolean }

/** Signs and posts one change. */
export async function signChange(change: object, signing: Signing): Promise<Signed> {
  const { person, keys, button, near, signal, role = 'administrator' } = signing
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
    role,
    decision: 'change',
    change: digest,
  } as const
  const signed = await sign(statement, { rpId, key, device, signal })
  return post<Signed>('/v1/changes', { ...signed, change: encodeBase64url(bytes) })
}

/** Signs that a held key is the signer's own after all. */
export async function signLift(passkey: string, { person, keys, button, near, signal }: Signing): Promise<void> {
  const device = deviceOf(button)
  const begun = await begin('directory')
  const key = chooseKey(begun, keys, device, near)
  const { realm, nonce, rpId } = begun
  const signer = { person, passkey: key.thumbprint }
  const statement = { v: 1, realm, nonce, signer, kind: 'lift', role: 'owner', decision: 'lift', passkey } as const
  await post('/v1/statements', await sign(statement, { rpId, key, device, signal }))
}

/** What to say after a signature. */
export const saidOf = ({ waits }: Signed, done: string): string =>
  waits ? 'Signed. Now a second administrator has to sign it, too.' : done
