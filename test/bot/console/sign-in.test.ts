// Signing in at the console with a token of the issuer’s: every bent one signs nobody in, and a session ends.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { buildBot } from '../../../src/bot/app.ts'
import { type Jar, openConsole, PUBLIC, tokenOf } from '../../support/console.ts'
import { type Bend, openOidc } from '../../support/oidc.ts'

const { world, oidc, go, begin, signIn } = await openConsole({ after })

test('without a session there is a way to sign in and nothing else', async () => {
  const answer = await go(new Map(), 'GET', '/')
  assert.match(answer.body, /Sign in with your key/)
  assert.equal((await go(new Map(), 'GET', '/audit')).statusCode, 401)
  assert.equal((await go(new Map(), 'POST', '/ask', { form_token: 'x' })).statusCode, 401)
})

test('a person signs in with the issuer’s token, sees their own pages, and signs out', async () => {
  const { jar, answer } = await signIn('rey', {}, '/ask')
  assert.deepEqual([answer.statusCode, answer.headers.location], [303, '/ask'])
  const set = String(answer.headers['set-cookie'])
  assert.match(set, /countersign_bot_session=[^;]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax/)
  const stored = await world.bot.db.selectFrom('bot_session').selectAll().execute()
  assert.ok(
    !JSON.stringify(stored).includes(jar.get('countersign_bot_session') ?? 'none'),
    'the database does not know the token',
  )
  const page = await go(jar, 'GET', '/')
  assert.match(page.body, /Signed in as <bdi>Rey Okafor/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/)
  const token = tokenOf(page.body)
  assert.equal((await go(jar, 'POST', '/sign-out', { form_token: token })).statusCode, 303)
  assert.match((await go(jar, 'GET', '/')).body, /Sign in with your key/)
})

const FORGED: readonly (readonly [string, Bend])[] = [
  ['another nonce', { claims: { nonce: 'another' } }],
  ['another audience', { claims: { aud: 'somebody-else' } }],
  ['another issuer, with the same key', { claims: { iss: 'https://evil.example/oidc' } }],
  ['another realm', { claims: { realm: 'prod:00000000000000000000000000' } }],
  ['the type of an access token', { header: { typ: 'at+jwt' } }],
  ['a key that the issuer does not publish', { foreignKey: true }],
  ['an age of an hour', { age: 3600 }],
  ['a person that is no name', { claims: { sub: '../rey' } }],
]
for (const [what, bend] of FORGED) {
  test(`an ID token with ${what} signs nobody in`, async () => {
    const { jar, answer } = await signIn('rey', bend)
    assert.equal(answer.statusCode, 403)
    assert.match((await go(jar, 'GET', '/')).body, /Sign in with your key/)
  })
}

test('a code that another browser began, or that is brought twice, signs nobody in', async () => {
  const victim: Jar = new Map()
  const attacker: Jar = new Map()
  const returned = oidc.authorize(await begin(attacker), 'rey')
  await begin(victim)
  assert.equal((await go(victim, 'GET', `/signed-in?${new URLSearchParams(returned)}`)).statusCode, 403)
  assert.equal((await go(new Map(), 'GET', `/signed-in?${new URLSearchParams(returned)}`)).statusCode, 403)
  const jar: Jar = new Map()
  const once = oidc.authorize(await begin(jar), 'rey')
  const kept = new Map(jar)
  assert.equal((await go(jar, 'GET', `/signed-in?${new URLSearchParams(once)}`)).statusCode, 303)
  assert.equal((await go(kept, 'GET', `/signed-in?${new URLSearchParams(once)}`)).statusCode, 403)
})

test('somebody with a key but without a place in the directory is not signed in', async () => {
  assert.equal((await signIn('mallory')).answer.statusCode, 403)
})

test('nobody can be sent on to another place by the link to sign in', async () => {
  for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', '/ask@evil'])
    assert.equal((await signIn('rey', {}, to)).answer.headers.location, '/', to)
})

test('a session ends after a quarter of an hour without use, and after eight hours in any case', async () => {
  for (const [column, ago] of [
    ['used_at', 16 * 60_000],
    ['expires_at', 1000],
  ] as const) {
    const { jar } = await signIn('theo')
    assert.equal((await go(jar, 'GET', '/audit')).statusCode, 200)
    await world.bot.db
      .updateTable('bot_session')
      .set({ [column]: new Date(Date.now() - ago) })
      .where('person', '=', 'theo')
      .execute()
    assert.equal((await go(jar, 'GET', '/audit')).statusCode, 401)
  }
})

test('a discovery document that leads to another origin is not followed', async (t) => {
  const other = await openOidc({ after: (work) => t.after(work) }, world.bot.realm)
  other.bendDiscovery({ token_endpoint: 'http://localhost:9/token' })
  const bot = buildBot({ ctx: world.bot, slack: undefined, publicUrl: PUBLIC, issuerUrl: other.origin, log: world.bot.log })
  t.after(() => bot.app.close())
  const answer = await bot.app.inject({ method: 'GET', url: '/sign-in', headers: { host: 'localhost:3000' } })
  assert.equal(answer.statusCode, 502)
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.match(answer.body, /does not answer, so nobody can sign in/)
})
