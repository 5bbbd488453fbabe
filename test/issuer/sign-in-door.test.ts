// Sign-in for the bot through the issuer's doors: a fresh assertion, one code for one client and one address, one ID token that verifies from discovery
// alone. Each test bends one thing.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { decodeBase64url } from '../../src/domain/base64url.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { cookieOf, type Door, openDoors, PUBLIC_URL } from '../support/issuer-app.ts'
import { ORIGIN } from '../support/world.ts'

let door: Door
const ends: (() => Promise<void> | void)[] = []
before(async () => {
  door = await openDoors({ after: (work) => void ends.unshift(work) })
})
after(async () => {
  for (const end of ends) await end()
})

const verifier = randomBytes(32).toString('base64url')
const authorize = {
  response_type: 'code',
  client_id: 'bot',
  redirect_uri: `${PUBLIC_URL}/signed-in`,
  scope: 'openid',
  state: 'state-of-the-browser',
  nonce: 'nonce-of-the-browser',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
}

/** What a person's key says when he signs in at the issuer, or at the bot by way of it. */
async function said(person: string, audience: 'issuer' | 'bot') {
  const { ctx, ring } = door.world
  const [id = ''] = ring.idsOf(person)
  const statement = { v: 1, realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()), kind: 'sign_in', audience }
  return signWith(ring, id, statement as Statement)
}
async function signedIn(person: string): Promise<string> {
  const response = await door.post('/v1/statements', await said(person, 'issuer'))
  assert.equal(response.statusCode, 200, response.body)
  return cookieOf(response)
}

async function codeFor(person: string): Promise<string> {
  const sent = await door.post('/authorize', { ...(await said(person, 'bot')), authorize })
  assert.equal(sent.statusCode, 200, sent.body)
  const location = new URL(sent.json().location)
  assert.equal(`${location.origin}${location.pathname}`, authorize.redirect_uri)
  assert.equal(location.searchParams.get('state'), authorize.state)
  assert.equal(location.searchParams.get('iss'), `${ORIGIN}/oidc`)
  return location.searchParams.get('code') ?? ''
}

const redeem = (code: string, bent: Record<string, string> = {}) =>
  door.post(
    '/token',
    new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'bot',
      redirect_uri: authorize.redirect_uri,
      code,
      code_verifier: verifier,
      ...bent,
    }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded', origin: undefined, 'sec-fetch-site': undefined },
  )

test('a person who signed in gets a token at the bot that verifies from discovery alone', async () => {
  const answer = await redeem(await codeFor('theo'))
  assert.equal(answer.statusCode, 200, answer.body)
  const discovery = (await door.get('/oidc/.well-known/openid-configuration')).json()
  const keys = createLocalJWKSet((await door.get(new URL(discovery.jwks_uri).pathname)).json())
  const { payload, protectedHeader } = await jwtVerify(answer.json().id_token, keys, {
    issuer: discovery.issuer,
    audience: 'bot',
  })
  assert.equal(payload.sub, 'theo')
  assert.deepEqual(payload['roles'], ['auditor'], 'as the signed directory says')
  assert.equal(payload['nonce'], authorize.nonce)
  assert.equal(protectedHeader.typ, 'id+jwt')
  assert.equal(answer.json().access_token, undefined)
})

test('an ID token does not verify under the keys of access tokens', async () => {
  const { id_token } = (await redeem(await codeFor('theo'))).json()
  const keys = createLocalJWKSet((await door.get('/jwks.json')).json())
  await assert.rejects(jwtVerify(id_token, keys))
})

test('a code is good once, with its own verifier, client and address', async () => {
  for (const bent of [
    { code_verifier: randomBytes(32).toString('base64url') },
    { redirect_uri: 'https://evil.example/signed-in' },
    { client_id: 'another' },
    { grant_type: 'password' },
    { client_secret: 'x' },
  ]) {
    const code = await codeFor('theo')
    assert.equal((await redeem(code, bent)).statusCode, 400, JSON.stringify(bent))
  }
  const code = await codeFor('theo')
  assert.equal((await redeem(code)).statusCode, 200)
  assert.deepEqual((await redeem(code)).json(), { error: 'invalid_grant' })
})

test('nobody is sent anywhere but to the bot', async () => {
  for (const bent of [
    { redirect_uri: 'https://evil.example/signed-in' },
    { redirect_uri: `${PUBLIC_URL}/signed-in?x=1` },
    { redirect_uri: `${PUBLIC_URL}.evil.example/signed-in` },
    { client_id: 'another' },
    { response_type: 'token' },
    { code_challenge_method: 'plain' },
    { prompt: 'none' },
  ]) {
    const query = new URLSearchParams({ ...authorize, ...bent }).toString()
    const response = await door.get(`/authorize?${query}`)
    assert.equal(response.statusCode, 422, JSON.stringify(bent))
    assert.equal(response.headers.location, undefined)
    assert.doesNotMatch(response.body, /evil/)
  }
  const page = await door.get(`/authorize?${new URLSearchParams(authorize).toString()}`)
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<title>Sign in to Countersign<\/title>/)
})

test('a session of the issuer makes no code, however fresh: each sign-in at the bot is a tap of its own', async () => {
  const cookie = await signedIn('theo')
  assert.equal((await door.post('/authorize', authorize, { cookie })).statusCode, 422)
  assert.equal((await door.post('/authorize', { authorize }, { cookie })).statusCode, 422)
})

test('a sign-in at the issuer is none at the bot, and one that was taken is not taken again', async () => {
  const elsewhere = await door.post('/authorize', { ...(await said('theo', 'issuer')), authorize })
  assert.deepEqual([elsewhere.statusCode, elsewhere.headers['set-cookie']], [422, undefined])
  const once = { ...(await said('theo', 'bot')), authorize }
  assert.equal((await door.post('/authorize', once)).statusCode, 200)
  const again = await door.post('/authorize', once)
  assert.deepEqual([again.statusCode, again.json().reason], [409, 'nonce_used'])
})

test('a code is made for an assertion over these bytes, from the issuer’s own page alone', async () => {
  const fresh = await said('theo', 'bot')
  const bent = await said('ana', 'bot')
  assert.equal((await door.post('/authorize', { ...fresh, statement: bent.statement, authorize })).statusCode, 403)
  assert.equal((await door.post('/authorize', { ...fresh, authorize }, { origin: PUBLIC_URL })).json().reason, 'wrong_origin')
})

test('the page that the bot sends people to has their key say that it is for the bot', async () => {
  const { body } = await door.get(`/authorize?${new URLSearchParams(authorize).toString()}`)
  const facts = JSON.parse(/data-facts="([^"]+)"/.exec(body)?.[1]?.replaceAll('&#34;', '"') ?? '{}')
  assert.deepEqual([facts.audience, facts.onward], ['bot', { authorize }])
  const own = JSON.parse(/data-facts="([^"]+)"/.exec((await door.get('/keys')).body)?.[1]?.replaceAll('&#34;', '"') ?? '{}')
  assert.equal(own.audience, 'issuer')
})

test('a sign-in for another audience begins no session', async () => {
  const response = await door.post('/v1/statements', await said('theo', 'bot'))
  assert.equal(response.statusCode, 422)
  assert.equal(response.headers['set-cookie'], undefined)
})

test('an administrator’s page lists what waits; nobody else’s does', async () => {
  const mira = await door.get('/enrol', { cookie: await signedIn('mira') })
  assert.match(mira.body, /No key waits to be enrolled/)
  for (const cookie of [await signedIn('ana'), '']) {
    const { body } = await door.get('/enrol', { cookie })
    assert.doesNotMatch(body, /No key waits/)
    assert.match(body, /Sign in as an administrator/)
  }
  const keys = (await door.get('/keys', { cookie: await signedIn('ana') })).body
  assert.doesNotMatch(keys, /Bo Tanaka/)
  assert.match(keys, /Ask an administrator to suspend it/)
})

test('only who is signed in is told whose keys may sign a change of the directory', async () => {
  assert.equal((await door.post('/v1/ceremonies', { purpose: 'directory' })).json().reason, 'signed_out')
  const begun = (await door.post('/v1/ceremonies', { purpose: 'directory' }, { cookie: await signedIn('mira') })).json()
  assert.equal(begun.signer, 'mira')
  assert.ok(decodeBase64url(begun.nonce))
})

test('a waiting key is turned down by a signed-in administrator alone, and only from the issuer’s own page', async () => {
  const ask = { thumbprint: 'A'.repeat(43) }
  const reject = (headers: Record<string, string>) => door.post('/v1/registrations/reject', ask, headers)
  assert.equal((await reject({})).json().reason, 'signed_out')
  assert.equal((await reject({ cookie: await signedIn('ana') })).json().reason, 'not_an_administrator')
  const cookie = await signedIn('mira')
  assert.equal((await reject({ cookie, origin: 'http://localhost:3000' })).json().reason, 'wrong_origin')
  assert.equal((await reject({ cookie })).json().reason, 'unknown_registration')
})
