// The golden vectors: receipts as files, with the verdict that every verifier must come to. Written once by write-vectors.ts; read here by our own
// verifier with both of its cryptographies, and by others elsewhere.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { readCanonical } from '../../src/domain/canonical.ts'
import { type TrustRoots, trustRoots } from '../../src/domain/directory.ts'
import { read } from '../../src/domain/shape.ts'
import { RECEIPT_REASONS } from '../../src/evidence/reasons.ts'
import { verifyReceipt } from '../../src/evidence/receipt.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { makeVectors } from '../support/vectors.ts'

const FOLDER = new URL('vectors/', import.meta.url)
type Expected = { readonly verdict: string; readonly reason?: string; readonly path?: string }
type Stored = { readonly about: string; readonly roots: TrustRoots; readonly receipt: unknown; readonly expected: Expected }

const places = ['valid', 'invalid'].flatMap((folder) => readdirSync(new URL(folder, FOLDER)).map((file) => `${folder}/${file}`))
const stored = new Map(
  places.map((place) => {
    // One byte form: what stands under `receipt` is the very file, cut out.
    const value = readCanonical(readFileSync(new URL(place, FOLDER)).subarray(0, -1))
    assert.ok(value !== undefined, `${place} is not canonical JSON and a line end`)
    return [place, value as unknown as Stored] as const
  }),
)

for (const [name, crypto] of [
  ['node', nodeCrypto],
  ['Web Crypto', webCrypto],
] as const)
  describe(`by the cryptography of ${name}, the verdict stands on`, () => {
    for (const [place, { roots, receipt, expected }] of stored)
      test(place, async () => {
        const trusted = read(trustRoots, roots)
        assert.ok(trusted.ok, 'its roots do not read')
        const verdict = await verifyReceipt(receipt, trusted.value, crypto)
        const said = verdict.ok
          ? { verdict: verdict.rules === 'proven' ? 'valid' : 'unproven' }
          : { verdict: 'invalid', reason: verdict.reason, path: verdict.path }
        assert.deepEqual(said, { ...expected })
      })
  })

describe('the vectors', () => {
  const reasons = new Set([...stored.values()].map(({ expected }) => expected.reason))

  test('have an attack for every reason for which a receipt can be refused', () => {
    // A bundle in a receipt is read with it, so that its own form cannot fail by itself.
    assert.deepEqual(
      RECEIPT_REASONS.filter((reason) => reason !== 'bundle_malformed' && !reasons.has(reason)),
      [],
    )
  })

  test('name their places by JSON pointers, which lead into the receipt as far as that goes', () => {
    for (const [place, { receipt, expected }] of stored) {
      const { path = '' } = expected
      assert.match(path, /^(\/([^~/]|~[01])*)*$/, place)
      const [first = ''] = path.split('/').slice(1)
      assert.ok(path === '' || first === 'openings' || Object.hasOwn(receipt as object, first), `${place}: ${path}`)
      assert.doesNotMatch(path, /\(/, place)
    }
  })

  test('lie in the folder of their verdict', () => {
    for (const [place, { expected }] of stored) assert.equal(place.startsWith('invalid/'), expected.verdict === 'invalid', place)
    assert.ok(places.filter((place) => place.startsWith('valid/')).length >= 12)
    assert.ok(places.filter((place) => place.startsWith('invalid/')).length >= 60)
  })

  test('are those that are made today: none is missing, and none is of an attack that is no more', async () => {
    const made = await makeVectors()
    assert.deepEqual([...made.keys()].sort(), places.toSorted())
    for (const [place, { expected }] of made) {
      const { expected: kept } = stored.get(place) ?? assert.fail()
      assert.equal(kept.verdict, expected.verdict, place)
      if (expected.verdict !== 'invalid') continue
      assert.equal(kept.reason, expected.reason, place)
      assert.match(kept.path ?? '', expected.path, place)
    }
  })
})
