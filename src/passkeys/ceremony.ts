// Conducts and checks live WebAuthn ceremonies; the only caller of @simplewebauthn/server. One channel for a no: a reason of a closed list, found
// by position, never by message. What the library forgives is refused first (ceremony-checks.ts), then the library must accept as well. Callers
// parse the response (response.ts), look the passkey up by the statement's signer, and recompute the challenge (WebAuthn L3 section 7).

import { Buffer } from 'node:buffer'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import { sha256, thumbprint } from '../crypto.ts'
import type { Accept } from '../domain/accepted-keys.ts'
import type { AttestationList } from '../domain/attestation.ts'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import type { Passkey } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { type PasskeyKey, passkeyId } from '../domain/keys.ts'
import { read } from '../domain/shape.ts'
import type { Assertion } from '../evidence/bundle.ts'
import { mayVerify, p1363FromDer } from '../evidence/crypto.ts'
import { aaguidText, judgeAttestation } from './attestation.ts'
import { type CeremonyCheck, clientDataMisfit, type Expected, FLAG, flagsMisfit } from './ceremony-checks.ts'
import { coseFromKey, keyFromCose } from './cose.ts'
import type { LiveAssertion, LiveRegistration } from './response.ts'
import { userHandle } from './user-handle.ts'

/** ES256, EdDSA, RS256: pinned, because the library's own list changes with the runtime. */
const ALGORITHMS = [-7, -8, -257]
const CEREMONY_MS = 300_000

/** The roots of FIDO's metadata, in PEM, as the library brings them along. */
export const metadataRoots = (): readonly string[] => SettingsService.getRootCertificates({ identifier: 'mds' })

type Where = { readonly origin: string; readonly rpId: string }
type Known = { readonly id: string; readonly transports: readonly string[] }
type No = { readonly ok: false; readonly reason: CeremonyCheck }

/** Options of an authentication ceremony over a challenge; only these passkeys may answer, always with user verification. */
export const authenticationOptions = (ask: {
  readonly rpId: string
  readonly challenge: Uint8Array
  readonly passkeys: readonly Known[]
}): Promise<PublicKeyCredentialRequestOptionsJSON> =>
  generateAuthenticationOptions({
    rpID: ask.rpId,
    challenge: new Uint8Array(ask.challenge),
    allowCredentials: ask.passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    userVerification: 'required',
    timeout: CEREMONY_MS,
  })

/** Options of a registration ceremony. `known` are the person's passkeys, so that none is registered twice. */
export const registrationOptions = (ask: {
  readonly rpId: string
  readonly rpName: string
  readonly realm: string
  readonly person: PersonId
  readonly personName: string
  readonly challenge: Uint8Array
  readonly known: readonly Known[]
  /** Which keys this person may have: for hardware the browser is asked to pass on the certificate of the key's maker. */
  readonly accept: Accept
}): Promise<PublicKeyCredentialCreationOptionsJSON> =>
  generateRegistrationOptions({
    rpID: ask.rpId,
    rpName: ask.rpName,
    userID: userHandle(ask.realm, ask.person),
    userName: ask.personName,
    userDisplayName: ask.personName,
    challenge: new Uint8Array(ask.challenge),
    excludeCredentials: ask.known.map(({ id, transports }) => ({ id, transports: [...transports] })),
    // A fresh object each time: the library writes into the one it is given, and into its own default.
    authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
    attestationType: ask.accept === 'hardware' ? 'direct' : 'none',
    supportedAlgorithmIDs: [...ALGORITHMS],
    timeout: CEREMONY_MS,
  })

export type AssertionAsk = Where & {
  readonly response: LiveAssertion
  /** Recomputed from the statement, never taken from the browser. */
  readonly expectedChallenge: Uint8Array
  /** The passkey looked up by the statement's signer, with the counter last seen. */
  readonly passkey: Pick<Passkey, 'id' | 'key' | 'device_bound' | 'person'> & { readonly sign_count: number }
  readonly realm: string
}
export type CheckedAssertion =
  | { readonly ok: true; readonly assertion: Assertion; readonly signCount: number; readonly backedUp: boolean }
  | No

/** What an answer leaves as evidence, byte for byte. */
export const assertionOf = ({ id, response }: LiveAssertion): Assertion => ({
  id,
  authenticator_data: response.authenticatorData,
  client_data_json: response.clientDataJSON,
  signature: response.signature,
})

/**
 * Whether this passkey answered this ceremony. The assertion comes back byte for byte, to be judged again as evidence. A refusal for `counter` says that
 * the library has taken the signature: a counter that nobody signed for is the word of whoever posted it.
 */
export async function verifyAssertion(ask: AssertionAsk): Promise<CheckedAssertion> {
  const { id, rawId, response } = ask.response
  const { passkey } = ask
  if (rawId !== id) return no('id_differs')
  // The statement names its passkey, so that a ceremony is open to this one id, whatever else the page offered.
  if (id !== passkey.id) return no('other_passkey')
  if (response.userHandle !== undefined && response.userHandle !== encodeBase64url(userHandle(ask.realm, passkey.person)))
    return no('user_handle')
  const expected: Expected = { type: 'webauthn.get', challenge: ask.expectedChallenge, origin: ask.origin }
  const data = clientDataMisfit(bytesOf(response.clientDataJSON), expected)
  if (data) return no(data)
  // rpIdHash, flags, counter and nothing more: we ask for no extension, and an assertion attests no new key.
  const authenticatorData = bytesOf(response.authenticatorData)
  if (authenticatorData.length !== 37) return no('authenticator_data')
  if (!isRpOf(authenticatorData, ask.rpId)) return no('rp_id')
  const flags = authenticatorData[32] ?? 0
  const flag = flagsMisfit(flags, 'webauthn.get')
  if (flag) return no(flag)
  // Backup eligibility never changes in the life of a passkey: another value is another key.
  if (((flags & FLAG.backupEligible) === 0) !== passkey.device_bound) return no('backup_eligibility')
  // The library reads DER leniently, and libraries differ about points of small order: one signature would have many spellings, or many messages.
  const signature = bytesOf(response.signature)
  if (!mayVerify(passkey.key, signature) || (passkey.key.kty === 'EC' && !p1363FromDer(signature))) return no('signature')
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { id, rawId, type: 'public-key', clientExtensionResults: {}, response: libraryResponse(response) },
      expectedChallenge: encodeBase64url(ask.expectedChallenge),
      expectedOrigin: ask.origin,
      expectedRPID: ask.rpId,
      // The library would judge the counter before the signature; from zero it takes every one.
      credential: { id, publicKey: coseFromKey(passkey.key), counter: 0 },
      requireUserVerification: true,
    })
    if (!verified) return no('signature')
  } catch {
    return no('library')
  }
  const signCount = new DataView(authenticatorData.buffer).getUint32(33)
  // Zero for ever is how synced passkeys count; any other value that does not grow is the sign of a copy.
  if ((signCount > 0 || passkey.sign_count > 0) && signCount <= passkey.sign_count) return no('counter')
  return { ok: true, assertion: assertionOf(ask.response), signCount, backedUp: (flags & FLAG.backedUp) !== 0 }
}

export type RegistrationAsk = Where & {
  readonly response: LiveRegistration
  readonly expectedChallenge: Uint8Array
  /** Which keys this person may have, by the rules that were in force when the options were made or that are now: the stricter. */
  readonly accept: Accept
  readonly models: AttestationList
  readonly now: Date
}
export type Registered = {
  readonly id: string
  readonly key: PasskeyKey
  readonly thumbprint: Digest
  readonly device_bound: boolean
  /** The model, only where a chain of certificates has proved it. */
  readonly aaguid?: string
  /** What the key says of its model. A hint for people: without a chain anybody can write any AAGUID. */
  readonly aaguid_hint: string
  readonly transports: readonly string[]
  readonly sign_count: number
  /** What was signed or said at creation, byte for byte in base64url, for the record. */
  readonly attestation: { readonly fmt: string; readonly attestation_object: string; readonly client_data_json: string }
}
export type CheckedRegistration = { readonly ok: true; readonly registered: Registered } | No

/** Whether a fresh passkey answered this registration ceremony. Possession is proved afterwards, by an assertion over `register`. */
export async function verifyRegistration(ask: RegistrationAsk): Promise<CheckedRegistration> {
  const { id, rawId, response } = ask.response
  if (rawId !== id) return no('id_differs')
  const expected: Expected = { type: 'webauthn.create', challenge: ask.expectedChallenge, origin: ask.origin }
  const data = clientDataMisfit(bytesOf(response.clientDataJSON), expected)
  if (data) return no(data)
  const made = readAttestation(bytesOf(response.attestationObject))
  if (!made) return no('authenticator_data')
  if (!isRpOf(made.authenticatorData, ask.rpId)) return no('rp_id')
  const flag = flagsMisfit(made.flags, 'webauthn.create')
  if (flag) return no(flag)
  const key = made.publicKey && keyFromCose(made.publicKey)
  if (!key) return no('key')
  if (made.id === undefined || !read(passkeyId, made.id).ok) return no('passkey_id')
  if (made.id !== id) return no('id_differs')
  const deviceBound = (made.flags & FLAG.backupEligible) === 0
  if (ask.accept !== 'any' && !deviceBound) return no('synced')
  const attested = ask.accept === 'hardware' ? judgeMade(made, ask) : undefined
  if (attested && !attested.ok) return no(attested.reason)
  // Elsewhere we ask for none. A chain that nobody has looked at proves nothing and must not stand in the record as if it did.
  const isPlain = made.fmt === 'none' || (made.fmt === 'packed' && !made.statement.has('x5c'))
  if (!attested && !isPlain) return no('attestation_unasked')
  // By here we have taken the key. What a key says of itself only the library judges; about anything else a no of the library is a disagreement.
  const isJudged = attested !== undefined || (made.fmt === 'none' && made.statement.size === 0)
  try {
    const checked = await verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
      },
      expectedChallenge: encodeBase64url(ask.expectedChallenge),
      expectedOrigin: ask.origin,
      expectedRPID: ask.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    })
    if (!checked.verified) return no(isJudged ? 'library_alone' : 'attestation')
    const { credential, credentialDeviceType } = checked.registrationInfo
    const theirs = {
      id: credential.id,
      key: keyFromCose(credential.publicKey),
      deviceBound: credentialDeviceType === 'singleDevice',
    }
    if (!isSameKey({ id: made.id, key, deviceBound }, theirs)) return no('verifiers_differ')
    return {
      ok: true,
      registered: {
        id: made.id,
        key,
        thumbprint: thumbprint(key),
        device_bound: deviceBound,
        ...(attested && { aaguid: attested.model.aaguid }),
        aaguid_hint: made.aaguid,
        transports: response.transports ?? [],
        sign_count: credential.counter,
        attestation: {
          fmt: made.fmt,
          attestation_object: response.attestationObject,
          client_data_json: response.clientDataJSON,
        },
      },
    }
  } catch {
    return no(isJudged ? 'library_alone' : 'library')
  }
}

type ReadKey = { readonly id: string; readonly key: PasskeyKey | undefined; readonly deviceBound: boolean }

/** Whether two readers of one registration have read the same key out of it. */
export const isSameKey = (ours: ReadKey, theirs: ReadKey): boolean =>
  ours.key !== undefined &&
  theirs.key !== undefined &&
  ours.id === theirs.id &&
  ours.deviceBound === theirs.deviceBound &&
  thumbprint(ours.key) === thumbprint(theirs.key)

const no = (reason: CeremonyCheck): No => ({ ok: false, reason })

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64url(text)
  if (!bytes) throw new TypeError('bytes that the schema has let through undecodable')
  return bytes
}

const isRpOf = (authenticatorData: Uint8Array, rpId: string): boolean =>
  Buffer.compare(authenticatorData.subarray(0, 32), sha256(new TextEncoder().encode(rpId))) === 0

// Without the user handle, which is compared above: the library takes it for granted, and `undefined` for a value.
const libraryResponse = ({ clientDataJSON, authenticatorData, signature }: LiveAssertion['response']) => ({
  clientDataJSON,
  authenticatorData,
  signature,
})

type Made = NonNullable<ReturnType<typeof readAttestation>>
const judgeMade = (made: Made, { response, models, now }: RegistrationAsk) => {
  const signed = Buffer.concat([made.authenticatorData, sha256(bytesOf(response.response.clientDataJSON))])
  return judgeAttestation({ ...made, signed }, models, now)
}

function readAttestation(bytes: Uint8Array<ArrayBuffer>) {
  try {
    // The types of the library are what it hopes for: whoever registers may have put anything in the place of each.
    const object = decodeAttestationObject(bytes) as unknown as ReadonlyMap<unknown, unknown>
    const [fmt, statement, authenticatorData] = [object.get('fmt'), object.get('attStmt'), object.get('authData')]
    if (typeof fmt !== 'string' || !(statement instanceof Map) || !(authenticatorData instanceof Uint8Array)) return undefined
    const parsed = parseAuthenticatorData(new Uint8Array(authenticatorData))
    return {
      fmt,
      statement: statement as ReadonlyMap<string, unknown>,
      aaguid: aaguidText(parsed.aaguid ?? new Uint8Array()),
      authenticatorData,
      flags: parsed.flags.flagsInt,
      publicKey: parsed.credentialPublicKey,
      id: parsed.credentialID && encodeBase64url(parsed.credentialID),
    }
  } catch {
    return undefined
  }
}
