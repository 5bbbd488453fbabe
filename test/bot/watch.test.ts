// What the bot shows to whoever watches it, over a real life: each number moves when it should, nobody is named in it, and it is shown to nobody without
// the token. And what it says about itself when something is missing.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type BotOptions, buildBot } from '../../src/bot/app.ts'
import { connect } from '../../src/db/connect.ts'
import { ENTRY_TYPES } from '../../src/domain/event.ts'
import { openMetrics } from '../../src/metrics.ts'
import { BOT_TOKEN, openBot, SIGNING_SECRET } from '../support/bot.ts'
import { freePort } from '../support/free-port.ts'
import { lastFirst } from '../support/last-first.ts'
import { AUTHORIZED, METRICS_TOKEN, readScrape, type Scrape } from '../support/metrics.ts'
import { wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { confirm, newHolder } from '../support/world.ts'

const CHANNEL = 'C0INCIDENT42'
const COMMAND = '/elevate service.restart service=payments-api reason="INC-4211: payments time out"'
const bot = await openBot(lastFirst(after), { metrics: openMetrics('bot', METRICS_TOKEN) })

const scrape = async (): Promise<Scrape> =>
  readScrape(await (await fetch(`${bot.publicUrl}/metrics`, { headers: AUTHORIZED })).text())

/** A bot beside it that lacks something, without a port. */
function lacking(t: { after(work: () => Promise<void>): void }, over: Partial<BotOptions>) {
  const { app, startWorker } = buildBot({
    ctx: bot.world.bot,
    slack: undefined,
    publicUrl: 'http://localhost:3000',
    issuerUrl: bot.issuerUrl,
    log: bot.world.bot.log,
    ...over,
  })
  t.after(() => app.close())
  const get = (url: string) => app.inject({ method: 'GET', url, headers: { host: 'localhost:3000', ...AUTHORIZED } })
  return { get, startWorker }
}

test('metrics are shown to nobody without the token, and without a token there are none', async (t) => {
  for (const authorization of [
    undefined,
    METRICS_TOKEN,
    `Bearer ${METRICS_TOKEN}x`,
    `Bearer ${METRICS_TOKEN.slice(1)}`,
    'Bearer ',
  ]) {
    const answer = await fetch(`${bot.publicUrl}/metrics`, { headers: authorization === undefined ? {} : { authorization } })
    assert.equal(answer.status, 401)
    assert.doesNotMatch(await answer.text(), /countersign_/)
  }
  assert.equal((await lacking(t, {}).get('/metrics')).statusCode, 404)
})

test('a life moves every number of the bot, and nobody and nothing is named in them', async () => {
  const before = await scrape()
  const entries = { type: 'request.proposed' }
  assert.equal(before.value('countersign_entries_total', entries), undefined)
  assert.ok((await bot.slack.as('rey').say(CHANNEL, COMMAND)).ok)
  const { id, intent_digest: intent } = await bot.world.bot.db.selectFrom('request').selectAll().executeTakeFirstOrThrow()
  await until('adopted', async () => (await bot.world.bot.db.selectFrom('request_state').selectAll().execute()).length === 1)
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  await bot.slack.as('ana').message(CHANNEL, (m) => /payments time out/.test(wordsOf(m.blocks)), 'the channel message')

  let told = await scrape()
  await until('the calls are counted', async () => {
    told = await scrape()
    return (told.value('countersign_slack_calls_total', { method: 'chat.postMessage', outcome: 'ok' }) ?? 0) >= 2
  })
  assert.equal(told.value('countersign_entries_total', entries), 1)
  assert.ok((told.value('countersign_http_request_duration_seconds_count', { route: '/slack/events', status: '200' }) ?? 0) >= 1)
  assert.equal(told.value('countersign_http_request_duration_seconds_count', { route: '/metrics', status: '401' }), 5)
  assert.equal(told.value('countersign_build_info', { process: 'bot' }), 1)
  assert.ok((told.value('process_resident_memory_bytes') ?? 0) > 1e6)
  assert.deepEqual([...told.words('queue')].sort(), ['delivery', 'inbox', 'outbox'])
  for (const type of told.words('type'))
    assert.ok((ENTRY_TYPES.bot as readonly string[]).includes(type) || !type.includes('.'), type)
  for (const named of [id, intent, 'rey', 'U0REY', 'payments', 'INC-4211', CHANNEL, BOT_TOKEN, SIGNING_SECRET])
    assert.ok(!told.text.includes(named), named)
})

test('what waits is counted with the age of its oldest, in each queue by itself', async () => {
  const { db } = bot.world.bot
  await until('all is told', async () => {
    const told = await scrape()
    return ['inbox', 'outbox', 'delivery'].every((queue) => told.value('countersign_queue_waiting', { queue }) === 0)
  })
  const minuteAgo = new Date(Date.now() - 60_000)
  const later = new Date(Date.now() + 3_600_000)
  const row = {
    id: 'event:waits',
    kind: 'event',
    payload: '{}',
    received_at: minuteAgo,
    due_at: later,
    done_at: null,
    last_error: null,
  }
  await db.insertInto('inbox').values(row).execute()
  const told = await scrape()
  assert.equal(told.value('countersign_queue_waiting', { queue: 'inbox' }), 1)
  assert.equal(told.value('countersign_queue_waiting', { queue: 'delivery' }), 0)
  const seconds = told.value('countersign_queue_oldest_seconds', { queue: 'inbox' }) ?? 0
  assert.ok(seconds >= 60 && seconds < 120, `${seconds}`)
  assert.equal(told.value('countersign_queue_oldest_seconds', { queue: 'outbox' }), 0)
  await db.deleteFrom('inbox').where('id', '=', row.id).execute()
})

test('a bot that can work says so, part by part', async () => {
  const answer = await fetch(`${bot.publicUrl}/readyz`)
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), {
    ready: true,
    database: { ready: true, words: 'The database answers.' },
    rules: { ready: true, words: 'Runbooks are published.' },
    slack: { ready: true, words: 'Slack took the last call.' },
  })
})

test('a bot without published runbooks is not ready', async (t) => {
  const { get } = lacking(t, { ctx: { ...bot.world.bot, published: async () => undefined } })
  const answer = await get('/readyz')
  assert.equal(answer.statusCode, 503)
  const { ready, database, rules } = answer.json()
  assert.deepEqual([ready, database.ready, rules.ready], [false, true, false])
  assert.match(rules.words, /No runbooks are published yet/)
})

test('a bot whose database is away is not ready, and its metrics are still shown', async (t) => {
  const db = connect(`postgres://bot@127.0.0.1:${await freePort()}/none`, {
    applicationName: 'test',
    max: 1,
    log: bot.world.bot.log,
  })
  t.after(() => db.destroy())
  const ctx = {
    ...bot.world.bot,
    db,
    published: () =>
      db
        .selectFrom('publication')
        .selectAll()
        .execute()
        .then(() => undefined),
  }
  const { get } = lacking(t, { ctx, metrics: openMetrics('bot', METRICS_TOKEN) })
  const answer = await get('/readyz')
  assert.equal(answer.statusCode, 503)
  assert.match(answer.json().database.words, /does not answer/)
  assert.equal(answer.json().rules.ready, false)
  const metrics = await get('/metrics')
  assert.equal(metrics.statusCode, 200)
  assert.equal(
    readScrape(metrics.body).value('countersign_queue_waiting'),
    undefined,
    'an unknown number is not told as a number',
  )
})

test('Slack away is told and counted, and the bot stays ready', async (t) => {
  const metrics = openMetrics('bot', METRICS_TOKEN)
  const slack = {
    botToken: BOT_TOKEN,
    signingSecrets: [SIGNING_SECRET],
    teamIds: [],
    apiUrl: `http://127.0.0.1:${await freePort()}/api/`,
  }
  const { get, startWorker } = lacking(t, { ctx: { ...bot.world.bot, watch: metrics.watch }, slack, metrics })
  assert.match((await get('/readyz')).json().slack.words, /has not been called yet/)
  startWorker()
  await until('Slack was tried', async () => (await get('/readyz')).json().slack.ready === false)
  const answer = await get('/readyz')
  assert.equal(answer.statusCode, 200)
  assert.match(answer.json().slack.words, /did not answer/)
  const told = readScrape((await get('/metrics')).body)
  assert.equal(told.value('countersign_slack_calls_total', { method: 'auth.test', outcome: 'silent' }), 1)
})
