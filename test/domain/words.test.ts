// Every refusal has a sentence for the person. The samples are a table over all reasons, so that a new reason does not compile without one.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { REQUEST_STATES } from '../../src/domain/request-state.ts'
import { durationWords, refusalWords, stateWords, timeWords } from '../../src/domain/words.ts'
import { NOON, SAMPLES } from '../support/refusals.ts'

describe('the sentence for', () => {
  for (const refusal of Object.values(SAMPLES)) {
    test(`${refusal.reason} is one, says what is the matter and carries its evidence`, () => {
      const words = refusalWords(refusal)
      // A person's own id may stand first, and is spelled as it is.
      assert.match(words, refusal.reason === 'held' ? /^ana .*\.$/ : /^\p{Lu}.*[.?]$/u, 'begins and ends as a sentence does')
      assert.doesNotMatch(words, /undefined|null|NaN|\[object|\bInvalid\b/)
      assert.ok(!words.includes(refusal.reason), 'a reason is for programs')
      for (const [name, value] of Object.entries(refusal)) {
        // The place inside a message, a state's own name, times and kinds of keys stand there in other words, or help nobody.
        if (['reason', 'path', 'state', 'at', 'maximumSeconds', 'freshnessSeconds', 'accept', 'why'].includes(name)) continue
        if (refusal.reason === 'malformed' || refusal.reason === 'assertion_refused') continue
        // What the person should do differs by it, and is all that is said of it.
        if (refusal.reason === 'provider_refused' && name === 'check') continue
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
