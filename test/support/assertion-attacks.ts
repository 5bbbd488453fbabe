// Attacks on one assertion: each row bends one field of an answer that is honest otherwise, before it is signed where a signature covers it.

import { digestOf } from '../../src/crypto.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import type { AssertionReason } from '../../src/evidence/reasons.ts'
import { FLAGS, type Twist } from '../../src/sandbox/authenticator.ts'
import { newKey } from './authenticator.ts'

/** The bytes that the rows about challenges bend; over any other statement they are just as wrong. */
export const SAYING = canonicalBytes({ says: 'yes' })

const { userPresent: UP, userVerified: UV, backupEligible: BE, backedUp: BS, attested: AT, extended: ED } = FLAGS
const replaced = (from: string, to: string) => (text: string) => text.replace(from, to)
/** DER of the integers as they are given, without repair. */
export const der = (...integers: Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(integers.map((integer) => Buffer.concat([Buffer.from([2, integer.length]), integer])))
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}
/** The bytes of the two integers of a DER signature. */
export const integersOf = (signature: Buffer): [Buffer, Buffer] => {
  const length = signature[3] ?? 0
  return [signature.subarray(4, 4 + length), signature.subarray(6 + length)]
}

/** What a thief, or a browser gone wrong, could have an authenticator sign in the place of an honest answer over {@link SAYING}, and the reason that refuses it. */
export const TWISTS: readonly (readonly [name: string, reason: AssertionReason, twist: Twist])[] = [
  ['that names another passkey', 'other_passkey_id', { id: newKey('bo').passkey.id }],
  ['of a registration ceremony', 'wrong_ceremony', { type: 'webauthn.create' }],
  ['of a payment', 'wrong_ceremony', { type: 'payment.get' }],
  ['over another statement', 'wrong_challenge', { challenge: digestOf('statement/decide', canonicalBytes({ says: 'no' })) }],
  ['over the same bytes for another purpose', 'wrong_challenge', { challenge: digestOf('statement/revoke', SAYING) }],
  ['over a padded challenge', 'wrong_challenge', { challenge: `${digestOf('statement/decide', SAYING)}=` }],
  ['made without TLS on the same host', 'wrong_origin', { origin: 'https://localhost:3001' }],
  ['made on another port', 'wrong_origin', { origin: 'http://localhost:3000' }],
  ['made on a subdomain', 'wrong_origin', { origin: 'http://evil.localhost:3001' }],
  ['made on an origin that only begins alike', 'wrong_origin', { origin: 'http://localhost:30010' }],
  ['made on the origin with a slash', 'wrong_origin', { origin: 'http://localhost:3001/' }],
  ['made in a foreign frame', 'cross_origin', { clientData: { crossOrigin: true } }],
  ['whose crossOrigin is a text', 'cross_origin', { clientData: { crossOrigin: 'false' } }],
  ['with a top origin', 'cross_origin', { clientData: { topOrigin: 'http://localhost:3001' } }],
  ['with a token binding', 'token_binding', { clientData: { tokenBinding: { status: 'supported' } } }],
  ['whose client data begin with a byte order mark', 'client_data_malformed', { clientDataJSON: (text) => `\uFEFF${text}` }],
  [
    'whose client data are not UTF-8',
    'client_data_malformed',
    { clientDataJSON: (text) => Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]) },
  ],
  ['whose client data say the type twice', 'client_data_malformed', { clientDataJSON: replaced('{', '{"type":"payment.get",') }],
  [
    'whose client data say the origin twice, once in escapes',
    'client_data_malformed',
    { clientDataJSON: replaced('{', '{"\\u006frigin":"http://evil",') },
  ],
  ['whose client data are a list', 'client_data_malformed', { clientDataJSON: (text) => `[${text}]` }],
  ['whose client data are cut short', 'client_data_malformed', { clientDataJSON: (text) => text.slice(0, -1) }],
  ['for another host', 'wrong_rp', { rpId: 'evil.example' }],
  ['for a parent of the host', 'wrong_rp', { rpId: 'host' }],
  ['without a touch', 'user_not_present', { flags: UV }],
  ['without user verification', 'user_not_verified', { flags: UP }],
  ['with a reserved flag', 'unexpected_flags', { flags: UP | UV | 0x02 }],
  ['that claims attested data', 'unexpected_flags', { flags: UP | UV | AT }],
  ['that claims extensions', 'unexpected_flags', { flags: UP | UV | ED }],
  ['backed up but not eligible', 'unexpected_flags', { flags: UP | UV | BS }],
  ['of a device-bound passkey that has become a synced one', 'backup_eligibility_changed', { flags: UP | UV | BE }],
  [
    'with bytes after the counter',
    'authenticator_data_malformed',
    { authenticatorData: (data) => Buffer.concat([data, Buffer.of(0xa0)]) },
  ],
  ['with a counter cut short', 'authenticator_data_malformed', { authenticatorData: (data) => data.subarray(0, 36) }],
  [
    'with the two numbers of its signature swapped',
    'signature_invalid',
    { signature: (signature) => der(...integersOf(signature).toReversed()) },
  ],
  [
    'with bytes after the signature',
    'signature_malformed',
    { signature: (signature) => Buffer.concat([signature, Buffer.of(0)]) },
  ],
  [
    'with a padded integer in the signature',
    'signature_malformed',
    {
      signature: (signature) => {
        const [r, s] = integersOf(signature)
        return der(Buffer.concat([Buffer.of(0), r]), s)
      },
    },
  ],
  [
    'with a zero in the signature',
    'signature_malformed',
    { signature: (signature) => der(Buffer.of(0), integersOf(signature)[1]) },
  ],
  ['with a signature as r || s', 'signature_malformed', { signature: () => Buffer.alloc(64, 1) }],
]
