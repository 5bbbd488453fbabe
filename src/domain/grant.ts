// The grant (a lease: until when?) and the credential (one thing handed out under it). Both machines of DESIGN section 3 as tables: a move that
// does not stand here does not exist, and the CHECK constraints hold the same states. A grant ends at an absolute time on the issuer's own
// clock; an early end is claimed only when the target confirmed it.

export const GRANT_STATES = ['issuing', 'active', 'revoking', 'revoked', 'returned', 'failed', 'expired'] as const
export type GrantState = (typeof GRANT_STATES)[number]
export type GrantMove = 'issued' | 'issue_failed' | 'end' | 'ended_by_revocation' | 'ended_by_return' | 'expire'

const GRANT: { readonly [S in GrantState]?: { readonly [M in GrantMove]?: GrantState } } = {
  issuing: { issued: 'active', issue_failed: 'failed', end: 'revoking', expire: 'expired' },
  active: { end: 'revoking', expire: 'expired' },
  revoking: { ended_by_revocation: 'revoked', ended_by_return: 'returned' },
}

/** The state after a move, or undefined when the move does not exist there. */
export const moveGrant = (state: GrantState, move: GrantMove): GrantState | undefined => GRANT[state]?.[move]

export const CREDENTIAL_STATES = ['issuing', 'issued', 'failed', 'unknown', 'revoking', 'revoked', 'expired'] as const
export type CredentialState = (typeof CREDENTIAL_STATES)[number]
export type CredentialMove = 'issued' | 'failed' | 'lost' | 'revoke' | 'revoked' | 'expire'

const CREDENTIAL: { readonly [S in CredentialState]?: { readonly [M in CredentialMove]?: CredentialState } } = {
  issuing: { issued: 'issued', failed: 'failed', lost: 'unknown' },
  issued: { revoke: 'revoking', expire: 'expired' },
  unknown: { revoke: 'revoking' },
  revoking: { revoked: 'revoked' },
}

/** The state after a move, or undefined when the move does not exist there. */
export const moveCredential = (state: CredentialState, move: CredentialMove): CredentialState | undefined =>
  CREDENTIAL[state]?.[move]

/** How an early end went at the target: done, still tried, or impossible before the credential's own end. */
export type Recall = 'confirmed' | 'pending' | 'not_before_expiry'

const CERTAINTY: readonly Recall[] = ['not_before_expiry', 'pending', 'confirmed']

/** What may be said of all credentials of a grant: the least certain of their ends. Undefined when none was taken back. */
export const leastCertain = (recalls: readonly (string | null)[]): Recall | undefined =>
  CERTAINTY.find((recall) => recalls.includes(recall))

/** After so many tries in vain people are told that a target does not answer; it is asked on all the same. */
export const TELL_AFTER_TRIES = 5
