// FIDO's metadata in tests: a signed file as the Metadata Service makes it, with a root of its own.

import { CompactSign } from 'jose'
import { certificate, type Made, newKeys } from './certificates.ts'

const DAY_MS = 86_400_000
export const HOST = 'mds.fidoalliance.org'

export type Service = { readonly root: Made; readonly authority: Made; readonly signer: Made }

/** A service; `signer` bends the certificate that signs. */
export function newService(signer: Partial<Parameters<typeof certificate>[0]> = {}): Service {
  const root = certificate({ subject: { O: 'Example Trust', CN: 'Root' }, keys: newKeys(), authority: true })
  const authority = certificate({
    subject: { O: 'Example Trust', CN: 'Servers' },
    keys: newKeys(),
    issuer: root,
    authority: true,
  })
  const leaf = { subject: { C: 'US', O: 'FIDO', CN: HOST }, keys: newKeys(), issuer: authority, authority: false, hosts: [HOST] }
  return { root, authority, signer: certificate({ ...leaf, ...signer }) }
}

/** What the service says of one model, in the members that are read and one that is not. */
export const entryOf = (
  aaguid: string,
  root: Made,
  over: { description?: string; statuses?: readonly string[]; types?: readonly string[] } = {},
) => ({
  aaguid,
  metadataStatement: {
    legalHeader: 'Submission of this statement is an example.',
    description: over.description ?? `Example Key ${aaguid.slice(0, 4)}`,
    aaguid,
    attestationTypes: over.types ?? ['basic_full'],
    attestationRootCertificates: [root.der.toString('base64')],
  },
  statusReports: (over.statuses ?? ['FIDO_CERTIFIED_L1']).map((status) => ({ status, effectiveDate: '2024-02-29' })),
  timeOfLastStatusChange: '2024-02-29',
})

export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

/** The signed file. */
export function blobOf(
  { signer, authority }: Service,
  entries: readonly object[],
  over: { readonly no?: number; readonly nextUpdate?: string; readonly chain?: readonly Made[]; readonly by?: Made } = {},
): Promise<string> {
  const payload = { legalHeader: '…', no: over.no ?? 7, nextUpdate: over.nextUpdate ?? inDays(20), entries }
  const chain = over.chain ?? [signer, authority]
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: chain.map(({ der }) => der.toString('base64')) })
    .sign((over.by ?? signer).keys.privateKey)
}
