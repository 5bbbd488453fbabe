// Models of security keys whose certificates count, and what is known of each: where the public status of a model forbids it, and when that knowledge is too
// old. The names of statuses are those of the FIDO Metadata Service (version 3, section 3.1.4); a status of which we know nothing refuses nothing.

export type StatusReport = { readonly status: string; readonly date?: string | undefined }

/** One model, by the AAGUID that its keys carry. */
export type AttestationModel = {
  readonly aaguid: string
  readonly name: string
  /** Out of FIDO's metadata, or written by hand. */
  readonly source: 'fido' | 'own'
  /** Certificates in PEM to which the chain of a key must lead; each may also be the key's own certificate. */
  readonly roots: readonly string[]
  readonly reports: readonly StatusReport[]
}

/** Which metadata the entries of source `fido` came out of. */
export type MetadataOrigin = { readonly number: number; readonly next_update: string; readonly sha256: string }

export type AttestationList = { readonly metadata?: MetadataOrigin | undefined; readonly models: readonly AttestationModel[] }

/** What can be wrong with a chain of certificates. */
export const CHAIN_MISFITS = [
  /** No certificate, or more than any maker of keys has. */
  'chain_length',
  /** Before or after the time of a certificate in the chain, or of every pinned one that could end it. */
  'chain_dates',
  /** A certificate was issued by one that may issue none. */
  'chain_not_authority',
  /** Not signed by the next in line. */
  'chain_broken',
  /** A root that the chain brings along itself proves nothing. */
  'chain_own_root',
  /** It ends at nothing that is pinned. */
  'chain_not_pinned',
] as const
export type ChainMisfit = (typeof CHAIN_MISFITS)[number]

/** Why a key is not accepted for somebody. Closed; accepted-words.ts says them to people. */
export const KEY_MISFITS = [
  /** It can be copied to other devices. */
  'synced',
  /** No word of its maker came along. */
  'attestation_missing',
  /** It vouches for itself. */
  'attestation_self',
  'attestation_format',
  'attestation_form',
  /** The certificate is not one by which makers attest keys. */
  'attestation_leaf',
  'attestation_signature',
  /** The certificate was made for another model than the key says. */
  'aaguid_differs',
  'model_not_listed',
  'model_compromised',
  ...CHAIN_MISFITS,
] as const
export type KeyMisfit = (typeof KEY_MISFITS)[number]

/** Nothing is listed, so that no key counts as hardware. */
export const NO_MODELS: AttestationList = { models: [] }

/** A dashed AAGUID in small letters. */
export const AAGUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** What keys without a model of their own say: it names nobody. */
export const NO_AAGUID = '00000000-0000-0000-0000-000000000000'

const FORBIDDING: readonly string[] = [
  'REVOKED',
  'USER_VERIFICATION_BYPASS',
  'ATTESTATION_KEY_COMPROMISE',
  'USER_KEY_REMOTE_COMPROMISE',
  'USER_KEY_PHYSICAL_COMPROMISE',
]

/**
 * The report that forbids a model, if there is one. A later report lifts nothing: which of the keys in people's hands were mended cannot be told
 * from here. Who knows better writes an entry by hand.
 */
export const compromiseOf = ({ reports }: Pick<AttestationModel, 'reports'>): StatusReport | undefined =>
  reports.find(({ status }) => FORBIDDING.includes(status))

/** The model of an AAGUID, if it is listed. */
export const findModel = ({ models }: AttestationList, aaguid: string): AttestationModel | undefined =>
  models.find((model) => model.aaguid === aaguid)

/** Whether FIDO has promised newer metadata than this by now: what became known of a model since is not known here. */
export const isOverdue = ({ metadata }: AttestationList, now: Date): boolean =>
  metadata !== undefined && now.getTime() >= Date.parse(`${metadata.next_update}T00:00:00Z`) + DAY_MS

const DAY_MS = 86_400_000
