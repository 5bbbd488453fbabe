// A thief inside the bot's process, at the doors of the issuer: he reads what the bot reads, every stored statement and assertion among it, and may send
// anything. Each door stands here by name, so that a new one must be thought of. What he does at the database is in bot-database-role*.test.ts.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { doorsOf } from '../support/doors.ts'
import type { Door } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { openProviderOffice } from '../support/provider-rounds.ts'
import { giveBackOf, postedAgain, type RogueKey, rogueKey } from '../support/rogue-key.ts'
import { ask, claim, claimOf, confirm, decide, newHolder, sign } from '../support/world.ts'

const t = lastFirst(after)
let door: Door
let office: Awaited<ReturnType<typeof openProviderOffice>>
let gains: Gains
let rogue: RogueKey
/** One request in each state that could be worth something, with its view ids, as the bot knows them. */
const at: { waiting: Asked; approved: Asked; live: Asked } = {} as never
type Asked = { requestId: string; intent: string; viewId: string; approver: string; place: Awaited<ReturnType<typeof newHolder>> }

before(async () => {
  // Without the sandbox's own doors, which sign as anybody.
  office = await openProviderOffice(t, { over: { extras: async () => undefined } })
  door = office.doors
  const { world } = door
  const asked = async (): Promise<Asked> => {
    const made = await ask(world)
    const place = await newHolder()
    assert.ok((await confirm(world, made.intent, place)).ok)
    return { ...made, place, approver: await door.link(made.requestId, 'ana') }
  }
  at.waiting = await asked()
  at.approved = await asked()
  assert.ok((await decide(world, at.approved.intent, 'bo')).ok)
  at.live = await asked()
  assert.ok((await decide(world, at.live.intent, 'bo')).ok)
  assert.ok((await claim(world, at.live.intent, at.live.place)).ok)
  rogue = rogueKey(world, 'bo')
  gains = await watchGains(world)
})
afterEach(() => gains.nothingGained())

type Response = Awaited<ReturnType<Door['post']>>
const program = { origin: undefined, 'sec-fetch-site': undefined }
const post = async (url: string, body: unknown, headers: Record<string, string | undefined> = {}): Promise<Response> =>
  gains.hear(await door.post(url, body, headers))
/** Refused, and no way in is opened by it. */
const isRefused = (response: Response, what: string): void => {
  assert.ok(response.statusCode >= 400 && response.statusCode < 500, `${what}: ${response.statusCode} ${response.body}`)
  assert.deepEqual(
    response.cookies.filter(({ value }) => value !== ''),
    [],
    what,
  )
}
const stored = () => door.world.bot.db.selectFrom('statement').select(['kind', 'bytes', 'assertion']).execute()
const keyOf = async (person: string) =>
  (await door.world.bot.db.selectFrom('passkey').select(['thumbprint', 'id']).where('person', '=', person).execute())[0] ??
  assert.fail()
const approveAll = () => ({ role: 'approver', decision: 'approve', intents: [at.waiting.intent] })

const reads = (path: () => string) => async () => {
  for (const headers of [{}, { authorization: 'Bearer xoxb-stolen' }, { cookie: 'countersign-issuer-3001=made-up' }] as const) {
    const answer = gains.hear(await door.get(path(), headers))
    assert.equal(answer.headers['set-cookie'], undefined)
  }
}

/** What he tries at each door, by name. */
const ATTEMPTS: { readonly [door: string]: { readonly [attempt: string]: () => Promise<void> } } = {
  'GET /healthz': { asks: reads(() => '/healthz') },
  'GET /readyz': { asks: reads(() => '/readyz') },
  'GET /static/*': { 'asks for a file of the host': reads(() => '/static/..%2f..%2fkeys%2flog.json') },
  'GET /jwks.json': { 'reads the public keys': reads(() => '/jwks.json') },
  'GET /oidc/jwks.json': { 'reads the public keys': reads(() => '/oidc/jwks.json') },
  'GET /.well-known/openid-configuration': { reads: reads(() => '/.well-known/openid-configuration') },
  'GET /oidc/.well-known/openid-configuration': { reads: reads(() => '/oidc/.well-known/openid-configuration') },
  'GET /r/:view': { 'opens the link of an approver': reads(() => `/r/${at.waiting.approver}`) },
  'GET /v1/views/:view': { 'asks how a request stands': reads(() => `/v1/views/${at.live.viewId}`) },
  'GET /v1/views/:view/events': {
    'asks for the line of a link that is none': reads(() => '/v1/views/0000000000000000000000000a/events'),
  },
  'GET /v1/receipts/:request': {
    'takes the receipt of what was issued, by the id that he knows': async () => {
      for (const { requestId } of [at.live, at.waiting])
        isRefused(gains.hear(await door.get(`/v1/receipts/${requestId}`)), 'a receipt')
    },
  },
  'GET /receipts/:request': {
    'opens the page of a receipt: it asks who he is': async () => {
      const answer = gains.hear(await door.get(`/receipts/${at.live.requestId}`))
      assert.ok(!answer.body.includes('/v1/receipts/'))
    },
  },
  'GET /v1/registrations/:thumbprint': {
    'asks what became of a key': reads(() => `/v1/registrations/${rogue.thumbprint}`),
  },
  'GET /verify': { 'opens the verifier': reads(() => '/verify') },
  'GET /verify/page.html': { 'takes the verifier along': reads(() => '/verify/page.html') },
  'GET /enrol': { 'looks for keys that wait': reads(() => '/enrol') },
  'GET /keys': { 'looks at keys': reads(() => '/keys') },
  'GET /oidc/return': {
    'opens it as if he came from the provider': reads(
      () => '/oidc/return?code=made-up&state=made-up&iss=https%3A%2F%2Fprovider.example',
    ),
  },
  'GET /authorize': { 'asks without knowing the form': reads(() => '/authorize?client_id=bot') },
  'GET /v1/holders/:code': { 'tries a terminal’s code': reads(() => '/v1/holders/0000-0000-0000-0000') },
  'GET /v1/holders/:holder/request': { 'asks in the name of no place': reads(() => `/v1/holders/${'A'.repeat(43)}/request`) },

  'POST /v1/ceremonies': {
    'gets a nonce for every purpose, and nothing by it': async () => {
      for (const body of [
        { purpose: 'claim' },
        { purpose: 'sign_in' },
        { purpose: 'decide', view: at.waiting.approver },
        { purpose: 'request', view: at.waiting.viewId },
        { purpose: 'revoke', view: at.live.viewId },
        { purpose: 'register', person: 'bo' },
      ])
        assert.equal((await post('/v1/ceremonies', body)).headers['set-cookie'], undefined)
      isRefused(await post('/v1/ceremonies', { purpose: 'directory' }), 'whose keys may sign the directory')
    },
  },
  'POST /v1/statements': {
    'posts every stored statement again, with its own assertion': async () => {
      const statements = await stored()
      assert.ok(['request', 'decide', 'register', 'directory'].every((kind) => statements.some((row) => row.kind === kind)))
      const [change] = await door.world.bot.db.selectFrom('directory').select('change').execute()
      for (const row of statements) {
        const body = { ...postedAgain(row), ...(row.kind === 'directory' && { change: change?.change.toString('base64url') }) }
        isRefused(await post('/v1/statements', body), row.kind)
      }
    },
    'puts each stored assertion under an approval that he wrote himself': async () => {
      const { thumbprint: passkey } = await keyOf('bo')
      const { statement } = rogue.sign('decide', { ...approveAll(), signer: { person: 'bo', passkey } })
      for (const row of await stored()) isRefused(await post('/v1/statements', { ...postedAgain(row), statement }), row.kind)
    },
    'approves with a key of his own, under his own thumbprint and under an approver’s': async () => {
      const { thumbprint: passkey, id } = await keyOf('bo')
      for (const [signer, twist] of [
        [{ person: 'bo', passkey: rogue.thumbprint }, {}],
        [{ person: 'bo', passkey }, {}],
        [{ person: 'bo', passkey }, { id }],
        [{ person: 'ana', passkey }, { id }],
      ] as const)
        isRefused(await post('/v1/statements', rogue.sign('decide', { ...approveAll(), signer }, twist)), JSON.stringify(signer))
    },
    'names a place of his own for somebody else’s approved request': async () => {
      const { holder } = await newHolder()
      const { thumbprint: passkey, id } = await keyOf('rey')
      const said = { role: 'requester', decision: 'confirm', intents: [at.approved.intent], holder }
      isRefused(
        await post('/v1/statements', rogue.sign('request', { ...said, signer: { person: 'rey', passkey } }, { id })),
        'place',
      )
    },
    'signs in with a key that nobody enrolled': async () => {
      const { id } = await keyOf('mira')
      for (const twist of [{}, { id }])
        isRefused(await post('/v1/statements', rogue.sign('sign_in', { audience: 'issuer' }, twist)), 'sign-in')
    },
  },
  'POST /v1/registrations': {
    'registers a key in an approver’s name, proves it, and has gained a row that waits': async () => {
      const made = await post('/v1/registrations', rogue.registration)
      assert.equal(made.statusCode, 200, made.body)
      const { id, key, thumbprint } = made.json()
      const proof = rogue.sign('register', { role: 'owner', decision: 'register', id, key })
      assert.equal((await post('/v1/statements', proof)).statusCode, 200)
      isRefused(await post('/v1/statements', rogue.sign('decide', approveAll())), 'an approval by a key that waits')
      isRefused(await post('/v1/statements', rogue.sign('sign_in', { audience: 'issuer' })), 'a sign-in by a key that waits')
      const order = { role: 'administrator', decision: 'change', change: 'A'.repeat(43) }
      isRefused(await post('/v1/statements', { ...rogue.sign('directory', order), change: 'e30' }), 'his own enrolment')
      assert.equal(thumbprint, rogue.thumbprint)
    },
    'registers an approver’s own key anew, under another name': async () => {
      const [row] = await door.world.bot.db.selectFrom('passkey').select('id').where('person', '=', 'bo').execute()
      const again = rogueKey(door.world, 'rey')
      const attestation = { ...again.registration.attestation, id: row?.id ?? '', rawId: row?.id ?? '' }
      isRefused(await post('/v1/registrations', { ...again.registration, attestation }), 'an id that is enrolled')
    },
  },
  'POST /v1/registrations/reject': {
    'turns a key down': async () =>
      isRefused(await post('/v1/registrations/reject', { thumbprint: rogue.thumbprint }), 'without a session'),
  },
  'POST /v1/changes': {
    'signs a change with a key of his own, in an administrator’s name': async () => {
      const { thumbprint: passkey, id } = await keyOf('mira')
      const order = { role: 'administrator', decision: 'change', change: 'A'.repeat(43), signer: { person: 'mira', passkey } }
      isRefused(await post('/v1/changes', { ...rogue.sign('directory', order, { id }), change: 'e30' }), 'a change')
    },
  },
  'POST /v1/changes/withdraw': {
    'withdraws what waits for a second administrator': async () =>
      isRefused(await post('/v1/changes/withdraw', { digest: 'A'.repeat(43) }), 'without a session'),
  },
  'POST /v1/holders': {
    'offers a terminal of his own, which no request names by that': async () => {
      const mine = await newHolder()
      assert.equal((await post('/v1/holders', { holder: mine.holder, name: 'rey@laptop' }, program)).statusCode, 200)
      isRefused(await post('/v1/claims', await claimOf(door.world, at.approved.intent, mine), program), 'a claim of that place')
    },
  },
  'POST /v1/claims': {
    'claims for a place of his own, and for the named one with his own keys': async () => {
      const mine = await newHolder()
      for (const { intent, place } of [at.waiting, at.approved, at.live]) {
        isRefused(await post('/v1/claims', await claimOf(door.world, intent, mine), program), 'his own place')
        const named = { ...mine, holder: { ...place.holder, encrypt: mine.holder.encrypt } }
        isRefused(await post('/v1/claims', await claimOf(door.world, intent, named), program), 'the named place, another key')
        isRefused(
          await post('/v1/claims', await claimOf(door.world, intent, { ...mine, holder: place.holder }), program),
          'unsigned',
        )
      }
    },
  },
  'POST /v1/revocations': {
    'ends a grant that is not his, by key and by statement': async () => {
      const mine = await newHolder()
      isRefused(await post('/v1/revocations', await giveBackOf(door.world, at.live.intent, mine), program), 'his own place')
      const said = { role: 'administrator', decision: 'revoke', intents: [at.live.intent] }
      const { thumbprint: passkey, id } = await keyOf('mira')
      isRefused(
        await post('/v1/revocations', rogue.sign('revoke', { ...said, signer: { person: 'mira', passkey } }, { id }), program),
        'revoke',
      )
    },
  },
  'POST /v1/provider/rounds': {
    'begins a sign-in without having proved a key, with cookies that he made up': async () => {
      for (const text of ['', 'made-up', `${'A'.repeat(60)}.${'A'.repeat(43)}`]) {
        const cookie = `countersign-proved-3001=${text}; countersign-round-3001=${text}`
        isRefused(await post('/v1/provider/rounds', {}, { cookie }), cookie)
      }
    },
    'begins one for an approver, in whose name he has registered and proved a key': async () => {
      const browser = office.browser()
      assert.equal((await browser.register('bo')).statusCode, 200)
      isRefused(gains.hear(await browser.post('/v1/provider/rounds', {})), 'who has a key has further ones by it')
    },
  },
  'POST /v1/provider/answers': {
    'brings what he made up': async () => {
      for (const said of [{ code: 'made-up' }, { error: 'access_denied' }, { code: 'made-up', iss: office.real.issuer }])
        isRefused(await post('/v1/provider/answers', { state: 'made-up', ...said }), JSON.stringify(said))
    },
    'has a key of his own enrolled for a newcomer, by a code that he made up and by an account of his own': async () => {
      const browser = office.browser()
      assert.equal((await browser.register('nia')).statusCode, 200)
      const made = new URL(office.real.issuer)
      made.search = new URLSearchParams({
        state: new URL(await browser.begin()).searchParams.get('state') ?? '',
        code: 'made-up',
        iss: office.real.issuer,
      }).toString()
      isRefused(gains.hear(await browser.bring(made)), 'a code that he made up')
      isRefused(gains.hear(await browser.signIn({ account: 'u-his-own' })), 'an account of his own')
      assert.deepEqual(await office.passkeysOf('nia'), [])
    },
  },
  'POST /authorize': {
    'asks for a code with a key that nobody enrolled': async () => {
      const ask = { response_type: 'code', client_id: 'bot', redirect_uri: 'http://localhost:3000/signed-in', scope: 'openid' }
      const rest = {
        state: 'a-state-of-his',
        nonce: 'a-nonce-of-his',
        code_challenge: 'A'.repeat(43),
        code_challenge_method: 'S256',
      }
      const authorize = { ...ask, ...rest }
      const { thumbprint, id } = await keyOf('mira')
      const said = rogue.sign('sign_in', { audience: 'bot' }, { id })
      for (const body of [authorize, { authorize }, { ...said, authorize }])
        isRefused(await post('/authorize', body), `a code, ${thumbprint}`)
    },
  },
  'POST /token': {
    'redeems a code that he made up': async () => {
      const form = { grant_type: 'authorization_code', client_id: 'bot', redirect_uri: 'http://localhost:3000/signed-in' }
      const body = new URLSearchParams({ ...form, code: 'c'.repeat(43), code_verifier: 'v'.repeat(43) }).toString()
      const sent = await post('/token', body, { ...program, 'content-type': 'application/x-www-form-urlencoded' })
      assert.deepEqual([sent.statusCode, sent.json()], [400, { error: 'invalid_grant' }])
    },
  },
  'POST /v1/sign-out': {
    'signs nobody out': async () => assert.equal((await post('/v1/sign-out', {})).statusCode, 200),
  },
}

test('every door of the issuer is thought of here', () => {
  const doors = doorsOf(door.app).filter((each) => !each.startsWith('HEAD '))
  assert.deepEqual(doors, Object.keys(ATTEMPTS).sort())
})

for (const [name, attempts] of Object.entries(ATTEMPTS)) {
  describe(`a thief in the bot’s process, at ${name},`, () => {
    for (const [attempt, run] of Object.entries(attempts)) test(attempt, run)
  })
}

test('a statement that an honest person signed for another request of the same tap is no word about this one', async () => {
  const { world } = door
  const said = { kind: 'decide', role: 'approver', decision: 'deny', intents: [at.waiting.intent] } as const
  const denial = await sign(world, 'bo', said)
  const approving = Buffer.from(Buffer.from(denial.statement, 'base64url').toString().replace('"deny"', '"approve"'))
  isRefused(await post('/v1/statements', { ...denial, statement: approving.toString('base64url') }), 'a denial made an approval')
})

test('a method or a door that is not there does nothing, whatever comes with it', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)
    for (const url of ['/v1/statements', '/v1/claims', '/enrol', `/r/${at.waiting.approver}`]) {
      const headers = { host: 'localhost:3001', origin: 'http://localhost:3001', 'content-type': 'application/json' }
      const answer = gains.hear(await door.app.inject({ method, url, headers, payload: '{}' }))
      assert.ok(answer.statusCode >= 400, `${method} ${url}: ${answer.statusCode}`)
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    }
})
