// Every way in which evidence can fail, as closed unions: one list per part of the verdict. A reason is a fact for programs and
// auditors; the path, a JSON pointer (RFC 6901), says where in the bundle it stands, going on into what is decoded. Words for people are made elsewhere.

/** One assertion over one statement. */
export const ASSERTION_REASONS = [
  'assertion_malformed',
  'other_passkey_id',
  'client_data_malformed',
  'wrong_ceremony',
  'wrong_challenge',
  'wrong_origin',
  'cross_origin',
  'token_binding',
  'authenticator_data_malformed',
  'wrong_rp',
  'user_not_present',
  'user_not_verified',
  'unexpected_flags',
  'backup_eligibility_changed',
  'signature_malformed',
  'signature_invalid',
] as const

/** One statement, whatever it is about. */
export const STATEMENT_REASONS = [
  'statement_malformed',
  'foreign_realm',
  'unexpected_statement',
  'nonce_reused',
  'unknown_passkey',
  'other_persons_passkey',
  'passkey_inactive',
] as const

/** One change of the passkey directory. */
export const CHAIN_REASONS = [
  ...STATEMENT_REASONS,
  ...ASSERTION_REASONS,
  'roots_malformed',
  'change_malformed',
  'out_of_sequence',
  'wrong_previous',
  'other_change',
  'accepted_before_previous',
  'not_an_administrator',
  'second_administrator_missing',
  'signed_by_subject',
  'not_the_owner',
  'signed_twice',
  'thumbprint_differs',
  'already_enrolled',
  'listed_twice',
  'registration_missing',
  'registration_differs',
  'registration_unasked',
  'no_effect',
  'revoked_for_good',
  'passkey_missing',
  'root_is_administrator',
  'last_administrator',
  'vouch_malformed',
  'vouch_signature_invalid',
  'unknown_provider',
  'not_to_be_vouched',
  'nonce_differs',
  'directory_position_unknown',
] as const

/** The whole bundle. */
export const EVIDENCE_REASONS = [
  'bundle_malformed',
  'intent_malformed',
  'intent_outside_action',
  'times_disordered',
  'rule_set_malformed',
  'rule_set_missing',
  'action_withdrawn',
  'rules_changed',
  'action_changed',
  'directory_head_differs',
  'other_intent',
  'intent_named_twice',
  'accepted_in_future',
  'not_confirmed',
  'not_the_requester',
  'not_eligible_to_ask',
  'requester_passkey_inactive',
  'confirmed_late',
  'self_approval',
  'not_an_approver',
  'passkey_not_in_full',
  'passkey_not_accepted',
  'passkey_cooling_down',
  'too_few_passkeys',
  'gained_too_recently',
  'approved_before_confirmation',
  'approved_late',
  'not_eligible_to_revoke',
  'denied',
  'revoked',
  'ended',
  'quorum_missing',
  'claimed_late',
  'confirmation_too_old',
  ...CHAIN_REASONS,
] as const

/** A receipt: what can be wrong with it beside its evidence. */
export const RECEIPT_REASONS = [
  'receipt_malformed',
  'issued_malformed',
  'issued_signature_invalid',
  'other_era',
  'rule_set_unused',
  'directory_ends_elsewhere',
  'issued_differs',
  'opening_unknown',
  'opening_differs',
  ...EVIDENCE_REASONS,
] as const

export type AssertionReason = (typeof ASSERTION_REASONS)[number]
export type ChainReason = (typeof CHAIN_REASONS)[number]
export type EvidenceReason = (typeof EVIDENCE_REASONS)[number]
export type ReceiptReason = (typeof RECEIPT_REASONS)[number]

/** A no: the first thing that does not hold, and where. */
export type Failure<R extends ReceiptReason = EvidenceReason> = { readonly ok: false; readonly reason: R; readonly path: string }

export const fail = <const R extends ReceiptReason>(reason: R, path: string): Failure<R> => ({ ok: false, reason, path })

/** The JSON pointer of a place inside a value that itself stands at a pointer; what is wrong with a value as a whole is wrong where it stands. */
export const inside = (pointer: string, path: string): string => (path === '(whole)' ? pointer : `${pointer}${path}`)
