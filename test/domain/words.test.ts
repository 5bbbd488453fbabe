// Every refusal has a sentence for the person. The samples are a table over all reasons, so that a new reason does not compile without one.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Refusal } from '../../src/domain/refusal.ts'
import { REQUEST_STATES } from '../../src/domain/request-state.ts'
import { durationWords, refusalWords, stateWords, timeWords } from '../../src/domain/words.ts'

const NOON = Date.UTC(2026, 6, 1, 12, 34, 56)
type Sample<R extends Refusal['reason']> = Extract<Refusal, { readonly reason: R }>
const SAMPLES: { readonly [R in Refusal['reason']]: Sample<R> } = {
  unknown_person: { reason: 'unknown_person' },
  unknown_action: { reason: 'unknown_action', action: 'service.rstart', nearest: 'service.restart' },
  bad_parameter: { reason: 'bad_parameter', parameter: 'Service', problem: 'is not one of payments-api, ledger-api.' },
  bad_reason: { reason: 'bad_reason', problem: 'say in a few words why you need this.' },
  bad_lease: { reason: 'bad_lease', maximumSeconds: 3600 },
  not_eligible_to_ask: { reason: 'not_eligible_to_ask', groups: ['on-call'] },
  derived_differently: { reason: 'derived_differently', path: 'right' },
  times_too_long: { reason: 'times_too_long' },
  too_many_open: { reason: 'too_many_open', most: 20 },
  unknown_request: { reason: 'unknown_request' },
  not_ready: { reason: 'not_ready' },
  request_ended: { reason: 'request_ended', state: 'denied' },
  too_late: { reason: 'too_late', state: 'approved', at: NOON },
  not_yet: { reason: 'not_yet', at: NOON },
  not_confirmed: { reason: 'not_confirmed' },
  not_approved: { reason: 'not_approved', state: 'awaiting_approvers' },
  already_claimed: { reason: 'already_claimed' },
  held: { reason: 'held', by: 'ana' },
  not_yours: { reason: 'not_yours' },
  not_eligible_to_object: { reason: 'not_eligible_to_object' },
  not_your_objection: { reason: 'not_your_objection' },
  no_grant: { reason: 'no_grant' },
  malformed: { reason: 'malformed', path: '/kind', problem: 'is not decide' },
  foreign_realm: { reason: 'foreign_realm' },
  nonce_stale: { reason: 'nonce_stale' },
  nonce_used: { reason: 'nonce_used' },
  nonce_forged: { reason: 'nonce_forged' },
  unknown_passkey: { reason: 'unknown_passkey' },
  passkey_inactive: { reason: 'passkey_inactive', status: 'suspended' },
  assertion_refused: { reason: 'assertion_refused', check: 'origin' },
  self_approval: { reason: 'self_approval' },
  not_an_approver: { reason: 'not_an_approver', groups: ['service-owners', 'data-owners'] },
  already_decided: { reason: 'already_decided', decision: 'approve' },
  evidence_refused: { reason: 'evidence_refused', check: 'quorum_missing', path: '/statements' },
  changed_since: { reason: 'changed_since', what: 'The action' },
  not_an_administrator: { reason: 'not_an_administrator' },
  already_enrolled: { reason: 'already_enrolled' },
  too_many_registrations: { reason: 'too_many_registrations' },
  unknown_registration: { reason: 'unknown_registration' },
  directory_moved: { reason: 'directory_moved' },
  nothing_to_recover: { reason: 'nothing_to_recover' },
  recovery_differs: { reason: 'recovery_differs' },
  foreign_holder_key: { reason: 'foreign_holder_key' },
  claim_signature: { reason: 'claim_signature' },
  claim_differs: { reason: 'claim_differs', number: 2 },
  claim_out_of_turn: { reason: 'claim_out_of_turn', expected: 2 },
  confirmation_too_old: { reason: 'confirmation_too_old', freshnessSeconds: 900 },
  grant_ended: { reason: 'grant_ended', state: 'expired' },
  still_issuing: { reason: 'still_issuing' },
  issue_failed: { reason: 'issue_failed' },
  minting_stopped: { reason: 'minting_stopped', why: 'the clocks of the issuer and its database differ' },
  unknown_view: { reason: 'unknown_view' },
  unknown_offer: { reason: 'unknown_offer' },
  signed_out: { reason: 'signed_out' },
  not_permitted: { reason: 'not_permitted', role: 'auditors' },
}

describe('the sentence for', () => {
  for (const refusal of Object.values(SAMPLES)) {
    test(`${refusal.reason} is one, says what is the matter and carries its evidence`, () => {
      const words = refusalWords(refusal)
      // A person's own id may stand first, and is spelled as it is.
      assert.match(words, refusal.reason === 'held' ? /^ana .*\.$/ : /^\p{Lu}.*[.?]$/u, 'begins and ends as a sentence does')
      assert.doesNotMatch(words, /undefined|null|NaN|\[object|\bInvalid\b/)
      assert.ok(!words.includes(refusal.reason), 'a reason is for programs')
      for (const [name, value] of Object.entries(refusal)) {
        // The place inside a message, a state's own name and times stand there in other words, or help nobody.
        if (['reason', 'path', 'state', 'at', 'maximumSeconds', 'freshnessSeconds'].includes(name)) continue
        if (refusal.reason === 'malformed' || refusal.reason === 'assertion_refused') continue
        for (const part of [value].flat()) assert.ok(words.includes(String(part)), `${name} is not said`)
      }
    })
  }
})

test('no two reasons have the same sentence', () => {
  const sentences = Object.values(SAMPLES).map(refusalWords)
  assert.equal(new Set(sentences).size, sentences.length)
})

test('an action that resembles none gets no guess', () => {
  assert.doesNotMatch(refusalWords({ reason: 'unknown_action', action: 'xyzzy' }), /did you mean/i)
})

test('every state makes a sentence after “This request”', () => {
  for (const state of REQUEST_STATES) {
    assert.match(`This request ${stateWords(state)}.`, /^This request (waits|is|has|ran|was) [a-z ]+\.$/)
    assert.ok(refusalWords({ reason: 'request_ended', state }).includes(stateWords(state)))
  }
})

test('durations and times are said as people say them', () => {
  const said = [1, 59, 60, 90, 900, 3600, 5400, 86_400].map(durationWords)
  assert.deepEqual(said, ['1 second', '59 seconds', '1 minute', '90 seconds', '15 minutes', '1 hour', '90 minutes', '24 hours'])
  assert.equal(timeWords(NOON), '12:34 UTC')
})
