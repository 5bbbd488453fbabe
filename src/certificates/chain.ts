// Walks a chain of certificates to pinned ones, with node:crypto alone and without network: no list of revoked certificates is fetched, because who chooses
// the certificate would choose the address. Each step must be signed by the next, which must be an authority and in its time (RFC 5280 section 6.1,
// without names and policies, which no authenticator uses). A pinned certificate that stands in the chain ends it, also as its first.

import type { ChainMisfit } from '../domain/attestation.ts'
import type { Certificate } from './certificate.ts'

const LONGEST = 4

/** What is wrong with a chain, the certificate in question first; undefined when it leads to one of `pinned`. */
export function chainMisfit(chain: readonly Certificate[], pinned: readonly Certificate[], now: Date): ChainMisfit | undefined {
  if (chain.length === 0 || chain.length > LONGEST) return 'chain_length'
  for (const [index, subject] of chain.entries()) {
    if (!isInTime(subject, now)) return 'chain_dates'
    const isPinned = pinned.some(({ x509 }) => x509.raw.equals(subject.x509.raw))
    // Roots are pinned here or nowhere; only a certificate that a key has of its own may be its own issuer, and then that very one must be pinned.
    if (isIssuedBy(subject, subject) && !(isPinned && index === 0)) return 'chain_own_root'
    if (isPinned) return undefined
    const next = chain[index + 1]
    if (next) {
      const misfit = stepMisfit(subject, next, index)
      if (misfit) return misfit
      continue
    }
    const issuers = pinned.filter((anchor) => isIssuedBy(subject, anchor))
    if (issuers.length === 0) return 'chain_not_pinned'
    const able = issuers.filter((anchor) => stepMisfit(subject, anchor, index) === undefined)
    if (able.length === 0) return 'chain_not_authority'
    return able.some((anchor) => isInTime(anchor, now)) ? undefined : 'chain_dates'
  }
  return 'chain_not_pinned'
}

function stepMisfit(subject: Certificate, issuer: Certificate, below: number): ChainMisfit | undefined {
  const { authority = false, pathLength = LONGEST } = issuer.constraints ?? {}
  // Both readers must find an authority, with room for the authorities below it.
  if (!authority || !issuer.x509.ca || pathLength < below) return 'chain_not_authority'
  return isIssuedBy(subject, issuer) ? undefined : 'chain_broken'
}

const isIssuedBy = (subject: Certificate, issuer: Certificate): boolean =>
  subject.x509.checkIssued(issuer.x509) && subject.x509.verify(issuer.x509.publicKey)

const isInTime = ({ x509 }: Certificate, now: Date): boolean => x509.validFromDate <= now && now <= x509.validToDate
