// Reads DER (X.690), the part of it that certificates are made of: definite lengths in their shortest form, tags below 31, nothing left over. The bytes
// come from whoever registers a key, so that every length is checked before it is believed; anything else is undefined.

/** One element: its tag byte, and what it holds. */
export type Element = { readonly tag: number; readonly content: Uint8Array }

export const TAG = { boolean: 0x01, integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const

/** The elements that stand one after the other in these bytes, or undefined when they are not whole. */
export function readElements(bytes: Uint8Array): readonly Element[] | undefined {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    if ((tag & 0x1f) === 0x1f) return undefined
    const length = readLength(bytes, at + 1)
    if (!length || length.end + length.value > bytes.length) return undefined
    elements.push({ tag, content: bytes.subarray(length.end, length.end + length.value) })
    at = length.end + length.value
  }
  return elements
}

/** The elements inside the one element of a tag that these bytes are. */
export function readInside(bytes: Uint8Array, tag: number): readonly Element[] | undefined {
  const [only, ...more] = readElements(bytes) ?? []
  return only?.tag === tag && more.length === 0 ? readElements(only.content) : undefined
}

/** An object identifier in dots. */
export function readOid(content: Uint8Array): string | undefined {
  const arcs: number[] = []
  let value = 0
  for (const [index, byte] of content.entries()) {
    if (value === 0 && byte === 0x80) return undefined
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER / 128) return undefined
    if ((byte & 0x80) !== 0) {
      if (index === content.length - 1) return undefined
      continue
    }
    if (arcs.length === 0) arcs.push(...(value < 80 ? [Math.floor(value / 40), value % 40] : [2, value - 80]))
    else arcs.push(value)
    value = 0
  }
  return arcs.length === 0 ? undefined : arcs.join('.')
}

function readLength(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  const first = bytes[at]
  if (first === undefined || first === 0x80) return undefined
  if (first < 0x80) return { value: first, end: at + 1 }
  const count = first & 0x7f
  if (count > 3 || at + count >= bytes.length) return undefined
  const value = bytes.subarray(at + 1, at + 1 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  // The shortest form alone: two spellings of one certificate would be two.
  return value < 0x80 || (count > 1 && bytes[at + 1] === 0) ? undefined : { value, end: at + 1 + count }
}
