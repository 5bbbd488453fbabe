// An ID token is judged: every way in which it could be somebody else's, for somebody else, from another time or worth less than was asked.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { type IdTokenAsk, judgeIdToken } from '../../../src/issuer/oidc/judge-id-token.ts'

const NOW = new Date('2026-11-22T10:00:00Z')
const SECONDS = NOW.getTime() / 1000
const ISSUER = 'https://login.example'
const ask: IdTokenAsk = {
  issuer: ISSUER,
  clientId: 'countersign',
  nonce: 'n'.repeat(43),
  acrValues: [],
  subjectClaim: 'sub',
  begunAt: new Date(NOW.getTime() - 60_000),
}
const good = {
  iss: ISSUER,
  aud: 'countersign',
  sub: 'u-4711',
  nonce: ask.nonce,
  iat: SECONDS - 1,
  exp: SECONDS + 300,
  auth_time: SECONDS - 5,
}
const make = async (alg: string) => ({ alg, ...(await generateKeyPair(alg, { extractable: true })) })
let own: Awaited<ReturnType<typeof make>>
let keys: JSONWebKeySet
before(async () => {
  own = await make('ES256')
  keys = await keySet(own)
})
const keySet = async ({ alg, publicKey }: Awaited<ReturnType<typeof make>>): Promise<JSONWebKeySet> => ({
  keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg, use: 'sig' }],
})
const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}, by = own) =>
  new SignJWT({ ...good, ...claims } as JWTPayload)
    .setProtectedHeader({ alg: by.alg, kid: 'k1', typ: 'JWT', ...header })
    .sign(by.privateKey)
const checkOf = async (token: string, over: Partial<IdTokenAsk> = {}) => {
  const judged = await judgeIdToken(token, keys, { ...ask, ...over }, NOW)
  return judged.ok ? 'taken' : judged.check
}

test('a sound token says who signed in, when and how', async () => {
  const judged = await judgeIdToken(await sign({ acr: 'urn:mfa', azp: 'countersign' }), keys, ask, NOW)
  assert.deepEqual(judged, { ok: true, subject: 'u-4711', authTime: good.auth_time, acr: 'urn:mfa' })
  assert.equal(await checkOf(await sign({ aud: ['countersign'] })), 'taken')
  assert.equal(await checkOf(await sign({}, { typ: undefined })), 'taken')
})

test('a token by RS256 or EdDSA is taken as one by ES256 is', async () => {
  for (const alg of ['RS256', 'EdDSA']) {
    const other = await make(alg)
    const judged = await judgeIdToken(await sign({}, {}, other), await keySet(other), ask, NOW)
    assert.ok(judged.ok, alg)
  }
})

describe('a token is refused', () => {
  for (const [is, claims, check] of [
    ['of another issuer', { iss: 'https://evil.example' }, 'issuer'],
    ['of an issuer that differs by a slash', { iss: `${ISSUER}/` }, 'issuer'],
    ['for another audience', { aud: 'somebody-else' }, 'audience'],
    ['for us and somebody else', { aud: ['countersign', 'somebody-else'], azp: 'countersign' }, 'audience'],
    ['that was given to another client', { azp: 'somebody-else' }, 'authorized_party'],
    ['that is over', { exp: SECONDS - 31 }, 'expired'],
    ['without an end', { exp: undefined }, 'form'],
    ['made too long ago', { iat: SECONDS - 400 }, 'issued_at'],
    ['made in the future', { iat: SECONDS + 60 }, 'issued_at'],
    ['not valid yet', { nbf: SECONDS + 60 }, 'form'],
    ['for another nonce', { nonce: 'm'.repeat(43) }, 'nonce'],
    ['without a nonce', { nonce: undefined }, 'nonce'],
    ['without auth_time', { auth_time: undefined }, 'auth_time_missing'],
    ['with auth_time as text', { auth_time: String(SECONDS) }, 'auth_time_missing'],
    ['of a sign-in more than five minutes old', { auth_time: SECONDS - 301 }, 'auth_time_old'],
    ['of a sign-in before this round began', { auth_time: SECONDS - 120 }, 'auth_time_old'],
    ['of a sign-in in the future', { auth_time: SECONDS + 60 }, 'auth_time_ahead'],
    ['without a subject', { sub: undefined }, 'form'],
    ['with an empty subject', { sub: '' }, 'form'],
    ['with acr as a list', { acr: ['urn:mfa'] }, 'acr'],
  ] as const)
    test(is, async () => assert.equal(await checkOf(await sign(claims)), check))

  test('without acr, or with a weaker one, where one is demanded', async () => {
    const acrValues = ['urn:mfa', 'urn:hardware']
    assert.equal(await checkOf(await sign({}), { acrValues }), 'acr')
    assert.equal(await checkOf(await sign({ acr: 'urn:password' }), { acrValues }), 'acr')
    assert.equal(await checkOf(await sign({ acr: 'urn:hardware' }), { acrValues }), 'taken')
  })

  test('without any signature', async () => {
    assert.equal(await checkOf(new UnsecuredJWT(good).encode()), 'algorithm')
    const [header, payload] = (await sign({})).split('.')
    assert.equal(await checkOf(`${header}.${payload}.`), 'signature')
  })

  test('signed with the public key as if it were a shared secret', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(keys.keys[0]))
    const token = await new SignJWT(good as JWTPayload).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret)
    assert.equal(await checkOf(token), 'algorithm')
  })

  test('by a key that is not the provider’s, under the name of one, under another, or brought along', async () => {
    const foreign = await make('ES256')
    assert.equal(await checkOf(await sign({}, {}, foreign)), 'signature')
    assert.equal(await checkOf(await sign({}, { kid: 'k2' }, foreign)), 'key')
    const jwk = await exportJWK(foreign.publicKey)
    assert.equal(await checkOf(await sign({}, { jwk }, foreign)), 'signature')
    assert.equal(await checkOf(await sign({}, { kid: 'k2', jwk, jku: 'https://evil.example/keys' }, foreign)), 'key')
  })

  test('that one bit was changed in', async () => {
    const token = await sign({})
    const [header, payload = '', signature] = token.split('.')
    const bent = payload.replace(/^(.{20})(.)/, (_, before, letter) => `${before}${letter === 'A' ? 'B' : 'A'}`)
    assert.notEqual(await checkOf(`${header}.${bent}.${signature}`), 'taken')
  })

  test('of another kind: an access token, a logout token', async () => {
    assert.equal(await checkOf(await sign({}, { typ: 'at+jwt' })), 'form')
    assert.equal(await checkOf(await sign({}, { typ: 'logout+jwt' })), 'form')
  })

  test('that is no token, or longer than any', async () => {
    for (const text of ['', 'a.b.c', '{}', 'x'.repeat(20_000)]) assert.equal(await checkOf(text), 'form')
  })
})

describe('who a person is', () => {
  test('is read from the configured claim alone', async () => {
    const claims = { oid: 'o-1', email: 'rey@x.example', email_verified: true }
    const subjectOf = async (subjectClaim: string) => {
      const judged = await judgeIdToken(await sign(claims), keys, { ...ask, subjectClaim }, NOW)
      return judged.ok ? judged.subject : judged.check
    }
    assert.equal(await subjectOf('oid'), 'o-1')
    assert.equal(await subjectOf('email'), 'rey@x.example')
    assert.equal(await subjectOf('employee'), 'subject')
  })

  test('is no mail address that the provider has not verified', async () => {
    const over = { subjectClaim: 'email' }
    const email = 'rey@x.example'
    for (const email_verified of [undefined, false, 'true', 1])
      assert.equal(await checkOf(await sign({ email, email_verified }), over), 'email_unverified')
  })

  test('is nothing but one text', async () => {
    for (const oid of [7, ['o-1'], { o: 1 }, '', 'x'.repeat(300)])
      assert.equal(await checkOf(await sign({ oid }), { subjectClaim: 'oid' }), 'subject')
  })
})
