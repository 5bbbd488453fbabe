// The words of a key: what two people compare aloud before one of them vouches for the other's key. Eight words of the BIP-39 English list are
// the first 88 bits of the thumbprint (DESIGN section 4 asks for 80), so finding another key with the same words is out of reach. It is a
// spelling, not a secret: nothing is derived from it.

import { wordlist } from '@scure/bip39/wordlists/english.js'
import { decodeBase64url } from '../domain/base64url.ts'
import type { Digest } from '../domain/ids.ts'

const WORDS = 8
const BITS_PER_WORD = 11n

const LETTER_BITS = 6n
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Fewer words than these would name many keys. */
const FEWEST_WORDS = 3

/** What somebody looks for: how the thumbprint begins, and whether one is it. */
export type Sought = { readonly start: string; readonly isIt: (thumbprint: Digest) => boolean }

/** Reads the words of a key as somebody heard them, three at least, or its whole thumbprint; or says what is wrong. */
export function readKeyWords(text: string): Sought | { readonly problem: string } {
  const whole = text.trim()
  if (/^[A-Za-z0-9_-]{43}$/.test(whole)) return { start: whole, isIt: (thumbprint) => thumbprint === whole }
  const words = whole
    .toLowerCase()
    .split(/[\s,.;]+/)
    .filter((word) => word !== '')
  if (words.length < FEWEST_WORDS) return { problem: `Give ${FEWEST_WORDS} words at least, in their order.` }
  if (words.length > WORDS) return { problem: `A key has ${WORDS} words.` }
  const indexes = words.map((word) => wordlist.indexOf(word))
  const unknown = words[indexes.indexOf(-1)]
  if (unknown !== undefined) return { problem: `“${unknown}” is not a word of any key.` }
  const bits = BigInt(words.length) * BITS_PER_WORD
  const number = indexes.reduce((sum, index) => (sum << BITS_PER_WORD) | BigInt(index), 0n)
  const letters = Array.from({ length: Number(bits / LETTER_BITS) }, (_, at) =>
    ALPHABET.charAt(Number((number >> (bits - LETTER_BITS * BigInt(at + 1))) & 63n)),
  )
  const said = words.join(' ')
  return {
    start: letters.join(''),
    isIt: (thumbprint) => keyWords(thumbprint).slice(0, words.length).join(' ') === said,
  }
}

/** The eight words of a thumbprint. Throws when it is not a digest. */
export function keyWords(thumbprint: Digest): readonly string[] {
  const bytes = decodeBase64url(thumbprint)
  if (bytes?.length !== 32) throw new TypeError('words of something that is not a thumbprint')
  // 11 bytes are 88 bits: eight words without a spare bit.
  const number = bytes.subarray(0, 11).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return Array.from({ length: WORDS }, (_, at) => {
    const index = Number((number >> (BITS_PER_WORD * BigInt(WORDS - 1 - at))) & 2047n)
    return wordlist[index] ?? missing(index)
  })
}

const missing = (index: number): never => {
  throw new TypeError(`the word list has no word ${index}`)
}
