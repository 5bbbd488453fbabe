// Hostile parts inside true wholes: a part is decoded, bent, and put back so that everything around it stays valid. What is bent here comes past the outer
// form and reaches the parser of the part; of what is bent from outside (mutate.ts), most is refused before.

import { encodeBase64url } from '../../src/domain/base64url.ts'
import { type Members, type Raw, readCbor, type Tree, writeCbor } from './cbor.ts'
import { bendBytes } from './mutate.ts'
import type { Random } from './random.ts'

/** A part by its way down, with the most bytes that the outer form takes there. */
export type Place = { readonly way: readonly (string | number)[]; readonly max: number }
type Bend = (random: Random, bytes: Uint8Array) => Uint8Array

/** The same value with the base64url at a place bent within; never empty and never too long. */
export function bendAt<T extends object>(random: Random, whole: T, { way, max }: Place, bend: Bend): T {
  const copy = structuredClone(whole)
  const last = way.at(-1) ?? ''
  const parent = way.slice(0, -1).reduce<unknown>(memberOf, copy)
  const text = memberOf(parent, last)
  if (typeof text !== 'string') throw new TypeError(`no text at ${way.join('/')}`)
  const bent = bend(random, Buffer.from(text, 'base64url')).subarray(0, max)
  Object.assign(parent as object, { [last]: encodeBase64url(bent.length > 0 ? bent : Uint8Array.of(0)) })
  return copy
}

const memberOf = (value: unknown, name: string | number): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[name] : undefined

/** Bytes without inner structure. */
export const bendPlainly: Bend = (random, bytes) => bendBytes(random, bytes, [bytes])

const FIXED = 37
const ID_LENGTH = 53
const ID = 55

/** Authenticator data (WebAuthn L3 section 6.1): half of it field by field, so that the fields behind are still found. */
export function bendAuthenticatorData(random: Random, of: Uint8Array): Buffer {
  if (random.below(3) === 0) return bendBytes(random, of, [of])
  let bytes: Buffer = Buffer.from(of)
  for (let times = 1 + random.below(2); times > 0; times -= 1) bytes = bendField(random, bytes)
  return bytes
}

function bendField(random: Random, bytes: Buffer): Buffer {
  const withAt = (at: number, chunk: Uint8Array) =>
    Buffer.concat([bytes.subarray(0, at), chunk, bytes.subarray(at + chunk.length)])
  const tail = (chunk: Uint8Array, from = bytes.length) => Buffer.concat([bytes.subarray(0, from), chunk])
  const isAttested = bytes.length > ID
  const idEnd = isAttested ? ID + bytes.readUInt16BE(ID_LENGTH) : 0
  switch (random.below(isAttested ? 9 : 5)) {
    case 0:
      return withAt(random.below(32), random.bytes(1))
    case 1:
      return withAt(32, random.bytes(1))
    case 2:
      return withAt(33, random.pick([random.bytes(4), Buffer.alloc(4), Buffer.alloc(4, 0xff), Buffer.of(0x7f, 0xff, 0xff, 0xff)]))
    // One flag of the eight, with or without what it announces.
    case 3:
      return withAt(32, Buffer.of((bytes[32] ?? 0) ^ (1 << random.below(8))))
    case 4:
      return tail(writeCbor(random.pick(EXTENSIONS))).fill((bytes[32] ?? 0) | 0x80, 32, 33)
    case 5:
      return withAt(FIXED, random.bytes(16))
    case 6:
      return withAt(ID_LENGTH, random.pick(LENGTHS))
    case 7:
      return tail(bendBytes(random, bytes.subarray(idEnd), [bytes]), idEnd)
    default:
      return tail(writeCbor(bendTree(random, keyOf(bytes.subarray(idEnd)))), idEnd)
  }
}

const LENGTHS = ['0000', '0001', '001f', '0021', '03ff', '0400', '7fff', 'ffff'].map((hex) => Buffer.from(hex, 'hex'))
const EXTENSIONS: readonly Tree[] = [
  { members: [] },
  { members: [['credProtect', 2]] },
  { members: [['credProtect', { members: [['__proto__', 1]] }]] },
  { members: [['__proto__', { members: [['polluted', 1]] }]] },
  [],
  7,
]

/** The key as a tree, or its bytes where a bend before has left none. */
function keyOf(bytes: Uint8Array): Tree {
  try {
    return readCbor(bytes)
  } catch {
    return { raw: bytes }
  }
}

/** An attestation object bent in its CBOR: one time in three byte by byte, else by its structure. */
export const bendAttestation: Bend = (random, bytes) =>
  random.below(3) === 0 ? bendBytes(random, bytes, [bytes]) : writeCbor(bendTree(random, readCbor(bytes)))

/** The authenticator data within an attestation object whose CBOR stays true. */
export const bendAttestedData: Bend = (random, bytes) =>
  writeCbor(replaceMember(readCbor(bytes), 'authData', (data) => bendAuthenticatorData(random, bytesIn(data))))

/** One certificate, or the chain of them, within an attestation object whose CBOR stays true. */
export const bendCertificates: Bend = (random, bytes) =>
  writeCbor(
    replaceMember(readCbor(bytes), 'attStmt', (statement) =>
      replaceMember(statement, 'x5c', (chain) => bendChain(random, Array.isArray(chain) ? (chain as readonly Tree[]) : [])),
    ),
  )

function bendChain(random: Random, chain: readonly Tree[]): readonly Tree[] {
  const at = random.below(chain.length)
  switch (random.below(12)) {
    case 0:
      return chain.toReversed()
    case 1:
      return chain.toSpliced(at, 1)
    case 2:
      return Array.from({ length: 1 + random.below(20) }, () => chain[at] ?? 0)
    default:
      return chain.with(at, bendDer(random, bytesIn(chain[at] ?? 0)))
  }
}

/** DER bent in bytes; half of the time each stays in its place, so that the lengths around it hold. */
function bendDer(random: Random, der: Uint8Array): Buffer {
  if (random.below(2) === 0) return bendBytes(random, der, [der])
  const bent = Buffer.from(der)
  for (let times = 1 + random.below(3); times > 0; times -= 1) bent[random.below(bent.length)] = random.below(256)
  return bent
}

const isMap = (tree: Tree): tree is Members => typeof tree === 'object' && 'members' in tree
const bytesIn = (tree: Tree): Uint8Array => (tree instanceof Uint8Array ? tree : new Uint8Array())

function replaceMember(tree: Tree, name: string, by: (value: Tree) => Tree): Tree {
  if (!isMap(tree)) return tree
  return { members: tree.members.map(([key, value]) => [key, key === name ? by(value) : value]) }
}

function bendTree(random: Random, tree: Tree): Tree {
  if (random.below(8) === 0) return otherItem(random, tree)
  if (Array.isArray(tree) && tree.length > 0) return bendItems(random, tree as readonly Tree[])
  return isMap(tree) && tree.members.length > 0 ? bendMembers(random, tree) : otherItem(random, tree)
}

function bendItems(random: Random, items: readonly Tree[]): readonly Tree[] {
  const at = random.below(items.length)
  switch (random.below(3)) {
    case 0:
      return items.toSpliced(at, 1)
    case 1:
      return [...items, ...items.slice(at)]
    default:
      return items.map((item, index) => (index === at ? bendTree(random, item) : item))
  }
}

function bendMembers(random: Random, { members }: Members): Members {
  const at = random.below(members.length)
  const [key, value] = members[at] ?? ['', 0]
  switch (random.below(8)) {
    case 0:
      return { members: members.toSpliced(at, 1) }
    case 1:
      return { members: [...members, [key, otherItem(random, value)]] }
    case 2:
      return { members: members.toReversed() }
    case 3:
      return { members: members.with(at, [otherItem(random, key), value]) }
    default:
      return { members: members.with(at, [key, bendTree(random, value)]) }
  }
}

/** Heads without an end, lengths that lie, simple values and tags, and names that objects already have. */
const ITEMS: readonly (Tree | Raw)[] = [
  ...[
    'f6',
    'f7',
    'f4',
    'fb7ff8000000000000',
    'f97e00',
    'c0',
    'd9d9f700',
    '5f4101ff',
    '7f6161ff',
    '9f01ff',
    'bf6161 01ff',
    'ff',
    '1c',
  ],
  ...[
    '5bffffffffffffffff',
    '7a7fffffff',
    '9a00ffffff',
    'ba00ffffff',
    '1bffffffffffffffff',
    '3bffffffffffffffff',
    '62c328',
    '81'.repeat(500),
  ],
].map((hex) => ({ raw: Buffer.from(hex.replaceAll(' ', ''), 'hex') }))
const SIMPLE: readonly Tree[] = [
  0,
  -1,
  2 ** 31,
  '',
  '__proto__',
  'none',
  'packed',
  'fmt',
  'x5c',
  Buffer.alloc(0),
  [],
  { members: [] },
]

function otherItem(random: Random, tree: Tree): Tree {
  switch (random.below(4)) {
    case 0:
      return random.pick(ITEMS)
    case 1:
      return random.pick(SIMPLE)
    case 2:
      if (typeof tree === 'number') return tree + random.pick([1, -1, 256, -256])
      return tree instanceof Uint8Array ? bendBytes(random, tree, [tree]) : [tree]
    default:
      return { raw: bendBytes(random, writeCbor(tree), [writeCbor(tree)]) }
  }
}
