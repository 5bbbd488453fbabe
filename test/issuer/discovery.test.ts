import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import { signJws } from '../../src/credentials/jws.ts'
import { jwt } from '../../src/credentials/jwt.ts'
import { ID_TOKEN_TYPE, jwks, oidcDiscovery, oidcIssuer, tokenDiscovery } from '../../src/issuer/discovery.ts'
import { freshKeys, mintInput, NOON } from '../support/credentials.ts'

const ORIGIN = 'https://sign.example.com'
const keys = await freshKeys()
const keySet = (of: typeof keys.idTokenKeys) => createLocalJWKSet(jwks(of) as unknown as Parameters<typeof createLocalJWKSet>[0])
const idToken = () =>
  signJws(
    keys.sign,
    { alg: 'ES256', kid: keys.idTokenKid, typ: ID_TOKEN_TYPE },
    { iss: oidcIssuer(ORIGIN), sub: 'ana', aud: 'countersign-bot', iat: NOON, exp: NOON + 60 },
  )
const currentDate = new Date(NOON * 1000)

test('each document names its own issuer under its own address, as discovery demands', () => {
  assert.equal(tokenDiscovery(ORIGIN).issuer, ORIGIN)
  assert.equal(oidcDiscovery(ORIGIN).issuer, `${ORIGIN}/oidc`)
  assert.notEqual(tokenDiscovery(ORIGIN).jwks_uri, oidcDiscovery(ORIGIN).jwks_uri)
})

test('nobody signs in with the issuer of access tokens', () => {
  assert.ok(!('authorization_endpoint' in tokenDiscovery(ORIGIN)) && !('token_endpoint' in tokenDiscovery(ORIGIN)))
})

test('sign-in takes the code flow with PKCE and nothing weaker', () => {
  const { response_types_supported, grant_types_supported, code_challenge_methods_supported } = oidcDiscovery(ORIGIN)
  assert.deepEqual(
    [response_types_supported, grant_types_supported, code_challenge_methods_supported],
    [['code'], ['authorization_code'], ['S256']],
  )
})

test('an ID token verifies with the key set of sign-in', async () => {
  const { payload } = await jwtVerify(await idToken(), keySet(keys.idTokenKeys), {
    issuer: `${ORIGIN}/oidc`,
    typ: 'id+jwt',
    currentDate,
  })
  assert.equal(payload.sub, 'ana')
})

test('a resource server finds no key for an ID token', async () => {
  await assert.rejects(jwtVerify(await idToken(), keySet(keys.accessTokenKeys), { currentDate }), errors.JWKSNoMatchingKey)
})

test('sign-in finds no key for an access token', async () => {
  const { credential } = await jwt.mint(keys, mintInput('jwt'))
  await assert.rejects(jwtVerify(credential, keySet(keys.idTokenKeys), { currentDate }), errors.JWKSNoMatchingKey)
})
