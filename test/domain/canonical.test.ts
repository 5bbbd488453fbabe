import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Canonical, canonicalBytes, canonicalText, readCanonical } from '../../src/domain/canonical.ts'

const leaf: fc.Arbitrary<Canonical> = fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), fc.boolean())
const { value } = fc.letrec<{ value: Canonical }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), tie('value'), { maxKeys: 5 }),
  ),
}))
const isTree = (each: Canonical): each is { [member: string]: Canonical } => typeof each === 'object' && !Array.isArray(each)

/** The same value with the members of every object in another order. */
function shuffled(each: Canonical, turn: number): Canonical {
  if (Array.isArray(each)) return each.map((item) => shuffled(item, turn))
  if (!isTree(each)) return each
  const members = Object.entries(each).map(([key, member]) => [key, shuffled(member, turn)] as const)
  const at = members.length ? turn % members.length : 0
  return Object.fromEntries([...members.slice(at), ...members.slice(0, at)].reverse())
}

test('a value comes back from its canonical bytes', () => {
  fc.assert(fc.property(value, (each) => assert.deepEqual(readCanonical(canonicalBytes(each)), JSON.parse(JSON.stringify(each)))))
})

test('the order in which members were made leaves no trace', () => {
  fc.assert(fc.property(value, fc.nat(), (each, turn) => assert.equal(canonicalText(shuffled(each, turn)), canonicalText(each))))
})

test('two values have one text only if they are the same value', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      let same = true
      try {
        assert.deepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))
      } catch {
        same = false
      }
      assert.equal(canonicalText(a) === canonicalText(b), same)
    }),
  )
})

test('any change of a leaf changes the bytes', () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1 }), leaf, fc.nat(), (leaves, other, at) => {
      const index = at % leaves.length
      fc.pre(leaves[index] !== other)
      assert.notEqual(canonicalText({ leaves: leaves.with(index, other) }), canonicalText({ leaves }))
    }),
  )
})

test('members are sorted by UTF-16 code units, as RFC 8785 section 3.2.3 shows', () => {
  const members = { '€': 'Euro', '\r': 'CR', '\ufb33': 'Dalet', '1': 'One', '😀': 'Smile', '\u0080': 'Control', ö: 'Latin' }
  assert.deepEqual(
    [...canonicalText(members).matchAll(/:"(\w+)"/g)].map(([, name]) => name),
    ['CR', 'One', 'Control', 'Latin', 'Euro', 'Smile', 'Dalet'],
  )
})

test('texts are written with the shortest escapes of RFC 8785 section 3.2.2.2', () => {
  assert.equal(canonicalText('€$\u000F\u000aA\'\u0042"\\\\"\u2028/'), '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"\u2028/"')
})

for (const [why, bytes] of [
  ['two members of one name', '{"a":1,"a":1}'],
  ['members out of order', '{"b":1,"a":1}'],
  ['a space', '{"a": 1}'],
  ['a line end', '{"a":1}\n'],
  ['a byte order mark', '\uFEFF{"a":1}'],
  ['an escape that is not needed', '{"\\u0061":1}'],
  ['an escaped slash', '{"a":"\\/"}'],
  ['a float', '{"a":1.5}'],
  ['an integer with a fraction of zero', '{"a":1.0}'],
  ['an exponent', '{"a":1e2}'],
  ['minus zero', '{"a":-0}'],
  ['an integer that no double holds', '{"a":9007199254740993}'],
  ['null', '{"a":null}'],
  ['a lone surrogate', '{"a":"\\ud800"}'],
  ['a lone surrogate in a name', '{"\\udfff":1}'],
  ['nothing', ''],
  ['two values', '1 2'],
] as const) {
  test(`${why} is not canonical`, () => assert.equal(readCanonical(Buffer.from(bytes)), undefined))
}

test('bytes that are not UTF-8 are not canonical', () => {
  assert.equal(readCanonical(Buffer.from('"\xff"', 'latin1')), undefined)
  assert.equal(readCanonical(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), undefined)
})

test('depth is bounded, also against a hundred thousand brackets', () => {
  const nested = (depth: number) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  assert.deepEqual(readCanonical(nested(13))?.toString(), '')
  assert.equal(readCanonical(nested(14)), undefined)
  assert.equal(readCanonical(nested(100_000)), undefined)
})

test('writing a value that nobody could read back is a fault', () => {
  for (const bad of [1.5, -0, Number.NaN, 2 ** 53, '\ud800', { '\udc00': 1 }, null, undefined, () => 1, 1n, Symbol('x')])
    assert.throws(() => canonicalText({ a: bad } as Canonical), TypeError)
})

test('prototype names are members like any other', () => {
  const bytes = Buffer.from('{"__proto__":{"a":1}}')
  const read = readCanonical(bytes)
  assert.deepEqual(read && Object.keys(read), ['__proto__'])
  assert.equal((read as { a?: unknown }).a, undefined)
})
