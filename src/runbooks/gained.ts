// Whom the rules have only just gained: who came into a group, and which action's rules came to name a group, or whose approval came to do something else.
// It is published with the rule set, so that whoever verifies an approval sees it in the rules of then and needs no history (DESIGN section 4): a change of
// `directory.yaml` makes nobody an approver at once. How long nobody approves by it is judged by the most hours that rules asked for of late, since
// whoever may change the rules may change these hours, too: `at` lies so far ahead that with the hours of this rule set the wait is as long.
// What a deployment begins with has gained nobody. Where the first rule set comes later than its first week, what was before it is not known (the database was
// emptied or put back), so it has gained everybody whom it names.

import { actionName, type Gained, type RuleSet } from '../domain/action.ts'
import { canonicalText } from '../domain/canonical.ts'
import { KEYS } from './check-directory.ts'
import { lowerings, waits } from './lowering.ts'

const HOUR = 3600
/** As many as a rule set has room for. */
const MOST = 20_000

/** What was in force before. */
export type Before = {
  /** Undefined where nothing was published, as far as the database knows. */
  readonly ruleSet: RuleSet | undefined
  /** The most `gained_hours` of all rule sets that were in force within their own hours: fewer count only after the old ones are over. */
  readonly hours: number
  /** When the first week is over (s): before it nobody waits. */
  readonly settled: number
}

/** The rule set as it is published at `now` (s) after another one: what was gained lately is carried on, what is gained now is added. */
export function withGained(before: Before, after: RuleSet, now: number): RuleSet {
  // Nobody knows what the lost rules asked for: as many hours as where nothing is said of them, whatever these say.
  const was = before.ruleSet ?? { ...after, offers: [], groups: {}, gained: [], keys: KEYS }
  const [had, asks] = [was.keys.gained_hours, after.keys.gained_hours]
  const hours = Math.max(before.hours, had, asks)
  const carried = was.gained
    .filter(({ at }) => at >= before.settled && at + had * HOUR > now)
    // Fewer hours now do not shorten what waits, and more make it longer.
    .map((one) => ({ ...one, at: Math.max(Math.min(one.at, now), one.at + (had - asks) * HOUR) }))
  const at = now + (hours - asks) * HOUR
  const added = hours === 0 || now < before.settled ? [] : [...membersGained(was, after, at), ...linesGained(was, after, at)]
  return { ...after, gained: within([...carried, ...added]) }
}

/** Whether two rule sets say the same, apart from what they have gained lately. */
export const saysTheSame = (one: RuleSet, other: RuleSet): boolean =>
  canonicalText({ ...one, gained: [] }) === canonicalText({ ...other, gained: [] })

const membersGained = (before: RuleSet, after: RuleSet, at: number): Gained[] =>
  Object.entries(after.groups).flatMap(([group, members]) => {
    const had = new Set(before.groups[group] ?? [])
    return members.filter((person) => !had.has(person)).map((person) => ({ at, group, person }))
  })

/** A new action is a new rule for all whose group it names, and so is one that means something else than before. */
const linesGained = ({ offers, targets }: RuleSet, after: RuleSet, at: number): Gained[] => {
  const had = new Map(offers.map(({ action }) => [actionName(action), action]))
  return after.offers.flatMap(({ action }) => {
    const name = actionName(action)
    const old = had.get(name)
    const anew = !old || lowerings({ action: old, targets }, { action, targets: after.targets }).some(waits)
    const known = anew ? [] : old.rules.approvals.map(({ group }) => group)
    return action.rules.approvals.filter(({ group }) => !known.includes(group)).map(({ group }) => ({ at, group, action: name }))
  })
}

/** Each once, by its latest time, sorted; where that is more than there is room for, whole groups: they wait longer, and nobody shorter. */
function within(gained: readonly Gained[]): Gained[] {
  const each = latest(gained)
  return each.length <= MOST ? each : latest(each.map(({ at, group }) => ({ at, group })))
}

function latest(gained: readonly Gained[]): Gained[] {
  const found = new Map<string, Gained>()
  for (const one of gained) {
    const about = canonicalText({ ...one, at: 0 })
    if (one.at >= (found.get(about)?.at ?? 0)) found.set(about, one)
  }
  return [...found.values()].toSorted((a, b) => (canonicalText(a) < canonicalText(b) ? -1 : 1))
}
