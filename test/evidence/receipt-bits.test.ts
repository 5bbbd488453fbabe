// Every bit of a receipt with the issuer's signature: one that is flipped, a statement or a link that is dropped, doubled or put elsewhere, and the verdict is no.
// `FLIPS=all` tries every bit of every field (minutes); the usual run some of each.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { type Receipt, verifyReceipt } from '../../src/evidence/receipt.ts'
import { newKey } from '../support/authenticator.ts'
import { PROVIDER, vouched } from '../support/directory-attacks.ts'
import { minutes } from '../support/evidence-builder.ts'
import { makeOpenWorld, makeReceipt, trueStatements } from '../support/receipt-builder.ts'

const all = process.env['FLIPS'] === 'all'
const SAMPLE = all ? 'all' : Number(process.env['FLIPS'] ?? 6)

// A directory with one link of every kind that has bytes of its own: more than one signer, registrations, a vouch.
const world = makeOpenWorld()
const { directory, keys, roots } = world
directory.enrol([newKey('zoe', { algorithm: 'RS256' }), newKey('max', { algorithm: 'EdDSA' })], keys.ada)
directory.add({ operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] }, { by: [keys.ada] })
directory.add({ operation: 'provider', ...PROVIDER, effect: 'grant' }, { by: [keys.ada, keys.bo] })
directory.take(vouched({ ...directory, roots, keys }, {}, { key: newKey('eve') }))
const { receipt } = await makeReceipt(world, { statements: trueStatements(world) })
const refuses = async (of: unknown, what: string) => {
  const verdict = await verifyReceipt(of, roots, nodeCrypto)
  assert.equal(verdict.ok, false, what)
}

type Path = readonly (string | number)[]
/** Every text and number by its path, names of members included where they are digests. */
function* stored(value: unknown, path: Path = []): Generator<readonly [path: Path, value: string | number]> {
  if (typeof value === 'string' || typeof value === 'number') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) yield* stored(member, [...path, Array.isArray(value) ? Number(key) : key])
}
function put(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by
  if (Array.isArray(value)) return value.with(Number(key), put(value[Number(key)], rest, by))
  return { ...(value as object), [key]: put((value as Record<string, unknown>)[key], rest, by) }
}
/** Bits of a number as an integer of up to 53 bits, of bytes as they were stored, of an opened text as it is written. */
const bitsOf = (path: Path, value: string | number): number =>
  typeof value === 'number' ? 52 : Buffer.from(value, path.at(-1) === 'value' ? 'utf8' : 'base64url').length * 8
function flip(path: Path, value: string | number, bit: number): string | number {
  if (typeof value === 'number') return Number(BigInt(value) ^ (1n << BigInt(bit)))
  const spelling = path.at(-1) === 'value' ? 'utf8' : 'base64url'
  const bytes = Buffer.from(value, spelling)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return bytes.toString(spelling)
}

test('the receipt whose bits are flipped is a true one', async () => {
  const verdict = await verifyReceipt(receipt, roots, nodeCrypto)
  assert.ok(verdict.ok && verdict.rules === 'proven', JSON.stringify(verdict))
})

test(`no bit of any stored bytes and no number of a receipt can be flipped: ${SAMPLE} of each field`, async () => {
  const places = [...stored(receipt)]
  assert.ok(places.length > 100)
  for (const [path, value] of places) {
    const bits = bitsOf(path, value)
    const some = Array.from({ length: Number(SAMPLE) }, () => Math.floor(Math.random() * bits))
    for (const bit of all ? Array(bits).keys() : new Set([0, ...some, bits - 1]))
      await refuses(put(receipt, path, flip(path, value, bit)), `bit ${bit} of /${path.join('/')}`)
  }
})

test('no digest by which a note is named can be another', async () => {
  for (const [digest, opening] of Object.entries(receipt.openings.notes))
    for (let bit = 0; bit < 256; bit += all ? 1 : 16) {
      const notes = { [String(flip([], digest, bit))]: opening }
      await refuses({ ...receipt, openings: { ...receipt.openings, notes } }, `bit ${bit} of the name`)
    }
})

describe('of what a receipt lists nothing can be', () => {
  const { bundle } = receipt
  const bundled = (over: Partial<Receipt['bundle']>): Receipt => ({ ...receipt, bundle: { ...bundle, ...over } })
  const lists: readonly (readonly [name: string, list: readonly unknown[], put: (list: readonly unknown[]) => unknown])[] = [
    ['links of the directory', bundle.directory, (list) => bundled({ directory: list as never })],
    ['statements', bundle.statements, (list) => bundled({ statements: list as never })],
    ['rule sets', bundle.rule_sets, (list) => bundled({ rule_sets: list as never })],
    ...bundle.directory.flatMap((link, at) => {
      const linked = (over: object) => bundled({ directory: bundle.directory.with(at, { ...link, ...over }) })
      return [
        [`signers of link ${at}`, link.statements, (list: readonly unknown[]) => linked({ statements: list })],
        [`registrations of link ${at}`, link.registrations, (list: readonly unknown[]) => linked({ registrations: list })],
      ] as const
    }),
  ]
  for (const [name, list, put] of lists.filter(([, list]) => list.length > 0)) {
    test(`dropped: ${name}`, async () => {
      for (const at of list.keys()) await refuses(put(list.toSpliced(at, 1)), `${at} dropped`)
    })
    test(`doubled: ${name}`, async () => {
      for (const at of list.keys()) await refuses(put(list.toSpliced(at, 0, list[at])), `${at} doubled`)
    })
  }

  test('in another order: the links of the directory', async () => {
    for (const at of bundle.directory.keys())
      for (const to of bundle.directory.keys()) {
        if (at === to) continue
        const [link] = bundle.directory.slice(at, at + 1)
        await refuses(bundled({ directory: bundle.directory.toSpliced(at, 1).toSpliced(to, 0, link as never) }), `${at} at ${to}`)
      }
  })

  test('taken from another life: its statements, its directory, its rules, its word', async () => {
    const other = (await makeReceipt(makeOpenWorld(), { now: minutes(4) })).receipt
    for (const name of ['intent', 'statements', 'directory'] as const)
      await refuses(bundled({ [name]: other.bundle[name] }), name)
    await refuses({ ...receipt, issued: other.issued }, 'the word')
  })
})
