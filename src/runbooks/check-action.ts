// One action as written -> as published, with every mistake that its form alone does not show: parameters against templates, patterns, times,
// and names of groups, target and kind against the other files. What this file alone holds: a published action can be asked for by somebody,
// be granted by others, and each of its parameters stands in what is granted.

import type { Action, Parameter, Target } from '../domain/action.ts'
import { nearestName } from '../domain/nearest.ts'
import type { Directory } from './check-directory.ts'
import { readBy, readPieces } from './explain.ts'
import type { Kinds } from './kinds.ts'
import { judgePattern } from './patterns.ts'
import type { Problem } from './problem.ts'
import { someRequester } from './satisfiable.ts'
import { type WrittenParameter, writtenAction } from './schema.ts'
import { asTemplates, checkTemplate } from './templates.ts'
import type { Path, Yaml } from './yaml.ts'

const DEFAULT_FRESHNESS_SECONDS = 900
const DEFAULT_MAX_LENGTH = 200

/** What the other files say; undefined for one that could not be read, whose names then cannot be judged. */
export type Surroundings = {
  readonly directory: Directory | undefined
  readonly targets: readonly Target[] | undefined
  readonly kinds: Kinds
}
type At = (path: Path, what: string, mend: string, point?: 'key' | 'value') => Problem

/** The action in its published form unless its form is wrong, with every mistake in whatever of it can be read. */
export function checkAction(
  yaml: Yaml,
  names: { readonly runbook: string; readonly name: string; readonly text: string },
  given: unknown,
  around: Surroundings,
): { action?: Action; problems: Problem[] } {
  const base: Path = ['actions', names.name]
  const at: At = (path, what, mend, point) => yaml.at([...base, ...path], what, mend, point)
  const { value, pieces, problems } = readPieces(writtenAction, yaml, given, base)
  const { kind, target, grants, lease, ask, approve } = pieces
  const parameters = Object.entries(pieces.parameters ?? {}).map(([name, parameter]) => publishedParameter(name, parameter))
  const rules = { requesters: ask ?? [], approvals: (approve ?? []).map(({ group, count }) => ({ group, count: count ?? 1 })) }
  problems.push(...parameters.flatMap((parameter) => checkParameter(at, parameter)))
  // Parameters with a wrong form are known to nobody; templates that use them are not wrong for it.
  const known = pieces.parameters !== undefined || !yaml.has([...base, 'parameters'])
  if (grants && known) problems.push(...checkGrants(at, grants, parameters))
  if (kind) {
    const places = new Set(problems.map(({ line, column }) => `${line}:${column}`))
    // The kind says its part only where the template itself is in order.
    problems.push(
      ...checkKind(yaml, base, kind, grants, around.kinds).filter(({ line, column }) => !places.has(`${line}:${column}`)),
    )
  }
  if (target && around.targets) problems.push(...checkTarget(at, target, kind, around.targets, around.kinds))
  if (lease && lease.default > lease.maximum)
    problems.push(at(['lease', 'default'], '`default` is longer than `maximum`', 'lower the default or raise the maximum'))
  if (around.directory) problems.push(...checkRules(at, rules, around.directory))
  if (!value) return { problems }
  const action: Action = {
    ...names,
    title: value.title,
    parameters,
    credential: { kind: value.kind, target: value.target, grants: asTemplates(value.grants) },
    lease: { default_seconds: value.lease.default, maximum_seconds: value.lease.maximum },
    freshness_seconds: value.freshness ?? DEFAULT_FRESHNESS_SECONDS,
    rules,
  }
  return { action, problems }
}

function publishedParameter(name: string, written: WrittenParameter): Parameter {
  const { help = '', personal = false } = written
  if (written.type !== 'string') return { ...written, name, help, personal }
  return { ...written, name, help, personal, max_length: written.max_length ?? DEFAULT_MAX_LENGTH }
}

/** What people type beside parameters: `/elevate service.restart service=x reason="…" lease=15m`. */
const RESERVED = ['reason', 'lease']

function checkParameter(at: At, parameter: Parameter): Problem[] {
  const path = ['parameters', parameter.name]
  if (RESERVED.includes(parameter.name))
    return [at(path, `\`${parameter.name}\` is what every request has beside its parameters`, 'choose another name')]
  switch (parameter.type) {
    case 'string': {
      const found = judgePattern(parameter.pattern, parameter.max_length)
      return found ? [at([...path, 'pattern'], `\`pattern\` ${found.what}`, found.mend)] : []
    }
    case 'enum':
      return parameter.values.flatMap((value, index) =>
        parameter.values.indexOf(value) < index
          ? [at([...path, 'values', index], `${JSON.stringify(value)} stands twice`, 'remove one of the two')]
          : [],
      )
    case 'integer':
      return parameter.minimum > parameter.maximum
        ? [at([...path, 'minimum'], '`minimum` is greater than `maximum`', 'exchange the two')]
        : []
    case 'boolean':
      return []
  }
}

function checkGrants(at: At, grants: unknown, parameters: readonly Parameter[]): Problem[] {
  const { findings, used } = checkTemplate(grants, parameters)
  const unused = parameters.filter(({ name }) => !used.includes(name))
  return [
    ...findings.map(({ path, what, mend }) => at(['grants', ...path], what, mend)),
    // People would sign a value that changes nothing of what is granted.
    ...unused.map(({ name }) =>
      at(
        ['parameters', name],
        `\`${name}\` is used nowhere in \`grants\``,
        `write \`"{${name}}"\` where it belongs, or remove the parameter`,
        'key',
      ),
    ),
  ]
}

function checkKind(yaml: Yaml, base: Path, kind: string, grants: unknown, kinds: Kinds): Problem[] {
  const known = kinds.get(kind)
  if (!known) return [yaml.at([...base, 'kind'], `\`${kind}\` is not a kind of credential`, meant(kind, kinds.keys()))]
  return grants === undefined ? [] : (readBy(known.grants, yaml, grants, [...base, 'grants']).problems ?? [])
}

function checkTarget(at: At, target: string, kind: string | undefined, targets: readonly Target[], kinds: Kinds): Problem[] {
  const there = targets.find(({ name }) => name === target)
  const names = targets.map(({ name }) => name)
  if (!there) return [at(['target'], `\`${target}\` is not in targets.yaml`, meant(target, names))]
  // An unknown kind has been reported where it stands.
  if (kind === undefined || there.kind === kind || !kinds.has(kind) || !kinds.has(there.kind)) return []
  return [at(['kind'], `the target \`${target}\` takes \`${there.kind}\`, not \`${kind}\``, 'let both name the same kind')]
}

function checkRules(at: At, rules: Action['rules'], { groups }: Directory): Problem[] {
  const size = (group: string): number => (Object.hasOwn(groups, group) ? (groups[group] ?? []).length : -1)
  const check = (path: Path, group: string, needed: number): Problem[] => {
    const has = size(group)
    if (has === -1) return [at(path, `\`${group}\` is not a group of directory.yaml`, meant(group, Object.keys(groups)))]
    if (has === 0)
      return [at(path, `\`${group}\` is empty, and an empty group is nobody`, 'put people into it, or name another group')]
    const people = has === 1 ? 'one person' : `${has} people`
    return has < needed
      ? [at(path, `asks for ${needed} of \`${group}\`, which has ${people}`, 'lower `count`, or add people to the group')]
      : []
  }
  const problems = [
    ...twice(rules.requesters).map((index) =>
      at(['ask', index], `\`${rules.requesters[index]}\` stands twice`, 'remove one of the two'),
    ),
    ...twice(rules.approvals.map(({ group }) => group)).map((index) =>
      at(['approve', index], `\`${rules.approvals[index]?.group}\` stands twice`, 'make it one rule with a higher `count`'),
    ),
    ...rules.requesters.flatMap((group, index) => check(['ask', index], group, 1)),
    ...rules.approvals.flatMap(({ group, count }, index) => check(['approve', index, 'group'], group, count)),
  ]
  // A list that could not be read is empty here, and was reported.
  const unread = rules.requesters.length === 0 || rules.approvals.length === 0
  if (problems.length > 0 || unread || someRequester(rules, groups)) return problems
  const mend = 'add people: each place needs another person, and never the one who asks'
  return [at(['approve'], 'nobody can ever be granted this: too few people for whoever may ask', mend, 'key')]
}

const twice = (list: readonly string[]): number[] => list.flatMap((item, index) => (list.indexOf(item) < index ? [index] : []))

function meant(given: string, known: Iterable<string>): string {
  const names = [...known]
  const near = nearestName(given, names)
  if (near) return `did you mean \`${near}\`?`
  return names.length > 0 ? `there are: ${names.slice(0, 12).join(', ')}` : 'there are none yet'
}
