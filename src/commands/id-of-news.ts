// The id of news that the bot puts out itself: made of what it tells, so that one thing is told once, however often it is come upon.

import { sha256 } from '../crypto.ts'

/** One id for one thing to tell, however often it is come upon (RFC 9562 version 8). */
export function idOfNews(text: string): string {
  const bytes = Buffer.from(sha256(new TextEncoder().encode(text)).subarray(0, 16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
