import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compactDecrypt, decodeProtectedHeader } from 'jose'
import { seal } from '../../src/credentials/seal.ts'
import { thumbprint } from '../../src/crypto.ts'
import { type P256Key, p256Key } from '../../src/domain/keys.ts'
import { read } from '../../src/domain/shape.ts'
import { unseal } from '../../src/issuer/static/unseal.ts'

async function holder(): Promise<{ key: P256Key; privateKey: Parameters<typeof unseal>[1] }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const found = read(p256Key, { kty, crv, x, y })
  assert.ok(found.ok)
  return { key: found.value, privateKey: pair.privateKey }
}
const ana = await holder()
const thief = await holder()
const SECRET = 'eyJhbGciOiJSUzI1NiJ9.a secret – and a dash.sig'

test('plain Web Crypto opens with a key that cannot be exported', async () => {
  assert.equal(await unseal(await seal(SECRET, ana.key), ana.privateKey), SECRET)
})

test('a sealed credential names the key it is for and says nothing else', async () => {
  const { epk, ...header } = decodeProtectedHeader(await seal(SECRET, ana.key))
  assert.deepEqual(header, { alg: 'ECDH-ES', enc: 'A256GCM', kid: thumbprint(ana.key) })
  assert.deepEqual(Object.keys(epk ?? {}).sort(), ['crv', 'kty', 'x', 'y'])
})

test('another implementation opens it as well', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const found = read(p256Key, { kty, crv, x, y })
  assert.ok(found.ok)
  const { plaintext } = await compactDecrypt(await seal(SECRET, found.value), pair.privateKey)
  assert.equal(new TextDecoder().decode(plaintext), SECRET)
})

test('the key of somebody else does not open it', async () => {
  await assert.rejects(unseal(await seal(SECRET, ana.key), thief.privateKey))
})

test('sealing twice gives two texts: the caller keeps the first', async () => {
  assert.notEqual(await seal(SECRET, ana.key), await seal(SECRET, ana.key))
})

test('a changed letter in any part is refused', async () => {
  const sealed = await seal(SECRET, ana.key)
  for (const [index, part] of sealed.split('.').entries()) {
    if (part === '') continue
    const parts = sealed.split('.')
    parts[index] = part.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))
    await assert.rejects(unseal(parts.join('.'), ana.privateKey), `part ${index}`)
  }
})

test('a header of another form is refused, not followed', async () => {
  const parts = (await seal(SECRET, ana.key)).split('.')
  const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())
  for (const change of [{ alg: 'dir' }, { enc: 'A128GCM' }, { zip: 'DEF' }, { crit: ['x'] }, { apu: 'AA' }, { epk: undefined }]) {
    const bent = Buffer.from(JSON.stringify({ ...header, ...change })).toString('base64url')
    await assert.rejects(unseal([bent, ...parts.slice(1)].join('.'), ana.privateKey), JSON.stringify(change))
  }
  for (const text of ['', 'a.b.c', `${parts.join('.')}.`, parts.slice(0, 4).join('.')])
    await assert.rejects(unseal(text, ana.privateKey))
})

test('a holder key that is no point of the curve is refused', async () => {
  const y = Buffer.from(ana.key.y, 'base64url')
  y[31] = (y[31] ?? 0) ^ 1
  await assert.rejects(seal(SECRET, { ...ana.key, y: y.toString('base64url') }))
})
