// The table of negative cases holds to what it says, and the cases that belong to no other suite.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { personOfSlack } from '../../src/domain/action.ts'
import type { SignedStatement } from '../../src/evidence/bundle.ts'
import { readClientData } from '../../src/evidence/client-data.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { verifyAssertion } from '../../src/passkeys/ceremony.ts'
import { der, integersOf } from '../support/assertion-attacks.ts'
import { offering } from '../support/attack.ts'
import { answered, assertReason, owner } from '../support/ceremony.ts'
import { ACTION, makeWorld, minutes, RULES } from '../support/evidence-builder.ts'
import { NEGATIVE_CASES } from './negative-cases.ts'

/** A source on which a test or a row of attacks begins with its name in one line, and in which what is filled into a name is `…`. */
const beginningsIn = (source: string): string => source.replace(/\(\s+/g, '(').replace(/\$\{[^}]*\}/g, '…')

describe('the table of negative cases', () => {
  test('has each number from 1 to 70 once, in their order', () => {
    assert.deepEqual(
      NEGATIVE_CASES.map(({ number }) => number),
      Array.from({ length: 70 }, (_, at) => at + 1),
    )
  })

  for (const { number, attack, heldBy } of NEGATIVE_CASES)
    test(`names for ${number} (${attack}) tests that are there`, () => {
      assert.ok(heldBy.length > 0)
      for (const [file, name] of heldBy) {
        const begins = beginningsIn(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
        const found = ['test(', 'attack(', 'race(referee, '].some((call) =>
          ["'", '"', '`'].some((quote) => begins.includes(`${call}${quote}${name}${quote}`)),
        )
        assert.ok(found, `${file} has no test ${JSON.stringify(name)}`)
      }
    })
})

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
/** The other signature that the same key could have given over the same bytes. */
function mirrored(signature: Buffer): Uint8Array {
  const [r, s] = integersOf(signature)
  const bytes = Buffer.from((ORDER - BigInt(`0x${s.toString('hex')}`)).toString(16).padStart(64, '0'), 'hex')
  const minimal = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return der(r, (minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), minimal]) : minimal)
}

test('4 the answer of one person under a statement that names another is refused, whichever key is asked', async () => {
  const [bo, cy] = [owner('bo'), owner('cy')]
  assertReason(await verifyAssertion({ ...answered(cy), passkey: bo.enrolled }), 'other_passkey')
  assertReason(await verifyAssertion(answered(bo, { signWith: cy.passkey })), 'signature')
  const { keys, request, approve, question } = makeWorld()
  const named = { statement: { signer: keys.dee.signer } }
  const verdict = await verifyEvidence(question([request(), approve(keys.bo, minutes(2), named)]), nodeCrypto)
  assert.equal(verdict.ok || verdict.reason, 'other_passkey_id')
})

test('29 the other signature of the same answer (n − s) is the same word, and counts no second time', async () => {
  const bo = owner('bo')
  assert.ok((await verifyAssertion(answered(bo, { signature: mirrored }))).ok)
  const { keys, request, approve, question } = makeWorld()
  const once = approve(keys.bo)
  const signature = Buffer.from(mirrored(Buffer.from(once.assertion.signature, 'base64url'))).toString('base64url')
  const twin: SignedStatement = { ...once, assertion: { ...once.assertion, signature } }
  const alone = await verifyEvidence(question([request(), twin, approve(keys.dee, minutes(3))]), nodeCrypto)
  assert.ok(alone.ok)
  const both = await verifyEvidence(question([request(), once, twin]), nodeCrypto)
  assert.equal(both.ok || both.reason, 'nonce_reused')
})

test('39 deep JSON as client data is read or refused at once, and never a fault', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
    for (const depth of [100, 1000, 2000]) {
      const inner = `${open.repeat(depth)}1${close.repeat(depth)}`
      const began = performance.now()
      readClientData(Buffer.from(`{"x":${inner}}`))
      readClientData(Buffer.from(`{"x":${inner.slice(0, -1)}}`))
      assert.ok(performance.now() - began < 1000)
    }
})

test('59 two Slack accounts of one human ask and approve as one person', async () => {
  const people = RULES.people.map((person) =>
    person.id === 'ana' ? { ...person, slack: ['T0ACME/U0ANA', 'T0ACME/U0ALT'] } : person,
  )
  const rules = { ...offering(ACTION), people, groups: { ...RULES.groups, dba: ['ana', 'bo'] } }
  assert.equal(personOfSlack(rules, 'T0ACME', 'U0ALT')?.id, personOfSlack(rules, 'T0ACME', 'U0ANA')?.id)
  const { keys, request, approve, question } = makeWorld({ rules })
  const verdict = await verifyEvidence(question([request(), approve(keys.ana), approve(keys.dee, minutes(3))]), nodeCrypto)
  assert.equal(verdict.ok || verdict.reason, 'self_approval')
})

test('64 a word about the digest of before the change is no word about what is asked now', async () => {
  const before = makeWorld()
  const { keys, request, accept, question } = before
  const stale = accept(
    keys.bo,
    'decide',
    { role: 'approver', decision: 'approve', intents: [before.ruleSetDigest(offering({ ...ACTION, text: 'Other.' }))] },
    minutes(2),
    {},
  )
  const verdict = await verifyEvidence(question([request(), stale]), nodeCrypto)
  assert.equal(verdict.ok || verdict.reason, 'other_intent')
})
