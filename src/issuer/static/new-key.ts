// The browser's own call for a new key, in and out of plain data: apart from signatures, since most pages make none.

import { bytesOf } from './bytes.ts'
import { common, text, touched } from './webauthn.ts'

/** What the issuer asks a new key for. None of the extensions it names takes bytes, so that they go to the browser as they came. */
export type CreationAsk = Omit<PublicKeyCredentialCreationOptionsJSON, 'extensions'> & {
  readonly extensions?: Pick<AuthenticationExtensionsClientInputs, 'credProps'>
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
