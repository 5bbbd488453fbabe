// Attacks on a receipt beside its evidence: each row bends one part of a true one, and says the first reason that must refuse it.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { commit } from '../../src/crypto.ts'
import type { Canonical } from '../../src/domain/canonical.ts'
import type { ReceiptReason } from '../../src/evidence/reasons.ts'
import type { Receipt } from '../../src/evidence/receipt.ts'
import { minutes, RULES } from './evidence-builder.ts'
import { CUSTOMER, digestOfSigned, makeOpenWorld, type makeReceipt, REASON, signIssued } from './receipt-builder.ts'

export type ReceiptAttack = readonly [name: string, reason: ReceiptReason, path: RegExp, make: () => unknown]

/** An object without one of its members. */
export const without = <O extends object, K extends keyof O>(object: O, key: K): Omit<O, K> => {
  const { [key]: _, ...rest } = object
  return rest
}

/** The attacks on this receipt, which must be a true one of an open world with everything opened. */
export function receiptAttacks({ world, receipt, word }: Awaited<ReturnType<typeof makeReceipt>>): readonly ReceiptAttack[] {
  const spoken = (bend: { readonly [member: string]: Canonical }): Receipt => ({
    ...receipt,
    issued: signIssued({ ...word, ...bend } as Canonical),
  })
  const bundled = (over: object): unknown => ({ ...receipt, bundle: { ...receipt.bundle, ...over } })
  const opened = (over: object): unknown => ({ ...receipt, openings: { ...receipt.openings, ...over } })
  const at = (index: number) => receipt.bundle.statements[index] ?? assert.fail()
  const other = commit('The disk is empty').opening
  const unused = world.ruleSetBytes({ ...RULES, auditors: ['ada'] })
  return [
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
    [
      'a word that leaves out a statement',
      'issued_differs',
      /statements$/,
      () => spoken({ statements: word.statements.slice(1) }),
    ],
    [
      'a word that names a statement’s time otherwise',
      'issued_differs',
      /statements\/0\/accepted_at/,
      () =>
        spoken({ statements: word.statements.with(0, { ...(word.statements[0] ?? assert.fail()), accepted_at: minutes(0) }) }),
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
}
