// Receipts: what anybody can check afterwards with the trust roots alone, and what no holder of signatures can bend.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { commit, nodeCrypto } from '../../src/crypto.ts'
import type { Canonical } from '../../src/domain/canonical.ts'
import { EVIDENCE_REASONS, RECEIPT_REASONS } from '../../src/evidence/reasons.ts'
import { type Receipt, readReceiptFile, receiptText, verifyReceipt } from '../../src/evidence/receipt.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { newKey } from '../support/authenticator.ts'
import { minutes, RULES } from '../support/evidence-builder.ts'
import {
  CUSTOMER,
  digestOfSigned,
  makeOpenWorld,
  makeReceipt,
  REASON,
  signIssued,
  trueStatements,
} from '../support/receipt-builder.ts'

const made = await makeReceipt()
const { world, receipt, word } = made
const judge = (of: unknown, roots = world.roots) => verifyReceipt(of, roots, nodeCrypto)
const held = async (of: unknown) => {
  const verdict = await judge(of)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  return verdict
}
const spoken = (bend: { readonly [member: string]: Canonical }): Receipt => ({
  ...receipt,
  issued: signIssued({ ...word, ...bend } as Canonical),
})

describe('a true receipt', () => {
  test('is valid in node and in a browser’s cryptography, with the same verdict', async () => {
    const verdict = await held(receipt)
    assert.equal(verdict.rules, 'proven')
    assert.equal(verdict.reason, 'The disk is full')
    assert.deepEqual([...verdict.parameters], [['customer', 'Customer 4711']])
    assert.deepEqual(
      verdict.said.map(({ statement, note }) => [statement.signer.person, statement.decision, note]),
      [
        ['ana', 'confirm', undefined],
        ['bo', 'approve', 'Only the read replica, please'],
        ['dee', 'approve', undefined],
      ],
    )
    const other = await verifyReceipt(receipt, world.roots, webCrypto)
    assert.ok(other.ok)
    assert.deepEqual(other.granted, verdict.granted)
  })

  test('is valid without openings, which says nothing about whether they are erased', async () => {
    const verdict = await held({ ...receipt, openings: { parameters: {}, notes: {} } })
    assert.equal(verdict.reason, undefined)
    assert.equal(verdict.rules, 'proven')
  })

  test('without the issuer’s word proves the signatures and not the rules', async () => {
    const { issued: _, ...bare } = receipt
    const verdict = await held(bare)
    assert.equal(verdict.rules, 'unproven')
    assert.deepEqual(verdict.judged, { ruleSet: word.rule_set, now: minutes(3), purpose: 'renewal' })
  })

  test('of a further credential is valid by the same statements', async () => {
    const renewed = await makeReceipt(world, { purpose: 'renewal', now: minutes(9) })
    assert.ok((await judge(renewed.receipt)).ok)
  })

  test('is a file of one form: canonical, with at most one line end', () => {
    const file = receiptText(receipt)
    assert.deepEqual(readReceiptFile(Buffer.from(file)), receipt)
    assert.deepEqual(readReceiptFile(Buffer.from(file.trimEnd())), receipt)
    for (const bent of [
      `${file}\n`,
      ` ${file}`,
      `\uFEFF${file}`,
      JSON.stringify(receipt, null, 2),
      file.replace('"v":1}', '"v":1,"v":1}'),
      '',
    ])
      assert.equal(readReceiptFile(Buffer.from(bent)), undefined)
  })
})

const without = <O extends object, K extends keyof O>(object: O, key: K): Omit<O, K> => {
  const { [key]: _, ...rest } = object
  return rest
}
const bundled = (over: object): unknown => ({ ...receipt, bundle: { ...receipt.bundle, ...over } })
const opened = (over: object): unknown => ({ ...receipt, openings: { ...receipt.openings, ...over } })
const at = (index: number) => receipt.bundle.statements[index] ?? assert.fail()
const other = commit('The disk is empty').opening
const unused = world.ruleSetBytes({ ...RULES, auditors: ['ada'] })

type Bent = readonly [name: string, reason: (typeof RECEIPT_REASONS)[number], path: RegExp, make: () => unknown]
const BENT: readonly Bent[] = [
  ['no openings at all', 'receipt_malformed', /openings/, () => without(receipt, 'openings')],
  ['a member that it does not know', 'receipt_malformed', /verdict/, () => ({ ...receipt, verdict: 'valid' })],
  [
    'a word that is not base64url',
    'issued_malformed',
    /body/,
    () => ({ ...receipt, issued: { ...receipt.issued, body: 'AAB' } }),
  ],
  [
    'a signature that is not base64url',
    'issued_malformed',
    /signature/,
    () => ({ ...receipt, issued: { ...receipt.issued, signature: 'AAB' } }),
  ],
  ['a signed word of another form', 'issued_malformed', /body.*verdict/, () => spoken({ verdict: 'valid' })],
  [
    'a word by a key that the roots do not pin',
    'issued_signature_invalid',
    /signature/,
    () => ({ ...receipt, issued: signIssued(word as Canonical, generateKeyPairSync('ed25519').privateKey) }),
  ],
  ['the word of another realm', 'foreign_realm', /realm/, () => spoken({ realm: makeOpenWorld().roots.realm })],
  ['the word of another era', 'other_era', /era/, () => spoken({ era: 2 })],
  [
    'a rule set that nothing names',
    'rule_set_unused',
    /rule_sets\/1/,
    () => bundled({ rule_sets: [...receipt.bundle.rule_sets, unused] }),
  ],
  [
    'a directory that ends too early',
    'directory_ends_elsewhere',
    /directory/,
    () => bundled({ directory: receipt.bundle.directory.slice(0, 1) }),
  ],
  ['a word about another intent', 'issued_differs', /intent/, () => spoken({ intent: word.rule_set })],
  ['a word that leaves out a statement', 'issued_differs', /statements$/, () => spoken({ statements: word.statements.slice(1) })],
  [
    'a word that names a statement’s time otherwise',
    'issued_differs',
    /statements\/0\/accepted_at/,
    () => spoken({ statements: word.statements.with(0, { ...(word.statements[0] ?? assert.fail()), accepted_at: minutes(0) }) }),
  ],
  [
    'a word that names a statement’s rules otherwise',
    'issued_differs',
    /statements\/0\/rule_set/,
    () => spoken({ statements: word.statements.with(0, { ...(word.statements[0] ?? assert.fail()), rule_set: word.intent }) }),
  ],
  [
    'a word that names a statement’s directory otherwise',
    'issued_differs',
    /statements\/0\/directory/,
    () =>
      spoken({
        statements: word.statements.with(0, {
          ...(word.statements[0] ?? assert.fail()),
          directory: { sequence: 2, head: word.intent },
        }),
      }),
  ],
  [
    'a word that counts an approval for another group',
    'issued_differs',
    /approvals/,
    () => spoken({ approvals: word.approvals.map((one) => ({ ...one, group: 'dba' })) }),
  ],
  [
    'a word about a second credential that was claimed first',
    'issued_differs',
    /number/,
    () => spoken({ credential: { ...word.credential, number: 2 } }),
  ],
  [
    'a word about the credential of another number',
    'issued_differs',
    /credential\/id/,
    () => spoken({ credential: { ...word.credential, id: '0'.repeat(26) } }),
  ],
  [
    'a credential that was made before it was judged',
    'issued_differs',
    /issued_at/,
    () => spoken({ issued_at: word.judged_at - 1 }),
  ],
  [
    'a lease longer than an approver allowed',
    'issued_differs',
    /expires_at/,
    () => spoken({ expires_at: word.judged_at + 900_000 }),
  ],
  [
    'a time at which the confirmation was too old',
    'confirmation_too_old',
    /bundle\/statements/,
    () => spoken({ judged_at: minutes(17), issued_at: minutes(17) }),
  ],
  [
    'a statement left out, and a word that knows it',
    'quorum_missing',
    /bundle\/statements/,
    () => bundled({ statements: receipt.bundle.statements.slice(0, 2) }),
  ],
  [
    'a recorded time that was bent',
    'issued_differs',
    /accepted_at/,
    () => bundled({ statements: receipt.bundle.statements.with(0, { ...at(0), accepted_at: minutes(1) + 1 }) }),
  ],
  [
    'the time of a directory change that was bent',
    'directory_ends_elsewhere',
    /directory/,
    () =>
      bundled({
        directory: receipt.bundle.directory.map((link, index) =>
          index === 1 ? { ...link, accepted_at: link.accepted_at + 1 } : link,
        ),
      }),
  ],
  [
    'another value for the reason',
    'opening_differs',
    /reason/,
    () => opened({ reason: { ...REASON.opening, value: other.value } }),
  ],
  ['another salt for the reason', 'opening_differs', /reason/, () => opened({ reason: other })],
  [
    'a lone surrogate for the reason',
    'opening_differs',
    /reason/,
    () => opened({ reason: { ...REASON.opening, value: '\ud800' } }),
  ],
  ['another value for a parameter', 'opening_differs', /customer/, () => opened({ parameters: { customer: other } })],
  [
    'an opening of a parameter that there is not',
    'opening_unknown',
    /service/,
    () => opened({ parameters: { customer: CUSTOMER.opening, service: other } }),
  ],
  ['another value for a note', 'opening_differs', /notes/, () => opened({ notes: { [digestOfSigned(at(1))]: other } })],
  [
    'a note of a statement that has none',
    'opening_unknown',
    /notes/,
    () => opened({ notes: { [digestOfSigned(at(2))]: other } }),
  ],
]

describe('a receipt is refused that holds', () => {
  for (const [name, reason, path, make] of BENT)
    test(`${name}: ${reason}`, async () => {
      const verdict = await judge(make())
      assert.ok(!verdict.ok, 'it was taken')
      assert.equal(verdict.reason, reason, verdict.path)
      assert.match(verdict.path, path)
    })

  test('and every reason of a receipt has an attack here', () => {
    const evidence = new Set<string>(EVIDENCE_REASONS)
    const attacked = new Set<string>(BENT.map(([, reason]) => reason))
    assert.deepEqual(
      RECEIPT_REASONS.filter((reason) => !evidence.has(reason) && !attacked.has(reason)),
      [],
    )
  })
})

test('a receipt without a word ends its directory where its last statement stood', async () => {
  const grown = makeOpenWorld()
  const statements = trueStatements(grown)
  grown.directory.enrol([newKey('zoe')], grown.keys.ada)
  const bare = without((await makeReceipt(grown, { statements })).receipt, 'issued')
  const verdict = await verifyReceipt(bare, grown.roots, nodeCrypto)
  assert.equal(verdict.ok || verdict.reason, 'directory_ends_elsewhere')
})

test('a receipt under other roots, and one that is nothing, is refused', async () => {
  assert.equal((await judge(receipt, makeOpenWorld().roots)).ok, false)
  for (const nothing of [null, undefined, 1, '', [], {}]) {
    const verdict = await judge(nothing)
    assert.equal(verdict.ok || verdict.reason, 'receipt_malformed')
  }
})

/** Every text of base64url bytes, and every number, by its path. */
function* stored(
  value: unknown,
  path: readonly (string | number)[] = [],
): Generator<readonly [path: readonly (string | number)[], value: string | number]> {
  if (typeof value === 'string' || typeof value === 'number') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) yield* stored(member, [...path, Array.isArray(value) ? Number(key) : key])
}
function put(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by
  if (Array.isArray(value)) return value.with(Number(key), put(value[Number(key)], rest, by))
  return { ...(value as object), [key]: put((value as Record<string, unknown>)[key], rest, by) }
}
function flip(value: string | number, bit: number): string | number {
  if (typeof value === 'number') return value ^ 1
  const bytes = Buffer.from(value, 'base64url')
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return bytes.toString('base64url')
}

test('no bit of any stored bytes and no number of a receipt can be flipped', async () => {
  const places = [...stored(receipt)].filter(([path]) => path.at(-1) !== 'value')
  assert.ok(places.length > 60)
  for (const [path, value] of places) {
    const bits = typeof value === 'number' ? 1 : Buffer.from(value, 'base64url').length * 8
    for (const bit of new Set([0, Math.floor(Math.random() * bits), Math.floor(Math.random() * bits), bits - 1])) {
      const verdict = await judge(put(receipt, path, flip(value, bit)))
      assert.equal(verdict.ok, false, `bit ${bit} of /${path.join('/')}`)
    }
  }
})
