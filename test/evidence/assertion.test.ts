import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { judgeAssertion } from '../../src/evidence/assertion.ts'
import type { Assertion } from '../../src/evidence/bundle.ts'
import { ASSERTION_REASONS, type AssertionReason } from '../../src/evidence/reasons.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { type Algorithm, FLAGS } from '../../src/sandbox/authenticator.ts'
import { der, integersOf, SAYING, TWISTS } from '../support/assertion-attacks.ts'
import { newKey, SITE } from '../support/authenticator.ts'

const roots = { issuer: SITE.origin, rp_id: SITE.rpId }
const bytes = SAYING
const key = newKey('bo')
const judge = (assertion: Assertion, by = key, crypto = nodeCrypto) =>
  judgeAssertion({ kind: 'decide', bytes, assertion, passkey: by.passkey }, roots, crypto)

const { userPresent: UP, userVerified: UV, backupEligible: BE, backedUp: BS } = FLAGS

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
