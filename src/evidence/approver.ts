// Whether somebody could approve when he did: an approver of the passkey directory, with a key that as many administrators as it takes have compared,
// of a kind that the rules take, in that role for long enough, one of as many as an approver must have, and by a rule that had not only just gained him. In the
// week after the roots were pinned nobody waits: everybody is new then (DESIGN section 4). A no is judged by none of this.

import { isAccepted } from '../domain/accepted-keys.ts'
import { type Action, gainedAt, type RuleSet } from '../domain/action.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { type ChainState, findPasskey, holdsRole, isEndorsed, type KnownPasskey, passkeysOf, servesFrom } from './chain-state.ts'
import type { EvidenceReason } from './reasons.ts'

const HOUR_MS = 3_600_000
const SETTLING_MS = 7 * 24 * HOUR_MS

/** When the first week is over, in ms. */
export const settledFrom = ({ pinned_at }: Pick<TrustRoots, 'pinned_at'>): number => pinned_at * 1000 + SETTLING_MS

/** A person's keys by which he approves, or will when they have cooled down: no other makes up for a lost one. */
export const servingKeys = (directory: ChainState, person: PersonId, { keys }: RuleSet): KnownPasskey[] =>
  passkeysOf(directory, person).filter(
    ({ passkey, status, inFull }) => status === 'active' && inFull && isAccepted(keys.accept.approvers, passkey),
  )

/**
 * When a key may approve, in ms: so many hours after it came to serve its owner as an approver, however old it is; roots, and what was given in the first
 * week, at once. Never, where it serves no approver.
 */
export function approvesFrom(
  directory: ChainState,
  { passkey }: KnownPasskey,
  { keys }: RuleSet,
  roots: Pick<TrustRoots, 'pinned_at'>,
): number {
  const from = servesFrom(directory, passkey)
  if (!from) return Infinity
  const isNew = from.sequence > 0 && from.at >= settledFrom(roots)
  return from.at + (isNew ? keys.cool_down_hours * HOUR_MS : 0)
}

/** When a person may approve by one of an action's groups, in ms; 0 where no rule has newly gained him or administrators signed for these rules. */
export function mayApproveFrom(
  person: PersonId,
  group: string,
  action: Action,
  { digest, ruleSet }: { readonly digest: Digest; readonly ruleSet: RuleSet },
  directory: ChainState,
  roots: Pick<TrustRoots, 'pinned_at'>,
): number {
  const at = gainedAt(ruleSet, person, group, action)
  if (at === undefined || at < settledFrom(roots) || isEndorsed(directory, digest)) return 0
  return at + ruleSet.keys.gained_hours * HOUR_MS
}

/** One approval as it stood when it was accepted: rules, directory, signer, and the groups of the action by which he approved. */
export type Approval = {
  readonly person: PersonId
  readonly passkey: Digest
  readonly acceptedAt: number
  readonly ruleSet: Digest
  readonly rulesThen: RuleSet
  readonly directoryThen: ChainState
  readonly groups: readonly string[]
}

/** Why this approval could not be given then, and which member of the signer that is about; or the groups for which it counts. */
export function judgeApproval(
  one: Approval,
  action: Action,
  roots: TrustRoots,
):
  | { readonly ok: true; readonly groups: readonly string[] }
  | { readonly ok: false; readonly reason: EvidenceReason; readonly at: string } {
  const { person, acceptedAt, rulesThen, directoryThen } = one
  const no = (reason: EvidenceReason, at: string) => ({ ok: false, reason, at }) as const
  if (!holdsRole(directoryThen, person, 'approver')) return no('not_an_approver', '/person')
  const known = findPasskey(directoryThen, one.passkey)
  if (!known?.inFull) return no('passkey_not_in_full', '/passkey')
  if (!isAccepted(rulesThen.keys.accept.approvers, known.passkey)) return no('passkey_not_accepted', '/passkey')
  if (acceptedAt < approvesFrom(directoryThen, known, rulesThen, roots)) return no('passkey_cooling_down', '/passkey')
  const serving = servingKeys(directoryThen, person, rulesThen)
  if (acceptedAt >= settledFrom(roots) && serving.length < rulesThen.keys.approver_keys) return no('too_few_passkeys', '/person')
  const rules = { digest: one.ruleSet, ruleSet: rulesThen }
  const groups = one.groups.filter((group) => acceptedAt >= mayApproveFrom(person, group, action, rules, directoryThen, roots))
  return groups.length > 0 ? { ok: true, groups } : no('gained_too_recently', '/person')
}

/** Whether an approval of a sound key still counts under the directory and rules of now. */
export function servesNow({ person, passkey }: Approval, now: ChainState, { keys }: RuleSet): boolean {
  const known = findPasskey(now, passkey)
  return known?.status === 'active' && holdsRole(now, person, 'approver') && isAccepted(keys.accept.approvers, known.passkey)
}
