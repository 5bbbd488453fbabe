// Action + parameters -> right: what exactly a signature will grant. Pure and total over a published rule set, so that the bot proposes and the
// issuer derives the same bytes. Personal values stand in the right as commitments; openRight puts the values in, at mint and on pages.
// Assumes parameters that fit (domain/parameters.ts) and an action that the loader has checked; anything else is a fault and throws.
// DESIGN section 3.

import type { Action, Target, Template } from '../domain/action.ts'
import { type Commitment, isCommitment } from '../domain/commitment.ts'
import type { Digest } from '../domain/ids.ts'
import type { Right, RightValue } from '../domain/intent.ts'
import { readTemplate } from './templates.ts'

export type Given = { readonly [parameter: string]: string | number | Commitment }

/** The right of an action on its target with these parameters: the target's settings as they stand, each `{name}` replaced. */
export function resolveRight(action: Action, target: Target, parameters: Given): Right {
  const { kind, target: named, grants } = action.credential
  if (target.name !== named || target.kind !== kind)
    throw new TypeError(`action ${action.name} does not grant on target ${target.name}`)
  for (const parameter of action.parameters) {
    if (!Object.hasOwn(parameters, parameter.name)) throw new TypeError(`parameter ${parameter.name} is missing`)
    if (parameter.personal !== isCommitment(parameters[parameter.name]))
      throw new TypeError(`parameter ${parameter.name} must ${parameter.personal ? '' : 'not '}be a commitment`)
  }
  return { kind, target: named, settings: target.settings, grants: mapMembers(grants, (template) => fill(template, parameters)) }
}

export type OpenedValue = string | number | readonly OpenedValue[] | { readonly [member: string]: OpenedValue }
export type OpenedRight = Omit<Right, 'grants'> & { readonly grants: { readonly [member: string]: OpenedValue } }
export type Opened =
  | { readonly ok: true; readonly right: OpenedRight }
  | { readonly ok: false; readonly right: Right; readonly unopened: readonly Digest[] }

/**
 * The right with values in place of commitments, by the commitment's digest. Without an opening for each it comes back as far as it opens.
 * The caller has checked each value against its commitment.
 */
export function openRight(right: Right, openings: ReadonlyMap<Digest, string | number>): Opened {
  const unopened = new Set<Digest>()
  const open = (value: RightValue): RightValue => {
    if (isCommitment(value)) {
      const opened = openings.get(value.commitment)
      if (opened === undefined) unopened.add(value.commitment)
      return opened ?? value
    }
    if (typeof value !== 'object') return value
    return isList(value) ? value.map(open) : mapMembers(value as { readonly [member: string]: RightValue }, open)
  }
  const opened = { ...right, grants: mapMembers(right.grants, open) }
  // Nothing is left to open: the type says what was just counted.
  return unopened.size === 0 ? { ok: true, right: opened as OpenedRight } : { ok: false, right: opened, unopened: [...unopened] }
}

function fill(template: Template, parameters: Given): RightValue {
  if (typeof template === 'number') return template
  if (typeof template === 'string') return fillText(template, parameters)
  if (isList(template)) return template.map((each) => fill(each, parameters))
  return mapMembers(template as { readonly [member: string]: Template }, (each) => fill(each, parameters))
}

function fillText(text: string, parameters: Given): RightValue {
  const read = readTemplate(text)
  if (!read.ok) throw new TypeError(`a template ${read.problem}`)
  const values = read.parts.map((part) => ('text' in part ? part.text : givenValue(part.parameter, parameters)))
  // A text that is one parameter and nothing else keeps its type: an integer stays one, a personal value stays a commitment.
  const [only] = values
  if (only !== undefined && values.length === 1) return only
  if (values.some(isCommitment)) throw new TypeError('a commitment is part of a text')
  return values.join('')
}

function givenValue(name: string, parameters: Given): string | number | Commitment {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (value === undefined) throw new TypeError(`parameter ${name} is missing`)
  return value
}

/** `Array.isArray` does not narrow readonly lists. */
const isList = <T>(value: unknown): value is readonly T[] => Array.isArray(value)

const mapMembers = <A, B>(of: { readonly [member: string]: A }, map: (value: A) => B): { readonly [member: string]: B } =>
  Object.fromEntries(Object.entries(of).map(([member, value]) => [member, map(value)]))
