// Whether a new key proves its model: format `packed` with certificates (WebAuthn L3 section 8.2), a chain of our own walking to what is pinned for exactly
// this model, a model on the list, no report that forbids it. What this file alone holds: an AAGUID that leaves it was signed for by a maker who is
// pinned. Everything read here was written by whoever registers; the library must accept the same bytes as well.

import { verify } from 'node:crypto'
import { type Certificate, readCertificate, readPem } from '../certificates/certificate.ts'
import { chainMisfit } from '../certificates/chain.ts'
import { TAG } from '../certificates/der.ts'
import {
  type AttestationList,
  type AttestationModel,
  compromiseOf,
  findModel,
  type KeyMisfit,
  NO_AAGUID,
} from '../domain/attestation.ts'

export type Attested = {
  readonly fmt: string
  readonly statement: ReadonlyMap<string, unknown>
  /** What was signed: authenticator data, then the hash of the client data. */
  readonly signed: Uint8Array
  /** The AAGUID inside the authenticator data. */
  readonly aaguid: string
}
export type Judged = { readonly ok: true; readonly model: AttestationModel } | { readonly ok: false; readonly reason: KeyMisfit }

const AAGUID_EXTENSION = '1.3.6.1.4.1.45724.1.1.4'
const SUBJECT = { country: '2.5.4.6', organisation: '2.5.4.10', unit: '2.5.4.11', name: '2.5.4.3' } as const
const ES256 = -7
const EDDSA = -8
const RS256 = -257

/** Which listed model this is; the first thing that is wrong otherwise. */
export function judgeAttestation({ fmt, statement, signed, aaguid }: Attested, list: AttestationList, now: Date): Judged {
  const x5c = statement.get('x5c')
  if (fmt === 'none') return no('attestation_missing')
  if (fmt !== 'packed') return no('attestation_format')
  if (x5c === undefined) return no('attestation_self')
  const chain = readChain(x5c)
  const [leaf] = chain ?? []
  const [algorithm, signature] = [statement.get('alg'), statement.get('sig')]
  if (!chain || !leaf || statement.size !== 3 || !(signature instanceof Uint8Array)) return no('attestation_form')
  if (!isLeaf(leaf)) return no('attestation_leaf')
  if (!isSignedBy(leaf, algorithm, signed, signature)) return no('attestation_signature')
  const model = aaguid === NO_AAGUID ? undefined : findModel(list, aaguid)
  if (!model) return no('model_not_listed')
  const pinned = pinnedOf(model)
  if (modelSaid(leaf, pinned, aaguid) !== aaguid) return no('aaguid_differs')
  const misfit = chainMisfit(chain, pinned, now)
  if (misfit) return no(misfit)
  return compromiseOf(model) ? no('model_compromised') : { ok: true, model }
}

/** The usual writing of the 16 bytes of an AAGUID. */
export const aaguidText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** The certificates pinned for a model. */
export const pinnedOf = ({ roots }: Pick<AttestationModel, 'roots'>): readonly Certificate[] =>
  roots.flatMap((root) => readPem(root) ?? [])

const no = (reason: KeyMisfit): Judged => ({ ok: false, reason })

function readChain(x5c: unknown): readonly Certificate[] | undefined {
  if (!Array.isArray(x5c)) return undefined
  const chain = x5c.map((der: unknown) => (der instanceof Uint8Array ? readCertificate(der) : undefined))
  return chain.every((each) => each !== undefined) ? chain : undefined
}

/** The requirements of section 8.2.1: a certificate that was made to attest keys, and may issue nothing. */
function isLeaf({ version, subject, constraints, x509 }: Certificate): boolean {
  const only = (oid: string): string => {
    const [value = '', ...more] = subject.get(oid) ?? []
    return more.length === 0 ? value : ''
  }
  return (
    version === 3 &&
    /^[A-Z]{2}$/.test(only(SUBJECT.country)) &&
    only(SUBJECT.organisation) !== '' &&
    only(SUBJECT.unit) === 'Authenticator Attestation' &&
    only(SUBJECT.name) !== '' &&
    constraints?.authority === false &&
    !x509.ca
  )
}

/**
 * The AAGUID for which the certificate of a key stands: the one that the maker put into it. The standard lets it be left out where a root makes one
 * model only; which roots those are cannot be seen, so a certificate without it proves a model only where it is itself pinned for that one.
 */
function modelSaid(leaf: Certificate, pinned: readonly Certificate[], listed: string): string | undefined {
  const extension = leaf.extensions.get(AAGUID_EXTENSION)
  if (!extension) return pinned.some(({ x509 }) => x509.raw.equals(leaf.x509.raw)) ? listed : undefined
  if (extension.critical) return undefined
  const { value } = extension
  if (value.length !== 18 || value[0] !== TAG.octets || value[1] !== 16) return undefined
  return aaguidText(value.subarray(2))
}

function isSignedBy({ x509 }: Certificate, algorithm: unknown, signed: Uint8Array, signature: Uint8Array): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = x509.publicKey
  const fits =
    (algorithm === ES256 && type === 'ec' && details?.namedCurve === 'prime256v1') ||
    (algorithm === RS256 && type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
    (algorithm === EDDSA && type === 'ed25519')
  return fits && verify(algorithm === EDDSA ? null : 'sha256', signed, x509.publicKey, signature)
}
