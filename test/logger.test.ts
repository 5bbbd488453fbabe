// The log takes no secret, whichever way one gets near it: hung on an error by an SDK, written into a message, put beside the words as an object.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebClient } from '@slack/web-api'
import Fastify from 'fastify'
import { connect } from '../src/db/connect.ts'
import { newReference, openLogger, traceRequests } from '../src/logger.ts'
import { freePort } from './support/free-port.ts'

const TOKEN = 'xoxb-123456789012-abcdefghijkl'
const PASSWORD = 'a-password-of-the-tests'

function openLog() {
  const lines: string[] = []
  const log = openLogger('test', 'trace', { write: (line) => void lines.push(line) })
  const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> & { err?: Record<string, unknown> }
  return { log, lines, last }
}

test('of an error only name, message, code, stack and cause are told, not what an SDK hung on it', () => {
  const { log, lines, last } = openLog()
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', headers: { cookie: 'session=0123' } })
  const error = Object.assign(new TypeError('fetch failed', { cause }), {
    config: { headers: { authorization: 'Basic c2VjcmV0' } },
    request: { body: 'a personal value' },
    code: 'request_error',
  })
  for (const say of [
    () => log.error({ err: error }, 'it failed'),
    () => log.warn({ why: error }, 'it failed'),
    () => log.error(error),
  ]) {
    say()
    assert.doesNotMatch(lines.at(-1) ?? '', /c2VjcmV0|personal|session=|config|headers|"request"/)
  }
  log.error({ err: error }, 'it failed')
  const { stack, ...told } = last().err ?? {}
  assert.match(String(stack), /TypeError: fetch failed/)
  const { stack: _, ...root } = told['cause'] as Record<string, unknown>
  assert.deepEqual(root, { type: 'Error', message: 'refused', code: 'ECONNREFUSED' })
  assert.deepEqual(
    { ...told, cause: undefined },
    { type: 'TypeError', message: 'fetch failed', code: 'request_error', cause: undefined },
  )
})

test('what looks like a token or a password does not reach a line, wherever it stands', () => {
  const { log, lines } = openLog()
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJyZXkifQ.c2lnbmF0dXJl'
  const secrets = [TOKEN, 'xapp-1-A0123-456-abcdef', jwt, PASSWORD, 'T0123/B0456/abcdefgh', 'dG9rZW4tb2YtdGhlLXRlc3Rz']
  const said = `${TOKEN} xapp-1-A0123-456-abcdef ${jwt} postgres://bot:${PASSWORD}@db:5432/c https://hooks.slack.com/commands/T0123/B0456/abcdefgh Bearer dG9rZW4tb2YtdGhlLXRlc3Rz`
  log.info(said)
  log.info({ words: said }, 'as a word')
  log.info({ words: ['one', said] }, 'in a list')
  log.error({ err: new Error(said) }, 'in an error')
  log.child({ bound: said }).info('bound')
  assert.equal(lines.length, 5)
  for (const line of lines) {
    for (const secret of secrets) assert.ok(!line.includes(secret), `${secret} stands in ${line}`)
    JSON.parse(line)
    assert.match(line, /postgres:\/\/bot:\[password\]@db:5432\/c/)
  }
})

test('a password that holds an @ or a slash, or stands among the parameters of an address, does not reach a line either', () => {
  const { log, lines } = openLog()
  for (const url of ['postgres://bot:p@ss@db:5432/c', 'postgres://bot:p@/ss@db/c', 'postgres://db/c?user=bot&password=p@ss&x=1'])
    log.warn({ err: new Error(`cannot connect to ${url}, and ${url} is all there is`) }, url)
  for (const line of lines) assert.ok(!/p@|ss@|ss&/.test(line), line)
})

test('objects are left out whole, since nobody knows what hangs in them', () => {
  const { log, last } = openLog()
  log.info({ headers: { cookie: 'session=0123' }, list: [{ code: 'x' }, 'word', 3], at: new Date(0), fine: true }, 'some')
  const { headers, list, at, fine } = last()
  assert.deepEqual(
    { headers, list, at, fine },
    { headers: '[object]', list: ['[object]', 'word', 3], at: '1970-01-01T00:00:00.000Z', fine: true },
  )
})

test('errors of the real Slack client and the real database driver tell no token and no password', async (t) => {
  const { log, lines } = openLog()
  const port = await freePort()
  const client = new WebClient(TOKEN, {
    slackApiUrl: `http://127.0.0.1:${port}/api/`,
    retryConfig: { retries: 0 },
    logger: {
      ...console,
      debug() {},
      info() {},
      warn() {},
      error() {},
      getLevel: () => 'error',
      setLevel() {},
      setName() {},
    } as never,
  })
  await client.auth.test().catch((error: unknown) => log.error({ err: error }, 'Slack'))
  const db = connect(`postgres://bot:${PASSWORD}@127.0.0.1:${port}/c`, { applicationName: 'test', max: 1, log })
  t.after(() => db.destroy())
  await db
    .selectFrom('inbox')
    .selectAll()
    .execute()
    .catch((error: unknown) => log.error({ err: error }, 'database'))
  assert.equal(lines.length, 2)
  assert.ok(lines.every((line) => /ECONNREFUSED|fetch failed/.test(line)))
  assert.ok(!lines.join('').includes(TOKEN) && !lines.join('').includes(PASSWORD))
})

test('an answer names its reference, every line of its handler carries it, and neither address nor query is logged', async (t) => {
  const { log, lines } = openLog()
  const app = Fastify({ genReqId: newReference })
  t.after(() => app.close())
  traceRequests(app, log)
  app.post('/r/:view', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    log.info('in the handler')
    return {}
  })
  const send = () => app.inject({ method: 'POST', url: '/r/0123view?code=abc', payload: { some: 'body' } })
  const answers = await Promise.all([send(), send()])
  const references = answers.map(({ headers }) => String(headers['x-request-id']))
  assert.equal(new Set(references).size, 2)
  for (const reference of references) {
    assert.match(reference, /^[0-9a-f]{12}$/)
    const own = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['reference'] === reference)
    assert.deepEqual(own.map(({ msg }) => msg).sort(), ['answered', 'in the handler'])
    assert.equal(own.find(({ msg }) => msg === 'answered')?.['route'], '/r/:view')
  }
  assert.doesNotMatch(lines.join(''), /0123view|code=abc/)
  log.info('outside')
  assert.equal('reference' in JSON.parse(lines.at(-1) ?? ''), false)
})

test('a reference that a client sends is not taken', async (t) => {
  const app = Fastify({ genReqId: newReference })
  t.after(() => app.close())
  traceRequests(app, openLog().log)
  app.get('/', async () => ({}))
  const { headers } = await app.inject({ method: 'GET', url: '/', headers: { 'request-id': 'mine', 'x-request-id': 'mine' } })
  assert.notEqual(headers['x-request-id'], 'mine')
})
