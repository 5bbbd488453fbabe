import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import type { Bundle } from '../../src/evidence/bundle.ts'
import { type Granted, verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { newKey } from '../support/authenticator.ts'
import { makeWorld, minutes } from '../support/evidence-builder.ts'
import { digestOfSigned } from '../support/receipt-builder.ts'

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

type Path = readonly (string | number)[]
/** Every text of a bundle that is bytes in base64url, and every number, by its path. */
function* fieldsOf(value: unknown, path: Path = []): Generator<readonly [Path, string | number]> {
  if (typeof value === 'string' || typeof value === 'number') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) yield* fieldsOf(member, [...path, Array.isArray(value) ? Number(key) : key])
}

/** A copy in which the value at the path is another. */
function withValue(value: unknown, [key, ...rest]: Path, by: string | number): unknown {
  if (key === undefined) return by
  if (Array.isArray(value)) return value.with(Number(key), withValue(value[Number(key)], rest, by))
  return { ...(value as object), [key]: withValue((value as Record<string, unknown>)[key], rest, by) }
}

const flipped = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'base64url')
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return bytes.toString('base64url')
}

const flippedNumber = (value: number, bit: number): number => Number(BigInt(value) ^ (1n << BigInt(bit)))
const BITS_OF_A_NUMBER = 53

const fields = [...fieldsOf(bundle)]
const texts = fields.flatMap(([path, value]) => (typeof value === 'string' ? [[path, value] as const] : []))
const numbers = fields.flatMap(([path, value]) => (typeof value === 'number' ? [[path, value] as const] : []))
const each = Math.ceil(SAMPLE / texts.length)
const judge = (path: Path, by: string | number) =>
  verifyEvidence({ ...question, bundle: withValue(bundle, path, by) }, nodeCrypto)

test('the bundle whose bits are flipped is a true one', async () => {
  assert.ok((await verifyEvidence(question, nodeCrypto)).ok)
})

test(`no bit of any stored bytes can be flipped: ${SAMPLE === Infinity ? 'all' : SAMPLE} of them, some in each field`, async () => {
  for (const [path, text] of texts) {
    const bits = Buffer.from(text, 'base64url').length * 8
    const tried = each === Infinity ? bits : each
    for (let count = 0; count < tried; count += 1) {
      const bit = each === Infinity ? count : Math.floor(Math.random() * bits)
      const verdict = await judge(path, flipped(text, bit))
      assert.equal(verdict.ok, false, `bit ${bit} of /${path.join('/')}`)
    }
  }
})

/** When each statement that counts was accepted, as the verdict says it. */
const timesIn = ({ holders, approvals }: Granted): Map<string, number> =>
  new Map([...holders, ...approvals].map(({ statement, acceptedAt }) => [statement, acceptedAt]))

test('no number can be flipped, but for the time of a statement: no signature carries that, and the verdict says the one it found', async () => {
  const digests = bundle.statements.map(digestOfSigned)
  const before = await verifyEvidence(question, nodeCrypto)
  assert.ok(before.ok)
  assert.deepEqual([...timesIn(before).keys()].toSorted(), digests.toSorted())
  const names = new Set(numbers.map(([path]) => path.at(-1)))
  assert.deepEqual(names, new Set(['v', 'accepted_at', 'sequence']))
  for (const [path, value] of numbers) {
    const some = Array.from({ length: Math.min(each, BITS_OF_A_NUMBER) }, () => Math.floor(Math.random() * BITS_OF_A_NUMBER))
    for (const bit of each === Infinity ? Array(BITS_OF_A_NUMBER).keys() : new Set([0, ...some, BITS_OF_A_NUMBER - 1])) {
      const at = `bit ${bit} of /${path.join('/')}`
      const number = flippedNumber(value, bit)
      const verdict = await judge(path, number)
      const [list, index, name] = path
      const isTime = list === 'statements' && name === 'accepted_at'
      if (!isTime || !verdict.ok) assert.equal(verdict.ok, false, at)
      else assert.deepEqual(timesIn(verdict), new Map(timesIn(before)).set(digests[Number(index)] ?? '', number), at)
    }
  }
})

test('no stored bytes have a second spelling', async () => {
  for (const [path, text] of texts) {
    for (const spelled of [`${text}=`, `${text}A`, ` ${text}`, `${text}\n`, text.slice(0, -1)]) {
      const verdict = await judge(path, spelled)
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
