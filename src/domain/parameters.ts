// Whether what somebody gave fits a parameter of an action: the one reading of `name=value`, of a modal's fields and of the proposal that the
// issuer derives again. What this file alone holds: a value that fits has one spelling and every character of it shows. Input is hostile and
// never repaired. Problems are words for a person that follow the parameter's label: "Service: is not one of …".
// Assumes that a pattern comes from the published rule set, where the loader has refused those that can run away.

import type { Action, Parameter } from './action.ts'
import { nearestName } from './nearest.ts'
import { findUnseen } from './visible.ts'

export type Fit = { readonly ok: true; readonly value: string | number } | { readonly ok: false; readonly problem: string }
export type Fits =
  | { readonly ok: true; readonly values: { readonly [parameter: string]: string | number } }
  | { readonly ok: false; readonly problems: { readonly [parameter: string]: string } }

/** Reads one given value; a boolean stands as 'true' or 'false', an integer may be given as its decimal text. */
export function fitParameter(parameter: Parameter, given: unknown): Fit {
  switch (parameter.type) {
    case 'string':
      return fitString(parameter, given)
    case 'enum':
      if (typeof given === 'string' && parameter.values.includes(given)) return { ok: true, value: given }
      return misfit(`is not one of ${listed(parameter.values)}${meant(given, parameter.values)}`)
    case 'integer':
      return fitInteger(parameter, given)
    case 'boolean':
      if (given === true || given === 'true') return { ok: true, value: 'true' }
      if (given === false || given === 'false') return { ok: true, value: 'false' }
      return misfit('is neither true nor false')
  }
}

/** Reads all values of an action, in the order of its parameters; every problem comes back at once, by the name it was given under. */
export function fitParameters(action: Pick<Action, 'parameters'>, given: { readonly [name: string]: unknown }): Fits {
  const names = action.parameters.map(({ name }) => name)
  const problems: [string, string][] = []
  const values: [string, string | number][] = []
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    const instead =
      names.length === 0 ? '; this action takes none' : near ? `; did you mean ${near}?` : `; there are ${listed(names)}`
    problems.push([name, `is not a parameter of this action${instead}`])
  }
  for (const parameter of action.parameters) {
    const fit = Object.hasOwn(given, parameter.name) ? fitParameter(parameter, given[parameter.name]) : misfit('is missing')
    if (fit.ok) values.push([parameter.name, fit.value])
    else problems.push([parameter.name, fit.problem])
  }
  if (problems.length > 0) return { ok: false, problems: Object.fromEntries(problems) }
  return { ok: true, values: Object.fromEntries(values) }
}

function fitString(parameter: Extract<Parameter, { type: 'string' }>, given: unknown): Fit {
  if (typeof given !== 'string') return misfit('is not a text')
  if (given === '') return misfit('is empty')
  // Length first: everything below looks at each character.
  if (given.length > parameter.max_length)
    return misfit(`is ${given.length} characters long; at most ${parameter.max_length} are allowed`)
  const unseen = findUnseen(given)
  if (unseen) return misfit(`holds a character that does not show (${unseen.name}, at place ${unseen.index + 1})`)
  // Two spellings of one word would look alike to the approver and differ at the target (Unicode Standard Annex 15).
  if (given.normalize('NFC') !== given) return misfit('is not in the usual Unicode spelling (NFC)')
  if (!matchesWhole(parameter.pattern, given))
    return misfit(`is not in the form that is asked for${parameter.help ? ` (${parameter.help})` : `: ${parameter.pattern}`}`)
  return { ok: true, value: given }
}

function fitInteger({ minimum, maximum }: Extract<Parameter, { type: 'integer' }>, given: unknown): Fit {
  const number = typeof given === 'string' && /^(0|-?[1-9][0-9]{0,15})$/.test(given) ? Number(given) : given
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || Object.is(number, -0)) return misfit('is not a whole number')
  if (number < minimum || number > maximum) return misfit(`is not from ${minimum} to ${maximum}`)
  return { ok: true, value: number }
}

/** Whether a pattern matches a text as a whole; authors need no anchors. */
export const matchesWhole = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`, 'u').test(text)

const misfit = (problem: string): { readonly ok: false; readonly problem: string } => ({ ok: false, problem })

function meant(given: unknown, known: readonly string[]): string {
  const near = typeof given === 'string' ? nearestName(given, known) : undefined
  return near === undefined ? '' : `; did you mean ${near}?`
}

const listed = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
