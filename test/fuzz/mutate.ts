// Hostile inputs made from true ones: bytes are bent where parsers of CBOR, DER and JSON decide, and JSON also by its structure, down into what stands in it
// as base64url. Bent values are often written canonically again, so that they come past the first check and reach the next.

import { type Canonical, canonicalText } from '../../src/domain/canonical.ts'
import type { Random } from './random.ts'

/** Lengths, heads and letters at which parsers take another way. */
const BYTES = [
  0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x22, 0x2c, 0x30, 0x3a, 0x40, 0x58, 0x5b, 0x5c, 0x5f, 0x7b, 0x7d, 0x7f, 0x80, 0x81,
]
const HEADS = [0x84, 0x9b, 0x9f, 0xa0, 0xbb, 0xbf, 0xc0, 0xc2, 0xd8, 0xdb, 0xed, 0xf4, 0xf6, 0xf7, 0xfb, 0xfe, 0xff]
const CHUNKS = [
  '5bffffffffffffffff', // CBOR: bytes of 2^64 - 1
  '9bffffffffffffffff',
  'bbffffffffffffffff',
  '9f9f9f9f9f9f9f9f',
  'bf5f7f9f',
  'fb7ff8000000000000', // NaN
  'c249010000000000000000',
  '3084ffffffff', // DER: long and endless lengths
  '3080',
  '0282ffff',
  'eda080', // a surrogate in UTF-8
  'efbbbf',
  'f8888080',
].map((hex) => Buffer.from(hex, 'hex'))
const TEXTS = [
  '"__proto__":{"polluted":true},',
  '-0',
  '1e999',
  '9007199254740993',
  '0.1',
  'null',
  '\\ud800',
  '\\u0000',
  '{"a":',
  '[[[[[[[[[[[[[[',
  '],[',
]
/** More than any door reads of what is read here (16 KB), but for receipts and rule sets. */
const MAX_BYTES = 20_000

/** Bytes bent in one to four places. */
export function bendBytes(random: Random, of: Uint8Array, others: readonly Uint8Array[]): Buffer {
  let bytes: Buffer = Buffer.from(of)
  for (let times = 1 + random.below(4); times > 0; times -= 1) bytes = bendOnce(random, bytes, others).subarray(0, MAX_BYTES)
  return bytes
}

function bendOnce(random: Random, bytes: Buffer, others: readonly Uint8Array[]): Buffer {
  const at = random.below(bytes.length + 1)
  const length = random.below(Math.min(64, bytes.length - at) + 1)
  const put = (chunk: Uint8Array, over = 0) => Buffer.concat([bytes.subarray(0, at), chunk, bytes.subarray(at + over)])
  switch (random.below(10)) {
    case 0: {
      const bent = Buffer.from(bytes)
      if (at < bent.length) bent[at] = (bent[at] ?? 0) ^ (1 << random.below(8))
      return bent
    }
    case 1:
      return put(Buffer.of(random.pick(random.below(2) === 0 ? BYTES : HEADS)), 1)
    case 2:
      return put(Buffer.alloc(0), length)
    case 3:
      return put(bytes.subarray(at, at + length))
    case 4:
      return put(random.bytes(1 + random.below(16)), random.below(2) * length)
    case 5:
      return put(random.pick(CHUNKS), random.below(2) * length)
    case 6:
      return put(Buffer.from(random.pick(TEXTS)))
    case 7:
      return bytes.subarray(0, at)
    case 8: {
      const other = random.pick(others)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))])
    }
    default:
      // The same over and over: what is quadratic, or goes down at each, shows here.
      return put(Buffer.concat(Array.from({ length: 1 + random.below(400) }, () => bytes.subarray(at, at + 1 + (length % 8)))))
  }
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json }

/** A JSON text bent in its structure in one to three places; undefined when the bytes are none. */
export function bendJson(random: Random, of: Uint8Array): Buffer | undefined {
  let value: Json
  try {
    value = JSON.parse(Buffer.from(of).toString()) as Json
  } catch {
    return undefined
  }
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    value = bendValue(random, value, value)
    if (times > 1 && JSON.stringify(value).length > 2 * MAX_BYTES) break
  }
  return Buffer.from(write(random, value)).subarray(0, Math.max(MAX_BYTES, 2 * of.length))
}

/** Mostly in the canonical form, where there is one; else as it comes, or with a member twice. */
function write(random: Random, value: Json): string {
  const way = random.below(8)
  try {
    if (way > 1) return canonicalText(value as Canonical)
  } catch {
    // Outside the closed space: that is what is tried.
  }
  const text = JSON.stringify(value)
  return way === 0 ? text.replace('{', `{${text.slice(1, text.indexOf(',') + 1)}`) : text
}

function bendValue(random: Random, value: Json, whole: Json): Json {
  const isLeaf = typeof value !== 'object' || value === null
  if (isLeaf || random.below(6) === 0) return replaced(random, value, whole)
  if (Array.isArray(value)) return bendList(random, value as readonly Json[], whole)
  return bendObject(random, value as { readonly [member: string]: Json }, whole)
}

function bendList(random: Random, list: readonly Json[], whole: Json): Json {
  const at = random.below(list.length)
  const item = list[at]
  switch (random.below(8)) {
    case 0:
      return list.toSpliced(at, 1)
    case 1:
      return item === undefined ? [replaced(random, 0, whole)] : list.toSpliced(at, 0, item)
    case 2:
      return list.toReversed()
    case 3:
      // As often as doors let through: what is larger only keeps the fuzzer busy.
      return Array.from(
        { length: 1 + random.below(Math.min(300, MAX_BYTES / JSON.stringify(item ?? 0).length)) },
        () => item ?? 0,
      )
    default:
      return item === undefined ? [0] : list.with(at, bendValue(random, item, whole))
  }
}

function bendObject(random: Random, object: { readonly [member: string]: Json }, whole: Json): Json {
  const names = Object.keys(object)
  if (names.length === 0) return Object.fromEntries([[random.pick(NAMES), replaced(random, 0, whole)]])
  const name = random.pick(names)
  const entries = Object.entries(object)
  switch (random.below(8)) {
    case 0:
      return Object.fromEntries(entries.filter(([each]) => each !== name))
    case 1:
      return Object.fromEntries([...entries, [random.pick(NAMES), replaced(random, 0, whole)]])
    case 2:
      return Object.fromEntries(
        entries.map(([each, member]) => [each, each === name ? (object[random.pick(names)] ?? 0) : member]),
      )
    default:
      return Object.fromEntries(
        entries.map(([each, member]) => [each, each === name ? bendValue(random, member, whole) : member]),
      )
  }
}

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'v',
  'kind',
  'approved',
  '',
  '0',
  'hasOwnProperty',
  'é',
  '\u0000',
  'a'.repeat(300),
]
const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  2 ** 53,
  -(2 ** 53),
  2 ** 31,
  1e300,
  '',
  '0',
  ' ',
  '__proto__',
  '\ud800',
  'é',
  [],
  {},
]

/** Another value in the place of one; bytes in base64url are bent inside as often as not. */
function replaced(random: Random, value: Json, whole: Json): Json {
  const way = random.below(10)
  if (way < 4 && typeof value === 'string' && value.length > 1) return bendText(random, value)
  if (way < 4 && typeof value === 'number') return value + random.pick([1, -1, 2 ** 20, -(2 ** 20), 0.5])
  if (way === 4) return nested(random.pick([2, 13, 14, 200, 3000]), random.below(2) === 0)
  if (way === 5)
    return (
      random.pick(['a', 'A', '-', '\u202e', 'é', '1', '/', '"']).repeat(random.pick([63, 257, 4001, 9000])) +
      random.pick(['', '!', '\n'])
    )
  if (way === 6) return anyOf(random, whole)
  return random.pick(VALUES)
}

function bendText(random: Random, text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  const isBytes = bytes.toString('base64url') === text
  if (isBytes && text.length > 20 && random.below(4) > 0)
    return ((random.below(3) > 0 && bendJson(random, bytes)) || bendBytes(random, bytes, [bytes])).toString('base64url')
  const at = random.below(text.length)
  return random.pick([
    text.slice(0, at),
    `${text}=`,
    `${text} `,
    `${text}\n`,
    text.slice(0, at) + random.pick(NAMES) + text.slice(at),
    text.toUpperCase(),
  ])
}

const nested = (depth: number, asList: boolean): Json => {
  let value: Json = 1
  for (let at = 0; at < depth; at += 1) value = asList ? [value] : { a: value }
  return value
}

/** Some value that stands elsewhere in the same input: what fits in form and not in meaning. */
function anyOf(random: Random, value: Json): Json {
  if (typeof value !== 'object' || value === null || random.below(4) === 0) return value
  const members = Object.values(value) as Json[]
  return members.length === 0 ? value : anyOf(random, random.pick(members))
}
