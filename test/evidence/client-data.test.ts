import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readClientData } from '../../src/evidence/client-data.ts'

const readText = (text: string) => readClientData(Buffer.from(text))

test('any JSON object that JSON.stringify writes is read with all its members', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (object) => {
      const text = JSON.stringify(object)
      assert.deepEqual(readText(text), new Map(Object.entries(JSON.parse(text))))
    }),
  )
})

test('a member repeated at any depth is refused, however it is spelled', () => {
  const names = fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' })
  const escaped = (name: string) =>
    `"${[...Array(name.length).keys()].map((at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
  fc.assert(
    fc.property(names, fc.jsonValue(), fc.nat(4), fc.boolean(), (name, value, depth, spell) => {
      const again = spell ? escaped(name) : JSON.stringify(name)
      const twice = `{${JSON.stringify(name)}:${JSON.stringify(value)},"other ${name}":[{}],${again}:1}`
      const nested = Array.from({ length: depth }).reduce<string>(
        (inner, _, level) => (level % 2 ? `[0,${inner}]` : `{"in":${inner}}`),
        twice,
      )
      assert.equal(readText(`{"outer":${nested}}`), undefined)
    }),
  )
})

test('the same member name in two different objects is no repetition', () => {
  assert.ok(readText('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":"{\\"a\\":1,\\"a\\":2}"}}'))
})

test('prototype names are members like any other', () => {
  assert.deepEqual([...(readText('{"__proto__":{"type":"webauthn.get"}}')?.keys() ?? [])], ['__proto__'])
  assert.equal(readText('{"__proto__":1,"__proto__":2}'), undefined)
})

for (const text of ['', 'null', '1', '"{}"', '[]', '{', '{}x', '{"a":1,}', "{'a':1}", '\uFEFF{}', '{"a":\n"\n"}', '{"a":NaN}']) {
  test(`${JSON.stringify(text)} is not client data`, () => assert.equal(readText(text), undefined))
}

test('bytes that are no text never make it throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readClientData(bytes)))
})
