import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, newId } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { MAX_CLAIM_BYTES, readClaim } from '../../src/domain/claim.ts'
import { newNonce } from '../support/authenticator.ts'
import { holdFormat } from '../support/formats.ts'

const digest = digestOf('holder', Buffer.from('x'))
const example = {
  v: 1,
  realm: `sandbox:${newId()}`,
  intent: digest,
  holder: digest,
  encrypt: digest,
  nonce: newNonce(),
  number: 1,
  material: { kind: 'jwt' },
}
holdFormat('claim', readClaim, example, MAX_CLAIM_BYTES)

const accepts = (bent: { readonly [member: string]: Canonical }) => readClaim(canonicalBytes({ ...example, ...bent })).ok

test('credentials are numbered from one, within bounds', () => {
  assert.deepEqual(
    [0, 1, 1000, 1001].map((number) => accepts({ number })),
    [false, true, true, false],
  )
})

test('material is of a kind that is made here, with that kind’s members alone', () => {
  assert.equal(accepts({ material: { kind: 'password' } }), false)
  assert.equal(accepts({ material: { kind: 'jwt', secret: 'x' } }), false)
})

test('a nonce too short to be the issuer’s is refused', () => {
  assert.equal(accepts({ nonce: 'n'.repeat(39) }), false)
  assert.equal(accepts({ nonce: 'n'.repeat(121) }), false)
})
