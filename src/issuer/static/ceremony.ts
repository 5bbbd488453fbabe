// One WebAuthn round: the page composes the statement around the issuer's nonce, hashes it itself, and asks the key over that hash and nothing
// else. Between the person's press and the key stands at most one request, as Safari wants. In the sandbox the simulated security key may answer
// instead of this computer's; everything after that is the same.

import { decodeBase64url, encodeBase64url } from '../../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../domain/canonical.ts'
import { challengeBytes, type Statement } from '../../domain/statement.ts'
import { post } from './post.ts'
import { Stopped, say, waiting } from './say.ts'

const CEREMONY_MS = 300_000
const AT_ONCE_MS = 1_000

export type Device = 'computer' | 'simulated'
export type OfferedKey = { readonly id: string; readonly thumbprint: string; readonly transports: readonly string[] }
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

async function askComputer(challenge: string, { rpId, key, signal }: Signing): Promise<unknown> {
  mustHaveKeys()
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({
    challenge,
    rpId,
    timeout: CEREMONY_MS,
    userVerification: 'required',
    allowCredentials: key ? [{ type: 'public-key', id: key.id, transports: [...key.transports] }] : [],
  })
  return touched(navigator.credentials.get({ publicKey, signal }))
}

/** Makes a new key from options of the issuer. */
export async function makeKey(options: PublicKeyCredentialCreationOptionsJSON, signal: AbortSignal): Promise<unknown> {
  mustHaveKeys()
  return touched(navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), signal }))
}

function mustHaveKeys(): void {
  if (!('PublicKeyCredential' in window) || typeof PublicKeyCredential.parseRequestOptionsFromJSON !== 'function')
    throw new Stopped(
      'unsupported',
      'This browser cannot use security keys here. Open this page in a current Safari, Chrome, Edge or Firefox.',
    )
}

async function touched(asked: Promise<Credential | null>): Promise<unknown> {
  const begun = performance.now()
  say('Touch your key, or follow the window that your browser opened.')
  waiting(true)
  try {
    const credential = await asked
    if (!(credential instanceof PublicKeyCredential)) throw new Stopped('no_key', 'The browser gave no key. Try again.')
    say('Checking …')
    return credential.toJSON()
  } catch (error) {
    throw error instanceof Stopped ? error : stopped(error, performance.now() - begun)
  } finally {
    waiting(false)
  }
}

/** A sentence for each way in which a browser says no; several causes share one name, so the time helps to tell them apart. */
function stopped(error: unknown, afterMs: number): Stopped {
  const name = error instanceof Error ? error.name : ''
  switch (name) {
    case 'AbortError':
      return new Stopped(name)
    case 'NotAllowedError':
      return afterMs < AT_ONCE_MS
        ? new Stopped(
            name,
            'This browser did not open the key window. Press the button again, or open the page in Safari or Chrome.',
          )
        : new Stopped(
            name,
            'Nothing was sent. The window was closed, the time ran out, or the key is not the one asked for. Try again.',
          )
    case 'InvalidStateError':
      return new Stopped(name, 'This key is already registered.')
    case 'ConstraintError':
      return new Stopped(name, 'This key has no PIN or fingerprint set. Set one, then try again.')
    case 'SecurityError':
      return new Stopped(
        name,
        'This page is not on its proper address, so no key will sign here. Open the link from the message again.',
      )
    case 'NotSupportedError':
      return new Stopped(name, 'This key is too old for this page.')
    default:
      return new Stopped(name, 'The key could not be used. Try again, or use another key.')
  }
}

/** Random bytes in base64url. */
export const randomText = (length: number): string => encodeBase64url(crypto.getRandomValues(new Uint8Array(length)))

/** Bytes of a base64url text that the server wrote. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64url(text)
  if (!bytes) throw new Stopped('malformed', 'This page was not delivered as it should be. Reload it.')
  return bytes
}
