// The browser's own calls, in and out of plain data. Our own reading and writing, since browsers of the last years have keys but not the JSON methods
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

/** What the issuer asks a new key for. None of the extensions it names takes bytes, so that they go to the browser as they came. */
export type CreationAsk = Omit<PublicKeyCredentialCreationOptionsJSON, 'extensions'> & {
  readonly extensions?: Pick<AuthenticationExtensionsClientInputs, 'credProps'>
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

/** Has a key make a new pair, from options of the issuer. */
export function newKey(options: CreationAsk, signal: AbortSignal): Promise<object> {
  const { challenge, user, excludeCredentials = [], ...rest } = options
  const publicKey = {
    ...rest,
    challenge: bytesOf(challenge),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: excludeCredentials.map((each) => ({ ...each, id: bytesOf(each.id) })),
  } as PublicKeyCredentialCreationOptions
  return touched('create', [], () => navigator.credentials.create({ publicKey, signal }), attestationJson)
}

async function touched(
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

const text = (bytes: ArrayBuffer): string => encodeBase64url(new Uint8Array(bytes))

const common = ({ id, rawId, type }: PublicKeyCredential): object => ({
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

function attestationJson(credential: PublicKeyCredential): object {
  const response = credential.response as AuthenticatorAttestationResponse
  return {
    ...common(credential),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  }
}
