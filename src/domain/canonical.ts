// Canonical JSON (RFC 8785) over a closed value space: strings, safe integers, booleans, lists and plain objects.
// What this file alone holds: a signed text has exactly one byte form. Reading accepts bytes only if writing them again gives the
// same bytes, so duplicate members, other key orders, other number spellings and padding are refused without a parser of our own.
// Floats, -0, null and lone surrogates have no place in anything we sign (RFC 8785 section 3.2.2.3, erratum 7920).

export type Canonical = string | number | boolean | readonly Canonical[] | { readonly [member: string]: Canonical }

const MAX_DEPTH = 12
const LONE_SURROGATE = /\p{Surrogate}/u

/** The RFC 8785 text of a value. A value outside the closed space is a fault of the caller and throws a TypeError. */
export function canonicalText(value: Canonical, depth = 0): string {
  if (depth > MAX_DEPTH) throw new TypeError(`canonical value nested deeper than ${MAX_DEPTH}`)
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw new TypeError('canonical text holds a lone surrogate')
    return JSON.stringify(value)
  }
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError('canonical number is not a safe integer')
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(',')}]`
  if (typeof value !== 'object' || value === null) throw new TypeError(`canonical value of type ${typeof value}`)
  // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is what the default comparison of strings does.
  const members = Object.entries(value as { readonly [member: string]: Canonical }).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${canonicalText(key)}:${canonicalText(member, depth + 1)}`).join(',')}}`
}

/** The canonical bytes: UTF-8 of {@link canonicalText}. */
export const canonicalBytes = (value: Canonical): Uint8Array<ArrayBuffer> => new TextEncoder().encode(canonicalText(value))

/** The value behind canonical bytes, or undefined when the bytes are not exactly their own canonical form. */
export function readCanonical(bytes: Uint8Array): Canonical | undefined {
  try {
    const text = new TextDecoder('utf-8', {
      fatal: true,
      ignoreBOM: true,
    }).decode(bytes)
    const value = JSON.parse(text) as Canonical
    return canonicalText(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
