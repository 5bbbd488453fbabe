// Bytes that the server wrote as text.

import { decodeBase64url } from '../../domain/base64url.ts'
import { Stopped } from './say.ts'

/** Bytes of a base64url text that the server wrote. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64url(text)
  if (!bytes) throw new Stopped('malformed', 'This page was not delivered as it should be. Reload it.')
  return bytes
}
