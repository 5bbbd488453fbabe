// Other sites and frames against the pages of both processes, door by door from their own routes: no page of ours is shown in a frame, none is read by another
// origin, and nothing that another site sends is taken at any door, whatever cookies the browser puts beside it.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { startSession } from '../../src/commands/sign-in.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { buildBootstrapApp } from '../../src/issuer/bootstrap-app.ts'
import { planBootstrap } from '../../src/issuer/bootstrap-plan.ts'
import { openBootstrapSession } from '../../src/issuer/bootstrap-session.ts'
import { bootstrapEnvironment, ORIGIN as ROOTS_ORIGIN } from '../support/bootstrap.ts'
import { openBot } from '../support/bot.ts'
import { doorsOf } from '../support/doors.ts'
import { HOST } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { openRoundsWith } from '../support/provider-rounds.ts'
import { ask, confirm, newHolder, ORIGIN, sign } from '../support/world.ts'

const t = lastFirst(after)
const bot = await openBot(t)
const { world } = bot
const { ctx } = world
const { rounds } = await openRoundsWith(t, world)
const rate = { burst: 10_000, perSecond: 10_000 }
const issuer = buildIssuerApp({ ctx, keys: world.keys, publicUrl: bot.publicUrl, rounds, rate })
t.after(() => issuer.close())
await issuer.ready()
// The bootstrap is another app, on the issuer's own name before there is an issuer: its pages are where the roots are made.
const plan = await planBootstrap(['--person', 'mira'], bootstrapEnvironment(t))
const roots = openBootstrapSession(plan, () => new Date(), new Date(Date.now() + 600_000))
const bootstrap = buildBootstrapApp(plan, roots, pino({ level: 'silent' }))
t.after(() => bootstrap.close())
await bootstrap.ready()
const { token } = roots.links[0] ?? assert.fail()
const SIDES = [
  { name: 'issuer', app: issuer, host: HOST, origin: ORIGIN },
  { name: 'bootstrap', app: bootstrap, host: new URL(ROOTS_ORIGIN).host, origin: ROOTS_ORIGIN },
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
afterEach(async () => {
  await gains.nothingGained()
  const found = roots.seatOf(token)
  assert.ok(found.ok && found.seat.root === undefined, 'no root is made')
})

const given = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter((each): each is [string, string] => each[1] !== undefined))
const pathOf = (url: string): string =>
  url.replace(':view', waiting.viewId).replace(':token', token).replace(':code', '0000-0000-0000-0000').replace('*', 'none.js')
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
  /** Doors of programs, which send no origin: what comes there carries its own signature, and a foreign origin is refused there, too. */
  const PROGRAMS = ['/token', '/v1/ceremonies', '/v1/claims', '/v1/holders', '/v1/revocations']
  const FORMS = ['text/plain', 'multipart/form-data; boundary=x', 'application/csp-report', 'text/html', 'application/jsonp']
  test('the doors that take what comes without an origin are those of programs, and are there', () => {
    assert.deepEqual(
      PROGRAMS.filter((url) => !doors(issuer, 'POST').includes(url)),
      [],
    )
  })
  for (const { name, app, host, origin } of SIDES.filter((side) => side.name !== 'bot'))
    for (const url of doors(app, 'POST'))
      test(`${name}, POST ${url}: a foreign or missing origin, a foreign site, a form instead of JSON`, async () => {
        const own = { host, cookie: `${cookie}; __Host-countersign-bootstrap=${token}`, origin, 'sec-fetch-site': 'same-origin' }
        const post = async (headers: Record<string, string | undefined>, type = 'application/json') =>
          gains.hear(
            await app.inject({ method: 'POST', url, headers: given({ ...headers, 'content-type': type }), payload: '{}' }),
          )
        const bents = [...EVIL, { origin: `${origin}.evil.example` }, { origin: `${origin}/` }, { origin: `${origin}:8443` }]
        const missing = { origin: undefined }
        for (const bent of bents)
          for (const headers of bent['sec-fetch-site'] === undefined ? [bent] : [bent, { ...bent, ...missing }]) {
            const answer = await post({ ...own, ...headers })
            assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'wrong_origin'], JSON.stringify(headers))
          }
        const isOfPrograms = PROGRAMS.includes(url)
        for (const bent of [missing, { ...missing, 'sec-fetch-site': undefined }]) {
          const answer = await post({ ...own, ...bent })
          assert.equal(answer.json().reason === 'wrong_origin', !isOfPrograms, `${answer.statusCode} ${answer.body}`)
        }
        for (const type of FORMS) assert.equal((await post(own, type)).statusCode, 415, type)
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
