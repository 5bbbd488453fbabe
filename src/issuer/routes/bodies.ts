// Closed schemas that several doors share.

import { z } from 'zod'
import { decodeBase64url } from '../../domain/base64url.ts'
import { PERSON } from '../../domain/ids.ts'
import { assertionResponse } from '../../passkeys/response.ts'

/** Bytes in strict base64url. */
export const bytes = (max: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil((max * 4) / 3))
    .refine((text) => decodeBase64url(text) !== undefined, 'is not strict base64url')

export const viewId = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)
export const person = z.string().regex(PERSON)

/** A signed statement as a page posts it. */
export const signed = {
  statement: bytes(8192),
  response: assertionResponse,
}
