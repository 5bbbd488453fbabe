// Every reader of hostile bytes, with true inputs to start from, and what must hold of each answer besides that it comes: a typed refusal, or a value that the
// same bytes mean and no others.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readCertificate } from '../../src/certificates/certificate.ts'
import { nodeCrypto } from '../../src/crypto.ts'
import type { Accept } from '../../src/domain/accepted-keys.ts'
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
import { judgeAnswer } from '../../src/evidence/assertion.ts'
import { directoryLink } from '../../src/evidence/bundle.ts'
import { readClientData } from '../../src/evidence/client-data.ts'
import { p1363FromDer } from '../../src/evidence/crypto.ts'
import { extendChain, replayChain } from '../../src/evidence/directory-chain.ts'
import { RECEIPT_REASONS } from '../../src/evidence/reasons.ts'
import { readReceiptFile, verifyReceipt } from '../../src/evidence/receipt.ts'
import { verifyAssertion, verifyRegistration } from '../../src/passkeys/ceremony.ts'
import { coseFromKey, keyFromCose } from '../../src/passkeys/cose.ts'
import { judgeNonce, makeNonce } from '../../src/passkeys/nonce.ts'
import { assertionResponse, registrationResponse } from '../../src/passkeys/response.ts'
import { CHALLENGE, ORIGIN, REALM, RP_ID } from '../support/ceremony.ts'
import { NOON } from '../support/evidence-builder.ts'
import { CORPUS_PLACE, type Corpus } from './corpus.ts'

export type Target = {
  readonly name: string
  /** How many of all inputs, in parts: those that check signatures cost a hundred times more. */
  readonly parts: number
  /** Longer than this no answer may take, in ms; 10 if not given. */
  readonly limitMs?: number
  readonly seeds: readonly Uint8Array[]
  /** Whether it was taken; throws when the answer is not what it must be. */
  readonly take: (bytes: Uint8Array) => boolean | Promise<boolean>
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const canonical = (value: unknown): Uint8Array => canonicalBytes(value as Canonical)
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

/** The one byte form of what was read is what was given. */
function isWhatItSays<T>(found: Read<T>, bytes: Uint8Array): boolean {
  if (found.ok) {
    assert.ok(Buffer.from(canonical(found.value)).equals(bytes), 'read from bytes that are not its own')
    return true
  }
  assert.ok(
    typeof found.path === 'string' && found.path !== '' && typeof found.problem === 'string',
    'a refusal without place or problem',
  )
  return false
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
/** What a door makes of a body before any parser of ours sees it. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}

const corpus = JSON.parse(readFileSync(CORPUS_PLACE, 'utf8')) as Corpus
const { receipt, word, office } = corpus
const statements = receipt.bundle.statements.map(({ statement }) => bytesOf(statement))
const start = await replayChain(office.roots, office.chain, nodeCrypto)
assert.ok(start.ok)
const { state } = start
const { links } = office
const models = { models: [corpus.model] }
const now = new Date(corpus.now)
const nonceKey = Buffer.alloc(32, 7)
// As the issuer makes them, but for what is random in it.
const body = Buffer.concat([Buffer.from(makeNonce(nonceKey, new Date(NOON)), 'base64url').subarray(0, 6), Buffer.alloc(18, 3)])
const mac = createHmac('sha256', nonceKey).update(tagged('nonce', body)).digest().subarray(0, 16)
const nonce = encodeBase64url(Buffer.concat([body, mac]))
const holder = { v: 1, realm: word.realm, intent: word.intent, holder: word.rule_set, nonce: 'n'.repeat(54) }

async function takeAssertion(bytes: Uint8Array): Promise<boolean> {
  const form = assertionResponse.safeParse(parsed(bytes))
  if (!form.success) return false
  const { enrolled } = corpus.answers.find((one) => one.enrolled.id === form.data.id) ?? corpus.answers[0] ?? assert.fail()
  const where = { origin: ORIGIN, rpId: RP_ID, realm: REALM }
  const live = await verifyAssertion({ ...where, passkey: enrolled, expectedChallenge: CHALLENGE, response: form.data })
  if (!live.ok) {
    assert.match(live.reason, /^[a-z_]+$/)
    return false
  }
  // What the live ceremony takes, the evidence must take too.
  const answer = { challenge: encodeBase64url(CHALLENGE), assertion: live.assertion, passkey: enrolled }
  assert.ok((await judgeAnswer(answer, { issuer: ORIGIN, rp_id: RP_ID }, nodeCrypto)).ok, 'the two verifiers disagree')
  return true
}

const takeRegistration =
  (accept: Accept) =>
  async (bytes: Uint8Array): Promise<boolean> => {
    const form = registrationResponse.safeParse(parsed(bytes))
    if (!form.success) return false
    const ask = { response: form.data, expectedChallenge: CHALLENGE, origin: ORIGIN, rpId: RP_ID, models, now }
    const found = await verifyRegistration({ ...ask, accept })
    if (!found.ok) assert.match(found.reason, /^[a-z_]+$/)
    return found.ok
  }

const REASONS: readonly string[] = RECEIPT_REASONS

export const TARGETS: readonly Target[] = [
  {
    name: 'base64url',
    parts: 40,
    seeds: [Buffer.from(word.intent), Buffer.from('QUI'), Buffer.from(receipt.bundle.intent)],
    take: (bytes) => {
      const text = Buffer.from(bytes).toString('latin1')
      const found = decodeBase64url(text)
      if (found) assert.equal(encodeBase64url(found), text)
      assert.equal(base64urlLength(text), found?.length)
      return found !== undefined
    },
  },
  {
    name: 'canonical JSON',
    parts: 60,
    seeds: [...statements, canonical(corpus.intent), canonical({ a: [1, true, 'é\u2028"\\\n'], b: {} })],
    take: (bytes) => {
      const value = readCanonical(bytes)
      if (value !== undefined) assert.ok(Buffer.from(canonicalBytes(value)).equals(bytes))
      return value !== undefined
    },
  },
  {
    name: 'client data',
    parts: 60,
    seeds: receipt.bundle.statements.map(({ assertion }) => bytesOf(assertion.client_data_json)),
    take: (bytes) => {
      const found = readClientData(bytes)
      assert.ok(found === undefined || found instanceof Map)
      return found !== undefined
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
  reader('vouch', 30, readVouch, [bytesOf(links[0]?.vouch?.body ?? '')]),
  reader('intent', 40, readIntent, [canonical(corpus.intent)]),
  reader('issued', 30, readIssued, [canonical(word)]),
  reader('claim', 30, readClaim, [canonical({ ...holder, encrypt: word.rule_set, number: 1, material: { kind: 'jwt' } })]),
  reader('give-back', 20, readGiveBack, [canonical({ ...holder, decision: 'return' })]),
  reader('rule set', 25, shaped<RuleSet>(ruleSet), [canonical(corpus.rules)]),
  reader('trust roots', 20, shaped(trustRoots), [canonical(corpus.roots)]),
  {
    name: 'receipt',
    parts: 4,
    seeds: [canonical(receipt)],
    take: async (bytes) => {
      const value = readReceiptFile(bytes)
      if (value === undefined) return false
      const verdict = await verifyReceipt(value, corpus.roots, nodeCrypto)
      if (!verdict.ok) assert.ok(REASONS.includes(verdict.reason) && /^(\/([^~/]|~[01])*)*$/.test(verdict.path))
      return verdict.ok
    },
  },
  {
    name: 'link of the directory',
    parts: 10,
    seeds: links.map(canonical),
    take: async (bytes) => {
      const form = read(directoryLink, parsed(bytes))
      if (!form.ok) return false
      const extended = await extendChain(state, form.value, nodeCrypto, office.roots)
      if (!extended.ok) assert.ok(REASONS.includes(extended.reason))
      return extended.ok
    },
  },
  {
    name: 'COSE key',
    parts: 40,
    seeds: corpus.answers.map(({ enrolled }) => coseFromKey(enrolled.key)),
    take: (bytes) => {
      const key = keyFromCose(bytes)
      if (key) assert.ok(Buffer.from(coseFromKey(key)).equals(bytes))
      return key !== undefined
    },
  },
  {
    name: 'DER signature',
    parts: 60,
    seeds: receipt.bundle.statements.map(({ assertion }) => bytesOf(assertion.signature)),
    take: (bytes) => {
      const found = p1363FromDer(bytes)
      assert.ok(found === undefined || found.length === 64)
      return found !== undefined
    },
  },
  {
    name: 'certificate',
    parts: 20,
    seeds: corpus.certificates.map(bytesOf),
    take: (bytes) => readCertificate(bytes) !== undefined,
  },
  {
    name: 'nonce',
    parts: 20,
    seeds: [Buffer.from(nonce)],
    take: (bytes) => judgeNonce(nonceKey, Buffer.from(bytes).toString('latin1'), new Date(NOON)).ok,
  },
  {
    name: 'answer to an assertion ceremony',
    parts: 10,
    seeds: corpus.answers.map(({ response }) => json(response)),
    take: takeAssertion,
  },
  { name: 'answer to a registration ceremony', parts: 10, seeds: corpus.plain.map(json), take: takeRegistration('any') },
  // Half a dozen signatures of a chain are checked, twice over: that alone takes most of ten.
  {
    name: 'attested answer to a registration',
    parts: 6,
    limitMs: 25,
    seeds: corpus.attested.map(json),
    take: takeRegistration('hardware'),
  },
]
