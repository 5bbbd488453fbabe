// A short name for a text, to tell whether it changed and to keep tokens out of the database: SHA-256 in base64url.

import { sha256 } from '../crypto.ts'
import { encodeBase64url } from '../domain/base64url.ts'

export const digestOfText = (text: string): string => encodeBase64url(sha256(new TextEncoder().encode(text)))
