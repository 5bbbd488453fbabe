// Who is who and what can be reached: checks of `directory.yaml` and `targets.yaml` beyond their form, and their published form. Every id must be
// of a known person, and one Slack account is one person: two people behind one account could approve for each other.

import type { KeyPolicy, RuleSet, Target } from '../domain/action.ts'
import { nearestName } from '../domain/nearest.ts'
import { readBy, readPieces } from './explain.ts'
import type { Kinds } from './kinds.ts'
import type { Problem } from './problem.ts'
import { directory as directorySchema, targets as targetsSchema, type WrittenDirectory } from './schema.ts'
import type { Path, Yaml } from './yaml.ts'

export type Directory = Pick<RuleSet, 'people' | 'groups' | 'administrators' | 'auditors' | 'keys' | 'security_channel'>

/** What security keys must be where the directory does not say it. */
export const KEYS: KeyPolicy = {
  accept: { requesters: 'any', approvers: 'device_bound', administrators: 'device_bound' },
  approver_keys: 2,
  cool_down_hours: 24,
  gained_hours: 24,
}

type Written = NonNullable<WrittenDirectory['keys']>
const keyPolicy = ({ accept = {}, approver_keys, cool_down_hours, gained_hours }: Written): KeyPolicy => ({
  accept: {
    requesters: accept.requesters ?? KEYS.accept.requesters,
    approvers: accept.approvers ?? KEYS.accept.approvers,
    administrators: accept.administrators ?? KEYS.accept.administrators,
  },
  approver_keys: approver_keys ?? KEYS.approver_keys,
  cool_down_hours: cool_down_hours ?? KEYS.cool_down_hours,
  gained_hours: gained_hours ?? KEYS.gained_hours,
})

/** The directory in its published form, sorted, with every mistake in it; undefined where too little can be read to judge others by it. */
export function checkDirectory(yaml: Yaml): { directory: Directory | undefined; problems: Problem[] } {
  const { pieces, problems } = readPieces(directorySchema, yaml, yaml.value)
  const ids = yaml.keys(['people'])
  const checkList = (path: Path, list: readonly string[] = []): Problem[] =>
    list.flatMap((id, index) => {
      const at = (what: string, mend: string) => [yaml.at([...path, index], what, mend)]
      if (list.indexOf(id) < index) return at(`\`${id}\` stands twice in \`${path.at(-1)}\``, 'remove one of the two')
      if (ids.includes(id)) return []
      const near = nearestName(id, ids)
      return at(`\`${id}\` is not one of \`people\``, near ? `did you mean \`${near}\`?` : 'add the person to `people`')
    })
  const { people = {}, groups, administrators = [], auditors = [], keys = {}, security_channel } = pieces
  problems.push(
    ...Object.entries(groups ?? {}).flatMap(([group, list]) => checkList(['groups', group], list)),
    ...checkList(['administrators'], administrators),
    ...checkList(['auditors'], auditors),
    ...sharedAccounts(yaml, people),
    ...sharedSubjects(yaml, people),
  )
  const published = Object.entries(people).map(([id, { name, slack = [], oidc }]) => ({
    id,
    name,
    slack: slack.toSorted(),
    ...(oidc !== undefined && { oidc }),
  }))
  const directory = groups && {
    people: published.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    groups: Object.fromEntries(Object.entries(groups).map(([group, list]) => [group, list.toSorted()])),
    administrators: administrators.toSorted(),
    auditors: auditors.toSorted(),
    keys: keyPolicy(keys),
    ...(security_channel !== undefined && { security_channel }),
  }
  return { directory, problems }
}

function sharedAccounts(yaml: Yaml, people: WrittenDirectory['people']): Problem[] {
  const owner = new Map<string, string>()
  return Object.entries(people).flatMap(([id, { slack }]) =>
    (slack ?? []).flatMap((account, index) => {
      const other = owner.get(account)
      owner.set(account, other ?? id)
      const what = `the Slack account ${account} is ${other === id ? 'listed twice' : `also listed for \`${other}\``}`
      return other === undefined
        ? []
        : [yaml.at(['people', id, 'slack', index], what, 'list each account once, for the one human behind it')]
    }),
  )
}

/** One subject is one human; what differs in case alone is told apart by no mail system, and so neither here. */
function sharedSubjects(yaml: Yaml, people: WrittenDirectory['people']): Problem[] {
  const owner = new Map<string, string>()
  return Object.entries(people).flatMap(([id, { oidc }]) => {
    if (oidc === undefined) return []
    const subject = oidc.toLowerCase()
    const other = owner.get(subject)
    owner.set(subject, other ?? id)
    const what = `the subject ${oidc} is also that of \`${other}\``
    return other === undefined
      ? []
      : [yaml.at(['people', id, 'oidc'], what, 'write each subject once, for the one human behind it')]
  })
}

/** The targets in their published form; settings are read by the schema of their kind. */
export function checkTargets(yaml: Yaml, kinds: Kinds): { targets: readonly Target[] | undefined; problems: Problem[] } {
  const written = readBy(targetsSchema, yaml, yaml.value)
  if (written.problems) return { targets: undefined, problems: written.problems }
  const problems = Object.entries(written.value).flatMap(([name, { kind, settings }]) => {
    const known = kinds.get(kind)
    if (known) return readBy(known.settings, yaml, settings, [name, 'settings']).problems ?? []
    const near = nearestName(kind, kinds.keys())
    const mend = near ? `did you mean \`${near}\`?` : `there are: ${[...kinds.keys()].join(', ')}`
    return [yaml.at([name, 'kind'], `\`${kind}\` is not a kind of credential`, mend)]
  })
  const targets = Object.entries(written.value).map(([name, { kind, settings }]) => ({ name, kind, settings }))
  return { targets: targets.toSorted((a, b) => (a.name < b.name ? -1 : 1)), problems }
}
