// Actions, targets, the directory and the published rule set: what the issuer has read out of runbooks and `directory.yaml`, checked, and
// published under the digest of its canonical bytes. The digest of an action covers everything that a person is told and everything that
// decides, its text and its rules included; groups stand there by name, so that membership can change without voiding what is open.

import { ROLES, type Role } from './directory.ts'
import { NAME, PERSON } from './ids.ts'
import { boolean, closed, integer, list, literal, record, type Shape, type Shaped, scalarOr, text, variant } from './shape.ts'

const name = text(NAME)
const line = text(/^[^\p{Cc}]+$/u, 200)

const described = {
  name: text(/^[a-z][a-z0-9_]{0,62}$/),
  label: line,
  help: text(/^[^\p{Cc}]*$/u, 500),
  personal: boolean,
}
export const parameter = variant('type', {
  string: closed({
    ...described,
    type: literal('string'),
    pattern: text(/^[^\p{Cc}]+$/u, 500),
    max_length: integer(1, 2000),
  }),
  enum: closed({
    ...described,
    type: literal('enum'),
    values: list(text(/^[^\p{Cc}]+$/u, 75), 1, 100),
  }),
  integer: closed({
    ...described,
    type: literal('integer'),
    minimum: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    maximum: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  }),
  boolean: closed({ ...described, type: literal('boolean') }),
})
export type Parameter = Shaped<typeof parameter>

/** Who may ask, and how many distinct people of which groups must approve; every line of `approvals` must hold. */
export const rules = closed({
  requesters: list(name, 1, 20),
  approvals: list(closed({ group: name, count: integer(1, 8) }), 1, 8),
})
export type Rules = Shaped<typeof rules>

/** What a right says before parameters: texts may hold `{parameter}`; personal parameters stand only as a whole text. */
export type Template = string | number | readonly Template[] | { readonly [member: string]: Template }
export const template: Shape<Template> = (value, path) => {
  if (Array.isArray(value)) return list(template, 0, 50)(value, path)
  return scalarOr<string | number, Template>(
    (v, p) => (typeof v === 'number' ? integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)(v, p) : text(/^/, 4000)(v, p)),
    record(/^[a-z][a-z0-9_]{0,62}$/, (v, p) => template(v, p), 50),
  )(value, path)
}

export const action = closed({
  runbook: name,
  name,
  title: line,
  text: text(/^/, 20_000),
  parameters: list(parameter, 0, 20),
  credential: closed({
    kind: name,
    target: name,
    grants: record(/^[a-z][a-z0-9_]{0,62}$/, template, 20),
  }),
  lease: closed({
    default_seconds: integer(30, 86_400),
    maximum_seconds: integer(30, 86_400),
  }),
  freshness_seconds: integer(60, 86_400),
  rules,
})
export type Action = Shaped<typeof action>

/**
 * One human of the directory. `slack` lists `TEAM/USER` pairs: two Slack accounts of one human are one person. `oidc` is who that human is at the
 * organisation's OpenID provider, by the one claim that the issuer is configured to read.
 */
export const person = closed(
  {
    id: text(PERSON),
    name: line,
    slack: list(text(/^[TE][A-Z0-9]{2,20}\/[UW][A-Z0-9]{2,20}$/), 0, 8),
  },
  { oidc: text(/^[!-~]+$/, 255) },
)
export type Person = Shaped<typeof person>

export const target = closed({
  name,
  kind: name,
  settings: record(/^[a-z][a-z0-9_]{0,62}$/, text(/^/, 2000), 30),
})
export type Target = Shaped<typeof target>

/** Which keys a tier takes: any; those that never leave their device; of these, the models whose certificates were proved and listed. */
export const accepted = literal('any', 'device_bound', 'hardware')
export type Accepted = Shaped<typeof accepted>

export const keyPolicy = closed({
  accept: closed({ requesters: accepted, approvers: accepted, administrators: accepted }),
  // How many active keys an approver must have.
  approver_keys: integer(1, 5),
  cool_down_hours: integer(0, 72),
  // How long nobody approves by a rule that has just gained him.
  gained_hours: integer(0, 168),
})
export type KeyPolicy = Shaped<typeof keyPolicy>

/**
 * Somebody came into a group, or an action's rules came to name a group, or to mean something else. The hours count from `at`, in seconds since 1970 on the
 * issuer's clock: it lies ahead where fewer hours are asked for than were asked for of late.
 */
export const gained = closed(
  { at: integer(0, 253_402_300_799), group: name },
  { person: text(PERSON), action: text(/^[a-z0-9.-]+$/, 200) },
)
export type Gained = Shaped<typeof gained>

const channel = text(/^#?[A-Za-z0-9_-]{1,80}$/)
export const ruleSet = closed(
  {
    v: literal(1),
    offers: list(closed({ action, channel }), 0, 500),
    targets: list(target, 0, 200),
    people: list(person, 0, 5000),
    groups: record(NAME, list(text(PERSON), 0, 5000), 500),
    administrators: list(text(PERSON), 0, 200),
    auditors: list(text(PERSON), 0, 500),
    keys: keyPolicy,
    gained: list(gained, 0, 20_000),
  },
  // Where every change of keys, roles and rules is told, so that no bot chooses where.
  { security_channel: channel },
)
/** Everything the issuer published at one moment. An empty list means nobody. */
export type RuleSet = Shaped<typeof ruleSet>

/** The full name people type: `runbook.action`. */
export const actionName = (of: { readonly runbook: string; readonly name: string }): string => `${of.runbook}.${of.name}`

/** The offer of an action by its full name, if it is published. */
export const findOffer = (set: RuleSet, full: string): RuleSet['offers'][number] | undefined =>
  set.offers.find(({ action: found }) => actionName(found) === full)

/** The person whom the OpenID provider knows by this subject, if the directory names one. */
export const personOfSubject = (set: RuleSet, subject: string): Person | undefined =>
  set.people.find(({ oidc }) => oidc === subject)

/** The person behind a Slack account, if the directory knows one. */
export const personOfSlack = (set: RuleSet, team: string, user: string): Person | undefined =>
  set.people.find(({ slack }) => slack.includes(`${team}/${user}`))

/** The roles that the rules leave to a person; only the signed passkey directory gives them. */
export function rolesIn(set: RuleSet, id: string): Role[] {
  const groups = set.offers.flatMap(({ action }) => action.rules.approvals.map(({ group }) => group))
  return ROLES.filter((role) => {
    if (role === 'approver') return inGroups(set, id, groups)
    return (role === 'administrator' ? set.administrators : set.auditors).includes(id)
  })
}

/** What the rules have so newly gained that this person may not approve this action by this group yet: when it was, in ms, or undefined. */
export function gainedAt(set: RuleSet, id: string, group: string, action: Action): number | undefined {
  const name = actionName({ runbook: action.runbook, name: action.name })
  const times = set.gained
    .filter((one) => one.group === group && (one.person ?? id) === id && (one.action ?? name) === name)
    .map(({ at }) => at * 1000)
  return times.length > 0 ? Math.max(...times) : undefined
}

/** Whether a person stands in at least one of the groups. */
export const inGroups = (set: RuleSet, id: string, groups: readonly string[]): boolean =>
  groups.some((group) => Object.hasOwn(set.groups, group) && set.groups[group]?.includes(id))
