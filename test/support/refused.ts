// What a test of a refusal asks: that it is one, for this reason, and that the person is told a sentence that says what is the matter.

import assert from 'node:assert/strict'
import type { Outcome, Refusal } from '../../src/domain/refusal.ts'
import { refusalWords } from '../../src/domain/words.ts'

/** Fails unless the outcome is a refusal for this reason whose sentence matches; answers the refusal. */
export function refused<R extends Refusal['reason']>(
  outcome: Outcome<unknown>,
  reason: R,
  words: RegExp,
): Extract<Refusal, { readonly reason: R }> {
  assert.ok(!outcome.ok, `it was not refused: ${JSON.stringify(outcome)}`)
  assert.equal(outcome.refusal.reason, reason, JSON.stringify(outcome.refusal))
  assert.match(refusalWords(outcome.refusal), words)
  return outcome.refusal as Extract<Refusal, { readonly reason: R }>
}
