import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import type { Bundle } from '../../src/evidence/bundle.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { newKey } from '../support/authenticator.ts'
import { makeWorld, minutes } from '../support/evidence-builder.ts'

/** Of each field so many bits; `FLIPS=all` takes every one. */
const SAMPLE = process.env['FLIPS'] === 'all' ? Infinity : Number(process.env['FLIPS'] ?? 200)
assert.ok(SAMPLE > 0, 'FLIPS is a number of bits, or all')

const world = makeWorld()
world.directory.enrol([newKey('zoe', { algorithm: 'RS256' }), newKey('max', { algorithm: 'EdDSA' })], world.keys.ada)
world.directory.add(
  { operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] },
  { by: [world.keys.ada] },
)
const question = world.question(undefined, { purpose: 'claim', now: minutes(4) })
const bundle = question.bundle as Bundle

/** Every text of a bundle that is bytes in base64url, by its path. */
function* byteFields(
  value: unknown,
  path: readonly (string | number)[] = [],
): Generator<readonly [readonly (string | number)[], string]> {
  if (typeof value === 'string') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value))
    yield* byteFields(member, [...path, Array.isArray(value) ? Number(key) : key])
}

/** A copy in which the text at the path is another. */
function withText(value: unknown, [key, ...rest]: readonly (string | number)[], text: string): unknown {
  if (key === undefined) return text
  if (Array.isArray(value)) return value.with(Number(key), withText(value[Number(key)], rest, text))
  return { ...(value as object), [key]: withText((value as Record<string, unknown>)[key], rest, text) }
}

const flipped = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'base64url')
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return bytes.toString('base64url')
}

const fields = [...byteFields(bundle)]

test('the bundle whose bits are flipped is a true one', async () => {
  assert.ok((await verifyEvidence(question, nodeCrypto)).ok)
})

test(`no bit of any stored bytes can be flipped: ${SAMPLE === Infinity ? 'all' : SAMPLE} of them, some in each field`, async () => {
  const each = Math.ceil(SAMPLE / fields.length)
  for (const [path, text] of fields) {
    const bits = Buffer.from(text, 'base64url').length * 8
    const tried = each === Infinity ? bits : each
    for (let count = 0; count < tried; count += 1) {
      const bit = each === Infinity ? count : Math.floor(Math.random() * bits)
      const verdict = await verifyEvidence({ ...question, bundle: withText(bundle, path, flipped(text, bit)) }, nodeCrypto)
      assert.equal(verdict.ok, false, `bit ${bit} of /${path.join('/')}`)
    }
  }
})

test('no stored bytes have a second spelling', async () => {
  for (const [path, text] of fields) {
    for (const spelled of [`${text}=`, `${text}A`, ` ${text}`, `${text}\n`, text.slice(0, -1)]) {
      const verdict = await verifyEvidence({ ...question, bundle: withText(bundle, path, spelled) }, nodeCrypto)
      assert.equal(verdict.ok, false, `${JSON.stringify(spelled.slice(-4))} at the end of /${path.join('/')}`)
    }
  }
})

test('no member of a bundle can be left out, doubled or be of another type', async () => {
  for (const name of Object.keys(bundle) as (keyof Bundle)[]) {
    const { [name]: _, ...rest } = bundle
    for (const bent of [rest, { ...bundle, [name]: null }, { ...bundle, [name]: {} }, { ...bundle, [name]: [bundle[name]] }]) {
      assert.equal((await verifyEvidence({ ...question, bundle: bent }, nodeCrypto)).ok, false, name)
    }
  }
  for (const bent of [null, [], 'bundle', 1, undefined])
    assert.equal((await verifyEvidence({ ...question, bundle: bent }, nodeCrypto)).ok, false)
})
