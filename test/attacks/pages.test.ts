// Other sites and frames against the pages of both processes, door by door from their own routes: no page of ours is shown in a frame, none is read by another
// origin, and nothing that another site sends is taken at any door, whatever cookies the browser puts beside it.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { startSession } from '../../src/commands/sign-in.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { openBot } from '../support/bot.ts'
import { doorsOf } from '../support/doors.ts'
import { HOST } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { ask, confirm, newHolder, ORIGIN, sign } from '../support/world.ts'

const t = lastFirst(after)
const bot = await openBot(t)
const { world } = bot
const { ctx } = world
const issuer = buildIssuerApp({ ctx, keys: world.keys, publicUrl: bot.publicUrl, rate: { burst: 10_000, perSecond: 10_000 } })
t.after(() => issuer.close())
await issuer.ready()
const SIDES = [
  { name: 'issuer', app: issuer, host: HOST, origin: ORIGIN },
  { name: 'bot', app: bot.bot.app, host: new URL(bot.publicUrl).host, origin: bot.publicUrl },
] as const
let gains: Gains
let waiting: Awaited<ReturnType<typeof ask>>
let cookie: string

before(async () => {
  waiting = await ask(world)
  assert.ok((await confirm(world, waiting.intent, await newHolder())).ok)
  const passkey = [...(await ctx.chain()).passkeys.values()].find((each) => each.passkey.person === 'bo')?.passkey
  cookie = `countersign-issuer-3001=${await startSession(ctx, ctx.db, 'bo', passkey?.thumbprint ?? '')}`
  gains = await watchGains(world)
})
afterEach(() => gains.nothingGained())

const pathOf = (url: string): string =>
  url.replace(':view', waiting.viewId).replace(':code', '0000-0000-0000-0000').replace('*', 'none.js')
const doors = (app: FastifyInstance, of: string): string[] =>
  doorsOf(app).flatMap((door) => (door.startsWith(`${of} `) ? [door.slice(of.length + 1)] : []))

describe('no answer may be framed, sniffed or read by another origin:', () => {
  for (const { name, app, host, origin } of SIDES)
    for (const method of ['GET', 'POST'] as const)
      for (const url of [...doors(app, method), '/nothing-here'])
        test(`${name}, ${method} ${url}`, async () => {
          // A line of events has no end; that it gets the headers of the app is seen by one that leads nowhere.
          const path = url.endsWith('/events') ? '/v1/views/0000000000000000000000000a/events' : pathOf(url)
          const sent =
            method === 'POST'
              ? { payload: '{}', headers: { host, origin, 'content-type': 'application/json' } }
              : { headers: { host } }
          const { headers, statusCode } = gains.hear(await app.inject({ method, url: path, ...sent }))
          assert.equal(headers['x-content-type-options'], 'nosniff')
          assert.equal(headers['access-control-allow-origin'], undefined)
          assert.equal(headers['cross-origin-resource-policy'] === undefined, false)
          // A file is no document; everything else, refusals and faults among it, forbids frames in both ways.
          if (url === '/static/*') return
          assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/, `${statusCode}`)
          assert.equal(headers['x-frame-options'], 'DENY')
          assert.match(String(headers['referrer-policy']), /^(no-referrer|same-origin)$/)
        })
})

describe('what another site sends is taken at no door:', () => {
  const EVIL: readonly Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:3002' },
    { origin: `${ORIGIN}.evil.example` },
    { origin: `${ORIGIN}/` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
  ]
  for (const url of doors(issuer, 'POST'))
    test(`issuer, POST ${url}: a foreign or missing origin, a foreign site, a form instead of JSON`, async () => {
      const own = { host: HOST, cookie, origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
      for (const bent of EVIL) {
        const answer = gains.hear(await issuer.inject({ method: 'POST', url, headers: { ...own, ...bent }, payload: '{}' }))
        assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'wrong_origin'], JSON.stringify(bent))
      }
      for (const type of [
        'text/plain',
        'multipart/form-data; boundary=x',
        'application/csp-report',
        'text/html',
        'application/jsonp',
      ]) {
        const answer = await issuer.inject({ method: 'POST', url, headers: { ...own, 'content-type': type }, payload: '{}' })
        assert.equal(gains.hear(answer).statusCode, 415, type)
      }
    })
  for (const url of doors(bot.bot.app, 'POST'))
    test(`bot, POST ${url}: nothing without a session’s own form, or Slack’s signature`, async () => {
      const { host } = new URL(bot.publicUrl)
      for (const bent of [...EVIL, {}])
        for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json']) {
          const headers = { host, 'content-type': type, cookie, ...bent }
          const answer = gains.hear(await bot.bot.app.inject({ method: 'POST', url, headers, payload: 'form_token=x' }))
          assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${answer.statusCode} ${answer.body}`)
        }
    })

  test('no preflight is answered with leave', async () => {
    for (const { app, host } of SIDES)
      for (const url of doors(app, 'POST')) {
        const asks = {
          host,
          origin: 'https://evil.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        }
        const { headers, statusCode } = await app.inject({ method: 'OPTIONS', url, headers: asks })
        assert.ok(statusCode >= 400, url)
        for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control-/)
      }
  })
})

test('a cookie of one browser with an assertion from another: the assertion says who spoke, and the cookie changes nothing of it', async () => {
  const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [waiting.intent] } as const
  const tap = await sign(world, 'theo', said)
  const headers = { host: HOST, origin: ORIGIN, 'content-type': 'application/json', cookie }
  const answer = gains.hear(await issuer.inject({ method: 'POST', url: '/v1/statements', headers, payload: tap }))
  assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'not_an_approver'], 'theo spoke, in bo’s browser')
})

test('a host name that leads to us by another site’s name is answered by neither', async () => {
  for (const { app } of SIDES)
    for (const url of ['/', '/keys', '/enrol', '/audit'])
      assert.equal((await app.inject({ method: 'GET', url, headers: { host: 'evil.example:3001' } })).statusCode, 421)
})
