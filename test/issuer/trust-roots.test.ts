import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf, thumbprint } from '../../src/crypto.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import { readTrustRoots, rootsDigest, rootsMisfits, writeTrustRoots } from '../../src/issuer/trust-roots.ts'
import { owner } from '../support/ceremony.ts'
import { inFolder, REALM } from '../support/credentials.ts'

const rootOf = (person: string) => {
  const { id, key } = owner(person).enrolled
  return { person, id, key, thumbprint: thumbprint(key), device_bound: true }
}
const [ana, bo] = [rootOf('ana'), rootOf('bo')]
const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
assert.ok(x)
const roots: TrustRoots = {
  v: 1,
  realm: REALM,
  era: 1,
  issuer: 'https://sign.example.com',
  rp_id: 'sign.example.com',
  pinned_at: 1_795_000_000,
  roots: [ana, bo],
  log_key: { kty: 'OKP', crv: 'Ed25519', x },
}
const inFile = (value: unknown, check: (path: string) => Promise<void>) =>
  inFolder(async (folder) => {
    const path = join(folder, 'trust-roots.json')
    await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value))
    await check(path)
  })

test('roots are written for everybody to read and read back the same', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'trust-roots.json')
    await writeTrustRoots(path, roots)
    assert.equal((await stat(path)).mode & 0o777, 0o644)
    assert.deepEqual(await readTrustRoots(path), roots)
  }))

test('roots are never written over a file that exists', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'trust-roots.json')
    await writeTrustRoots(path, roots)
    const before = await readFile(path, 'utf8')
    await assert.rejects(writeTrustRoots(path, { ...roots, era: 2 }), /exists/)
    assert.equal(await readFile(path, 'utf8'), before)
  }))

test('the digest of the roots is over their canonical bytes, however the file is laid out', () =>
  inFile(Object.fromEntries(Object.entries(roots).reverse()), async (path) => {
    assert.equal(rootsDigest(await readTrustRoots(path)), digestOf('roots', canonicalBytes(roots)))
  }))

test('a missing file says what writes it', () =>
  assert.rejects(
    readTrustRoots('/nowhere/trust-roots.json'),
    /\/nowhere\/trust-roots\.json: cannot be read; `countersign bootstrap`/,
  ))

for (const [what, value, told] of [
  ['is no JSON', '{', /is not JSON/],
  ['has an unknown member', { ...roots, more: 1 }, /\/more is not a known member/],
  ['has no root', { ...roots, roots: [] }, /\/roots is not a list/],
  ['has an rpID that is a parent of the host', { ...roots, rp_id: 'example.com' }, /\/rp_id is not the host/],
  [
    'names a root by the thumbprint of another key',
    { ...roots, roots: [{ ...ana, thumbprint: bo.thumbprint }] },
    /\/roots\/0\/thumbprint/,
  ],
  ['names one passkey twice', { ...roots, roots: [ana, ana] }, /twice/],
  ['gives two keys one id', { ...roots, roots: [ana, { ...bo, id: ana.id }] }, /twice \(id\)/],
] as const)
  test(`a file that ${what} stops the start, naming the place`, () =>
    inFile(value, (path) => assert.rejects(readTrustRoots(path), told)))

test('every difference between the roots and the running issuer is told', () => {
  const { realm, issuer, rp_id, log_key } = roots
  assert.deepEqual(rootsMisfits(roots, { realm, issuer, rp_id, log_key }), [])
  const other = {
    realm: 'prod:00000000000000000000000009',
    issuer: 'https://other.example',
    rp_id: 'other.example',
    log_key: { ...log_key, x: ana.thumbprint },
  }
  const told = rootsMisfits(roots, other)
  assert.deepEqual(
    told.map((line) => / pins (\w+) /.exec(line)?.[1]),
    ['realm', 'issuer', 'rp_id', 'log_key'],
  )
})
