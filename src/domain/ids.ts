// Identifiers and their spellings. Every id of ours is 128 random bits in lower-case Crockford base32: 26 letters that can be
// read out on a phone, sorted, and put into a URL. Random bytes are given, so that this file stays pure.

import { base64urlLength, decodeBase64url } from './base64url.ts'
import { misfit, type Shape } from './shape.ts'

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** SHA-256 in base64url: 43 letters. */
export type Digest = string
/** An opaque person of `directory.yaml`; never a Slack id, a name or an address. */
export type PersonId = string

export const ID = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/
export const NAME = /^[a-z][a-z0-9-]{0,62}$/
export const PERSON = /^[a-z][a-z0-9._-]{0,62}$/
export const REALM = /^(sandbox|prod):[0-7][0-9a-hjkmnp-tv-z]{25}$/

/** Bytes in the one base64url spelling they have. A pattern alone would let the spare bits of the last letter make twins of a key or digest. */
export const encoded =
  (min: number, max = min): Shape<string> =>
  (value, path) => {
    const length = typeof value === 'string' && value.length <= max * 2 ? base64urlLength(value) : undefined
    return typeof value === 'string' && length !== undefined && length >= min && length <= max
      ? value
      : misfit(path, `is not ${min === max ? min : `${min} to ${max}`} bytes in strict base64url`)
  }

export const digest: Shape<Digest> = encoded(32)

/** Crockford base32 of bytes, most significant bits first; 16 bytes give the 26 letters of an id. */
export function crockford(bytes: Uint8Array): string {
  const spare = (5 - ((bytes.length * 8) % 5)) % 5
  let text = ''
  let buffer = 0
  let bits = spare
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += CROCKFORD[(buffer >> bits) & 31]
      buffer &= (1 << bits) - 1
    }
  }
  return text
}

/** An id from 16 random bytes. */
export const idFrom = (random: Uint8Array): string => crockford(random.subarray(0, 16))

/**
 * The check code of an intent: 60 bits of its digest as `abcd-efgh-jkmn`. Slack and the page show it, so that a person can tell
 * that both mean the same request; it authenticates nothing else.
 */
export function checkCode(intentDigest: Digest): string {
  const bytes = decodeBase64url(intentDigest)
  if (bytes?.length !== 32) throw new TypeError('check code of something that is not a digest')
  // 15 bytes are 24 letters without spare bits: the first twelve are the first 60 bits.
  const letters = crockford(bytes.subarray(0, 15))
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8, 12)}`
}

/** The code a terminal shows: 80 bits of the digest of its keys as `abcd-efgh-jkmn-pqrs`. Pages recompute it from the keys they get. */
export function holderCode(holderDigest: Digest): string {
  const bytes = decodeBase64url(holderDigest)
  if (bytes?.length !== 32) throw new TypeError('holder code of something that is not a digest')
  const letters = crockford(bytes.subarray(0, 10))
  return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4)).join('-')
}
