import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { keyWords } from '../../src/issuer/key-words.ts'

const digest = (byte: number): string => encodeBase64url(new Uint8Array(32).fill(byte))

test('eight words spell the first 88 bits: all zeroes and all ones are the ends of the list', () => {
  assert.deepEqual(keyWords(digest(0)), Array(8).fill('abandon'))
  assert.deepEqual(keyWords(digest(0xff)), Array(8).fill('zoo'))
})

test('every one of the 88 bits changes a word', () => {
  const bytes = new Uint8Array(createHash('sha256').update('a key').digest())
  const words = keyWords(encodeBase64url(bytes)).join(' ')
  for (let bit = 0; bit < 88; bit += 1) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
    assert.notEqual(keyWords(encodeBase64url(flipped)).join(' '), words, `bit ${bit}`)
  }
})

test('what is no thumbprint has no words', () => {
  assert.throws(() => keyWords('AAAA'), TypeError)
  assert.throws(() => keyWords(`${digest(0).slice(0, -1)}B`), TypeError)
})
