// Holds a database against the heads that were kept outside it (DESIGN section 4). Pure: what it is given was read in this order, the outside first and
// the database second, because every issuer commits to the database first; in the other order a busy database would seem behind.

import { eraOf, type Heads, lostOf } from '../domain/heads.ts'
import { type ChainState, lastLoss, stateAt } from './chain-state.ts'

/**
 * `recovered`: behind, but an administrator has signed for exactly these heads, and the chain and the watermark go on from there. `later_era`: the outside
 * has seen roots that came after those of this chain, so these rule nothing any more.
 */
export type Standing = 'even' | 'recovered' | 'behind' | 'later_era'

/** How a database stands, by its verified chain and its watermark. */
export function judgeHeads(outside: Heads | undefined, chain: ChainState, watermark: number): Standing {
  if (!outside) return 'even'
  if (eraOf(outside) > chain.era) return 'later_era'
  const lost = lostOf(outside)
  const { sequence, head } = lost.directory
  // A new era begins its directory anew; only the watermark goes on across it.
  const goesOn = eraOf(outside) < chain.era || stateAt(chain, sequence)?.head === head
  if (watermark >= lost.watermark && goesOn) return 'even'
  const signed = lastLoss(chain)
  const isSigned =
    signed?.watermark === lost.watermark && signed.directory.sequence === sequence && signed.directory.head === head
  return isSigned && watermark > lost.watermark ? 'recovered' : 'behind'
}
