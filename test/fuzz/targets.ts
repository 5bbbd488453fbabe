// Every reader of hostile bytes, with true inputs to start from, and what must hold of each answer besides that it comes: a typed refusal, or a value that the
// same bytes mean and no others.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readCertificate } from '../../src/certificates/certificate.ts'
import { type RuleSet, ruleSet } from '../../src/domain/action.ts'
import { base64urlLength, decodeBase64url, encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes, readCanonical } from '../../src/domain/canonical.ts'
import { readClaim, readGiveBack } from '../../src/domain/claim.ts'
import { readDirectoryChange, readVouch, trustRoots } from '../../src/domain/directory.ts'
import { readIntent } from '../../src/domain/intent.ts'
import { readIssued } from '../../src/domain/issued.ts'
import { type Read, read, type Shape } from '../../src/domain/shape.ts'
import { readStatement } from '../../src/domain/statement.ts'
import { tagged } from '../../src/domain/tags.ts'
import { readClientData } from '../../src/evidence/client-data.ts'
import { p1363FromDer } from '../../src/evidence/crypto.ts'
import { coseFromKey, keyFromCose } from '../../src/passkeys/cose.ts'
import { judgeNonce, makeNonce } from '../../src/passkeys/nonce.ts'
import { NOON } from '../support/evidence-builder.ts'
import { CEREMONY_TARGETS } from './ceremony-targets.ts'
import { readCorpus } from './corpus.ts'
import { EVIDENCE_TARGETS } from './evidence-targets.ts'
import type { Came, Target } from './target.ts'

const canonical = (value: unknown): Uint8Array => canonicalBytes(value as Canonical)
/** Of a reader that takes bytes as they are: nothing stands before it. */
const came = (found: unknown): Came => (found === undefined ? 'inside' : 'through')
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

/** The one byte form of what was read is what was given. */
function isWhatItSays<T>(found: Read<T>, bytes: Uint8Array): Came {
  if (found.ok) {
    assert.ok(Buffer.from(canonical(found.value)).equals(bytes), 'read from bytes that are not its own')
    return 'through'
  }
  assert.ok(
    typeof found.path === 'string' && found.path !== '' && typeof found.problem === 'string',
    'a refusal without place or problem',
  )
  // In no canonical form there is nothing to read.
  return readCanonical(bytes) === undefined ? 'outside' : 'inside'
}
const reader = (
  name: string,
  parts: number,
  readFormat: (bytes: Uint8Array) => Read<unknown>,
  seeds: readonly Uint8Array[],
): Target => {
  for (const seed of seeds) assert.ok(readFormat(seed).ok, `the example of ${name} is none`)
  return { name, parts, seeds, take: (bytes) => isWhatItSays(readFormat(bytes), bytes) }
}
const shaped =
  <T>(shape: Shape<T>) =>
  (bytes: Uint8Array): Read<T> => {
    const value = readCanonical(bytes)
    return value === undefined ? { ok: false, path: '(whole)', problem: 'is not canonical JSON' } : read(shape, value)
  }
const corpus = readCorpus()
const { receipt, word, office } = corpus
const statements = receipt.bundle.statements.map(({ statement }) => bytesOf(statement))
const { links } = office
const nonceKey = Buffer.alloc(32, 7)
// As the issuer makes them, but for what is random in it.
const body = Buffer.concat([Buffer.from(makeNonce(nonceKey, new Date(NOON)), 'base64url').subarray(0, 6), Buffer.alloc(18, 3)])
const mac = createHmac('sha256', nonceKey).update(tagged('nonce', body)).digest().subarray(0, 16)
const nonce = encodeBase64url(Buffer.concat([body, mac]))
const holder = { v: 1, realm: word.realm, intent: word.intent, holder: word.rule_set, nonce: 'n'.repeat(54) }

export const TARGETS: readonly Target[] = [
  {
    name: 'base64url',
    parts: 30,
    seeds: [Buffer.from(word.intent), Buffer.from('QUI'), Buffer.from(receipt.bundle.intent)],
    take: (bytes) => {
      const text = Buffer.from(bytes).toString('latin1')
      const found = decodeBase64url(text)
      if (found) assert.equal(encodeBase64url(found), text)
      assert.equal(base64urlLength(text), found?.length)
      return came(found)
    },
  },
  {
    name: 'canonical JSON',
    parts: 30,
    seeds: [...statements, canonical(corpus.intent), canonical({ a: [1, true, 'é\u2028"\\\n'], b: {} })],
    take: (bytes) => {
      const value = readCanonical(bytes)
      if (value !== undefined) assert.ok(Buffer.from(canonicalBytes(value)).equals(bytes))
      return came(value)
    },
  },
  {
    name: 'client data',
    parts: 30,
    seeds: receipt.bundle.statements.map(({ assertion }) => bytesOf(assertion.client_data_json)),
    take: (bytes) => {
      const found = readClientData(bytes)
      assert.ok(found === undefined || found instanceof Map)
      return came(found)
    },
  },
  reader('statement', 60, readStatement, [
    ...statements,
    ...links.flatMap((link) => [...link.statements, ...link.registrations].map(({ statement }) => bytesOf(statement))),
    canonical({ v: 1, realm: word.realm, kind: 'sign_in', nonce: 'n'.repeat(54), audience: 'issuer' }),
  ]),
  reader('directory change', 40, readDirectoryChange, [
    ...links.map(({ change: text }) => bytesOf(text)),
    ...office.chain.map(({ change: text }) => bytesOf(text)),
  ]),
  reader('vouch', 40, readVouch, [bytesOf(links[0]?.vouch?.body ?? '')]),
  reader('intent', 40, readIntent, [canonical(corpus.intent)]),
  reader('issued', 40, readIssued, [canonical(word)]),
  reader('claim', 40, readClaim, [canonical({ ...holder, encrypt: word.rule_set, number: 1, material: { kind: 'jwt' } })]),
  reader('give-back', 35, readGiveBack, [canonical({ ...holder, decision: 'return' })]),
  reader('rule set', 40, shaped<RuleSet>(ruleSet), [canonical(corpus.rules)]),
  reader('trust roots', 40, shaped(trustRoots), [canonical(corpus.roots)]),
  {
    name: 'COSE key',
    parts: 30,
    seeds: corpus.answers.map(({ enrolled }) => coseFromKey(enrolled.key)),
    take: (bytes) => {
      const key = keyFromCose(bytes)
      if (key) assert.ok(Buffer.from(coseFromKey(key)).equals(bytes))
      return came(key)
    },
  },
  {
    name: 'DER signature',
    parts: 30,
    seeds: receipt.bundle.statements.map(({ assertion }) => bytesOf(assertion.signature)),
    take: (bytes) => {
      const found = p1363FromDer(bytes)
      assert.ok(found === undefined || found.length === 64)
      return came(found)
    },
  },
  {
    name: 'certificate',
    parts: 20,
    seeds: corpus.certificates.map(bytesOf),
    take: (bytes) => came(readCertificate(bytes)),
  },
  {
    name: 'nonce',
    parts: 20,
    seeds: [Buffer.from(nonce)],
    take: (bytes) => (judgeNonce(nonceKey, Buffer.from(bytes).toString('latin1'), new Date(NOON)).ok ? 'through' : 'inside'),
  },
  ...CEREMONY_TARGETS,
  ...EVIDENCE_TARGETS,
]
