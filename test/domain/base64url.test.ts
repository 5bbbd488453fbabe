import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { base64urlLength, decodeBase64url, encodeBase64url } from '../../src/domain/base64url.ts'

test('bytes come back from their text, which is the one Node writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = encodeBase64url(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64url'))
      assert.deepEqual(decodeBase64url(text), new Uint8Array(bytes))
    }),
  )
})

test('a text is accepted only if it is what its bytes are written as', () => {
  const letters = fc.constantFrom(...'ABCXYZabcxyz0189-_+/= \n~é😀')
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
      const bytes = decodeBase64url(text)
      assert.equal(bytes !== undefined, Buffer.from(text, 'base64url').toString('base64url') === text)
      assert.equal(base64urlLength(text), bytes?.length)
      if (bytes) assert.equal(encodeBase64url(bytes), text)
    }),
    { numRuns: 2000 },
  )
})

for (const [why, text] of [
  ['padding', 'QQ=='],
  ['spare bits in the last letter', 'QR'],
  ['spare bits after two bytes', 'QUJ'.replace('J', 'K')],
  ['an impossible length', 'A'],
  ['an impossible length after whole groups', 'AAAAA'],
  ['the letters of plain base64', '+/+/'],
  ['a line break', 'QUJD\n'],
  ['a letter that only looks like one', 'QUJА'],
] as const) {
  test(`${why} is refused`, () => {
    assert.equal(decodeBase64url(text), undefined)
    assert.equal(base64urlLength(text), undefined)
  })
}

test('each byte string of up to two bytes has exactly one text', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const twos = [...alphabet].flatMap((a) => [...alphabet].map((b) => a + b))
  assert.equal(twos.filter((text) => decodeBase64url(text)).length, 256)
  const threes = twos.flatMap((two) => [...alphabet].map((c) => two + c))
  assert.equal(threes.filter((text) => decodeBase64url(text)).length, 65_536)
  assert.deepEqual(
    [...twos, ...threes].filter((text) => base64urlLength(text) !== decodeBase64url(text)?.length),
    [],
  )
})
