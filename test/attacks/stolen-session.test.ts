// A thief of a session cookie, the issuer's or the console's: he looks as its person, and at the console does what its person does in Slack. Each door of both
// apps is tried with it; what counts needs an assertion, which no cookie is.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, afterEach, before, describe, test } from 'node:test'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { issueSignInCode, startSession } from '../../src/commands/sign-in.ts'
import { newId } from '../../src/crypto.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { type Jar, openConsole, PUBLIC, tokenOf } from '../support/console.ts'
import { doorsOf } from '../support/doors.ts'
import { HOST } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { openRoundsWith } from '../support/provider-rounds.ts'
import { giveBackOf, rogueKey } from '../support/rogue-key.ts'
import { ask, claim, claimOf, confirm, decide, newHolder, ORIGIN } from '../support/world.ts'

const t = lastFirst(after)
const console = await openConsole(t)
const { world, go } = console
const { ctx } = world
const { rounds } = await openRoundsWith(t, world)
const issuer = buildIssuerApp({ ctx, keys: world.keys, publicUrl: PUBLIC, rounds, rate: { burst: 10_000, perSecond: 10_000 } })
t.after(() => issuer.close())
const PEOPLE = ['rey', 'ana', 'bo', 'mira', 'theo'] as const
let gains: Gains
const cookies = new Map<string, string>()
const jars = new Map<string, Jar>()
const at = {} as Record<'asked' | 'waiting' | 'approved' | 'live', Awaited<ReturnType<typeof ask>>>
const place = await newHolder()
let rogue: ReturnType<typeof rogueKey>

before(async () => {
  await issuer.ready()
  for (const name of ['asked', 'waiting', 'approved', 'live'] as const)
    at[name] = await ask(world, { reason: `INC-4211: ${name}` })
  for (const { intent } of [at.waiting, at.approved, at.live]) assert.ok((await confirm(world, intent, place)).ok)
  for (const { intent } of [at.approved, at.live]) assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, at.live.intent, place)).ok)
  for (const person of PEOPLE) {
    const passkey = [...(await ctx.chain()).passkeys.values()].find((each) => each.passkey.person === person)?.passkey
    cookies.set(person, `countersign-issuer-3001=${await startSession(ctx, ctx.db, person, passkey?.thumbprint ?? '')}`)
    jars.set(person, (await console.signIn(person)).jar)
  }
  rogue = rogueKey(world, 'mira')
  gains = await watchGains(world)
})
afterEach(() => gains.nothingGained())

const atIssuer = async (method: 'GET' | 'POST', url: string, cookie: string, payload?: unknown, type = 'application/json') => {
  const headers = { host: HOST, cookie, ...(method === 'POST' && { origin: ORIGIN, 'content-type': type }) }
  const body = payload === undefined ? {} : { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }
  return gains.hear(await issuer.inject({ method, url, headers, ...body }))
}
const approve = () => ({ role: 'approver', decision: 'approve', intents: [at.waiting.intent] })

/** What he sends to each door of the issuer that takes anything; the statuses that may come back. */
const POSTS: { readonly [door: string]: readonly (() => Promise<readonly [body: unknown, allowed: readonly number[]]>)[] } = {
  '/v1/ceremonies': [
    async () => [{ purpose: 'directory' }, [200]],
    async () => [{ purpose: 'decide', view: at.waiting.viewId }, [200]],
  ],
  '/v1/statements': [
    async () => [rogue.sign('decide', approve()), [403]],
    async () => [{ statement: rogue.sign('decide', approve()).statement }, [422]],
    async () => [
      { ...rogue.sign('directory', { role: 'administrator', decision: 'change', change: 'A'.repeat(43) }), change: 'e30' },
      [403, 422],
    ],
    async () => [
      rogue.sign('request', {
        role: 'requester',
        decision: 'confirm',
        intents: [at.approved.intent],
        holder: (await newHolder()).holder,
      }),
      [403],
    ],
  ],
  '/v1/claims': [async () => [await claimOf(world, at.approved.intent, await newHolder()), [403]]],
  '/v1/revocations': [
    async () => [await giveBackOf(world, at.live.intent, await newHolder()), [403]],
    async () => [rogue.sign('revoke', { role: 'administrator', decision: 'revoke', intents: [at.live.intent] }), [403]],
  ],
  '/v1/holders': [async () => [{ holder: (await newHolder()).holder, name: 'mira@laptop' }, [200]]],
  '/v1/registrations': [async () => [rogueKey(world, 'bo').registration, [200]]],
  '/v1/registrations/reject': [async () => [{ thumbprint: 'A'.repeat(43) }, [403, 404]]],
  '/v1/changes': [
    async () => [
      { ...rogue.sign('directory', { role: 'administrator', decision: 'change', change: 'A'.repeat(43) }), change: 'e30' },
      [403, 422],
    ],
  ],
  '/v1/changes/withdraw': [async () => [{ digest: 'A'.repeat(43) }, [403, 412]]],
  '/v1/provider/rounds': [async () => [{}, [403]]],
  '/v1/provider/answers': [
    // The state of a round is a nonce, such as the issuer gives to whoever asks for one.
    async () => [
      { state: makeNonce(ctx.nonceKey, ctx.now()), code: 'a code of his own account', iss: rounds.provider.issuer },
      [403],
    ],
    async () => [{ state: makeNonce(ctx.nonceKey, ctx.now()), error: 'access_denied' }, [403]],
  ],
  '/authorize': [async () => [{ response_type: 'token', client_id: 'bot' }, [422]]],
  '/token': [async () => ['grant_type=authorization_code', [400]]],
}

test('every door of the issuer that takes anything is thought of here', () => {
  const posts = doorsOf(issuer).flatMap((door) => (door.startsWith('POST ') ? [door.slice(5)] : []))
  assert.deepEqual(posts, [...Object.keys(POSTS), '/v1/sign-out'].sort())
})

for (const person of PEOPLE)
  describe(`a stolen cookie of ${person} at the issuer`, () => {
    for (const [door, tries] of Object.entries(POSTS))
      test(`brings nothing about at ${door}`, async () => {
        for (const make of tries) {
          const [body, allowed] = await make()
          const type = door === '/token' ? 'application/x-www-form-urlencoded' : undefined
          const answer = await atIssuer('POST', door, cookies.get(person) ?? '', body, type)
          assert.ok(allowed.includes(answer.statusCode), `${answer.statusCode} ${answer.body}`)
          assert.deepEqual(
            answer.cookies.filter(({ value }) => value !== ''),
            [],
          )
        }
      })

    test('shows no more than its person may see', async () => {
      for (const asked of Object.values(at)) {
        const { body } = await atIssuer('GET', `/r/${asked.viewId}`, cookies.get(person) ?? '')
        const involved = person === 'rey' || person === 'ana' || person === 'bo'
        assert.equal(body.includes('INC-4211'), involved, `${person} reads ${asked.requestId}`)
      }
      const keys = (await atIssuer('GET', '/keys', cookies.get(person) ?? '')).body
      assert.equal(keys.includes('Bo Tanaka'), person === 'mira' || person === 'bo')
    })
  })

describe('a stolen cookie of the issuer is dead', () => {
  const reads = async (cookie: string) => !(await atIssuer('GET', '/keys', cookie)).body.includes('To see your keys, sign in')
  const fresh = async () => {
    const passkey = [...(await ctx.chain()).passkeys.values()].find((each) => each.passkey.person === 'ana')?.passkey
    return startSession(ctx, ctx.db, 'ana', passkey?.thumbprint ?? '')
  }
  const rowOf = (token: string) => createHash('sha256').update(token).digest('base64url')
  for (const [when, change] of [
    ['after a quarter of an hour without use', { used_at: new Date(Date.now() - 16 * 60_000) }],
    ['after eight hours, however much it is used', { expires_at: new Date(Date.now() - 1_000) }],
    ['when the key that began it is none of the directory', { passkey: 'A'.repeat(43) }],
  ] as const)
    test(when, async () => {
      const token = await fresh()
      assert.ok(await reads(`countersign-issuer-3001=${token}`))
      await ctx.db.updateTable('issuer_session').set(change).where('id_hash', '=', rowOf(token)).execute()
      assert.equal(await reads(`countersign-issuer-3001=${token}`), false)
    })
  test('once its person has signed out', async () => {
    const cookie = `countersign-issuer-3001=${await fresh()}`
    assert.equal((await atIssuer('POST', '/v1/sign-out', cookie, {})).statusCode, 200)
    assert.equal(await reads(cookie), false)
  })
  test('at the console, and the console’s at the issuer', async () => {
    const [, token = ''] = (cookies.get('theo') ?? '').split('=')
    const jar: Jar = new Map([
      ['countersign_bot_session', token],
      ['countersign-issuer-3001', token],
    ])
    assert.equal((await go(jar, 'GET', '/audit')).statusCode, 401)
    const theirs = jars.get('mira')?.get('countersign_bot_session') ?? assert.fail()
    assert.equal(await reads(`countersign-issuer-3001=${theirs}; countersign_bot_session=${theirs}`), false)
  })
})

test('a cookie of the issuer, however fresh, is no sign-in at the console, and neither is what its owner signed for the issuer', async () => {
  const code_challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url')
  const authorize = {
    response_type: 'code',
    client_id: 'bot',
    redirect_uri: `${PUBLIC}/signed-in`,
    scope: 'openid',
    state: 'state-of-his',
    nonce: 'nonce-of-his',
    code_challenge,
    code_challenge_method: 'S256',
  }
  const cookie = await gains.honestly(async () => {
    const [passkey] = [...(await ctx.chain()).passkeys.values()].filter((each) => each.passkey.person === 'mira')
    return `countersign-issuer-3001=${await startSession(ctx, ctx.db, 'mira', passkey?.passkey.thumbprint ?? '')}`
  })
  const said = { v: 1, realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()), kind: 'sign_in', audience: 'issuer' } as const
  const overheard = signWith(world.ring, world.ring.idsOf('mira')[0] ?? '', said)
  const his = rogue.sign('sign_in', { audience: 'bot' })
  for (const body of [authorize, { authorize }, { ...overheard, authorize }, { ...his, authorize }]) {
    const answer = await atIssuer('POST', '/authorize', cookie, body)
    assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${answer.statusCode} ${answer.body}`)
    assert.ok(!answer.body.includes('code=') && answer.headers['set-cookie'] === undefined)
  }
  assert.equal((await ctx.db.selectFrom('sign_in_code').select('code_hash').execute()).length, 0)
})

test('an ID token opens no door of the issuer', async () => {
  const verifier = randomBytes(32).toString('base64url')
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
  const client = { clientId: 'bot', redirectUri: `${PUBLIC}/signed-in` }
  const code = await issueSignInCode(ctx, { person: 'mira', at: ctx.now() }, { ...client, codeChallenge, nonce: 'nonce-of-his' })
  const asked = { client_id: 'bot', redirect_uri: client.redirectUri, code, code_verifier: verifier }
  const form = new URLSearchParams({ grant_type: 'authorization_code', ...asked }).toString()
  const headers = { host: HOST, 'content-type': 'application/x-www-form-urlencoded' }
  const token: string = (await issuer.inject({ method: 'POST', url: '/token', headers, payload: form })).json().id_token
  assert.ok(token.startsWith('eyJ'))
  for (const url of ['/keys', '/enrol', `/r/${at.waiting.viewId}`]) {
    const bearing = { authorization: `Bearer ${token}`, cookie: `countersign-issuer-3001=${token}` }
    const [without, having] = await Promise.all(
      [{}, bearing].map((headers) => issuer.inject({ method: 'GET', url, headers: { host: HOST, ...headers } })),
    )
    assert.equal(having?.body, without?.body, url)
  }
})

describe('a stolen cookie of the console', () => {
  const FORMS: { readonly [door: string]: readonly Record<string, string>[] } = {
    '/wish': ['object', 'lift', 'return', 'cancel', 'approve', 'confirm', 'claim'].flatMap((kind) => [
      { kind, request: 'waiting' },
      { kind, request: 'live' },
    ]),
    '/explain': [{ wish: crypto.randomUUID(), why: 'it is approved' }],
    '/open': [{ request: 'approved' }, { request: 'asked' }],
    '/ask': [{ id: newId(), action: 'service.restart', reason: 'INC-4211: his', lease: '900', 'p.service': 'payments-api' }],
  }
  const idOf = (name: string | undefined) => (name !== undefined && name in at ? at[name as keyof typeof at].requestId : name)

  test('is tried at every door that takes anything', () => {
    const posts = doorsOf(console.app).flatMap((door) => (door.startsWith('POST ') ? [door.slice(5)] : []))
    assert.deepEqual(posts, [...Object.keys(FORMS), '/sign-out'].sort(), 'without Slack there is no door of Slack')
  })

  for (const door of [...Object.keys(FORMS), '/sign-out'])
    test(`alone, without the form of a page, does nothing at ${door}`, async () => {
      for (const person of PEOPLE)
        for (const form_token of ['', 'A'.repeat(43)])
          assert.equal((await go(new Map(jars.get(person)), 'POST', door, { form_token })).statusCode, 403)
    })

  for (const [door, forms] of Object.entries(FORMS))
    test(`with the form of a page gives, signs and enrols nothing at ${door}`, async () => {
      for (const person of [...PEOPLE].reverse()) {
        const jar: Jar = new Map(jars.get(person))
        const form_token = tokenOf((await go(jar, 'GET', '/')).body)
        for (const form of forms) {
          const { request } = form
          const answer = gains.hear(
            await go(jar, 'POST', door, { ...form, form_token, ...(request && { request: idOf(request) ?? '' }) }),
          )
          assert.ok(answer.statusCode < 500, answer.body)
        }
      }
      await heedWishes(ctx)
      const row = await ctx.db
        .selectFrom('request_state')
        .select('state')
        .where('request_id', '=', at.asked.requestId)
        .executeTakeFirst()
      assert.equal(row?.state, 'awaiting_requester')
    })

  test('reads the log only for who may', async () => {
    for (const person of PEOPLE)
      assert.equal(
        (await go(new Map(jars.get(person)), 'GET', '/audit')).statusCode,
        person === 'theo' || person === 'mira' ? 200 : 403,
      )
  })
})
