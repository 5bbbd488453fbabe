// The doors of the issuer: closed schemas, exact origin, host and content type, 16 KB, the headers of every answer; and that looking changes nothing.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { ask, claimOf, confirm, newHolder, ORIGIN, sign } from '../support/world.ts'

let door: Door
const ends: (() => Promise<void> | void)[] = []
before(async () => {
  door = await openDoors({ after: (work) => void ends.unshift(work) })
})
after(async () => {
  for (const end of ends) await end()
})

const reason = (response: { json: () => { reason: string } }): string => response.json().reason

test('every answer carries the strict headers, pages and refusals alike', async () => {
  for (const url of ['/enrol', '/keys', '/r/nothing-is-here-at-all', '/healthz', '/jwks.json', '/nowhere']) {
    const { headers } = await door.get(url)
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    )
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.equal(headers['x-robots-tag'], 'noindex, nofollow')
    assert.equal(headers['strict-transport-security'], undefined, 'http has no HSTS')
    const create = ['/enrol', '/keys'].includes(url) ? '(self)' : '()'
    assert.ok(String(headers['permissions-policy']).includes(`publickey-credentials-create=${create}`), url)
  }
  assert.equal((await door.get('/enrol')).headers['cache-control'], 'no-store')
})

test('a page that is sent from another site, or from nowhere, changes nothing', async () => {
  const body = { purpose: 'sign_in' }
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'http://localhost:3000' },
    { origin: 'null' },
    { origin: undefined },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const response = await door.post('/v1/ceremonies', body, headers)
    assert.equal(response.statusCode, 403, JSON.stringify(headers))
    assert.equal(reason(response), 'wrong_origin')
  }
  assert.equal((await door.post('/v1/ceremonies', body)).statusCode, 200)
})

test('a program needs no origin for a claim, and gets none of the other ceremonies without one', async () => {
  const program = { origin: undefined, 'sec-fetch-site': undefined }
  assert.equal((await door.post('/v1/ceremonies', { purpose: 'claim' }, program)).statusCode, 200)
  for (const purpose of ['sign_in', 'directory'])
    assert.equal((await door.post('/v1/ceremonies', { purpose }, program)).statusCode, 403)
  assert.equal((await door.post('/v1/statements', {}, program)).statusCode, 403)
})

test('another host name is turned away before anything else', async () => {
  const response = await door.get('/enrol', { host: 'evil.example' })
  assert.equal(response.statusCode, 421)
  assert.equal((await door.get('/enrol', { host: 'localhost:3002' })).statusCode, 421)
  assert.equal((await door.get('/healthz', { host: '10.0.0.7:3001' })).statusCode, 200, 'a probe comes by address')
})

test('only JSON is read', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json, text/plain',
    undefined,
  ]) {
    const response = await door.post('/v1/ceremonies', '{"purpose":"claim"}', { 'content-type': type })
    assert.equal(response.statusCode, 415, type)
    assert.equal(reason(response), 'not_json')
  }
  assert.equal(
    (await door.post('/v1/ceremonies', { purpose: 'claim' }, { 'content-type': 'application/json; charset=utf-8' })).statusCode,
    200,
  )
})

test('a body over 16 KB is not read', async () => {
  const body = JSON.stringify({ purpose: 'claim', filler: 'x'.repeat(16 * 1024) })
  const response = await door.post('/v1/statements', body)
  assert.equal(response.statusCode, 413)
  assert.equal(reason(response), 'too_large')
})

test('what is not in the closed form is refused, names its place and repeats nothing of it', async () => {
  const bodies: [string, unknown][] = [
    ['/v1/ceremonies', { purpose: 'claim', more: 1 }],
    ['/v1/ceremonies', { purpose: 'mint' }],
    ['/v1/ceremonies', [{ purpose: 'claim' }]],
    ['/v1/ceremonies', 'null'],
    ['/v1/ceremonies', '{"purpose":"claim","__proto__":{"x":1}}'],
    ['/v1/ceremonies', '{"purpose":'],
    ['/v1/statements', { statement: 'hostile-text' }],
    ['/v1/statements', { statement: 'e30=', response: {} }],
    ['/v1/registrations', { person: 'rey', nickname: 'a\u202Eb', nonce: 'x', attestation: {} }],
    ['/v1/claims', { claim: 'e30', signature: 'e30', response: {} }],
    ['/v1/holders', { name: 'laptop', holder: {}, address: '1.2.3.4' }],
    ['/v1/revocations', {}],
    ['/v1/sign-out', { all: true }],
    ['/authorize', {}],
  ]
  for (const [url, body] of bodies) {
    const response = await door.post(url, body)
    assert.equal(response.statusCode, 422, `${url} ${JSON.stringify(body)} → ${response.body}`)
    assert.equal(reason(response), 'malformed')
    assert.doesNotMatch(response.body, /hostile-text|Zod|Error/)
  }
})

test('a door that is not there says so neutrally, as a page and as JSON', async () => {
  const page = await door.get('/r/0000000000000000000000000a')
  assert.equal(page.statusCode, 404)
  assert.match(page.body, /There is nothing here/)
  assert.equal(
    (await door.get('/r/x')).body.replace(/\s+/g, ''),
    page.body.replace(/\s+/g, ''),
    'a malformed link and an unknown one look alike',
  )
  assert.equal(reason(await door.get('/v1/views/0000000000000000000000000a')), 'unknown_view')
  assert.equal(
    reason(await door.post('/v1/ceremonies', { purpose: 'decide', view: '0000000000000000000000000a' })),
    'unknown_view',
  )
  assert.equal((await door.get('/.well-known/webauthn')).statusCode, 404, 'no related origins')
})

test('looking changes nothing: GET and HEAD of every page leave every table as it was', async () => {
  const { requestId, viewId } = await ask(door.world)
  const approver = await door.link(requestId, 'ana')
  const { bot, ctx } = door.world
  const tables = [
    'request_state',
    'evidence',
    'statement',
    'grant',
    'credential',
    'nonce',
    'wish',
    'issuer_outbox',
    'issuer_session',
    'sign_in_code',
    'holder_offer',
  ]
  const count = async () => {
    const rows = tables.map((table) =>
      sql<{ n: string }>`select count(*)::text || coalesce(max(t::text), '') as n from ${sql.table(table)} t`.execute(ctx.db),
    )
    const entries = await sql<{ n: string }>`select count(*)::text as n from entry`.execute(bot.db)
    return [...(await Promise.all(rows)).map((found) => found.rows[0]?.n), entries.rows[0]?.n]
  }
  const before = await count()
  for (const url of [
    `/r/${viewId}`,
    `/r/${approver}`,
    `/v1/views/${approver}`,
    '/enrol',
    '/keys',
    '/authorize',
    '/v1/holders/0000-0000-0000-0000',
  ]) {
    await door.get(url)
    const head = await door.head(url)
    assert.equal(head.body, '', url)
  }
  assert.deepEqual(await count(), before)
})

test('a life through the doors: confirm, claim, the same claim again, give back', async () => {
  const { world } = door
  const { intent, viewId } = await ask(world)
  const holder = await newHolder()
  const said = { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: holder.holder } as const
  const confirmed = await door.post('/v1/statements', await sign(world, 'rey', said))
  assert.equal(confirmed.statusCode, 200, confirmed.body)
  assert.equal(confirmed.json().requests[0].state, 'awaiting_approvers')
  const early = await door.post('/v1/claims', await claimOf(world, intent, holder))
  assert.deepEqual([early.statusCode, reason(early)], [409, 'not_approved'])
  const decision = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
  assert.equal((await door.post('/v1/statements', await sign(world, 'ana', decision))).json().requests[0].state, 'approved')
  const claimed = await door.post('/v1/claims', await claimOf(world, intent, holder))
  assert.equal(claimed.statusCode, 200, claimed.body)
  const again = await door.post('/v1/claims', await claimOf(world, intent, holder))
  assert.deepEqual(again.json(), claimed.json())
  assert.deepEqual(Object.keys(claimed.json()).sort(), ['ciphertext', 'credential', 'endsAt', 'fingerprint', 'number'])
  assert.equal((await door.get(`/v1/views/${viewId}`)).json().grant.state, 'active')
})

test('a self-approval is refused with a sentence and status 403', async () => {
  const { world } = door
  const { intent } = await ask(world)
  await confirm(world, intent, await newHolder())
  const decision = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
  const response = await door.post('/v1/statements', await sign(world, 'rey', decision))
  assert.equal(response.statusCode, 403)
  assert.equal(reason(response), 'self_approval')
  assert.match(response.json().words, /Somebody else has to/)
  assert.equal(response.headers['set-cookie'], undefined, 'a refused tap begins no session')
})

test('a fault tells a reference and nothing of itself', async () => {
  const { ctx } = door.world
  const broken = await openDoors(
    { after: (work) => void ends.unshift(work) },
    {
      ctx: {
        ...ctx,
        published: () => {
          throw new Error('secret-detail')
        },
      },
    },
  )
  const response = await broken.post('/v1/ceremonies', { purpose: 'register', person: 'rey' })
  assert.equal(response.statusCode, 500)
  assert.match(response.json().reference, /^[0-9a-f]{12}$/)
  assert.doesNotMatch(response.body, /secret-detail|stack/)
  const page = await broken.get('/enrol')
  assert.equal(page.statusCode, 500)
  assert.match(page.headers['content-type'] as string, /html/)
  assert.doesNotMatch(page.body, /secret-detail/)
  assert.match(page.body, /in the log as [0-9a-f]{12}/)
})

test('a terminal’s offer is found by its code, with the address it came from', async () => {
  const { holder } = await newHolder()
  const offered = await door.post(
    '/v1/holders',
    { holder, name: 'rey@laptop' },
    { origin: undefined, 'sec-fetch-site': undefined },
  )
  const { code } = offered.json()
  const found = await door.get(`/v1/holders/${code}`)
  assert.deepEqual(found.json(), { holder, name: 'rey@laptop', address: '127.0.0.1' })
  assert.equal(reason(await door.get('/v1/holders/0000-0000-0000-0000')), 'unknown_offer')
  assert.equal(ORIGIN, door.world.ctx.roots.issuer)
})

test('what is read from one address is limited, generously: posts, files and other addresses are not touched by it', async (t) => {
  const { app, world } = await openDoors(t, { readRate: { burst: 5, perSecond: 0.001 }, trustedProxies: ['127.0.0.1'] })
  const { viewId } = await ask(world)
  const get = (url: string, from: string) =>
    app.inject({ method: 'GET', url, headers: { host: new URL(ORIGIN).host, 'x-forwarded-for': from } })
  for (let n = 0; n < 5; n += 1) assert.equal((await get(`/r/${viewId}`, '192.0.2.1')).statusCode, 200)
  const turned = await get(`/v1/views/${viewId}`, '192.0.2.1')
  assert.deepEqual([turned.statusCode, reason(turned), turned.headers['retry-after']], [429, 'slow_down', '30'])
  const page = await get(`/r/${viewId}`, '192.0.2.1')
  assert.equal(page.statusCode, 429)
  const script = /src="([^"]+)"/.exec((await get(`/r/${viewId}`, '192.0.2.2')).body)?.[1] ?? ''
  for (let n = 0; n < 20; n += 1) assert.equal((await get(script, '192.0.2.1')).statusCode, 200)
})
