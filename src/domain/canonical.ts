// Canonical JSON (RFC 8785) over a closed value space: strings, safe integers, booleans, lists and plain objects.
// What this file alone holds: a signed text has exactly one byte form. Reading accepts bytes only if writing them again gives the
// same bytes, so duplicate members, other key orders, other number spellings and padding are refused without a parser of our own.
// Floats, -0, null and lone surrogates have no place in anything we sign (RFC 8785 section 3.2.2.3, erratum 7920).

export type Canonical = string | number | boolean | readonly Canonical[] | { readonly [member: string]: Canonical }

const MAX_DEPTH = 12
const ENCODER = new TextEncoder()
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The RFC 8785 text of a value. A value outside the closed space is a fault of the caller and throws a TypeError. */
export function canonicalText(value: Canonical): string {
  // Of the closed space JSON.stringify writes everything as RFC 8785 does, but for the order of members.
  return isInOrder(value, 0) ? JSON.stringify(value) : inOrder(value)
}

/** Whether the members of every object already stand in their order; throws for what is outside the closed space. */
function isInOrder(value: Canonical, depth: number): boolean {
  if (depth > MAX_DEPTH) throw new TypeError(`canonical value nested deeper than ${MAX_DEPTH}`)
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('canonical text holds a lone surrogate')
    return true
  }
  if (typeof value === 'boolean') return true
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError('canonical number is not a safe integer')
    return true
  }
  let ordered = true
  if (Array.isArray(value)) {
    for (const item of value) ordered = isInOrder(item, depth + 1) && ordered
    return ordered
  }
  if (typeof value !== 'object' || value === null) throw new TypeError(`canonical value of type ${typeof value}`)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('canonical value is no plain object')
  let last: string | undefined
  const members = value as { readonly [member: string]: Canonical }
  for (const key of Object.keys(members)) {
    if (!key.isWellFormed()) throw new TypeError('canonical text holds a lone surrogate')
    // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is what the comparison of strings does.
    ordered = isInOrder(members[key] as Canonical, depth + 1) && (last === undefined || last < key) && ordered
    last = key
  }
  return ordered
}

/** The text of a value that has been looked through. */
function inOrder(value: Canonical): string {
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${inOrder(member)}`).join(',')}}`
}

/** The canonical bytes: UTF-8 of {@link canonicalText}. */
export const canonicalBytes = (value: Canonical): Uint8Array<ArrayBuffer> => ENCODER.encode(canonicalText(value))

/** The value behind canonical bytes, or undefined when the bytes are not exactly their own canonical form. */
export function readCanonical(bytes: Uint8Array): Canonical | undefined {
  try {
    const text = UTF8.decode(bytes)
    const value = JSON.parse(text) as Canonical
    return canonicalText(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
