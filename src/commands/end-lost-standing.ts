// Ends live grants whose requester lost the standing to hold them: a passkey that named a place of theirs was suspended or revoked, or the rules in force
// no longer take its kind or let the person ask. A renewal would refuse for the same reasons; who renews nothing must not keep the access for that. Judged by the verified
// chain and the rules in force, never by columns that repeat them. What others lost (an approver) ends nothing that lives.

import { findLiveGrants, type LiveGrant } from '../db/standings.ts'
import { isAccepted } from '../domain/accepted-keys.ts'
import { actionName, findOffer, inGroups, type RuleSet } from '../domain/action.ts'
import { readIntent } from '../domain/intent.ts'
import type { ChainState, KnownPasskey } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'
import { eachInTurn } from './each-in-turn.ts'
import { beginEnd } from './end-grant.ts'
import { transact } from './transact.ts'
import { voidLostRequests } from './void-lost-requests.ts'

const BATCH = 500
/** A claim that was judged before a change may commit after it: longer than any transaction lasts. */
const AGAIN_AFTER_MS = 15_000

/** Opens the watch over standings of one issuer process: it looks at all live grants at its start, at each change, and once more a little later. */
export function openStandings(ctx: IssuerContext): { readonly round: () => Promise<number> } {
  let seen = ''
  let changedAt = 0
  let settled = false
  return {
    round: async () => {
      const chain = await ctx.chain()
      const { digest } = ctx.published()
      const now = `${digest} ${chain.head}`
      const changed = now !== seen
      const at = performance.now()
      if (changed) changedAt = at
      const again = !settled && at - changedAt > AGAIN_AFTER_MS
      if (!changed && !again) return 0
      // What lives first: the other may wait for whoever claims.
      const ended = await endLostStandings(ctx)
      await voidLostRequests(ctx)
      // Only a round that came to its end counts: one that failed is run again.
      seen = now
      settled = again && !changed
      return ended
    },
  }
}

/** Looks at every live grant; answers how many it ended. */
export async function endLostStandings(ctx: IssuerContext): Promise<number> {
  const chain = await ctx.chain()
  const { ruleSet } = ctx.published()
  let ended = 0
  for (let after = ''; ; ) {
    const live = await findLiveGrants(ctx.db, after, BATCH)
    await eachInTurn(
      live.filter((grant) => hasLostStanding(grant, chain, ruleSet)),
      async ({ request_id }) => {
        const begun = await transact(ctx, [request_id], (work) => beginEnd(work, request_id, { by: 'issuer', reason: 'revoked' }))
        if (begun.ok) ended += 1
      },
    )
    const last = live.at(-1)
    if (!last || live.length < BATCH) return ended
    after = last.request_id
  }
}

function hasLostStanding({ person, intent, passkeys }: LiveGrant, chain: ChainState, ruleSet: RuleSet): boolean {
  const stands = (known: KnownPasskey | undefined) =>
    known?.status === 'active' && isAccepted(ruleSet.keys.accept.requesters, known.passkey)
  if (!passkeys.every((thumbprint) => stands(chain.passkeys.get(thumbprint)))) return true
  if (!ruleSet.people.some(({ id }) => id === person)) return true
  const read = readIntent(intent)
  if (!read.ok) return true
  const offer = findOffer(ruleSet, actionName({ runbook: read.value.runbook, name: read.value.action }))
  // An action that is no longer offered says nothing about who held it.
  return offer !== undefined && !inGroups(ruleSet, person, offer.action.rules.requesters)
}
