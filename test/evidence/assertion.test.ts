import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { digestOf, nodeCrypto } from '../../src/crypto.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { judgeAssertion } from '../../src/evidence/assertion.ts'
import type { Assertion } from '../../src/evidence/bundle.ts'
import { ASSERTION_REASONS, type AssertionReason } from '../../src/evidence/reasons.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { type Algorithm, FLAGS, type Twist } from '../../src/sandbox/authenticator.ts'
import { newKey, SITE } from '../support/authenticator.ts'

const roots = { issuer: SITE.origin, rp_id: SITE.rpId }
const bytes = canonicalBytes({ says: 'yes' })
const key = newKey('bo')
const judge = (assertion: Assertion, by = key, crypto = nodeCrypto) =>
  judgeAssertion({ kind: 'decide', bytes, assertion, passkey: by.passkey }, roots, crypto)

const { userPresent: UP, userVerified: UV, backupEligible: BE, backedUp: BS, attested: AT, extended: ED } = FLAGS
const replaced = (from: string, to: string) => (text: string) => text.replace(from, to)
/** DER of the integers as they are given, without repair. */
const der = (...integers: Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(integers.map((integer) => Buffer.concat([Buffer.from([2, integer.length]), integer])))
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}
const integersOf = (signature: Buffer): [Buffer, Buffer] => {
  const length = signature[3] ?? 0
  return [signature.subarray(4, 4 + length), signature.subarray(6 + length)]
}

const TWISTS: readonly (readonly [name: string, reason: AssertionReason, twist: Twist])[] = [
  ['that names another passkey', 'other_passkey_id', { id: newKey('bo').passkey.id }],
  ['of a registration ceremony', 'wrong_ceremony', { type: 'webauthn.create' }],
  ['of a payment', 'wrong_ceremony', { type: 'payment.get' }],
  ['over another statement', 'wrong_challenge', { challenge: digestOf('statement/decide', canonicalBytes({ says: 'no' })) }],
  ['over the same bytes for another purpose', 'wrong_challenge', { challenge: digestOf('statement/revoke', bytes) }],
  ['over a padded challenge', 'wrong_challenge', { challenge: `${digestOf('statement/decide', bytes)}=` }],
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

describe('an assertion is refused', () => {
  for (const [name, reason, twist] of TWISTS) {
    test(`${name}: ${reason}`, async () => {
      const verdict = await judge(key.assert('decide', bytes, twist))
      assert.ok(!verdict.ok, 'it was believed')
      assert.equal(verdict.reason, reason)
    })
  }

  for (const member of ['client_data_json', 'authenticator_data', 'signature'] as const) {
    test(`in another base64url spelling of its ${member}: assertion_malformed`, async () => {
      const assertion = key.assert('decide', bytes)
      const verdict = await judge({ ...assertion, [member]: `${assertion[member]}==` })
      assert.deepEqual(verdict, { ok: false, reason: 'assertion_malformed', path: `/${member}` })
    })
  }

  test('and every reason has an attack here', () => {
    const attacked = new Set<AssertionReason>(['assertion_malformed', ...TWISTS.map(([, reason]) => reason)])
    assert.deepEqual(
      ASSERTION_REASONS.filter((reason) => !attacked.has(reason)),
      [],
    )
  })

  test('when a synced passkey answers as a device-bound one', async () => {
    const synced = newKey('bo', { synced: true })
    const verdict = await judge(synced.assert('decide', bytes, { flags: UP | UV }), synced)
    assert.ok(!verdict.ok && verdict.reason === 'backup_eligibility_changed')
  })
})

describe('an honest assertion is believed', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] satisfies Algorithm[]) {
    test(`of ${algorithm}, by node:crypto and by Web Crypto, and by neither under another key`, async () => {
      const own = newKey('bo', { algorithm })
      const other = newKey('bo', { algorithm, id: own.passkey.id })
      for (const crypto of [nodeCrypto, webCrypto]) {
        assert.deepEqual(await judge(own.assert('decide', bytes, { signCount: 7 }), own, crypto), {
          ok: true,
          signCount: 7,
          backedUp: false,
        })
        const foreign = await judge(own.assert('decide', bytes), other, crypto)
        assert.ok(!foreign.ok && foreign.reason === 'signature_invalid')
      }
    })
  }

  test('of a synced passkey, backed up or not', async () => {
    const synced = newKey('bo', { synced: true })
    const verdict = await judge(synced.assert('decide', bytes, { flags: UP | UV | BE | BS }), synced)
    assert.ok(verdict.ok && verdict.backedUp)
    assert.ok((await judge(synced.assert('decide', bytes), synced)).ok)
  })

  test('with members that browsers add, and without crossOrigin', async () => {
    const clientData = {
      other_keys_can_be_added_here: 'do not compare clientDataJSON against a template',
      crossOrigin: undefined,
    }
    assert.ok((await judge(key.assert('decide', bytes, { clientData }))).ok)
  })

  test('whichever of its two mathematical signatures the authenticator chose', async () => {
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
    const twin = (signature: Buffer) => {
      const [r, s] = integersOf(signature)
      const mirrored = Buffer.from((order - BigInt(`0x${s.toString('hex')}`)).toString(16).padStart(64, '0'), 'hex')
      const start = mirrored.findIndex((byte) => byte !== 0)
      const minimal = mirrored.subarray(start)
      return der(r, (minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), minimal]) : minimal)
    }
    assert.ok((await judge(key.assert('decide', bytes, { signature: twin }))).ok)
  })
})

test('what an assertion signs is the SHA-256 that an auditor computes by hand', async () => {
  const { client_data_json } = key.assert('decide', bytes)
  const { challenge } = JSON.parse(Buffer.from(client_data_json, 'base64url').toString())
  const byHand = createHash('sha256').update('countersign/statement/decide/v1\0').update('{"says":"yes"}').digest('base64url')
  assert.equal(challenge, byHand)
})
