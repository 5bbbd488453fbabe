// Closed formats under attack: what must hold of every one of them, whatever it says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Canonical, canonicalBytes, canonicalText } from '../../src/domain/canonical.ts'
import type { Read } from '../../src/domain/shape.ts'

type Members = { readonly [member: string]: Canonical }
type Reader = (bytes: Uint8Array) => Read<unknown>

/** Tests that a reader takes exactly this example and its like: closed, canonical, bounded, deaf to noise. */
export function holdFormat(name: string, readFormat: Reader, example: Members, maxBytes: number): void {
  const accepts = (members: Members) => readFormat(canonicalBytes(members)).ok

  test(`${name}: the example is read as it stands`, () => {
    assert.deepEqual(readFormat(canonicalBytes(example)), { ok: true, value: example })
  })

  test(`${name}: no member can be left out, and none of another type, at any depth`, () => {
    for (const bent of mutilations(example)) assert.equal(accepts(bent), false, canonicalText(bent))
  })

  test(`${name}: no member can be added at any depth`, () => {
    for (const added of ['admin', '__proto__', 'constructor', 'V']) {
      for (const bent of additions(example, added)) assert.equal(readFormat(Buffer.from(bent)).ok, false, bent)
    }
  })

  test(`${name}: another byte form of the same value is refused`, () => {
    const text = canonicalText(example)
    const reversed = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse()))
    for (const bent of [
      `${text} `,
      `\uFEFF${text}`,
      text.replace(',', ', '),
      reversed,
      text.replace('{', `{${text.slice(1, text.indexOf(',') + 1)}`),
    ])
      assert.equal(readFormat(Buffer.from(bent)).ok, false, bent)
  })

  test(`${name}: over ${maxBytes} bytes nothing is even parsed`, () => {
    const read = readFormat(Buffer.alloc(maxBytes + 1, 0x20))
    assert.deepEqual(read, { ok: false, path: '(whole)', problem: `is over ${maxBytes} bytes` })
  })

  test(`${name}: noise is refused and never throws`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => assert.equal(readFormat(bytes).ok, false)))
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(readFormat(Buffer.from(JSON.stringify(value))).ok, false)))
  })
}

const isObject = (value: Canonical): value is Members => typeof value === 'object' && !Array.isArray(value)

/** Each value in which one required member is gone or is a list in a list. Open records under `settings`, `grants` and `parameters` may be empty. */
function* mutilations(example: Members): Generator<Members> {
  for (const [key, member] of Object.entries(example)) {
    const { [key]: _, ...rest } = example
    yield rest
    yield { ...example, [key]: [[[]]] }
    yield { ...example, [key]: true === member ? 'true' : member === false ? 'false' : isObject(member) ? 7 : { x: 1 } }
    if (isObject(member) && !OPEN.includes(key)) for (const bent of mutilations(member)) yield { ...example, [key]: bent }
  }
}
const OPEN: readonly string[] = ['settings', 'grants', 'parameters']

/** Each text in which one object has one more member, in its canonical place. */
function* additions(example: Canonical, added: string): Generator<string> {
  const write = (members: readonly (readonly [string, string])[]) =>
    `{${members
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, text]) => `${JSON.stringify(key)}:${text}`)
      .join(',')}}`
  if (!isObject(example)) return
  const members = Object.entries(example).map(([key, member]) => [key, canonicalText(member)] as const)
  yield write([...members, [added, '1']])
  for (const [key, member] of Object.entries(example)) {
    if (OPEN.includes(key)) continue
    for (const inner of additions(member, added)) yield write(members.map(([name, text]) => [name, name === key ? inner : text]))
  }
}
