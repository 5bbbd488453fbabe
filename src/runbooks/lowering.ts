// How an action of the rules in force became another: a hurdle is lower, or who approves approves something else than before. What waits before anybody
// may approve by it stands here alone (DESIGN section 4): everything but who may ask and one more value of a list, which approvers see. Whoever changes runbooks is hostile here, and
// gives an old name a new meaning. The text and what helps are left out: they are edited every day, and people would sign for them unread.

import type { Action, Parameter, RuleSet } from '../domain/action.ts'
import { canonicalText } from '../domain/canonical.ts'

/** Why an action became easier to be granted, or what is granted is another or lasts longer. */
export type Lowering =
  | 'others_may_ask'
  | 'fewer_approvals'
  | 'others_may_approve'
  | 'longer_lease'
  | 'older_confirmation'
  | 'other_right'
  | 'other_values'
  | 'more_values'
  | 'other_names'

/** An action and the targets that are published with it. */
export type Placed = { readonly action: Action; readonly targets: RuleSet['targets'] }

/** What was lowered or became another from one rule set to the next. */
export function lowerings(was: Placed, is: Placed): Lowering[] {
  const [old, now] = [was.action, is.action]
  const count = ({ rules }: Action) => rules.approvals.reduce((sum, line) => sum + line.count, 0)
  const needed = ({ rules }: Action, group: string) =>
    rules.approvals.filter((line) => line.group === group).reduce((sum, line) => sum + line.count, 0)
  const found: Lowering[] = []
  if (now.rules.requesters.some((group) => !old.rules.requesters.includes(group))) found.push('others_may_ask')
  if (count(now) < count(old)) found.push('fewer_approvals')
  // A group that approves in place of another: as many signatures, but others can give them.
  const replaced = old.rules.approvals.some(({ group }) => needed(now, group) < needed(old, group))
  if (replaced && now.rules.approvals.some(({ group }) => needed(now, group) > needed(old, group)))
    found.push('others_may_approve')
  if (now.lease.maximum_seconds > old.lease.maximum_seconds) found.push('longer_lease')
  if (now.freshness_seconds > old.freshness_seconds) found.push('older_confirmation')
  if (rightOf(was) !== rightOf(is)) found.push('other_right')
  if (takesOtherValues(old, now)) found.push('other_values')
  if (takesMoreValues(old, now)) found.push('more_values')
  if (old.title !== now.title || isLabelledOtherwise(old, now)) found.push('other_names')
  return found
}

/** Whether nobody may approve by it until it has been seen for as long as the rules ask. */
export const waits = (lowering: Lowering): boolean => lowering !== 'others_may_ask' && lowering !== 'more_values'

/** Whether what people read of an action may have changed, by its members that differ. It waits for nothing, so it is told. */
export const isReworded = (members: readonly string[]): boolean => members.includes('text') || members.includes('parameters')

/** What is granted, and where: also another audience under the same name of a target. */
const rightOf = ({ action: { credential }, targets }: Placed): string =>
  canonicalText({ credential, target: targets.filter(({ name }) => name === credential.target) })

/** A label says what a value is: exchanged labels are exchanged values, as exchanged titles are exchanged actions. */
const isLabelledOtherwise = (old: Action, now: Action): boolean =>
  now.parameters.some(({ name, label }) => old.parameters.some((was) => was.name === name && was.label !== label))

/** Whether a value could stand now that could not before, or one is not asked for any more. Narrower is no gain. */
function takesOtherValues(old: Action, now: Action): boolean {
  const had = new Map(old.parameters.map((parameter) => [parameter.name, parameter]))
  const kept = now.parameters.filter((parameter) => {
    const was = had.get(parameter.name)
    return was !== undefined && was.personal === parameter.personal && isWithin(was, parameter)
  })
  return kept.length < now.parameters.length || now.parameters.length < old.parameters.length
}

/** A list that names more: the value that is asked for stands in what is signed, and what the others mean is as before. */
const takesMoreValues = (old: Action, now: Action): boolean =>
  now.parameters.some((is) => {
    const was = old.parameters.find(({ name }) => name === is.name)
    return is.type === 'enum' && was?.type === 'enum' && is.values.some((value) => !was.values.includes(value))
  })

function isWithin(was: Parameter, is: Parameter): boolean {
  if (was.type === 'string') return is.type === 'string' && is.pattern === was.pattern && is.max_length <= was.max_length
  if (was.type === 'enum') return is.type === 'enum'
  if (was.type === 'integer') return is.type === 'integer' && is.minimum >= was.minimum && is.maximum <= was.maximum
  return is.type === 'boolean'
}
