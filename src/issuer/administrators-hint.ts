// What it means that few people are administrators, in a sentence: for the start's log, the doctor and the page of the keys.

import type { ChainState } from '../evidence/chain-state.ts'

/** What to do about it; undefined where three or more are. */
export function administratorsHint({ administrators }: Pick<ChainState, 'administrators'>): string | undefined {
  if (administrators.size === 1)
    return 'One administrator alone can change every key and every role. Make a second one: from then on whatever gives power takes two.'
  if (administrators.size === 2)
    return 'There are two administrators. If one of them loses his keys, nobody can let new ones in but new roots on the issuer’s host. Make it three.'
  return undefined
}

/** How many there are, and what to do. */
export const administratorsWords = (state: Pick<ChainState, 'administrators'>): string =>
  administratorsHint(state) ?? `There are ${state.administrators.size} administrators.`
