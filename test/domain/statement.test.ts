import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { challengeBytes, MAX_STATEMENT_BYTES, readStatement, type StatementKind } from '../../src/domain/statement.ts'
import { TAGS } from '../../src/domain/tags.ts'
import { newKey, newNonce } from '../support/authenticator.ts'
import { makeRoots, newHolder } from '../support/evidence-builder.ts'
import { holdFormat } from '../support/formats.ts'

const key = newKey('bo')
const about = { v: 1, realm: makeRoots(key).realm, nonce: newNonce() }
const signed = { ...about, signer: key.signer }
const digest = digestOf('intent', Buffer.from('x'))
const EXAMPLES: { readonly [K in StatementKind]: { readonly [member: string]: Canonical } } = {
  request: { ...signed, kind: 'request', role: 'requester', decision: 'confirm', intents: [digest], holder: newHolder() },
  decide: { ...signed, kind: 'decide', role: 'approver', decision: 'approve', intents: [digest] },
  revoke: { ...signed, kind: 'revoke', role: 'administrator', decision: 'revoke', intents: [digest] },
  register: { ...signed, kind: 'register', role: 'owner', decision: 'register', id: key.passkey.id, key: key.passkey.key },
  directory: { ...signed, kind: 'directory', role: 'administrator', decision: 'change', change: digest },
  sign_in: { ...about, kind: 'sign_in', audience: 'bot' },
  lift: { ...signed, kind: 'lift', role: 'owner', decision: 'lift', passkey: digest },
}
for (const [kind, example] of Object.entries(EXAMPLES))
  holdFormat(`statement ${kind}`, readStatement, example, MAX_STATEMENT_BYTES)

const accepts = (kind: StatementKind, bent: { readonly [member: string]: Canonical }) =>
  readStatement(canonicalBytes({ ...EXAMPLES[kind], ...bent })).ok

test('a statement under another kind is no statement', () => {
  for (const kind of Object.keys(EXAMPLES) as StatementKind[])
    for (const other of Object.keys(EXAMPLES) as StatementKind[]) assert.equal(accepts(kind, { kind: other }), kind === other)
})

test('no role but the kind’s own may take its decision', () => {
  assert.ok(accepts('decide', { decision: 'deny' }))
  assert.equal(accepts('decide', { role: 'requester' }), false)
  assert.equal(accepts('decide', { decision: 'confirm' }), false)
  assert.equal(accepts('request', { decision: 'approve' }), false)
  assert.ok(accepts('directory', { role: 'owner' }))
  assert.equal(accepts('directory', { role: 'approver' }), false)
  for (const role of ['requester', 'approver', 'administrator']) assert.ok(accepts('revoke', { role }))
})

test('one to eight intents, each a digest', () => {
  assert.ok(accepts('decide', { intents: Array(8).fill(digest) }))
  for (const intents of [[], Array(9).fill(digest), [digest.slice(1)], digest])
    assert.equal(accepts('decide', { intents }), false)
})

test('a decision may carry a note as a commitment and a shorter lease; nothing else may', () => {
  assert.ok(accepts('decide', { note: { commitment: digest }, lease_seconds: 60 }))
  assert.equal(accepts('decide', { note: 'fine by me' }), false)
  assert.equal(accepts('decide', { lease_seconds: 0 }), false)
  assert.equal(accepts('request', { lease_seconds: 60 }), false)
})

test('the same bytes have another challenge for every kind, so no signature serves two purposes', () => {
  const kinds = Object.keys(EXAMPLES) as StatementKind[]
  const bytes = canonicalBytes('the same')
  assert.equal(new Set(kinds.map((kind) => Buffer.from(challengeBytes(kind, bytes)).toString('latin1'))).size, kinds.length)
})

test('no tag begins another up to its end mark, so tagged bytes are never ambiguous', () => {
  const tags = Object.values(TAGS).map((tag) => `${tag}\0`)
  for (const tag of tags) {
    assert.match(tag, /^countersign\/[a-z/-]+\/v1\0$/)
    assert.deepEqual(
      tags.filter((other) => other.startsWith(tag)),
      [tag],
    )
  }
})
