// The browser's own calls for a signature, in and out of plain data; new-key.ts makes keys. Our own reading and writing, since browsers of the last years have keys but not the JSON methods
// (Safari before 18.4), and password managers that stand in for keys often forget them.

import { encodeBase64url } from '../../domain/base64url.ts'
import { bytesOf } from './bytes.ts'
import { CEREMONY_MS, type Ceremony, causeOf, causeWords, hindrance } from './causes.ts'
import { Stopped, say, waiting } from './say.ts'

export type AssertionAsk = {
  readonly rpId: string
  readonly challenge: string
  readonly id: string | undefined
  readonly transports: readonly string[]
  readonly nickname: string | undefined
}

/** What stands in the way of using keys in this browser on this page. */
export const hindranceHere = () =>
  hindrance({
    secure: window.isSecureContext,
    framed: window.top !== window,
    hasKeys: 'PublicKeyCredential' in window && 'credentials' in navigator,
  })

/** Asks a key to sign a challenge. */
export function assertion(ask: AssertionAsk, signal: AbortSignal): Promise<object> {
  const { rpId, challenge, id, transports, nickname } = ask
  const allowCredentials: PublicKeyCredentialDescriptor[] =
    id === undefined ? [] : [{ type: 'public-key', id: bytesOf(id), transports: transports as AuthenticatorTransport[] }]
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: bytesOf(challenge),
    rpId,
    timeout: CEREMONY_MS,
    userVerification: 'required',
    allowCredentials,
  }
  const keys = nickname === undefined ? [] : [nickname]
  return touched('get', keys, () => navigator.credentials.get({ publicKey, signal }), assertionJson)
}

/** Has a key do something while the page says so; `json` makes plain data of what it answers. */
export async function touched(
  asked: Ceremony,
  keys: readonly string[],
  ask: () => Promise<Credential | null>,
  json: (credential: PublicKeyCredential) => object,
): Promise<object> {
  const hindered = hindranceHere()
  if (hindered) throw new Stopped(hindered, causeWords(hindered))
  const begun = performance.now()
  const pressed = navigator.userActivation?.isActive ?? true
  const focused = document.hasFocus()
  say('Touch your key, or follow the window that your browser opened.')
  waiting(true)
  const stopped = (name: string): Stopped => {
    const cause = causeOf({ asked, name, afterMs: performance.now() - begun, pressed, focused, keys })
    return new Stopped(cause, causeWords(cause, keys))
  }
  try {
    const credential = await ask().catch((error: unknown) => {
      throw stopped(error instanceof Error ? error.name : 'unknown')
    })
    if (!credential) throw stopped('')
    say('Checking …')
    return json(credential as PublicKeyCredential)
  } finally {
    waiting(false)
  }
}

/** Bytes of an answer as text. */
export const text = (bytes: ArrayBuffer): string => encodeBase64url(new Uint8Array(bytes))

/** What every answer holds. */
export const common = ({ id, rawId, type }: PublicKeyCredential): object => ({
  id,
  rawId: text(rawId),
  type,
  clientExtensionResults: {},
})

function assertionJson(credential: PublicKeyCredential): object {
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response as AuthenticatorAssertionResponse
  return {
    ...common(credential),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      ...(userHandle && userHandle.byteLength > 0 ? { userHandle: text(userHandle) } : {}),
    },
  }
}
