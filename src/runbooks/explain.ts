// What a schema found, in words for the author of the file: the place in the file, what is wrong there, how to mend it. One switch for every
// schema, also those that credential kinds bring along.

import { z } from 'zod'
import { nearestName } from '../domain/nearest.ts'
import type { Problem } from './problem.ts'
import type { Path, Yaml } from './yaml.ts'

/** Reads part of a file by a schema: the value, or every mistake in it with its place. */
export function readBy<T>(
  schema: z.ZodType<T>,
  yaml: Yaml,
  value: unknown,
  base: Path = [],
): { value: T; problems?: never } | { value?: never; problems: Problem[] } {
  const read = schema.safeParse(value)
  if (read.success) return { value: read.data }
  return { problems: read.error.issues.flatMap((issue) => explain(schema, yaml, value, base, issue)) }
}

/** The members of a map that fit by themselves, so that one mistake does not hide what the others say; the `value` when all do. */
export function readPieces<T extends object>(
  schema: z.ZodType<T> & { readonly shape: z.core.$ZodShape },
  yaml: Yaml,
  value: unknown,
  base: Path = [],
): { value?: T; pieces: Partial<T>; problems: Problem[] } {
  const read = readBy(schema, yaml, value, base)
  if (!read.problems) return { value: read.value, pieces: read.value, problems: [] }
  const members = typeof value === 'object' && value !== null ? (value as { readonly [member: string]: unknown }) : {}
  const pieces = Object.entries(schema.shape).flatMap(([member, shape]) => {
    const piece = Object.hasOwn(members, member) ? (shape as z.ZodType).safeParse(members[member]) : undefined
    return piece?.success ? [[member, piece.data]] : []
  })
  return { pieces: Object.fromEntries(pieces) as Partial<T>, problems: read.problems }
}

function explain(schema: z.ZodType, yaml: Yaml, value: unknown, base: Path, issue: z.core.$ZodIssue): Problem[] {
  const inner = issue.path as Path
  const path = [...base, ...inner]
  const named = nameOf(path)
  if (issue.code === 'unrecognized_keys') {
    const members = membersAt(schema, value, inner)
    return issue.keys.map((key) => yaml.at([...path, key], `\`${key}\` is not known here`, mendOfKey(key, members), 'key'))
  }
  if (!yaml.has(path)) return [yaml.at(path, `${named} is missing`, `add \`${path.at(-1)}:\` here`, 'key')]
  if (issue.code === 'invalid_key')
    return [yaml.at(path, `${named} is not a name`, ask(issue.issues[0]?.message ?? issue.message), 'key')]
  const found = inner.reduce<unknown>((at, step) => (at as { readonly [step: string | number]: unknown })?.[step], value)
  const what = found === null ? `${named} is empty` : `${named} does not fit${shownValue(found)}`
  return [yaml.at(path, what, mendOf(issue))]
}

function mendOf(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith('Invalid')) return ask(issue.message)
  switch (issue.code) {
    case 'invalid_type':
      return `it must be ${KINDS_OF_VALUE[issue.expected] ?? issue.expected}`
    case 'invalid_union':
      return issue.discriminator
        ? `it must be one of ${('options' in issue ? (issue.options as string[]) : []).join(', ')}`
        : ask(issue.message)
    case 'invalid_value':
      return `it must be ${issue.values.join(' or ')}`
    default:
      return ask(issue.message)
  }
}

const KINDS_OF_VALUE: { readonly [expected: string]: string } = {
  string: 'a text; put it in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of names and values',
  record: 'a map of names and values',
}

/** Our messages say what it must be, those of a kind what it is not; the schema library's own are the rest. */
function ask(message: string): string {
  if (/^(?:must|is) /.test(message)) return `it ${message}`
  return message === 'Invalid input' ? 'write what this kind of credential takes here' : message
}

/** `actions.restart.lease` as people say it: the last name, and the place in a list. */
function nameOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'the file'
  return typeof last === 'number' ? `entry ${last + 1} of \`${path.at(-2)}\`` : `\`${last}\``
}

const shownValue = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `: ${JSON.stringify(value).slice(0, 80)}`
    : ''

type Members = {
  readonly known: readonly string[]
  /** Names that another variant of this map takes, and which. */
  readonly elsewhere: ReadonlyMap<string, string>
}

function mendOfKey(key: string, { known, elsewhere }: Members): string {
  const owner = elsewhere.get(key)
  if (owner) return `remove it: it belongs to ${owner}`
  const near = nearestName(key, known)
  return near ? `did you mean \`${near}\`?` : `known here: ${known.map((name) => `\`${name}\``).join(', ')}`
}

/** The names a closed map allows at a path: what somebody may have meant. */
function membersAt(schema: z.ZodType, value: unknown, path: Path): Members {
  const [step, ...rest] = path
  const inside = (next: unknown) =>
    step === undefined || !next
      ? NO_MEMBERS
      : membersAt(next as z.ZodType, (value as { readonly [step: string]: unknown })?.[step], rest)
  if (schema instanceof z.ZodOptional) return membersAt(schema.unwrap() as z.ZodType, value, path)
  if (schema instanceof z.ZodRecord) return inside(schema.valueType)
  if (schema instanceof z.ZodArray) return inside(schema.element)
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const tag = schema.def.discriminator
    const given = (value as { readonly [member: string]: unknown } | undefined)?.[tag]
    const options = schema.options as readonly z.ZodObject[]
    const chosen = options.find(({ shape }) => shape[tag]?.safeParse(given).success)
    if (!chosen) return NO_MEMBERS
    const others = options.filter((option) => option !== chosen)
    const elsewhere = others.flatMap(({ shape }) =>
      Object.keys(shape).map((name) => [name, `\`${tag}: ${tagOf(shape[tag])}\``] as const),
    )
    return { known: membersAt(chosen, value, path).known, elsewhere: new Map(elsewhere) }
  }
  if (!(schema instanceof z.ZodObject)) return NO_MEMBERS
  return step === undefined ? { known: Object.keys(schema.shape), elsewhere: new Map() } : inside(schema.shape[step])
}

const NO_MEMBERS: Members = { known: [], elsewhere: new Map() }

const tagOf = (literal: unknown): string => (literal instanceof z.ZodLiteral ? String(literal.value) : '')
