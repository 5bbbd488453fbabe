import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { newId } from '../../src/crypto.ts'
import { checkCode, crockford, digest, encoded, ID, idFrom, PERSON, REALM } from '../../src/domain/ids.ts'
import { read } from '../../src/domain/shape.ts'

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'

test('an id is 26 letters that say all 128 bits, and sorts like its bytes', () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const id = idFrom(a)
      assert.match(id, ID)
      const value = [...id].reduce((sum, letter) => sum * 32n + BigInt(LETTERS.indexOf(letter)), 0n)
      assert.equal(value, BigInt(`0x${Buffer.from(a).toString('hex')}`))
      assert.equal(Math.sign(id < idFrom(b) ? -1 : Number(id > idFrom(b))), Buffer.compare(a, b))
    }),
  )
})

test('ids are made anew each time', () => {
  assert.equal(new Set(Array.from({ length: 100 }, newId)).size, 100)
})

test('letters that look alike, upper case and 129 bits are no id', () => {
  for (const bad of [
    '8zzzzzzzzzzzzzzzzzzzzzzzzz',
    'i'.repeat(26),
    'O'.repeat(26),
    '0'.repeat(25),
    '0'.repeat(27),
    `${'0'.repeat(26)}\n`,
  ])
    assert.doesNotMatch(bad, ID)
})

test('crockford spells the known examples', () => {
  assert.equal(crockford(new Uint8Array()), '')
  assert.equal(crockford(Uint8Array.of(0)), '00')
  assert.equal(crockford(Uint8Array.of(255)), '7z')
  assert.equal(crockford(new Uint8Array(5).fill(255)), 'zzzzzzzz')
  assert.equal(idFrom(new Uint8Array(16).fill(255)), '7zzzzzzzzzzzzzzzzzzzzzzzzz')
})

test('a check code is the first 60 bits of the digest and nothing else', () => {
  const bytes = randomBytes(32)
  const code = checkCode(bytes.toString('base64url'))
  assert.match(code, /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/)
  const tail = Buffer.from(bytes)
  tail.fill(0, 8)
  assert.equal(checkCode(tail.toString('base64url')).slice(0, 12), code.slice(0, 12))
  const value = [...code.replaceAll('-', '')].reduce((sum, letter) => sum * 32n + BigInt(LETTERS.indexOf(letter)), 0n)
  assert.equal(value, bytes.readBigUInt64BE() >> 4n)
  assert.throws(() => checkCode('abc'), TypeError)
})

test('a digest has one spelling: the spare bits of its last letter are zero', () => {
  const text = createHash('sha256').update('x').digest('base64url')
  assert.ok(read(digest, text).ok)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  assert.equal([...alphabet].filter((letter) => read(digest, text.slice(0, -1) + letter).ok).length, 16)
  for (const bad of [`${text}=`, text.slice(1), `${text}A`, '', 3, null, undefined]) assert.equal(read(digest, bad).ok, false)
})

test('encoded bytes keep to their bounds', () => {
  const length = (count: number) => Buffer.alloc(count).toString('base64url')
  assert.deepEqual(
    [15, 16, 17, 18].map((count) => read(encoded(16, 17), length(count)).ok),
    [false, true, true, false],
  )
})

test('a person is no address and no Slack id, a realm says what it is', () => {
  for (const bad of ['ana@example.org', 'U024BE7LH', '', 'Ana', '.ana', 'a'.repeat(64)]) assert.doesNotMatch(bad, PERSON)
  assert.match('ana.b-c_9', PERSON)
  assert.match(`sandbox:${newId()}`, REALM)
  for (const bad of [newId(), `test:${newId()}`, `prod:${newId()}x`]) assert.doesNotMatch(bad, REALM)
})
