// A key that was lost may have asked in its owner's name, so when one is suspended or revoked, whatever its owner had asked for by then is void: he asks
// again with another. What he asks afterwards, with a key that he holds, is untouched. Judged by the verified chain; safe to repeat.

import { findOpenOf } from '../db/standings.ts'
import type { PersonId } from '../domain/ids.ts'
import type { ChainState } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'
import { eachInTurn } from './each-in-turn.ts'
import { transact } from './transact.ts'
import { voidRequest } from './void-request.ts'

export const LOST_KEY = 'a key of whoever asked was suspended or revoked after it was asked for'

/** Voids what was open when its requester lost a key; answers how many. */
export async function voidLostRequests(ctx: IssuerContext): Promise<number> {
  const lost = lossesIn(await ctx.chain())
  if (lost.size === 0) return 0
  const open = await findOpenOf(ctx.db, [...lost.keys()])
  const doubtful = open.filter(({ requester, first_seen_at: at }) => at.getTime() <= (lost.get(requester) ?? 0))
  await eachInTurn(doubtful, ({ request_id }) => transact(ctx, [request_id], (work) => voidRequest(work, request_id, LOST_KEY)))
  return doubtful.length
}

/** When each person last lost a key that stays lost, in ms. */
function lossesIn({ passkeys, journal }: ChainState): ReadonlyMap<PersonId, number> {
  const lost = new Map<PersonId, number>()
  for (const { passkey, status, since } of passkeys.values()) {
    const at = journal.times[since] ?? 0
    if (status !== 'active') lost.set(passkey.person, Math.max(at, lost.get(passkey.person) ?? 0))
  }
  return lost
}
