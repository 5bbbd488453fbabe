// What a newly published rule set gives and takes, as data for its log entry: who entered or left which group and role, which actions came,
// went or changed, and where that lowered a hurdle. Whoever may change runbooks can lower a quorum, but only visibly. An entry has a bounded
// size: a change too big for it is told in counts, and the digests of both rule sets, named beside it, prove the rest. DESIGN section 4.

import { subjectDigest } from '../crypto.ts'
import { type Action, actionName, type RuleSet } from '../domain/action.ts'
import { canonicalBytes, canonicalText } from '../domain/canonical.ts'
import { KEYS } from './check-directory.ts'
import { type Lowering, lowerings } from './lowering.ts'

export type Change = { readonly name: string; readonly gained: readonly string[]; readonly lost: readonly string[] }
export type ActionChange = {
  readonly action: string
  readonly change: 'added' | 'changed' | 'removed'
  /** Members that differ: what to look at first. */
  readonly members: readonly string[]
  readonly lowered: readonly Lowering[]
}
export type Gain = {
  readonly complete: boolean
  readonly groups: readonly Change[]
  /** `administrators` and `auditors`. */
  readonly roles: readonly Change[]
  /** Slack accounts and the subject at the OpenID provider, by person: whoever has the account is asked, or may enrol a first key, as that person. */
  readonly accounts: readonly Change[]
  readonly actions: readonly ActionChange[]
  readonly targets: Change
  /** Whether what security keys must be is another. */
  readonly keys: boolean
  /** Where changes are told from now on, when that is another place; empty for none. */
  readonly security_channel?: { readonly was: string; readonly is: string }
  readonly counts: { readonly groups: number; readonly accounts: number; readonly actions: number }
}

const MAX_BYTES = 24_000
const NOTHING: RuleSet = {
  v: 1,
  offers: [],
  targets: [],
  people: [],
  groups: {},
  administrators: [],
  auditors: [],
  keys: KEYS,
  gained: [],
}

/** Who gained and lost what from one published rule set to the next; `undefined` before means that nothing was published. */
export function describeGain(before: RuleSet = NOTHING, after: RuleSet): Gain {
  const all: Gain = {
    complete: true,
    groups: changes(Object.entries(before.groups), Object.entries(after.groups)),
    roles: changes(roles(before), roles(after)),
    accounts: changes(accounts(before), accounts(after)),
    actions: actionChanges(before, after),
    keys: canonicalText(before.keys) !== canonicalText(after.keys),
    targets: compare('targets', before.targets.map(canonicalText), after.targets.map(canonicalText), targetName),
    ...(before.security_channel !== after.security_channel && {
      security_channel: { was: before.security_channel ?? '', is: after.security_channel ?? '' },
    }),
    counts: { groups: 0, accounts: 0, actions: 0 },
  }
  const counts = { groups: all.groups.length, accounts: all.accounts.length, actions: all.actions.length }
  const gain = { ...all, counts }
  if (canonicalBytes(gain).length <= MAX_BYTES) return gain
  // Names run out of room first; what was lowered and who rules are kept longest.
  const lowered = all.actions.filter((action) => action.lowered.length > 0)
  const brief = {
    ...gain,
    complete: false,
    groups: [],
    accounts: [],
    actions: lowered,
    targets: { name: 'targets', gained: [], lost: [] },
  }
  if (canonicalBytes(brief).length <= MAX_BYTES) return brief
  return { ...brief, actions: lowered.slice(0, 50), roles: [] }
}

const roles = ({ administrators, auditors }: RuleSet): [string, readonly string[]][] => [
  ['administrators', administrators],
  ['auditors', auditors],
]
const accounts = ({ people }: RuleSet): [string, readonly string[]][] =>
  people.map(({ id, slack, oidc }) => [id, oidc === undefined ? slack : [...slack, `oidc ${subjectDigest(oidc)}`]])
const targetName = (canonical: string): string => String((JSON.parse(canonical) as { name: unknown }).name)

function changes(before: [string, readonly string[]][], after: [string, readonly string[]][]): Change[] {
  const [was, is] = [new Map(before), new Map(after)]
  const names = [...new Set([...was.keys(), ...is.keys()])].toSorted()
  return names
    .map((name) => compare(name, was.get(name) ?? [], is.get(name) ?? []))
    .filter(({ gained, lost }) => gained.length + lost.length > 0)
}

function compare(name: string, was: readonly string[], is: readonly string[], shown = (item: string) => item): Change {
  const [old, now] = [new Set(was), new Set(is)]
  return { name, gained: is.filter((item) => !old.has(item)).map(shown), lost: was.filter((item) => !now.has(item)).map(shown) }
}

function actionChanges(before: RuleSet, after: RuleSet): ActionChange[] {
  const byName = ({ offers }: RuleSet) => new Map(offers.map((offer) => [actionName(offer.action), offer]))
  const [was, is] = [byName(before), byName(after)]
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((action): ActionChange[] => {
    const [old, now] = [was.get(action), is.get(action)]
    if (!old) return [{ action, change: 'added', members: [], lowered: [] }]
    if (!now) return [{ action, change: 'removed', members: [], lowered: [] }]
    const members = (Object.keys(now.action) as (keyof Action)[]).filter(
      (member) => canonicalText(old.action[member]) !== canonicalText(now.action[member]),
    )
    const differing = old.channel === now.channel ? members : [...members, 'channel']
    const lowered = lowerings({ action: old.action, targets: before.targets }, { action: now.action, targets: after.targets })
    // A target that became another changes what an action grants of which nothing else was touched.
    if (differing.length + lowered.length === 0) return []
    return [{ action, change: 'changed', members: differing.toSorted(), lowered }]
  })
}
