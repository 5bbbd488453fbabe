// Puts values in place of commitments, after checking each value against the commitment that was signed: nothing is shown and nothing is minted from
// an opening that does not open. An opening that was erased leaves its commitment closed; pages say so, and nothing can be minted.

import { commitmentOf } from '../crypto.ts'
import { isCommitment, type Opening } from '../domain/commitment.ts'
import type { Digest } from '../domain/ids.ts'
import type { Intent } from '../domain/intent.ts'
import { type OpenedRight, openRight } from '../runbooks/resolve.ts'

/** The values behind an intent's commitments, by digest; only openings that prove their commitment are in it. */
export function provenValues(openings: ReadonlyMap<string, Opening>): ReadonlyMap<Digest, string | number> {
  return new Map([...openings.values()].map((opening) => [commitmentOf(opening), opening.value]))
}

/** The right with its values, or the parameters whose values are gone. */
export function openIntent(
  intent: Intent,
  openings: ReadonlyMap<string, Opening>,
): { readonly ok: true; readonly right: OpenedRight } | { readonly ok: false; readonly missing: readonly string[] } {
  const values = provenValues(openings)
  const opened = openRight(intent.right, values)
  if (opened.ok) return { ok: true, right: opened.right }
  const missing = Object.entries(intent.parameters).flatMap(([name, value]) =>
    isCommitment(value) && !values.has(value.commitment) ? [name] : [],
  )
  return { ok: false, missing }
}
