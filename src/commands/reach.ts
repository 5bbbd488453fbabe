// Who could decide about an action, and whether those of them who have a key would be enough. Nobody waits in vain without being told.

import { mayDecide } from '../domain/accepted-keys.ts'
import { findOffer, inGroups, type RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { judgeQuorum } from '../domain/rules.ts'

/** Larger groups are asked in the channel alone: hundreds of direct messages for one request would be noise. */
export const MOST_ASKED = 25

/** Who may decide about an action today: members of its approving groups, never the requester. */
export function approversOf(set: RuleSet, action: string, requester: PersonId): PersonId[] {
  const rules = findOffer(set, action)?.action.rules
  if (!rules) return []
  const groups = rules.approvals.map(({ group }) => group)
  return set.people.filter(({ id }) => id !== requester && inGroups(set, id, groups)).map(({ id }) => id)
}

export type Reach = { readonly enough: boolean; readonly keyless: readonly PersonId[] }

/** Whether the quorum of an action can be reached by people with a key, and who of them could decide but has none. */
export function reachOf(set: RuleSet, action: string, requester: PersonId, enrolled: ReadonlySet<PersonId>): Reach {
  const rules = findOffer(set, action)?.action.rules
  const people = approversOf(set, action, requester)
  const approvals = people
    .filter((person) => enrolled.has(person))
    .map((person) => ({
      person,
      passkey: person,
      groups: rules?.approvals.map(({ group }) => group).filter((group) => inGroups(set, person, [group])) ?? [],
    }))
  return {
    // An action that is gone is another trouble, which the issuer tells.
    enough: rules === undefined || judgeQuorum(approvals, rules, requester).complete,
    keyless: people.filter((person) => !enrolled.has(person)),
  }
}

/** Everybody who may decide about some action. */
export const deciders = (set: RuleSet): PersonId[] => set.people.filter(({ id }) => mayDecide(set, id)).map(({ id }) => id)
