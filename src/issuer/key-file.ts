// One key file: a private JSON Web Key that says to which realm and for which purpose it was made, and loads for no other. Its `kid` is the
// RFC 7638 thumbprint of its public half, checked at each load together with a trial signature, so that a damaged or exchanged file stops the
// start instead of signing something nobody can verify. Problems are sentences that name the file and the mend.

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { z } from 'zod'
import type { SigningAlgorithm } from '../credentials/jws.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { createOnce } from './durable-file.ts'

/** Each purpose has its own key: a token of one door is worthless at another. */
export const PURPOSES = {
  access_token_rs256: 'RS256',
  access_token_es256: 'ES256',
  id_token: 'ES256',
  log: 'Ed25519',
  nonce: 'HS256',
} as const satisfies Readonly<Record<string, SigningAlgorithm | 'HS256'>>
export type Purpose = keyof typeof PURPOSES

export type PublicJwk = Readonly<Record<'kty' | 'alg' | 'use' | 'kid', string>> & Readonly<Record<string, string>>
export type SigningKey = {
  readonly alg: SigningAlgorithm
  readonly kid: string
  readonly private: KeyObject
  readonly public: PublicJwk
}
export type LoadedKey =
  | { readonly kind: 'signing'; readonly key: SigningKey }
  | { readonly kind: 'mac'; readonly bytes: Uint8Array }

const KEY_TYPES = { RS256: 'RSA', ES256: 'EC', Ed25519: 'OKP', HS256: 'oct' } as const
const MAC_BYTES = 32
const generate = promisify(generateKeyPair)
const member = z.string().regex(/^[A-Za-z0-9_-]+$/)
const about = { realm: z.string(), purpose: z.string(), alg: z.string(), kid: member }
const keyFile = z.discriminatedUnion('kty', [
  z.strictObject({ ...about, kty: z.literal('EC'), crv: z.literal('P-256'), x: member, y: member, d: member }),
  z.strictObject({ ...about, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: member, d: member }),
  z.strictObject({
    ...about,
    kty: z.literal('RSA'),
    n: member,
    e: member,
    d: member,
    p: member,
    q: member,
    dp: member,
    dq: member,
    qi: member,
  }),
  z.strictObject({ ...about, kty: z.literal('oct'), k: member }),
])

/** Makes a key for a purpose and writes its file, readable by its owner only; a file that is already there is left alone. */
export async function createKeyFile(path: string, realm: string, purpose: Purpose): Promise<void> {
  const jwk = await newKey(purpose)
  const kid = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0])
  await createOnce(path, `${JSON.stringify({ realm, purpose, alg: PURPOSES[purpose], kid, ...jwk }, null, 2)}\n`, 0o600)
}

/** Reads one key file; what does not fit comes back as a sentence for whoever runs the issuer. */
export async function readKeyFile(
  path: string,
  realm: string,
  purpose: Purpose,
): Promise<LoadedKey | { readonly problem: string }> {
  const open = realm.startsWith('prod:') ? await openTo(path) : undefined
  if (open) return { problem: open }
  const read = await readFile(path, 'utf8').catch(() => undefined)
  if (read === undefined) return { problem: `${path}: cannot be read; restore it from a backup, readable by this user` }
  const parsed = keyFile.safeParse(parseJson(read))
  // The issues of a private key are told by path alone: its values have no place in a start-up message.
  if (!parsed.success)
    return {
      problem: `${path}: is not a key file (at /${parsed.error.issues[0]?.path.join('/') ?? ''}); restore it from a backup`,
    }
  const { realm: itsRealm, purpose: itsPurpose, alg, kid, ...jwk } = parsed.data
  if (itsRealm !== realm)
    return { problem: `${path}: belongs to realm ${itsRealm}, not to ${realm}; name the folder of this realm` }
  if (jwk.kty !== KEY_TYPES[PURPOSES[purpose]])
    return { problem: `${path}: is not a key of type ${KEY_TYPES[PURPOSES[purpose]]}; restore it from a backup` }
  if (itsPurpose !== purpose || alg !== PURPOSES[purpose])
    return {
      problem: `${path}: was made for ${itsPurpose} (${alg}), not for ${purpose} (${PURPOSES[purpose]}); restore it from a backup`,
    }
  if ((await calculateJwkThumbprint(jwk)) !== kid)
    return { problem: `${path}: its kid is not the thumbprint of its key; restore it from a backup` }
  if (jwk.kty === 'oct') return macKey(path, jwk.k)
  return signingKey(path, PURPOSES[purpose] as SigningAlgorithm, kid, jwk)
}

/** Why others than its owner, or the owner of another process, could write a file. */
export async function openToWriters(path: string): Promise<string | undefined> {
  const { mode, uid } = await stat(path)
  if (mode & 0o022) return `${path}: may be written by others (mode 0${(mode & 0o777).toString(8)}); run: chmod 644 ${path}`
  return ofSomebodyElse(path, uid)
}

/** Why a file or folder is open to others than its owner, if it is. */
export async function openTo(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return `${path}: is missing; restore it from a backup`
  const mode = found.mode & 0o777
  const mend = found.isDirectory() ? '700' : '600'
  if (mode & 0o077) return `${path}: is open to others (mode 0${mode.toString(8)}); run: chmod ${mend} ${path}`
  return ofSomebodyElse(path, found.uid)
}

function ofSomebodyElse(path: string, owner: number): string | undefined {
  const me = process.getuid?.()
  return me !== undefined && owner !== me && owner !== 0
    ? `${path}: belongs to user ${owner}; run: chown ${me} ${path}`
    : undefined
}

async function newKey(purpose: Purpose) {
  if (purpose === 'nonce') return { kty: 'oct', k: randomBytes(MAC_BYTES).toString('base64url') }
  const made = {
    RS256: () => generate('rsa', { modulusLength: 2048 }),
    ES256: () => generate('ec', { namedCurve: 'P-256' }),
    Ed25519: () => generate('ed25519'),
  }[PURPOSES[purpose]]
  return (await made()).privateKey.export({ format: 'jwk' })
}

function macKey(path: string, k: string): LoadedKey | { readonly problem: string } {
  const bytes = decodeBase64url(k)
  return bytes?.length === MAC_BYTES
    ? { kind: 'mac', bytes }
    : { problem: `${path}: its key is not ${MAC_BYTES} bytes; restore it from a backup` }
}

function signingKey(
  path: string,
  alg: SigningAlgorithm,
  kid: string,
  jwk: { readonly kty: string },
): LoadedKey | { readonly problem: string } {
  try {
    const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    const publicKey = createPublicKey(publicHalf(jwk))
    const hash = alg === 'Ed25519' ? null : 'sha256'
    const trial = randomBytes(32)
    if (!verify(hash, trial, publicKey, sign(hash, trial, key)))
      return { problem: `${path}: its private and public halves differ; restore it from a backup` }
    if (alg === 'RS256' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
      return { problem: `${path}: its RSA modulus is under 2048 bits; restore it from a backup` }
    const exported = publicKey.export({ format: 'jwk' }) as Record<string, string> & { kty: string }
    return { kind: 'signing', key: { alg, kid, private: key, public: { ...exported, alg, use: 'sig', kid } } }
  } catch {
    return { problem: `${path}: holds a damaged key; restore it from a backup` }
  }
}

function publicHalf(jwk: object) {
  const { kty, crv, x, y, n, e } = jwk as Record<string, string | undefined>
  const key = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined))
  return { key, format: 'jwk' as const }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
