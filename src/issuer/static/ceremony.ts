// One WebAuthn round: the page composes the statement around the issuer's nonce, hashes it itself, and asks the key over that hash and nothing
// else. Between the person's press and the key stands at most one request, as Safari wants. In the sandbox the simulated security key may answer
// instead of this computer's; everything after that is the same.

import { encodeBase64url } from '../../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../domain/canonical.ts'
import { challengeBytes, type Statement } from '../../domain/statement.ts'
import { post } from './post.ts'
import { assertion } from './webauthn.ts'

export type Device = 'computer' | 'simulated'
export type OfferedKey = {
  readonly id: string
  readonly thumbprint: string
  readonly transports: readonly string[]
  readonly nickname?: string
}
export type Begun = {
  readonly realm: string
  readonly nonce: string
  readonly rpId: string
  readonly signer?: string
  readonly passkeys?: readonly OfferedKey[]
}

/** Asks the issuer for a nonce, and for the keys of whoever is to sign. */
export const begin = (purpose: string, about: { readonly view?: string; readonly person?: string } = {}): Promise<Begun> =>
  post('/v1/ceremonies', { purpose, ...about })

/** SHA-256 of bytes. */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

export type Signing = {
  readonly rpId: string
  /** The one key that may answer; none where the key itself says whose it is. */
  readonly key: OfferedKey | undefined
  readonly device: Device
  /** Whose simulated key, when no key is named. */
  readonly person?: string | undefined
  readonly signal: AbortSignal
}

/** Signs a statement: its canonical bytes and the key's answer, ready to be posted. */
export async function sign(
  statement: Statement,
  how: Signing,
): Promise<{ readonly statement: string; readonly response: unknown }> {
  const bytes = canonicalBytes(statement as unknown as Canonical)
  const challenge = encodeBase64url(await sha256(challengeBytes(statement.kind, bytes)))
  const response = how.device === 'simulated' ? await askSimulated(challenge, how) : await askComputer(challenge, how)
  return { statement: encodeBase64url(bytes), response }
}

const askSimulated = (challenge: string, { key, person }: Signing): Promise<unknown> =>
  post('/sandbox/key/assert', key ? { id: key.id, challenge } : { person, challenge })

const askComputer = (challenge: string, { rpId, key, signal }: Signing): Promise<unknown> =>
  assertion({ rpId, challenge, id: key?.id, transports: key?.transports ?? [], nickname: key?.nickname }, signal)

/** Random bytes in base64url. */
export const randomText = (length: number): string => encodeBase64url(crypto.getRandomValues(new Uint8Array(length)))
