import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { MAX_CHANGE_BYTES, readDirectoryChange, trustRoots } from '../../src/domain/directory.ts'
import { read } from '../../src/domain/shape.ts'
import { newKey } from '../support/authenticator.ts'
import { makeRoots } from '../support/evidence-builder.ts'
import { holdFormat } from '../support/formats.ts'

const key = newKey('bo')
const roots = makeRoots(newKey('ada'))
const digest = digestOf('directory', Buffer.from('x'))
const linked = { v: 1, realm: roots.realm, sequence: 1, previous: digest }
const EXAMPLES = {
  enrol: { ...linked, operation: 'enrol', passkeys: [{ passkey: key.passkey, registration: digest, roles: ['approver'] }] },
  add: { ...linked, operation: 'add', passkey: key.passkey, registration: digest },
  suspend: { ...linked, operation: 'suspend', passkeys: [digest] },
  reinstate: { ...linked, operation: 'reinstate', passkeys: [digest] },
  revoke: { ...linked, operation: 'revoke', passkeys: [digest] },
  role: { ...linked, operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [digest] },
  endorse: { ...linked, operation: 'endorse', rule_set: digest },
  provider: { ...linked, operation: 'provider', issuer: 'https://id.example', client_id: 'countersign', effect: 'grant' },
  recover: { ...linked, operation: 'recover', lost: { directory: { sequence: 3, head: digest }, watermark: 7 } },
} as const
for (const [operation, example] of Object.entries(EXAMPLES))
  holdFormat(`change ${operation}`, readDirectoryChange, example, MAX_CHANGE_BYTES)

const accepts = (change: { readonly [member: string]: Canonical }) => readDirectoryChange(canonicalBytes(change)).ok

test('a change of nothing, of too much, or before the first place is refused', () => {
  assert.equal(accepts({ ...EXAMPLES.enrol, passkeys: [] }), false)
  assert.equal(accepts({ ...EXAMPLES.suspend, passkeys: Array(201).fill(digest) }), false)
  assert.equal(accepts({ ...EXAMPLES.suspend, sequence: 0 }), false)
})

test('an enrolled passkey says all that its thumbprint and its assertions are judged by', () => {
  for (const member of Object.keys(key.passkey)) {
    const { [member as 'id']: _, ...rest } = key.passkey
    assert.equal(accepts({ ...EXAMPLES.enrol, passkeys: [{ passkey: rest, registration: digest, roles: [] }] }), false, member)
  }
})

test('a recovery names all that was lost: a head of the directory and a watermark', () => {
  const { lost } = EXAMPLES.recover
  for (const bent of [
    { directory: lost.directory },
    { watermark: lost.watermark },
    { ...lost, watermark: -1 },
    { ...lost, directory: { sequence: 3 } },
    { ...lost, log: { size: 1, root: digest } },
  ])
    assert.equal(accepts({ ...EXAMPLES.recover, lost: bent as never }), false, JSON.stringify(bent))
  assert.ok(accepts({ ...EXAMPLES.recover, lost: { ...lost, directory: { sequence: 0, head: digest } } }))
})

test('the chain gives three roles and no other', () => {
  for (const role of ['administrator', 'approver', 'auditor']) assert.ok(accepts({ ...EXAMPLES.role, role }))
  assert.equal(accepts({ ...EXAMPLES.role, role: 'root' }), false)
  assert.equal(accepts({ ...EXAMPLES.role, effect: 'take' }), false)
  assert.ok(accepts({ ...EXAMPLES.role, effect: 'withdraw' }))
})

test('trust roots name one origin without path, one host, one to three keys', () => {
  assert.ok(read(trustRoots, roots).ok)
  for (const bent of [
    { issuer: 'http://localhost:3001/' },
    { issuer: 'http://user@localhost' },
    { issuer: 'https://Issuer.example' },
    { issuer: 'javascript:alert(1)' },
    { rp_id: 'local host' },
    { rp_id: '' },
    { roots: [] },
    { pinned_at: -1 },
    { pinned_at: 1.5 },
    { roots: Array(4).fill(key.passkey) },
    { realm: 'test:x' },
    { log_key: key.passkey.key },
    { extra: 1 },
  ])
    assert.equal(read(trustRoots, { ...roots, ...bent }).ok, false, JSON.stringify(bent))
})
