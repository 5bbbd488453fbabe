// The only maker of HTML here: a tagged template that escapes every value. What it alone holds: no text becomes markup, a value inside a tag
// stands within double quotes, an address leads only to http(s) or to a path of ours, and nothing is put into scripts, styles or comments.
// Hostile: everything a person, a runbook or Slack wrote. A template that breaks these rules is a fault and throws when it first runs.

import { findUnseen } from './domain/visible.ts'

/** Markup that may stand as it is. Only this file makes it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

export type Value = string | number | Html | false | undefined | readonly Value[]

/** Markup of a template: texts are escaped, markup passes, lists are joined, false and undefined vanish. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const places = placesOf(parts)
  let text = parts[0] ?? ''
  values.forEach((value, index) => {
    text += written(value, places[index] ?? 'text') + (parts[index + 1] ?? '')
  })
  return new Html(text)
}

/** Text as it may stand in an element or between double quotes. */
export const escaped = (text: string): string => text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)

/**
 * A value that somebody else wrote, isolated from the direction of what surrounds it, with every character that does not show spelt out:
 * what a person reads is what is signed.
 */
export function shown(value: string | number): Html {
  const pieces: Html[] = []
  let rest = String(value)
  for (let unseen = findUnseen(rest); unseen; unseen = findUnseen(rest)) {
    const width = rest.codePointAt(unseen.index) === rest.charCodeAt(unseen.index) ? 1 : 2
    pieces.push(html`${rest.slice(0, unseen.index)}<span class="unseen">${unseen.name}</span>`)
    rest = rest.slice(unseen.index + width)
  }
  return html`<bdi>${pieces}${rest}</bdi>`
}

type Place = 'text' | 'tag' | 'attribute' | 'address'
const known = new WeakMap<TemplateStringsArray, readonly Place[]>()

function written(value: Value, place: Place): string {
  if (value === false || value === undefined) return ''
  if (Array.isArray(value)) return value.map((each) => written(each, place)).join('')
  const inQuotes = place === 'attribute' || place === 'address'
  if (value instanceof Html) return inQuotes ? escaped(value.text) : value.text
  if (place === 'tag') throw new TypeError('a value inside a tag stands without double quotes')
  const text = String(value)
  if (place === 'address' && !/^(?:\/(?!\/)|#|https?:\/\/)/.test(text))
    throw new TypeError('an address that is neither http(s) nor a path')
  return escaped(text)
}

/** Where each value of a template stands, read once from its constant parts. */
function placesOf(parts: TemplateStringsArray): readonly Place[] {
  const found = known.get(parts)
  if (found) return found
  let at: Cursor = { in: 'text' }
  const places = parts.slice(0, -1).map((part) => {
    at = readOn(at, part)
    return placeAt(at)
  })
  known.set(parts, places)
  return places
}

/** `raw` is the inside of an element whose content is not markup. */
type Cursor =
  | { readonly in: 'text' }
  | { readonly in: 'tag'; readonly tag: string }
  | { readonly in: 'value'; readonly tag: string; readonly attribute: string; readonly begun: string }
  | { readonly in: 'raw'; readonly tag: string }
  | { readonly in: 'comment' }

const STEPS: { readonly [C in Cursor['in']]: RegExp } = {
  text: /<!--|<(\/?[a-zA-Z][a-zA-Z0-9-]*)/,
  tag: />|'|([a-zA-Z-]+)="/,
  value: /"/,
  raw: /<\/(?:script|style|textarea|title)/i,
  comment: /-->/,
}

function readOn(from: Cursor, part: string): Cursor {
  const step = STEPS[from.in].exec(part)
  if (!step) return from.in === 'value' ? { ...from, begun: from.begun + part } : from
  const rest = part.slice(step.index + step[0].length)
  switch (from.in) {
    case 'text':
      return readOn(step[1] === undefined ? { in: 'comment' } : { in: 'tag', tag: step[1].toLowerCase() }, rest)
    case 'tag':
      if (step[0] === "'") throw new TypeError('an attribute in single quotes')
      if (step[1] !== undefined) return readOn({ in: 'value', tag: from.tag, attribute: step[1].toLowerCase(), begun: '' }, rest)
      return readOn(/^(?:script|style)$/.test(from.tag) ? { in: 'raw', tag: from.tag } : { in: 'text' }, rest)
    case 'value':
      return readOn({ in: 'tag', tag: from.tag }, rest)
    case 'raw':
      return readOn({ in: 'tag', tag: `/${from.tag}` }, rest)
    case 'comment':
      return readOn({ in: 'text' }, rest)
  }
}

function placeAt(at: Cursor): Place {
  if (at.in === 'text' || at.in === 'tag') return at.in
  if (at.in !== 'value') throw new TypeError('a value inside a script, a style or a comment')
  if (/^(?:on.*|style|srcdoc)$/.test(at.attribute)) throw new TypeError(`a value inside the attribute ${at.attribute}`)
  if (!/^(?:href|src|action|formaction)$/.test(at.attribute)) return 'attribute'
  if (at.begun === '') return 'address'
  // A value that only goes on must not be able to choose the host.
  if (!/^(?:#|\/[^/])/.test(at.begun)) throw new TypeError('an address whose beginning is not a path')
  return 'attribute'
}
