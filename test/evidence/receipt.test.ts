// Receipts: what anybody can check afterwards with the trust roots alone, and what no holder of signatures can bend.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { TAGS, type Tag } from '../../src/domain/tags.ts'
import { EVIDENCE_REASONS, RECEIPT_REASONS } from '../../src/evidence/reasons.ts'
import { readReceiptFile, receiptText, verifyReceipt } from '../../src/evidence/receipt.ts'
import { webCrypto } from '../../src/evidence/web-crypto.ts'
import { newKey } from '../support/authenticator.ts'
import { minutes } from '../support/evidence-builder.ts'
import { receiptAttacks, without } from '../support/receipt-attacks.ts'
import { makeOpenWorld, makeReceipt, trueStatements } from '../support/receipt-builder.ts'

const made = await makeReceipt()
const { world, receipt, word } = made
const judge = (of: unknown, roots = world.roots) => verifyReceipt(of, roots, nodeCrypto)
const held = async (of: unknown) => {
  const verdict = await judge(of)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  return verdict
}

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

const BENT = receiptAttacks(made)

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

test('the written format names every tag of evidence and every reason, where it is given and in the list', async () => {
  const written = await readFile(new URL('../../docs/receipt.md', import.meta.url), 'utf8')
  const [judging = '', list = ''] = written.split('\n## 10. Reasons\n')
  const listed = [...(list.split('\n## 11.')[0] ?? '').matchAll(/`([a-z_]+)`/g)].map(([, reason]) => reason)
  // The bundle is read with the receipt, so its own form cannot be what fails.
  const given = RECEIPT_REASONS.filter((reason) => reason !== 'bundle_malformed')
  assert.deepEqual([...new Set(listed)].toSorted(), [...new Set<string>(given)].toSorted())
  assert.deepEqual(
    given.filter((reason) => !judging.includes(`\`${reason}\``)),
    [],
  )
  const evidence: readonly Tag[] = [
    'intent',
    'action',
    'rules',
    'ruleSet',
    'commitment',
    'roots',
    'directory',
    'directoryHead',
    'vouch',
    'vouchedNonce',
    'issued',
    'credential',
  ]
  for (const tag of evidence) assert.ok(written.includes(`\`${TAGS[tag]}\``), tag)
})
