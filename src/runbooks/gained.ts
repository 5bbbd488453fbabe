// Whom the rules have only just gained: who came into a group, and which action's rules came to name a group. It is published with the rule set, so that
// whoever verifies an approval sees it in the rules of then (DESIGN section 4): a change of `directory.yaml` makes nobody an approver at once.
// The first rule set of a deployment has gained nobody.

import { actionName, type Gained, type RuleSet } from '../domain/action.ts'
import { canonicalText } from '../domain/canonical.ts'

/** The rule set as it is published at `now` (s) after another one: what was gained lately is carried on, what is gained now is added. */
export function withGained(before: RuleSet | undefined, after: RuleSet, now: number): RuleSet {
  if (!before) return { ...after, gained: [] }
  const since = now - after.keys.gained_hours * 3600
  const carried = before.gained.filter(({ at }) => at > since)
  const added = after.keys.gained_hours > 0 ? [...membersGained(before, after, now), ...linesGained(before, after, now)] : []
  return { ...after, gained: [...carried, ...added].toSorted((a, b) => (canonicalText(a) < canonicalText(b) ? -1 : 1)) }
}

/** Whether two rule sets say the same, apart from what they have gained lately. */
export const saysTheSame = (one: RuleSet, other: RuleSet): boolean =>
  canonicalText({ ...one, gained: [] }) === canonicalText({ ...other, gained: [] })

const membersGained = (before: RuleSet, after: RuleSet, at: number): Gained[] =>
  Object.entries(after.groups).flatMap(([group, members]) => {
    const had = new Set(before.groups[group] ?? [])
    return members.filter((person) => !had.has(person)).map((person) => ({ at, group, person }))
  })

/** A new action is a new rule for all whose group it names. */
const linesGained = (before: RuleSet, after: RuleSet, at: number): Gained[] => {
  const lines = ({ offers }: RuleSet) =>
    offers.flatMap(({ action }) => action.rules.approvals.map(({ group }) => ({ action: actionName(action), group })))
  const had = new Set(lines(before).map(({ action, group }) => `${action} ${group}`))
  return lines(after)
    .filter(({ action, group }) => !had.has(`${action} ${group}`))
    .map(({ action, group }) => ({ at, group, action }))
}
