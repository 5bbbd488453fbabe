// The words of a key: what two people compare aloud before one of them vouches for the other's key. Eight words of the BIP-39 English list are
// the first 88 bits of the thumbprint (DESIGN section 4 asks for 80), so finding another key with the same words is out of reach. It is a
// spelling, not a secret: nothing is derived from it.

import { wordlist } from '@scure/bip39/wordlists/english.js'
import { decodeBase64url } from '../domain/base64url.ts'
import type { Digest } from '../domain/ids.ts'

const WORDS = 8
const BITS_PER_WORD = 11n

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
