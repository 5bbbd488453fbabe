// FIDO's metadata (Metadata Service 3): one signed file about all models of keys. Read without network, so that nothing is asked of anybody: its chain is
// walked to the given roots, and its signer must be FIDO's own host, since the usual root is a public one that has signed for millions of others.

import { compactVerify, decodeProtectedHeader } from 'jose'
import { z } from 'zod'
import { type Certificate, readCertificate } from '../certificates/certificate.ts'
import { chainMisfit } from '../certificates/chain.ts'
import type { AttestationModel } from '../domain/attestation.ts'

const HOST = 'mds.fidoalliance.org'
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']

const header = z.looseObject({ x5c: z.array(z.base64()).min(1).max(5) })
const payload = z.looseObject({
  no: z.int().min(1),
  nextUpdate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  entries: z.array(z.looseObject({ aaguid: z.string().optional() })),
})
const entry = z.looseObject({
  metadataStatement: z.looseObject({
    description: z.string(),
    attestationTypes: z.array(z.string()),
    attestationRootCertificates: z.array(z.string()),
  }),
  statusReports: z.array(z.looseObject({ status: z.string(), effectiveDate: z.string().optional() })).min(1),
})

export type Metadata = {
  readonly number: number
  readonly nextUpdate: string
  readonly entries: readonly { readonly aaguid?: string | undefined }[]
}
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

/** The metadata in a signed file; a problem reads after "it". */
export async function readMetadata(blob: string, roots: readonly Certificate[], now: Date): Promise<Read<Metadata>> {
  const chain = chainOf(blob, roots)
  const [leaf] = chain ?? []
  if (!chain || !leaf) return no('is not a signed file of FIDO’s metadata')
  const misfit = chainMisfit(chain, roots, now)
  if (misfit) return no(`is signed with certificates that do not lead to the given roots (${misfit})`)
  if (leaf.x509.checkHost(HOST) === undefined) return no(`is not signed by ${HOST}`)
  try {
    const verified = await compactVerify(blob, leaf.x509.publicKey, { algorithms: ALGORITHMS })
    const text = new TextDecoder('utf-8', { fatal: true }).decode(verified.payload)
    const read = payload.safeParse(JSON.parse(text))
    if (!read.success) return no('is signed, but not in the form of FIDO’s metadata')
    const { no: number, nextUpdate, entries } = read.data
    return { ok: true, value: { number, nextUpdate, entries } }
  } catch {
    return no('bears a signature that is not right')
  }
}

/** What the metadata says of a model, in the form of attestation.yaml. */
export function modelFrom({ entries }: Metadata, aaguid: string): Read<AttestationModel> {
  const found = entries.find((each) => each.aaguid?.toLowerCase() === aaguid)
  if (!found) return no('is not in the metadata')
  const read = entry.safeParse(found)
  if (!read.success) return no('stands in the metadata without what is needed of it')
  const { metadataStatement: statement, statusReports } = read.data
  if (!statement.attestationTypes.includes('basic_full')) return no('is of a model that no certificate of its maker attests')
  const certificates = statement.attestationRootCertificates.map((text) => readCertificate(Buffer.from(text, 'base64')))
  const roots = certificates.flatMap((certificate) => (certificate ? [certificate.x509.toString()] : []))
  if (roots.length === 0) return no('is of a model whose certificates cannot be read')
  const reports = statusReports.map(({ status, effectiveDate }) => ({ status, ...(effectiveDate && { date: effectiveDate }) }))
  return { ok: true, value: { aaguid, name: statement.description.trim().slice(0, 200), source: 'fido', roots, reports } }
}

const no = (problem: string): { readonly ok: false; readonly problem: string } => ({ ok: false, problem })

/** The chain in the header, without a root that it may bring along: that one is pinned or worth nothing. */
function chainOf(blob: string, roots: readonly Certificate[]): readonly Certificate[] | undefined {
  try {
    const { x5c } = header.parse(decodeProtectedHeader(blob))
    const chain = x5c.map((text) => readCertificate(Buffer.from(text, 'base64')))
    if (!chain.every((each) => each !== undefined)) return undefined
    return chain.filter(({ x509 }) => !roots.some((root) => root.x509.raw.equals(x509.raw)))
  } catch {
    return undefined
  }
}
