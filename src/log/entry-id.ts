// Entry ids are UUID version 7 (RFC 9562 section 5.7): made by the client, so that a retry after an unknown commit is the same entry, and
// ordered by time, so that a batch has a natural order. The order that counts is the tree's.

import { randomBytes } from 'node:crypto'

/** The time that an id was made of. */
export const timeOf = (id: string): Date => new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16))

/** A UUIDv7 of a time. */
export function uuidv7(at: Date): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(at.getTime(), 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
