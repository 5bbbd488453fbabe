// A refusal: an expected no, one arm per reason, carrying its evidence. Refusals are returned, so that their entries commit; only faults are
// thrown. Words for people live in words.ts, in one exhaustive switch; raw error text never reaches a browser, Slack or a token.

import type { Accept } from './accepted-keys.ts'
import type { KeyMisfit } from './attestation.ts'
import type { DirectoryChange, Role } from './directory.ts'
import type { PersonId } from './ids.ts'
import type { OnlyAdministrators, ProviderCheck } from './provider.ts'
import type { RequestState } from './request-state.ts'

/** What keeps a change of the directory from being taken, as far as whoever signs it can do something about it. */
export const CHANGE_MISFITS = [
  'signed_by_subject',
  'signed_twice',
  'not_the_owner',
  'last_administrator',
  'root_is_administrator',
  'passkey_missing',
  'passkey_inactive',
  'no_effect',
  'revoked_for_good',
] as const
export type ChangeMisfit = (typeof CHANGE_MISFITS)[number]

export type Refusal =
  // asking
  | { readonly reason: 'unknown_person' }
  | { readonly reason: 'unknown_action'; readonly action: string; readonly nearest?: string }
  | { readonly reason: 'bad_parameter'; readonly parameter: string; readonly problem: string }
  | { readonly reason: 'bad_reason'; readonly problem: string }
  | { readonly reason: 'bad_lease'; readonly maximumSeconds: number }
  | { readonly reason: 'not_eligible_to_ask'; readonly groups: readonly string[] }
  | { readonly reason: 'derived_differently'; readonly path: string }
  | { readonly reason: 'times_too_long' }
  | { readonly reason: 'too_many_open'; readonly most: number }
  // life
  | { readonly reason: 'unknown_request' }
  | { readonly reason: 'not_ready' }
  | { readonly reason: 'request_ended'; readonly state: RequestState }
  | { readonly reason: 'too_late'; readonly state: RequestState; readonly at: number }
  | { readonly reason: 'not_yet'; readonly at: number }
  | { readonly reason: 'not_confirmed' }
  | { readonly reason: 'not_approved'; readonly state: RequestState }
  | { readonly reason: 'already_claimed' }
  | { readonly reason: 'held'; readonly by: PersonId }
  | { readonly reason: 'not_yours' }
  | { readonly reason: 'not_eligible_to_object' }
  | { readonly reason: 'not_your_objection' }
  | { readonly reason: 'no_grant' }
  | { readonly reason: 'no_receipt'; readonly why: 'not_issued' | 'not_verified' | 'era_over' }
  // signing
  | { readonly reason: 'malformed'; readonly path: string; readonly problem: string }
  | { readonly reason: 'foreign_realm' }
  | { readonly reason: 'nonce_stale' }
  | { readonly reason: 'nonce_used' }
  | { readonly reason: 'nonce_forged' }
  | { readonly reason: 'unknown_passkey' }
  | { readonly reason: 'passkey_inactive'; readonly status: string }
  | { readonly reason: 'assertion_refused'; readonly check: string }
  | { readonly reason: 'self_approval' }
  | { readonly reason: 'not_an_approver'; readonly groups: readonly string[] }
  | { readonly reason: 'already_decided'; readonly decision: string }
  | { readonly reason: 'too_many_statements'; readonly most: number }
  // an approver who cannot approve yet, though he may deny
  | { readonly reason: 'no_approver_role' }
  | { readonly reason: 'passkey_not_in_full' }
  | { readonly reason: 'passkey_not_accepted'; readonly accept: Accept; readonly role: Role | 'requester' }
  | { readonly reason: 'passkey_cooling_down'; readonly at: number }
  | { readonly reason: 'too_few_passkeys'; readonly needed: number; readonly have: number }
  | { readonly reason: 'gained_too_recently'; readonly at: number }
  | { readonly reason: 'evidence_refused'; readonly check: string; readonly path: string }
  | { readonly reason: 'changed_since'; readonly what: string }
  // enrolling
  | { readonly reason: 'not_an_administrator' }
  | { readonly reason: 'already_enrolled' }
  | { readonly reason: 'too_many_keys'; readonly most: number }
  | { readonly reason: 'too_many_added'; readonly most: number; readonly at: number }
  | { readonly reason: 'key_not_accepted'; readonly accept: Accept; readonly why: KeyMisfit; readonly models: readonly string[] }
  | { readonly reason: 'unknown_registration' }
  | { readonly reason: 'only_administrators'; readonly why: OnlyAdministrators }
  | { readonly reason: 'provider_refused'; readonly check: ProviderCheck; readonly provider: string }
  | { readonly reason: 'directory_moved'; readonly by?: readonly Move[] }
  | { readonly reason: 'change_waits'; readonly by: string }
  | { readonly reason: 'change_refused'; readonly why: ChangeMisfit }
  | { readonly reason: 'nothing_to_recover' }
  | { readonly reason: 'recovery_differs' }
  // holding
  | { readonly reason: 'passkey_held'; readonly person: string }
  | { readonly reason: 'unknown_change' }
  | { readonly reason: 'change_too_old'; readonly days: number }
  | { readonly reason: 'no_key_of_yours' }
  | { readonly reason: 'already_held' }
  | { readonly reason: 'not_held' }
  | { readonly reason: 'key_too_new' }
  | { readonly reason: 'key_too_weak' }
  | { readonly reason: 'key_in_doubt' }
  | { readonly reason: 'administrator_needed' }
  // claiming
  | { readonly reason: 'foreign_holder_key' }
  | { readonly reason: 'claim_signature' }
  | { readonly reason: 'claim_differs'; readonly number: number }
  | { readonly reason: 'claim_out_of_turn'; readonly expected: number }
  | { readonly reason: 'confirmation_too_old'; readonly freshnessSeconds: number }
  | { readonly reason: 'grant_ended'; readonly state: string }
  | { readonly reason: 'still_issuing' }
  | { readonly reason: 'issue_failed' }
  | { readonly reason: 'minting_stopped'; readonly why: string }
  // looking
  | { readonly reason: 'unknown_view' }
  | { readonly reason: 'unknown_offer' }
  | { readonly reason: 'signed_out' }
  | { readonly reason: 'not_permitted'; readonly role: string }

/** A change of the directory that came first, with the names of its signers; nobody signed one that a provider vouched for. */
export type Move = { readonly signers: readonly string[]; readonly operation: DirectoryChange['operation'] }

export type Outcome<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly refusal: Refusal }

export const refuse = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({ ok: false, refusal })
