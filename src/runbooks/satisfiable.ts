// Whether rules can hold at all: is there one requester for whom distinct other people can fill every place? The same matching as at a
// decision answers it, with everybody's approval supposed, so that two rules over the same two people are seen through. Rules nobody can
// satisfy are a mistake at load, not a request that waits for ever.

import type { RuleSet, Rules } from '../domain/action.ts'
import { judgeQuorum } from '../domain/rules.ts'

/** A requester for whom the quorum is possible; undefined when nobody could ever be granted this. */
export function someRequester(rules: Rules, groups: RuleSet['groups']): string | undefined {
  const members = (group: string): readonly string[] => (Object.hasOwn(groups, group) ? (groups[group] ?? []) : [])
  const named = [...new Set(rules.approvals.map(({ group }) => group))]
  const everybody = [...new Set(named.flatMap(members))].map((person) => ({
    person,
    // Each with a passkey of their own: which keys exist is not known to the files, and judged at each decision.
    passkey: person,
    groups: named.filter((group) => members(group).includes(person)),
  }))
  const requesters = rules.requesters.flatMap(members)
  const without = (requester: string) => judgeQuorum(everybody, rules, requester)
  const [first] = requesters
  if (first === undefined) return undefined
  const filled = without(first)
  if (filled.complete) return first
  // Taking a requester out changes anything only if the requester could have approved: all others fail like the first.
  const approvers = new Set(everybody.map(({ person }) => person))
  const outsider = requesters.find((id) => !approvers.has(id))
  if (outsider !== undefined && without(outsider).complete) return outsider
  return [...new Set(requesters)].filter((id) => approvers.has(id)).find((id) => without(id).complete)
}
