// What a browser posts after a ceremony: PublicKeyCredential.toJSON() (WebAuthn L3 section 5.1.8). Closed, so that nothing unread comes along;
// the standard's optional members are named, because browsers send them, and not believed: everything that counts is read from signed bytes.
// Strict base64url everywhere: two spellings of one id would be two ids. Some password managers write null for an absent member.

import { z } from 'zod'
import { decodeBase64url } from '../domain/base64url.ts'

const bytes = (max: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil((max * 4) / 3))
    .refine((text) => decodeBase64url(text) !== undefined, 'is not strict base64url')
const absent = z.null().transform(() => undefined)

const credential = {
  id: bytes(1023),
  rawId: bytes(1023),
  type: z.literal('public-key'),
  // Outputs of client extensions are unsigned words of the browser: read by nobody.
  clientExtensionResults: z.record(z.string().max(100), z.unknown()),
  authenticatorAttachment: z.union([z.enum(['platform', 'cross-platform']), absent]).optional(),
}

/** Answer to an authentication ceremony. */
export const assertionResponse = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: bytes(4096),
    authenticatorData: bytes(1024),
    signature: bytes(1024),
    userHandle: z.union([bytes(64), absent]).optional(),
  }),
})
export type LiveAssertion = z.infer<typeof assertionResponse>

/** Answer to a registration ceremony. */
export const registrationResponse = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: bytes(4096),
    attestationObject: bytes(12_288),
    authenticatorData: z.union([bytes(8192), absent]).optional(),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,32}$/))
      .max(10)
      .optional(),
    publicKey: z.union([bytes(2048), absent]).optional(),
    publicKeyAlgorithm: z.int().optional(),
  }),
})
export type LiveRegistration = z.infer<typeof registrationResponse>
