// Faults asked for over the control API, as the real WebClient and a real Bolt app meet them: each kind in each direction, counted, timed, listed, let go.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { WebClient, type WebClientOptions } from '@slack/web-api'
import { stage, TOKEN } from './bolt-app.ts'

const INCIDENT = 'C0INCIDENT42'
/** Waited in full where nobody answers; enough for an answer on a machine that does much else. */
const GIVES_UP_MS = 2000

async function open(t: TestContext, { now = Date.now, ...client }: WebClientOptions & { now?: () => number } = {}) {
  const staged = await stage(t, { now, retryFactor: 0.00001 })
  const web = new WebClient(TOKEN, {
    slackApiUrl: staged.api,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    ...client,
  })
  const texts = async () => (await staged.slack.as('rey').messages(INCIDENT)).map(({ text }) => text)
  const post = (text: string) => web.chat.postMessage({ channel: INCIDENT, text })
  return { ...staged, web, texts, post, faults: staged.slack.faults }
}
const named = (name: string) => (error: { code?: string }) => error.code === name

test('a limited method is refused with the seconds to wait, so often and no oftener, and another method is not', async (t) => {
  const { web, post, texts, faults } = await open(t)
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 2, does: { kind: 'limited', retryAfter: 7 } })
  for (const text of ['one', 'two'])
    await assert.rejects(post(text), (error: { code: string; retryAfter: number }) => error.retryAfter === 7)
  assert.ok((await web.auth.test()).ok)
  await post('three')
  assert.deepEqual(await texts(), ['three'])
  assert.deepEqual(await faults.list(), [], 'what has struck often enough is gone')
})

test('a limit told in the body of a good status is one too', async (t) => {
  const { post, faults } = await open(t)
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'limited_in_body', retryAfter: 9 } })
  await assert.rejects(post('one'), (error: { data: { error: string; response_metadata: { retryAfter: number } } }) => {
    assert.deepEqual([error.data.error, error.data.response_metadata.retryAfter], ['ratelimited', 9])
    return true
  })
})

test('a failing Slack answers a status, or an error of its own, and does nothing', async (t) => {
  const { post, texts, faults } = await open(t)
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'status', status: 503 } })
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'error', error: 'internal_error' } })
  await assert.rejects(post('one'), named('slack_webapi_http_error'))
  await assert.rejects(post('two'), named('slack_webapi_platform_error'))
  assert.deepEqual(await texts(), [])
})

test('a connection dropped before is nothing done; one dropped after is done, and the app cannot tell which', async (t) => {
  const { post, texts, faults, slack } = await open(t)
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'dropped_before' } })
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'dropped_after' } })
  await assert.rejects(post('before'), named('slack_webapi_request_error'))
  await assert.rejects(post('after'), named('slack_webapi_request_error'))
  assert.deepEqual(await texts(), ['after'])
  assert.deepEqual(
    (await slack.calls()).filter(({ method }) => method === 'chat.postMessage').map(({ fault, answer }) => [fault, answer?.ok]),
    [
      ['dropped_before', undefined],
      ['dropped_after', true],
    ],
  )
})

test('what is held waits until the fault is taken away, and happens then, although the app has given up', async (t) => {
  const { post, texts, faults, web, slack } = await open(t, { timeout: GIVES_UP_MS })
  const { id } = await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'held' } })
  await assert.rejects(post('late'), named('slack_webapi_request_error'))
  assert.ok((await web.auth.test()).ok)
  assert.equal((await faults.list())[0]?.holding, 1)
  await faults.remove(id)
  await slack.as('rey').message(INCIDENT, ({ text }) => text === 'late')
  assert.deepEqual(await texts(), ['late'])
})

test('two calls change places when the first waits behind the next', async (t) => {
  const { post, texts, faults } = await open(t)
  await faults.add({ direction: 'call', on: 'chat.postMessage', times: 1, does: { kind: 'behind_next' } })
  const first = post('first')
  while ((await faults.list())[0]?.holding !== 1) await delay(5)
  await post('second')
  await first
  assert.deepEqual(await texts(), ['second', 'first'])
})

test('in a silence nothing comes in or goes out, and a person is told; afterwards all is as before', async (t) => {
  let ahead = 0
  const { post, texts, faults, slack, received } = await open(t, { timeout: GIVES_UP_MS, now: () => Date.now() + ahead })
  await faults.add({ direction: 'call', seconds: 60, does: { kind: 'silence' } })
  await faults.add({ direction: 'delivery', seconds: 60, does: { kind: 'silence' } })
  await assert.rejects(post('unheard'), named('slack_webapi_request_error'))
  await slack.as('rey').say(INCIDENT, '/elevate')
  assert.equal(received.length, 0)
  assert.match((await texts()).at(-1) ?? '', /could not be reached/)
  ahead = 61_000
  await post('heard')
  assert.ok(!(await texts()).includes('unheard'))
  assert.equal((await texts()).at(-1), 'heard')
})

test('an event sent again bears its number and Slack’s reason; a command sent again has the same trigger', async (t) => {
  const { faults, slack, received, bolt } = await open(t)
  bolt.command('/elevate', async ({ ack }) => ack('taken'))
  await faults.add({ direction: 'delivery', on: 'user_change', times: 1, does: { kind: 'duplicated', copies: 2 } })
  await faults.add({ direction: 'delivery', on: 'command', times: 1, does: { kind: 'duplicated' } })
  await slack.changePerson('ana', { name: 'Ana L.' })
  while (received.length < 3) await delay(5)
  assert.deepEqual(
    received.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
    [
      [undefined, undefined],
      ['1', 'http_timeout'],
      ['2', 'http_timeout'],
    ],
  )
  assert.equal(new Set(received.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id)).size, 1)
  received.length = 0
  await slack.as('rey').say(INCIDENT, '/elevate help')
  assert.equal(new Set(received.map(({ body }) => new URLSearchParams(body).get('trigger_id'))).size, 1)
  assert.equal(received.length, 2)
})

test('a delivery whose answer is lost has reached the app, and an event of that kind comes again', async (t) => {
  const { faults, slack, received } = await open(t)
  await faults.add({ direction: 'delivery', times: 1, does: { kind: 'dropped_after' } })
  await slack.changePerson('ana', { name: 'Ana L.' })
  while (received.length < 2) await delay(5)
  assert.equal(received[1]?.headers['x-slack-retry-reason'], 'http_timeout')
})

test('a response URL fails on request like any method', async (t) => {
  const { faults, bolt, slack } = await open(t)
  const told: unknown[] = []
  bolt.command('/elevate', async ({ ack, respond }) => {
    await ack()
    await respond('one').catch((error: { statusCode?: number }) => told.push(error.statusCode))
    await respond('two')
  })
  await faults.add({ direction: 'call', on: 'response_url', times: 1, does: { kind: 'status', status: 500 } })
  await slack.as('rey').say(INCIDENT, '/elevate')
  await slack.as('rey').message(INCIDENT, ({ text }) => text === 'two')
  assert.deepEqual(told, [500])
})

test('a fault without an end, of no kind or against nothing is refused by name, and an unknown one cannot be taken away', async (t) => {
  const { faults } = await open(t)
  for (const wrong of [
    { direction: 'call', does: { kind: 'held' } },
    { direction: 'call', times: 1, does: { kind: 'gremlins' } },
    { direction: 'delivery', times: 1, does: { kind: 'limited', retryAfter: 1 } },
    { direction: 'call', on: 'a b', times: 1, does: { kind: 'held' } },
  ])
    await assert.rejects(faults.add(wrong as never), /400/)
  await assert.rejects(faults.remove('F99'), /404/)
})

test('only who sits at this computer may break Slack: another origin and another host name are refused', async (t) => {
  const { slack, faults } = await open(t)
  const body = JSON.stringify({ direction: 'call', times: 1, does: { kind: 'dropped_before' } })
  const ask = (headers: Record<string, string>, url = slack.url) =>
    fetch(`${url}/_control/faults`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  assert.equal((await ask({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await ask({ 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await ask({}, slack.url.replace('localhost', '127.0.0.1'))).status, 421)
  assert.deepEqual(await faults.list(), [])
})
