// Why somebody who may decide cannot approve now, in reasons that people understand: said on his page before he taps, and after a tap all the same. It asks
// what the evidence asks (evidence/approver.ts) of a decision made now; only the evidence decides. A no needs none of it.

import { isAccepted } from '../domain/accepted-keys.ts'
import { type Action, inGroups } from '../domain/action.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { approvesFrom, mayApproveFrom, servingKeys, settledFrom } from '../evidence/approver.ts'
import { type ChainState, findPasskey, holdsRole, passkeysOf } from '../evidence/chain-state.ts'
import type { Published } from './context.ts'

export type Approving = {
  readonly person: PersonId
  readonly action: Action
  readonly published: Published
  readonly chain: ChainState
  readonly roots: TrustRoots
  readonly now: Date
}

/** Why this key of the person cannot approve now; undefined when it can. */
export function whyNotApprove(of: Approving, passkey: Digest): Refusal | undefined {
  const { chain, published, roots, now } = of
  if (!holdsRole(chain, of.person, 'approver')) return { reason: 'no_approver_role' }
  const { keys } = published.ruleSet
  const known = findPasskey(chain, passkey)
  if (!known?.inFull) return { reason: 'passkey_not_in_full' }
  const accept = keys.accept.approvers
  if (!isAccepted(accept, known.passkey)) return { reason: 'passkey_not_accepted', accept, role: 'approver' }
  const at = approvesFrom(chain, known, published.ruleSet, roots)
  if (now.getTime() < at) return { reason: 'passkey_cooling_down', at }
  const have = servingKeys(chain, of.person, published.ruleSet).length
  if (now.getTime() >= settledFrom(roots) && have < keys.approver_keys)
    return { reason: 'too_few_passkeys', needed: keys.approver_keys, have }
  return whyTooRecent(of)
}

/** Why a decision cannot come from this person at all with any of his active keys; of several reasons the one that is over first. */
export function whyNotYet(of: Approving): Refusal | undefined {
  const own = passkeysOf(of.chain, of.person).filter(({ status }) => status === 'active')
  const reasons = own.map(({ passkey }) => whyNotApprove(of, passkey.thumbprint))
  if (reasons.includes(undefined)) return undefined
  const soonest = reasons
    .flatMap((each) => (each?.reason === 'passkey_cooling_down' ? [each] : []))
    .toSorted((a, b) => a.at - b.at)[0]
  return soonest ?? reasons[0]
}

/** The rules name him only since a short while, by every group through which he could approve. */
function whyTooRecent({ person, action, published, chain, roots, now }: Approving): Refusal | undefined {
  const groups = action.rules.approvals.map(({ group }) => group).filter((group) => inGroups(published.ruleSet, person, [group]))
  const times = groups.map((group) => mayApproveFrom(person, group, action, published, chain, roots))
  if (times.length === 0 || times.some((at) => now.getTime() >= at)) return undefined
  return { reason: 'gained_too_recently', at: Math.min(...times) }
}
