// A software WebAuthn authenticator: the simulated security key of the sandbox, and the authenticator of the tests. It answers as
// a careful browser with a device-bound key does (UP, UV, no backup flags, counter that grows), byte for byte as WebAuthn L3
// sections 5.8.1 and 6.1 lay it out; a `Twist` bends any single field, so that a test can play the thief. Its private key is
// plain data: it proves nothing about hardware and has no place outside the sandbox, whose realm no production deployment
// accepts.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256'

/** Everything the authenticator remembers of one passkey. It can be stored as JSON. */
export type SoftPasskey = {
  readonly algorithm: Algorithm
  readonly id: string
  readonly rp_id: string
  readonly user_handle: string
  readonly sign_count: number
  /** PKCS#8 in base64url. */
  readonly private_key: string
}

/** The page's side of a ceremony: texts in base64url as in the JSON of the options. */
export type Ceremony = { readonly rpId: string; readonly origin: string; readonly challenge: string }

/** What to bend. Nothing given: an honest answer. */
export type Twist = {
  readonly type?: string
  readonly challenge?: string
  readonly origin?: string
  /** Members of the client data to add or replace; `undefined` takes one away. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** Replaces the serialised client data, before it is signed. */
  readonly clientDataJSON?: (text: string) => string | Uint8Array
  readonly rpId?: string
  readonly flags?: number
  readonly signCount?: number
  /** Replaces the authenticator data, before it is signed. */
  readonly authenticatorData?: (bytes: Buffer) => Uint8Array
  readonly signature?: (bytes: Buffer) => Uint8Array
  /** Signs with this passkey's private key instead. */
  readonly signWith?: SoftPasskey
  readonly id?: string
  readonly rawId?: string
  readonly userHandle?: string | null
  readonly aaguid?: Uint8Array
  /** Attests the new key; given what an attestation signs (authenticator data and the hash of the client data) and the key's own signature over it. */
  readonly attest?: (signed: Uint8Array, own: Uint8Array) => Attestation
}
/** An attestation by its format and statement (WebAuthn L3 section 8). */
export type Attestation = { readonly fmt: string; readonly statement: ReadonlyMap<string, CborValue> }

export type RegistrationJSON = {
  id: string
  rawId: string
  response: { clientDataJSON: string; attestationObject: string; transports: ['usb'] }
  authenticatorAttachment: 'cross-platform'
  clientExtensionResults: Record<string, never>
  type: 'public-key'
}
export type AuthenticationJSON = {
  id: string
  rawId: string
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string }
  authenticatorAttachment: 'cross-platform'
  clientExtensionResults: Record<string, never>
  type: 'public-key'
}
/** A public key with exactly the members of RFC 7638. */
export type SoftPublicKey =
  | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
  | { kty: 'OKP'; crv: 'Ed25519'; x: string }
  | { kty: 'RSA'; n: string; e: 'AQAB' }

export const FLAGS = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extended: 0x80,
} as const
const NOT_ATTESTED: Attestation = { fmt: 'none', statement: new Map() }
const HONEST = FLAGS.userPresent | FLAGS.userVerified

/** Makes a passkey and answers the registration ceremony, with attestation `none` unless a twist attests it. */
export function create(
  ceremony: Ceremony & { readonly userHandle: string; readonly algorithm?: Algorithm },
  twist: Twist = {},
): { passkey: SoftPasskey; key: SoftPublicKey; response: RegistrationJSON } {
  const algorithm = ceremony.algorithm ?? 'ES256'
  const privateKey = newPrivateKey(algorithm)
  const id = randomBytes(32)
  const passkey: SoftPasskey = {
    algorithm,
    id: id.toString('base64url'),
    rp_id: ceremony.rpId,
    user_handle: ceremony.userHandle,
    sign_count: 0,
    private_key: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
  }
  const key = publicKey(passkey)
  const attested = Buffer.concat([twist.aaguid ?? Buffer.alloc(16), Buffer.from([0, id.length]), id, coseKey(key)])
  const fixed = authenticatorData(ceremony.rpId, HONEST | FLAGS.attested, 0, twist)
  const joined = Buffer.concat([fixed, attested])
  const authData = Buffer.from(twist.authenticatorData?.(joined) ?? joined)
  const clientDataJSON = clientData('webauthn.create', ceremony, twist)
  const signed = Buffer.concat([authData, sha256(clientDataJSON)])
  const { fmt, statement } = twist.attest?.(signed, signBy(passkey, signed)) ?? NOT_ATTESTED
  const attestationObject = cbor(
    new Map<string, CborValue>([
      ['fmt', fmt],
      ['attStmt', statement],
      ['authData', authData],
    ]),
  )
  const response: RegistrationJSON = {
    id: twist.id ?? passkey.id,
    rawId: twist.rawId ?? twist.id ?? passkey.id,
    response: {
      clientDataJSON: clientDataJSON.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['usb'],
    },
    authenticatorAttachment: 'cross-platform',
    clientExtensionResults: {},
    type: 'public-key',
  }
  return { passkey, key, response }
}

/** Answers an authentication ceremony; the passkey that comes back has counted it and must be kept in place of the one given. */
export function get(
  passkey: SoftPasskey,
  ceremony: Ceremony,
  twist: Twist = {},
): { passkey: SoftPasskey; response: AuthenticationJSON } {
  const next = { ...passkey, sign_count: passkey.sign_count + 1 }
  const fixed = authenticatorData(ceremony.rpId, HONEST, next.sign_count, twist)
  const authData = Buffer.from(twist.authenticatorData?.(fixed) ?? fixed)
  const clientDataJSON = clientData('webauthn.get', ceremony, twist)
  const signer = twist.signWith ?? passkey
  const signed = Buffer.concat([authData, sha256(clientDataJSON)])
  const signature = signBy(signer, signed)
  const userHandle = twist.userHandle === undefined ? passkey.user_handle : twist.userHandle
  const response: AuthenticationJSON = {
    id: twist.id ?? passkey.id,
    rawId: twist.rawId ?? twist.id ?? passkey.id,
    response: {
      clientDataJSON: clientDataJSON.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: Buffer.from(twist.signature?.(signature) ?? signature).toString('base64url'),
      ...(userHandle === null ? {} : { userHandle }),
    },
    authenticatorAttachment: 'cross-platform',
    clientExtensionResults: {},
    type: 'public-key',
  }
  return { passkey: next, response }
}

/** The public key of a stored passkey. */
export function publicKey(passkey: SoftPasskey): SoftPublicKey {
  const { kty, x, y, n } = createPublicKey(readPrivateKey(passkey)).export({ format: 'jwk' })
  if (kty === 'EC' && x && y) return { kty, crv: 'P-256', x, y }
  if (kty === 'OKP' && x) return { kty, crv: 'Ed25519', x }
  if (kty === 'RSA' && n) return { kty, n, e: 'AQAB' }
  throw new TypeError(`a simulated passkey of type ${kty}`)
}

const signBy = (signer: SoftPasskey, bytes: Uint8Array): Buffer =>
  sign(signer.algorithm === 'EdDSA' ? null : 'sha256', bytes, readPrivateKey(signer))

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()

const readPrivateKey = (passkey: SoftPasskey): KeyObject =>
  createPrivateKey({ key: Buffer.from(passkey.private_key, 'base64url'), format: 'der', type: 'pkcs8' })

function newPrivateKey(algorithm: Algorithm): KeyObject {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

function clientData(type: string, ceremony: Ceremony, twist: Twist): Buffer {
  const members = {
    type: twist.type ?? type,
    challenge: twist.challenge ?? ceremony.challenge,
    origin: twist.origin ?? ceremony.origin,
    crossOrigin: false,
    ...twist.clientData,
  }
  const text = JSON.stringify(members)
  return Buffer.from(twist.clientDataJSON?.(text) ?? text)
}

function authenticatorData(rpId: string, flags: number, signCount: number, twist: Twist): Buffer {
  const counted = Buffer.alloc(5)
  counted.writeUInt8(twist.flags ?? flags)
  counted.writeUInt32BE(twist.signCount ?? signCount, 1)
  return Buffer.concat([sha256(twist.rpId ?? rpId), counted])
}

export type CborValue = number | string | Uint8Array | readonly CborValue[] | ReadonlyMap<string | number, CborValue>

/** The CTAP2 canonical subset of CBOR that a registration needs. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
  if (typeof value === 'string') return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([cborHead(2, value.length), value])
  if (isList(value)) return Buffer.concat([cborHead(4, value.length), ...value.map(cbor)])
  return Buffer.concat([cborHead(5, value.size), ...[...value].flatMap(([key, member]) => [cbor(key), cbor(member)])])
}

// Narrows what Array.isArray leaves open of read-only lists.
const isList = (value: CborValue): value is readonly CborValue[] => Array.isArray(value)

function cborHead(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument])
  if (argument < 0x100) return Buffer.from([(major << 5) | 24, argument])
  return Buffer.from([(major << 5) | 25, argument >> 8, argument & 0xff])
}

/** COSE_Key of RFC 9053: labels 1 (kty) and 3 (alg), then those of the type. */
function coseKey(key: SoftPublicKey): Buffer {
  const bytes = (text: string) => Buffer.from(text, 'base64url')
  if (key.kty === 'EC')
    return cbor(
      new Map<number, CborValue>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(key.x)],
        [-3, bytes(key.y)],
      ]),
    )
  if (key.kty === 'OKP')
    return cbor(
      new Map<number, CborValue>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, bytes(key.x)],
      ]),
    )
  return cbor(
    new Map<number, CborValue>([
      [1, 3],
      [3, -257],
      [-1, bytes(key.n)],
      [-2, bytes(key.e)],
    ]),
  )
}
