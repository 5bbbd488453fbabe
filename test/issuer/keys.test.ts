import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { loadOrCreateKeys } from '../../src/issuer/keys.ts'
import { inFolder, REALM } from '../support/credentials.ts'

const PROD = 'prod:00000000000000000000000001'
const make = (folder: string, realm = REALM) => loadOrCreateKeys({ dir: join(folder, 'keys'), realm, create: true })
const load = (folder: string, realm = REALM) => loadOrCreateKeys({ dir: join(folder, 'keys'), realm, create: false })
const fileOf = (folder: string, name: string) => join(folder, 'keys', name)
const rewrite = async (path: string, change: (of: Record<string, string>) => object) =>
  writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))))

test('keys are made once, in a folder and files that only their owner can read, and found again', () =>
  inFolder(async (folder) => {
    const made = await make(folder)
    assert.equal((await stat(join(folder, 'keys'))).mode & 0o777, 0o700)
    const names = await readdir(join(folder, 'keys'))
    assert.deepEqual(names.sort(), [
      'access-token-es256.json',
      'access-token-rs256.json',
      'id-token.json',
      'log.json',
      'nonce.json',
    ])
    for (const name of names) assert.equal((await stat(fileOf(folder, name))).mode & 0o777, 0o600)
    const again = await load(folder)
    assert.deepEqual(again.accessTokenKeys, made.accessTokenKeys)
    assert.deepEqual(again.nonceKey, made.nonceKey)
    assert.deepEqual(again.logKey, made.logKey)
  }))

test('two processes that start at once end up with the same keys', () =>
  inFolder(async (folder) => {
    const [one, two] = await Promise.all([make(folder), make(folder)])
    assert.deepEqual([one.accessTokenKeys, one.idTokenKeys, one.logKey], [two.accessTokenKeys, two.idTokenKeys, two.logKey])
    assert.deepEqual(one.nonceKey, two.nonceKey)
    assert.deepEqual(
      (await readdir(join(folder, 'keys'))).filter((name) => name.endsWith('.new')),
      [],
    )
  }))

test('every published key is public, named by its thumbprint, and what signs verifies with it', () =>
  inFolder(async (folder) => {
    const keys = await make(folder)
    const bytes = new TextEncoder().encode('x')
    for (const jwk of [...keys.accessTokenKeys, ...keys.idTokenKeys]) {
      assert.deepEqual(
        Object.keys(jwk).filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'realm', 'purpose'].includes(member)),
        [],
      )
      assert.equal(jwk.kid, await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]))
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
      const signature = await keys.sign(jwk.alg as 'RS256' | 'ES256', jwk.kid, bytes)
      assert.ok(verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature))
    }
    const log = createPublicKey({ key: { ...keys.logKey }, format: 'jwk' })
    assert.ok(verify(null, bytes, log, await keys.sign('Ed25519', keys.logKid, bytes)))
  }))

test('ID tokens, access tokens and the log share no key', () =>
  inFolder(async (folder) => {
    const keys = await make(folder)
    const kids = [...Object.values(keys.accessTokenKid), keys.idTokenKid, keys.logKid]
    assert.equal(new Set(kids).size, 4)
    assert.deepEqual(
      keys.idTokenKeys.map(({ kid }) => kid),
      [keys.idTokenKid],
    )
    assert.ok(!keys.accessTokenKeys.some(({ kid }) => kid === keys.idTokenKid || kid === keys.logKid))
  }))

test('a key signs for its own algorithm only', () =>
  inFolder(async (folder) => {
    const keys = await make(folder)
    await assert.rejects(keys.sign('RS256', keys.accessTokenKid.ES256, new Uint8Array(1)), /no key/)
    await assert.rejects(keys.sign('ES256', 'unknown', new Uint8Array(1)), /no key/)
  }))

test('without leave to make keys every missing one is named', () =>
  inFolder(async (folder) => {
    await make(folder)
    await rm(fileOf(folder, 'log.json'))
    await rm(fileOf(folder, 'nonce.json'))
    await assert.rejects(load(folder), (error: Error) => /log\.json/.test(error.message) && /nonce\.json/.test(error.message))
  }))

test('a key of one realm loads for no other', () =>
  inFolder(async (folder) => {
    await make(folder)
    await assert.rejects(
      load(folder, 'sandbox:00000000000000000000000002'),
      /belongs to realm sandbox:00000000000000000000000001/,
    )
  }))

test('a key loads for no other purpose', () =>
  inFolder(async (folder) => {
    await make(folder)
    await writeFile(fileOf(folder, 'id-token.json'), await readFile(fileOf(folder, 'access-token-es256.json')))
    await assert.rejects(load(folder), /id-token\.json: was made for access_token_es256/)
  }))

test('in production a file that others can read stops the start and says what to type', () =>
  inFolder(async (folder) => {
    await make(folder, PROD)
    await chmod(fileOf(folder, 'log.json'), 0o644)
    await assert.rejects(load(folder, PROD), /log\.json: is open to others \(mode 0644\); run: chmod 600 .*log\.json/)
  }))

test('in production a folder that others can enter stops the start', () =>
  inFolder(async (folder) => {
    await make(folder, PROD)
    await chmod(join(folder, 'keys'), 0o755)
    await assert.rejects(load(folder, PROD), /keys: is open to others \(mode 0755\); run: chmod 700/)
  }))

test('damaged keys are named by file, and nothing of them is repeated', () =>
  inFolder(async (folder) => {
    await make(folder)
    const es256 = fileOf(folder, 'access-token-es256.json')
    const other = JSON.parse(await readFile(fileOf(folder, 'id-token.json'), 'utf8')) as { d: string }
    const bends: readonly ((of: Record<string, string>) => object)[] = [
      ({ d: _, ...rest }) => rest,
      (of) => ({ ...of, d: other.d }),
      (of) => ({ ...of, kid: other.d }),
      (of) => ({ ...of, kty: 'OKP' }),
      (of) => ({ ...of, more: 'x' }),
      () => [],
    ]
    const good = await readFile(es256, 'utf8')
    for (const bend of bends) {
      await writeFile(es256, good)
      await rewrite(es256, bend)
      const secret = (JSON.parse(good) as { d: string }).d
      await assert.rejects(load(folder), (error: Error) => {
        assert.match(error.message, /access-token-es256\.json/)
        assert.ok(!error.message.includes(secret) && !error.message.includes(other.d))
        return true
      })
    }
    await writeFile(es256, '{')
    await assert.rejects(load(folder), /access-token-es256\.json/)
  }))

test('a key of another type than its purpose needs is refused', () =>
  inFolder(async (folder) => {
    await make(folder)
    const rsa = JSON.parse(await readFile(fileOf(folder, 'access-token-rs256.json'), 'utf8'))
    await rewrite(fileOf(folder, 'id-token.json'), ({ purpose, alg }) => ({ ...rsa, purpose, alg }))
    await assert.rejects(load(folder), /id-token\.json: is not a key of type EC/)
  }))
