import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  boolean,
  closed,
  integer,
  list,
  literal,
  read,
  record,
  type Shape,
  scalarOr,
  text,
  variant,
} from '../../src/domain/shape.ts'

const misfitOf = (shape: Shape<unknown>, value: unknown): string => {
  const result = read(shape, value)
  assert.ok(!result.ok, 'it fits')
  return `${result.path} ${result.problem}`
}
const person = closed({ name: text(/^[a-z]+$/, 8), age: integer(0, 150) }, { admin: boolean })

test('a closed object has exactly its members; the optional ones may be absent', () => {
  assert.deepEqual(read(person, { age: 1, name: 'bo' }), { ok: true, value: { name: 'bo', age: 1 } })
  assert.deepEqual(read(person, { age: 1, name: 'bo', admin: false }), { ok: true, value: { name: 'bo', age: 1, admin: false } })
  assert.equal(misfitOf(person, { name: 'bo' }), '/age is missing')
  assert.equal(misfitOf(person, { name: 'bo', age: undefined }), '/age is not an integer from 0 to 150')
  assert.equal(misfitOf(person, { name: 'bo', age: 1, admin: undefined }), '/admin is not true or false')
})

test('any other member is refused, whatever its name and value', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'Name', 'name ', 'a/b', '~1', '')),
      fc.jsonValue(),
      (key, value) => {
        fc.pre(!['name', 'age', 'admin'].includes(key))
        const bent = JSON.parse(`{"name":"bo","age":1,${JSON.stringify(key)}:${JSON.stringify(value)}}`)
        assert.equal(misfitOf(person, bent), `/${key.replaceAll('~', '~0').replaceAll('/', '~1')} is not a known member`)
      },
    ),
  )
})

test('an inherited member is not there', () => {
  assert.equal(misfitOf(person, Object.create({ name: 'bo', age: 1 })), '/age is missing')
  assert.equal(misfitOf(closed({ toString: text(/^/) }), {}), '/toString is missing')
})

test('what is no object is refused as such', () => {
  for (const value of [null, undefined, [], 'x', 1, true]) {
    assert.equal(misfitOf(person, value), '(whole) is not an object')
    assert.equal(misfitOf(record(/^a$/, boolean, 1), value), '(whole) is not an object')
    assert.equal(misfitOf(variant('kind', { a: person }), value), '(whole) is not an object')
  }
})

test('bounds are part of the shape', () => {
  assert.equal(misfitOf(integer(1, 5), 6), '(whole) is not an integer from 1 to 5')
  for (const value of [0, 1.5, '1', Number.NaN, 2 ** 53, null]) assert.equal(read(integer(1, 5), value).ok, false)
  assert.equal(read(text(/^a*$/, 3), 'aaaa').ok, false)
  assert.equal(read(text(/^a*$/, 3), 'aaa\n').ok, false)
  assert.equal(read(text(/^a*$/, 3), 'aaa').ok, true)
  assert.equal(read(list(boolean, 1, 2), []).ok, false)
  assert.equal(read(list(boolean, 1, 2), [true, true, true]).ok, false)
  assert.equal(misfitOf(list(boolean, 1, 2), [true, 1]), '/1 is not true or false')
  assert.equal(read(list(boolean, 1, 2), { 0: true, length: 1 }).ok, false)
  assert.equal(misfitOf(record(/^[a-z]$/, boolean, 1), { a: true, b: true }), '(whole) has more than 1 members')
  assert.equal(misfitOf(record(/^[a-z]$/, boolean, 1), { A: true }), '/A is not a member name')
})

test('a literal is one of its values, of its type', () => {
  assert.equal(read(literal(1, 2), 1).ok, true)
  for (const value of ['1', true, 3, undefined, null]) assert.equal(read(literal(1, 2), value).ok, false)
})

test('a variant is chosen by its own member alone', () => {
  const either = variant('kind', { a: closed({ kind: literal('a'), x: boolean }), b: closed({ kind: literal('b') }) })
  assert.deepEqual(read(either, { kind: 'b' }), { ok: true, value: { kind: 'b' } })
  assert.equal(misfitOf(either, { kind: 'b', x: true }), '/x is not a known member')
  for (const kind of ['c', '__proto__', 'toString', 1, null, ['a'], undefined])
    assert.equal(misfitOf(either, { kind }), '/kind is not a or b')
})

test('a scalar is never read as an object nor an object as a scalar', () => {
  const shape = scalarOr<number, unknown>(integer(0, 9), closed({ a: boolean }))
  assert.equal(read(shape, 3).ok, true)
  assert.equal(read(shape, { a: true }).ok, true)
  assert.equal(read(shape, null).ok, false)
  assert.equal(read(shape, [3]).ok, false)
})

test('the path leads to the first misfit', () => {
  const nested = closed({ people: list(person, 0, 3) })
  assert.equal(
    misfitOf(nested, {
      people: [
        { name: 'bo', age: 1 },
        { name: 'BO', age: 1 },
      ],
    }),
    '/people/1/name is not a text like ^[a-z]+$',
  )
})

test('a fault in a shape is not taken for a misfit', () => {
  const broken: Shape<never> = () => {
    throw new RangeError('broken')
  }
  assert.throws(() => read(broken, {}), RangeError)
})
