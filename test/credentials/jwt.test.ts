import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fastify from 'fastify'
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { jwt } from '../../src/credentials/jwt.ts'
import type { MintInput, OpenedRight } from '../../src/credentials/kind.ts'
import { jwks, tokenDiscovery } from '../../src/issuer/discovery.ts'
import { freshKeys, INTENT, mintInput, NOON, REALM, sampleOf } from '../support/credentials.ts'

const keys = await freshKeys()
const served = { issuer: '' }
const app = fastify()
app.get('/.well-known/openid-configuration', async () => tokenDiscovery(served.issuer))
app.get('/jwks.json', async () => jwks(keys.accessTokenKeys))
served.issuer = `http://localhost:${new URL(await app.listen({ port: 0, host: 'localhost' })).port}`
after(() => app.close())

const audience = 'https://ops.example'
const mint = (changes: Partial<MintInput> = {}) => jwt.mint(keys, mintInput('jwt', { issuer: served.issuer, ...changes }))

/** A resource server that knows nothing but the issuer's address and its own name. */
async function accept(token: string, expected: { audience?: string; typ?: string; now?: number } = {}) {
  const answer = await fetch(`${served.issuer}/.well-known/openid-configuration`)
  const { issuer, jwks_uri } = (await answer.json()) as { issuer: string; jwks_uri: string }
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), {
    issuer,
    audience: expected.audience ?? audience,
    typ: expected.typ ?? 'at+jwt',
    currentDate: new Date((expected.now ?? NOON) * 1000),
  })
  return payload
}
const withGrants = (grants: OpenedRight['grants']): OpenedRight => ({ ...sampleOf('jwt').right, grants })
const withSettings = (settings: OpenedRight['settings']): OpenedRight => ({ ...sampleOf('jwt').right, settings })
const problemOf = (grants: OpenedRight['grants']) => jwt.misfit(withGrants(grants))?.path ?? 'fits'

test('a token verifies from the discovery document alone and says what was approved, by whom, for which request', async () => {
  const { credential } = await mint()
  const payload = await accept(credential)
  assert.deepEqual(payload, {
    iss: served.issuer,
    aud: audience,
    sub: 'ana',
    client_id: 'countersign',
    iat: NOON,
    nbf: NOON - 60,
    exp: NOON + 900,
    jti: mintInput('jwt').id,
    scope: 'services.restart',
    auth_time: NOON - 300,
    amr: ['hwk', 'user'],
    txn: mintInput('jwt').request,
    realm: REALM,
    authorization_details: [
      {
        type: 'urn:countersign:action',
        runbook: 'payments',
        action: 'restart',
        request: mintInput('jwt').request,
        digest: INTENT,
        resource: { service: 'payments-api' },
        approvals: [{ sub: 'bo', at: NOON - 60 }],
      },
    ],
  })
})

test('a token is RS256 by default, of type at+jwt, under the thumbprint of its key', async () => {
  const { credential } = await mint()
  assert.deepEqual(decodeProtectedHeader(credential), { alg: 'RS256', kid: keys.accessTokenKid.RS256, typ: 'at+jwt' })
})

test('a target can ask for ES256', async () => {
  const { credential } = await mint({ right: withSettings({ audience, alg: 'ES256' }) })
  assert.equal(decodeProtectedHeader(credential).alg, 'ES256')
  assert.equal((await accept(credential)).aud, audience)
})

test('another audience refuses the token, also one that only starts alike', async () => {
  const { credential } = await mint()
  for (const other of ['https://ops.example.evil', 'https://ops', `${audience}/`, served.issuer])
    await assert.rejects(accept(credential, { audience: other }), errors.JWTClaimValidationFailed)
})

test('whoever expects an ID token refuses it', async () => {
  const { credential } = await mint()
  for (const typ of ['JWT', 'id+jwt']) await assert.rejects(accept(credential, { typ }), errors.JWTClaimValidationFailed)
})

test('a token is good a minute before its birth, for clocks that are late, and dead at the end of the lease', async () => {
  const { credential } = await mint()
  assert.ok(await accept(credential, { now: NOON - 60 }))
  await assert.rejects(accept(credential, { now: NOON - 61 }), errors.JWTClaimValidationFailed)
  assert.ok(await accept(credential, { now: NOON + 899 }))
  await assert.rejects(accept(credential, { now: NOON + 900 }), errors.JWTExpired)
})

test('a changed token, an unsigned one and one signed with the public key as a secret are refused', async () => {
  const { credential } = await mint()
  const [header = '', payload = '', signature = ''] = credential.split('.')
  const bent = Buffer.from(payload, 'base64url').toString().replace('services.restart', 'services.destroy')
  const part = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  await assert.rejects(accept(`${header}.${part(bent)}.${signature}`), errors.JWSSignatureVerificationFailed)
  await assert.rejects(accept(`${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`))
  await assert.rejects(accept(`${part({ alg: 'HS256', typ: 'at+jwt', kid: keys.accessTokenKid.RS256 })}.${payload}.${signature}`))
})

test('minting twice gives the same token', async () => {
  assert.deepEqual(await mint(), await mint())
})

test('a passkey that software may copy is not called hardware', async () => {
  const { credential } = await mint({ requester: { id: 'ana', confirmedAt: NOON, deviceBound: false } })
  assert.deepEqual((await accept(credential))['amr'], ['swk', 'user'])
})

test('a token for the issuer itself is never minted', async () => {
  for (const own of [served.issuer, `${served.issuer}/oidc`])
    await assert.rejects(mint({ right: withSettings({ audience: own }) }), /audience/)
})

test('a parameter cannot add a scope', () => {
  for (const scope of ['a b', 'a,b', 'a\nb', 'a"b', '{service}', '', ' a'])
    assert.equal(problemOf({ scope: [`read:${scope}`, scope] }).slice(0, 13), '/grants/scope', scope)
  assert.equal(problemOf({ scope: ['read:payments-api'] }), 'fits')
})

test('a parameter cannot lead the shell line to another path, another argument or another command', () => {
  for (const value of [
    '..',
    '.',
    'a/../b',
    '',
    "a'b",
    'a b',
    '$(id)',
    '`id`',
    'a?x=1',
    'a#b',
    'a;b',
    'a%2fb',
    '{service}',
    'a\nb',
  ])
    assert.equal(
      problemOf({ scope: ['x'], use: { method: 'POST', path: ['services', value, 'restart'] } }),
      '/grants/use/path/1',
      value,
    )
  assert.equal(problemOf({ scope: ['x'], use: { method: 'POST', path: ['services', 'payments-api', 'restart'] } }), 'fits')
})

test('templates may hold parameters where values will stand', () => {
  const template = {
    scope: ['read:{customer}'],
    resource: { customer: '{customer}' },
    use: { method: 'GET', path: ['customers', '{customer}'] },
  }
  assert.ok(jwt.grants.safeParse(template).success)
  assert.ok(!jwt.grants.safeParse({ ...template, scope: ['read:{Customer}'] }).success)
})

test('the shell line goes to the target’s address and names the header', () => {
  assert.deepEqual(jwt.howTo(sampleOf('jwt').right), {
    header: { name: 'Authorization', prefix: 'Bearer ' },
    command: "curl -sS -X POST -H 'Authorization: Bearer {credential}' 'https://ops.example/api/services/payments-api/restart'",
  })
  assert.equal(jwt.howTo(withSettings({ audience })).command, undefined)
})

test('an address of a target is https without query, fragment or password, or http on localhost', () => {
  const fits = (url: string) => jwt.settings.safeParse({ audience, url }).success
  for (const url of ['https://ops.example/api', 'http://localhost:3003']) assert.ok(fits(url), url)
  const bad = [
    'http://ops.example',
    'https://u:p@ops.example',
    'https://ops.example/?a=1',
    'https://ops.example/#a',
    'file:///etc/passwd',
    'ops',
  ]
  for (const url of bad) assert.ok(!fits(url), url)
})
