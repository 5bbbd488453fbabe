// What the issuer shows to whoever watches it, over a real life: each number moves when it should, nobody is named in it, and it is shown to nobody
// without the token. And what it says about itself when it may not issue.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { IssuerContext } from '../../src/commands/context.ts'
import { connect } from '../../src/db/connect.ts'
import type { HeadStore } from '../../src/domain/heads.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { startClockwork } from '../../src/issuer/clockwork.ts'
import { openMetrics } from '../../src/metrics.ts'
import { freePort } from '../support/free-port.ts'
import { AUTHORIZED, METRICS_TOKEN, readScrape } from '../support/metrics.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld, type World } from '../support/world.ts'

type T = Parameters<typeof openWorld>[0]
const metricsOf = () => openMetrics('issuer', METRICS_TOKEN)

/** The app of an issuer; probes come by address. */
function open(t: T, { keys }: World, ctx: IssuerContext, metrics?: ReturnType<typeof metricsOf>) {
  const app = buildIssuerApp({ ctx, keys, publicUrl: 'http://localhost:3000', metrics })
  t.after(() => app.close())
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url, headers: { host: '10.0.0.7:3001', ...headers } })
  return { app, get, scrape: async () => readScrape((await get('/metrics', AUTHORIZED)).body) }
}

test('metrics are shown to nobody without the token, and without a token there are none', async (t) => {
  const world = await openWorld(t)
  const { get } = open(t, world, world.ctx, metricsOf())
  for (const authorization of ['', METRICS_TOKEN, `Bearer ${METRICS_TOKEN}x`]) {
    const answer = await get('/metrics', { authorization })
    assert.equal(answer.statusCode, 401)
    assert.doesNotMatch(answer.body, /countersign_/)
  }
  assert.equal((await open(t, world, world.ctx).get('/metrics', { host: 'localhost:3001', ...AUTHORIZED })).statusCode, 404)
})

test('a life moves every number of the issuer, and nobody and nothing is named in them', async (t) => {
  const opened = await openWorld(t)
  const metrics = metricsOf()
  const ctx = { ...opened.ctx, watch: metrics.watch }
  const world = { ...opened, ctx }
  const { app, get, scrape } = open(t, world, ctx, metrics)
  const clockwork = startClockwork(ctx)
  t.after(() => clockwork.stop())
  const place = await newHolder()
  const { intent, requestId, viewId } = await ask(world)
  assert.ok((await confirm(world, intent, place)).ok)
  assert.equal((await decide(world, intent, 'theo')).ok, false, 'Theo may not approve')
  assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, intent, place)).ok)
  assert.ok((await claim(world, intent, place, 2)).ok, 'a renewal')
  assert.equal((await claim(world, intent, await newHolder(), 3)).ok, false)
  await get(`/r/${viewId}`, { host: 'localhost:3001' })
  const posted = await app.inject({
    method: 'POST',
    url: '/v1/claims',
    headers: { host: 'localhost:3001', 'content-type': 'application/json' },
    payload: '{}',
  })
  assert.equal(posted.statusCode, 422)

  const told = await scrape()
  const entries = (labels: Record<string, string>) => told.value('countersign_entries_total', labels)
  assert.equal(entries({ type: 'request.adopted' }), 1)
  assert.equal(entries({ type: 'statement.accepted', kind: 'request' }), 1)
  assert.equal(entries({ type: 'statement.accepted', kind: 'decide' }), 1)
  assert.equal(entries({ type: 'statement.refused', kind: 'decide', reason: 'not_an_approver' }), 1)
  assert.equal(entries({ type: 'request.approved' }), 1)
  assert.equal(entries({ type: 'credential.issued', kind: 'jwt' }), 2)
  assert.equal(told.value('countersign_approved_to_issued_seconds_count'), 1, 'a renewal is no first credential')
  assert.ok((told.value('countersign_approved_to_issued_seconds_sum') ?? -1) >= 0)
  assert.ok((told.value('countersign_round_duration_seconds_count', { round: 'proposals', outcome: 'ok' }) ?? 0) >= 1)
  assert.equal(told.value('countersign_http_request_duration_seconds_count', { route: '/v1/claims', status: '422' }), 1)
  assert.equal(told.value('countersign_http_request_duration_seconds_count', { route: '/r/:view', status: '200' }), 1)
  assert.equal(told.value('countersign_directory_sequence'), (await ctx.chain()).sequence)
  assert.equal(told.value('countersign_minting_stopped'), 0)
  assert.equal(told.value('countersign_grants', { state: 'active' }), 1)
  assert.equal(told.value('countersign_grants', { state: 'revoking' }), 0)
  assert.equal(told.value('countersign_build_info', { process: 'issuer' }), 1)
  for (const named of [requestId, viewId, intent, 'rey', 'theo', 'payments', 'INC-4211', ctx.realm])
    assert.ok(!told.text.includes(named), named)
})

test('what was taken back is not counted', async (t) => {
  const opened = await openWorld(t)
  const metrics = metricsOf()
  const ctx = { ...opened.ctx, watch: metrics.watch }
  const { scrape } = open(t, opened, ctx, metrics)
  const { transact } = await import('../../src/commands/transact.ts')
  const failing = transact(ctx, [], ({ record }) => {
    record('rules.published', {}, { v: 1 })
    throw new Error('after all not')
  })
  await assert.rejects(failing, /after all not/)
  assert.equal((await scrape()).value('countersign_entries_total'), undefined)
})

test('rounds that fail and a database that is away are seen', async (t) => {
  const opened = await openWorld(t)
  const metrics = metricsOf()
  const db = connect(`postgres://issuer@127.0.0.1:${await freePort()}/none`, {
    applicationName: 'test',
    max: 3,
    log: opened.ctx.log,
    watch: metrics.watchPool,
  })
  t.after(() => db.destroy())
  const ctx = { ...opened.ctx, db, watch: metrics.watch }
  const { get, scrape } = open(t, opened, ctx, metrics)
  const clockwork = startClockwork(ctx)
  t.after(() => clockwork.stop())
  const failed = { round: 'sweep', outcome: 'failed' }
  for (
    const late = Date.now() + 15_000;
    !(await scrape()).value('countersign_round_duration_seconds_count', failed);
    await delay(20)
  )
    assert.ok(Date.now() < late, 'no failed round was counted')
  const told = await scrape()
  assert.equal(told.value('countersign_grants'), undefined, 'an unknown number is not told as a number')
  assert.deepEqual([...told.words('state')].sort(), ['busy', 'idle', 'waiting'])
  const answer = await get('/readyz')
  assert.equal(answer.statusCode, 503)
  assert.match(answer.json().database.words, /does not answer/)
})

test('an issuer that can issue says so, part by part', async (t) => {
  const world = await openWorld(t)
  const answer = await open(t, world, world.ctx).get('/readyz')
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json(), {
    ready: true,
    database: { ready: true, words: 'The database answers.' },
    rules: { ready: true, words: 'The runbooks that this issuer read are in force.' },
    minting: { ready: true, words: 'Credentials are issued.' },
  })
})

test('an issuer whose database is behind its outside head is not ready and says why, and so is one whose clock is off', async (t) => {
  const world = await openWorld(t)
  const metrics = metricsOf()
  const early = later(world.ctx, 5_000)
  const off = (await open(t, world, early).get('/readyz')).json()
  assert.deepEqual([off.ready, off.minting.ready, off.database.ready], [false, false, true])
  assert.match(off.minting.words, /the clocks of the issuer and its database differ/)

  const heads = (await world.heads.read()) ?? assert.fail()
  const { directory } = heads
  assert.ok(await world.heads.swap(heads, { ...heads, directory: { ...directory, sequence: directory.sequence + 1 } }))
  const { get, scrape } = open(t, world, world.ctx, metrics)
  const answer = await get('/readyz')
  assert.equal(answer.statusCode, 503)
  assert.match(answer.json().minting.words, /the database is older than what this issuer has already seen.*still ended/)
  assert.equal((await scrape()).value('countersign_minting_stopped'), 1)
})

test('an issuer that read other runbooks than those in force is not ready', async (t) => {
  const world = await openWorld(t)
  const published = () => ({ ...world.ctx.published(), digest: 'another' as never })
  const answer = await open(t, world, { ...world.ctx, published }).get('/readyz')
  assert.equal(answer.statusCode, 503)
  assert.match(answer.json().rules.words, /send it SIGHUP/)
})

test('whoever asks for the readiness without end buys one look at a time, and keeps no issuer from its head store', async (t) => {
  const world = await openWorld(t)
  let [asked, reading, most] = [0, 0, 0]
  const heads: HeadStore = {
    ...world.heads,
    read: async () => {
      asked += 1
      most = Math.max(most, ++reading)
      return world.heads.read().finally(() => {
        reading -= 1
      })
    },
  }
  const { ctx } = await world.reopen({ heads })
  const { get } = open(t, world, ctx)
  asked = 0
  const answers = await Promise.all(Array.from({ length: 200 }, () => get('/readyz')))
  assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [200])
  assert.equal(most, 1)
  assert.ok(asked < 20, `the head store was asked ${asked} times`)
})
