// As a client of a provider that others use: what it is asked, what a code gives and to whom, and what is not taken of a provider that is away or odd.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { fetchJson } from '../../../src/issuer/oidc/fetch-json.ts'
import { openProvider, type Provider, type ProviderSettings } from '../../../src/issuer/oidc/provider.ts'
import { CLIENT, openRealProvider, type SignsIn } from '../../support/real-provider.ts'

const redirectUri = 'http://localhost:3001/oidc/return'
const real = await openRealProvider({ after }, redirectUri)
const open = (over: Partial<ProviderSettings> = {}): Provider =>
  openProvider({
    issuer: real.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    acrValues: [],
    subjectClaim: 'sub',
    redirectUri,
    ...over,
  })
const provider = open()

const verifier = 'v'.repeat(43)
const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
const round = { state: 's'.repeat(43), nonce: 'n'.repeat(43), codeChallenge }
async function urlOf(from: Provider, over: Partial<typeof round> = {}): Promise<string> {
  const url = await from.authorizationUrl({ ...round, ...over })
  assert.ok(url.ok, JSON.stringify(url))
  return url.value
}
async function codeOf(person: SignsIn, from = provider, over: Partial<typeof round> = {}): Promise<string> {
  const back = await real.visit(await urlOf(from, over), person)
  return back.searchParams.get('code') ?? back.href
}
async function tokenOf(person: SignsIn, from = provider, over: Partial<typeof round> = {}): Promise<string> {
  const got = await from.redeem(await codeOf(person, from, over), verifier)
  assert.ok(got.ok, JSON.stringify(got))
  return got.value
}
/** What becomes of a whole round. */
async function judged(person: SignsIn, from = provider, over: Partial<typeof round> = {}) {
  const begunAt = new Date()
  const outcome = await from.judge(await tokenOf(person, from, over), { nonce: round.nonce, begunAt }, new Date())
  return outcome.ok ? outcome : outcome.check
}

describe('a person who signs in', () => {
  test('is known by the subject, with the time and the way of the sign-in', async () => {
    const before = Math.floor(Date.now() / 1000)
    const outcome = await judged({ account: 'u-rey', acr: 'urn:mfa' }, open({ acrValues: ['urn:mfa'] }))
    assert.ok(typeof outcome === 'object')
    const { authTime, ...rest } = outcome
    assert.deepEqual(rest, { ok: true, subject: 'u-rey', acr: 'urn:mfa' })
    assert.ok(authTime >= before && authTime <= Date.now() / 1000)
  })

  test('is sent with PKCE, a nonce, and the demand to sign in anew', async () => {
    const { searchParams } = new URL(await urlOf(open({ acrValues: ['urn:mfa', 'urn:hw'] })))
    assert.deepEqual(Object.fromEntries(searchParams), {
      client_id: CLIENT.id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      state: round.state,
      nonce: round.nonce,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      prompt: 'login',
      max_age: '300',
      acr_values: 'urn:mfa urn:hw',
    })
  })

  test('is known by a mail address only when it is verified', async () => {
    const byMail = open({ subjectClaim: 'email' })
    real.accounts.set('u-ana', { email: 'ana@x.example', email_verified: true })
    real.accounts.set('u-mallory', { email: 'ana@x.example', email_verified: false })
    const outcome = await judged({ account: 'u-ana' }, byMail)
    assert.equal(typeof outcome === 'object' ? outcome.subject : outcome, 'ana@x.example')
    assert.equal(await judged({ account: 'u-mallory' }, byMail), 'email_unverified')
  })

  test('with a way that is too weak, or that the provider does not tell, is refused', async () => {
    const strict = open({ acrValues: ['urn:mfa'] })
    assert.equal(await judged({ account: 'u-rey', acr: 'urn:password' }, strict), 'acr')
    assert.equal(await judged({ account: 'u-rey' }, strict), 'acr')
  })

  test('by a session of ten minutes ago is refused, whatever the provider makes of prompt=login', async () => {
    // As somebody would ask who bends the address.
    const url = new URL(await urlOf(provider))
    url.searchParams.set('max_age', '86400')
    const back = await real.visit(url.href, { account: 'u-rey', at: new Date(Date.now() - 600_000) })
    const token = await provider.redeem(back.searchParams.get('code') ?? '', verifier)
    assert.ok(token.ok, JSON.stringify(token))
    const outcome = await provider.judge(token.value, { nonce: round.nonce, begunAt: new Date() }, new Date())
    assert.ok(!outcome.ok && outcome.check === 'auth_time_old', JSON.stringify(outcome))
  })

  test('for another question than this one is refused', async () => {
    assert.equal(await judged({ account: 'u-rey' }, provider, { nonce: 'm'.repeat(43) }), 'nonce')
  })

  test('and walks away brings no code', async () => {
    const back = await real.visit(await urlOf(provider), { account: 'u-rey', gives: 'up' })
    assert.equal(back.searchParams.get('error'), 'access_denied')
    assert.equal(back.searchParams.get('code'), null)
  })
})

describe('a code', () => {
  test('gives a token once', async () => {
    const code = await codeOf({ account: 'u-rey' })
    assert.ok((await provider.redeem(code, verifier)).ok)
    const again = await provider.redeem(code, verifier)
    assert.ok(!again.ok && again.check === 'code', JSON.stringify(again))
  })

  test('without the verifier of the browser that began is worth nothing', async () => {
    const got = await provider.redeem(await codeOf({ account: 'u-rey' }), 'w'.repeat(43))
    assert.ok(!got.ok && got.check === 'code' && /invalid_grant/.test(got.detail), JSON.stringify(got))
  })

  test('of another client of the same provider is worth nothing, and its ID token neither', async () => {
    const other = open({ clientId: 'somebody-else' })
    const got = await provider.redeem(await codeOf({ account: 'u-rey' }, other), verifier)
    assert.ok(!got.ok && got.check === 'code', JSON.stringify(got))
    const token = await tokenOf({ account: 'u-rey' }, other)
    const outcome = await provider.judge(token, { nonce: round.nonce, begunAt: new Date() }, new Date())
    assert.ok(!outcome.ok && outcome.check === 'audience', JSON.stringify(outcome))
  })

  test('is not redeemed with another secret, and the secret stands in no error', async () => {
    const wrong = open({ clientSecret: 'not the one that it knows' })
    const got = await wrong.redeem(await codeOf({ account: 'u-rey' }), verifier)
    assert.ok(!got.ok && got.check === 'code' && !got.detail.includes('not the one'), JSON.stringify(got))
  })

  test('is redeemed with the secret in the form where the provider takes it nowhere else', async (t) => {
    const over = {
      clientAuthMethods: ['client_secret_post'],
      clientDefaults: { token_endpoint_auth_method: 'client_secret_post' },
    }
    const other = await openRealProvider(t, redirectUri, over)
    const from = open({ issuer: other.issuer })
    const back = await other.visit(await urlOf(from), { account: 'u-rey' })
    const got = await from.redeem(back.searchParams.get('code') ?? '', verifier)
    assert.ok(got.ok, JSON.stringify(got))
  })
})

describe('who answers', () => {
  test('is told by the provider, and another one or none is refused (RFC 9207)', async () => {
    const back = await real.visit(await urlOf(provider), { account: 'u-rey' })
    assert.equal(back.searchParams.get('iss'), real.issuer)
    const isIts = async (iss: string | undefined) => {
      const got = await provider.isItsAnswer(iss)
      return got.ok && got.value
    }
    assert.deepEqual(
      [await isIts(real.issuer), await isIts('https://evil.example'), await isIts(undefined), await isIts('')],
      [true, false, false, false],
    )
  })

  test('a token of another provider is refused, though it has the same client and the same question', async (t) => {
    const other = await openRealProvider(t, redirectUri)
    const from = open({ issuer: other.issuer })
    const back = await other.visit(await urlOf(from), { account: 'u-rey' })
    const token = await from.redeem(back.searchParams.get('code') ?? '', verifier)
    assert.ok(token.ok)
    const outcome = await provider.judge(token.value, { nonce: round.nonce, begunAt: new Date() }, new Date())
    assert.ok(!outcome.ok && outcome.check === 'key', JSON.stringify(outcome))
  })
})

describe('document and keys', () => {
  test('are asked for once by many at once, and kept', async () => {
    const fresh = open()
    const from = real.asked.length
    await Promise.all(Array.from({ length: 20 }, () => urlOf(fresh)))
    await urlOf(fresh)
    assert.deepEqual(real.asked.slice(from), ['/.well-known/openid-configuration'])
  })

  test('are read again for a key that is not among them, but not at every forged token', async () => {
    let now = 0
    const settings = { issuer: real.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, acrValues: [], subjectClaim: 'sub' }
    const fresh = openProvider({ ...settings, redirectUri }, () => now)
    const token = await tokenOf({ account: 'u-rey' }, fresh)
    const unknown = `${Buffer.from('{"alg":"ES256","kid":"k-unknown"}').toString('base64url')}.${token.split('.').slice(1).join('.')}`
    const from = real.asked.length
    const tries = async () => {
      const outcome = await fresh.judge(unknown, { nonce: round.nonce, begunAt: new Date() }, new Date())
      assert.ok(!outcome.ok && outcome.check === 'key', JSON.stringify(outcome))
      return real.asked.slice(from).filter((path) => path === '/jwks').length
    }
    assert.equal(await tries(), 1)
    assert.equal(await tries(), 1)
    now = 31_000
    assert.equal(await tries(), 2)
    assert.equal(await tries(), 2)
  })
})

describe('of a provider that is', () => {
  const document = (issuer: string, over: object = {}) => ({
    issuer,
    authorization_endpoint: `${issuer}/a`,
    token_endpoint: `${issuer}/t`,
    jwks_uri: `${issuer}/k`,
    ...over,
  })
  type Answer = { readonly status?: number; readonly body?: string; readonly location?: string }
  async function checkOf(t: { after(work: () => void): void }, answer: (issuer: string) => Answer, thenAgain?: () => unknown) {
    const server = createServer((_, response) => {
      const { status = 200, location, body } = answer(issuer)
      response.writeHead(status, location === undefined ? {} : { location }).end(body)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
    const from = open({ issuer })
    const check = async () => {
      const got = await from.authorizationUrl(round)
      return got.ok ? 'taken' : got.check
    }
    const first = await check()
    if (!thenAgain) return first
    thenAgain()
    return `${first}, then ${await check()}`
  }
  const json = (body: object) => ({ body: JSON.stringify(body) })

  test('as it should be, everything is taken', async (t) => {
    assert.equal(await checkOf(t, (issuer) => json(document(issuer))), 'taken')
  })
  for (const [is, answer, check] of [
    ['another one than configured', () => json(document('https://evil.example')), 'unfit'],
    [
      'without PKCE by S256',
      (issuer: string) => json(document(issuer, { code_challenge_methods_supported: ['plain'] })),
      'unfit',
    ],
    ['without the code flow', (issuer: string) => json(document(issuer, { response_types_supported: ['id_token'] })), 'unfit'],
    [
      'leading to a script',
      (issuer: string) => json(document(issuer, { authorization_endpoint: 'javascript:alert(1)' })),
      'unfit',
    ],
    ['leading elsewhere', (issuer: string) => ({ status: 302, location: `${issuer}/other` }), 'unfit'],
    ['not JSON', () => ({ body: '<html>' }), 'unfit'],
    ['endless', () => ({ body: ' '.repeat(300_000) }), 'unfit'],
    ['in trouble', () => ({ status: 503, body: '{}' }), 'silent'],
  ] as const)
    test(`${is}, nothing is taken`, async (t) => assert.equal(await checkOf(t, answer), check))

  test('away, nothing is taken; and when it is back, everything is at once', async (t) => {
    let isAway = true
    assert.equal(
      await checkOf(
        t,
        (issuer) => (isAway ? { status: 502 } : json(document(issuer))),
        () => (isAway = false),
      ),
      'silent, then taken',
    )
    const nobody = await open({ issuer: 'http://localhost:1' }).authorizationUrl(round)
    assert.ok(!nobody.ok && nobody.check === 'silent', JSON.stringify(nobody))
  })

  test('slow, no more is waited for than the patience that was given', async (t) => {
    const server = createServer((_, response) => void response.write(' '))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const got = await fetchJson(`http://localhost:${(server.address() as AddressInfo).port}`, {}, 200)
    assert.ok(!got.ok && got.check === 'silent', JSON.stringify(got))
  })
})
