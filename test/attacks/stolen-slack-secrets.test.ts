// A thief of the bot token and of the signing secret: he signs deliveries as Slack does, and posts, changes and deletes as the bot does. Both are worth
// nothing at the issuer and at the console, and nothing that stands in Slack is read back as a decision.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { BOT_TOKEN, openBot, SIGNING_SECRET } from '../support/bot.ts'
import { doorsOf } from '../support/doors.ts'
import { ACCOUNTS, forger } from '../support/forged-slack.ts'
import { HOST } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { rogueKey } from '../support/rogue-key.ts'
import { on, wordsOf } from '../support/slack-driver.ts'
import { ask, claimOf, confirm, decide, newHolder, ORIGIN } from '../support/world.ts'

const CHANNEL = 'C0INCIDENT42'
const t = lastFirst(after)
const bot = await openBot(t)
const { world } = bot
const issuer = buildIssuerApp({
  ctx: world.ctx,
  keys: world.keys,
  publicUrl: bot.publicUrl,
  rate: { burst: 10_000, perSecond: 10_000 },
})
t.after(() => issuer.close())
let gains: Gains
let waiting: Awaited<ReturnType<typeof ask>>
let approved: Awaited<ReturnType<typeof ask>>
const slack = forger(bot, () => gains)

before(async () => {
  await issuer.ready()
  waiting = await ask(world)
  approved = await ask(world, { reason: 'INC-4211: approved' })
  for (const { intent } of [waiting, approved]) assert.ok((await confirm(world, intent, await newHolder())).ok)
  assert.ok((await decide(world, approved.intent, 'bo')).ok)
  gains = await watchGains(world)
})
afterEach(async () => {
  await slack.settled()
  await gains.nothingGained()
})
const stateOf = async (requestId: string) =>
  (await world.ctx.db.selectFrom('request_state').select('state').where('request_id', '=', requestId).executeTakeFirst())?.state
/** Calls Slack as the bot does. */
const asBot = async (method: string, body: object) => {
  const answer = await fetch(`${bot.slackUrl}/api/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return gains.hear((await answer.json()) as { ok: boolean; ts?: string; error?: string })
}

describe('a stolen signing secret', () => {
  test('posts a correctly signed press of Approve: nothing is granted', async () => {
    for (const who of [ACCOUNTS.ana, ACCOUNTS.bo, ACCOUNTS.mira])
      for (const action of ['request.approve', 'request.open', 'approve'])
        assert.equal((await slack.press(who, action, waiting.requestId)).statusCode, 200)
    await slack.settled()
    assert.equal(await stateOf(waiting.requestId), 'awaiting_approvers')
  })

  test('posts one delivery twice, and one of ten minutes ago: the one does nothing twice, the other nothing', async () => {
    const same = { trigger_id: 'forged.twice' }
    const first = await slack.command(ACCOUNTS.rey, 'service.restart service=payments-api reason="INC-4211: twice"', same)
    const second = await slack.command(ACCOUNTS.rey, 'service.restart service=payments-api reason="INC-4211: twice"', same)
    assert.equal(second.body, first.body)
    const late = { at: Math.floor(Date.now() / 1000) - 600 }
    assert.equal((await slack.command(ACCOUNTS.rey, 'help', {}, late)).statusCode, 401)
  })

  test('has no answer sent to an address of his own', async (t) => {
    const got: string[] = []
    const his = createServer((request, reply) => {
      got.push(request.url ?? '')
      reply.end()
    })
    await new Promise<void>((resolve) => his.listen(0, '127.0.0.1', resolve))
    t.after(() => his.close())
    const response_url = `http://127.0.0.1:${(his.address() as AddressInfo).port}/answer`
    assert.equal((await slack.command(ACCOUNTS.ana, 'help', { response_url })).statusCode, 403)
    assert.equal((await slack.press(ACCOUNTS.ana, 'request.open', waiting.requestId, { response_url })).statusCode, 403)
    await slack.settled()
    assert.deepEqual(got, [])
  })

  test('makes no nonce that the issuer would take for its own, and signs no claim', async () => {
    const key = Buffer.from(SIGNING_SECRET)
    const nonce = makeNonce(key, new Date())
    const rogue = rogueKey(world, 'bo')
    const decision = { role: 'approver', decision: 'approve', intents: [waiting.intent], nonce }
    const claimed = await claimOf(world, approved.intent, await newHolder(), 1, { nonce })
    const signature = createHmac('sha512', key).update(claimed.claim).digest('base64url')
    for (const [url, payload] of [
      ['/v1/statements', rogue.sign('decide', decision)],
      ['/v1/claims', claimed],
      ['/v1/claims', { ...claimed, signature }],
    ] as const) {
      const headers = { host: HOST, origin: ORIGIN, 'content-type': 'application/json' }
      const answer = gains.hear(await issuer.inject({ method: 'POST', url, headers, payload }))
      assert.equal(answer.statusCode, 403, answer.body)
      assert.equal(answer.json().reason, 'nonce_forged')
    }
  })
})

describe('a stolen bot token', () => {
  test('opens no door of the issuer and of the console, in whatever header it stands', async () => {
    const stolen = {
      authorization: `Bearer ${BOT_TOKEN}`,
      cookie: `countersign-issuer-3001=${BOT_TOKEN}; countersign_bot_session=${BOT_TOKEN}`,
      'x-slack-signature': createHmac('sha256', SIGNING_SECRET).update('v0:').digest('hex'),
    }
    const bare = { 'x-none': '' }
    for (const [app, host] of [
      [issuer, HOST],
      [bot.bot.app, new URL(bot.publicUrl).host],
    ] as const)
      for (const door of doorsOf(app)) {
        const [method = '', url = ''] = door.split(' ')
        if (method === 'HEAD' || url.endsWith('/events')) continue
        const path = url.replace(':view', waiting.viewId).replace(':code', '0000-0000-0000-0000')
        const origin = app === issuer ? ORIGIN : bot.publicUrl
        const sent = { method: method as 'GET', url: path, ...(method === 'POST' && { payload: '{}' }) }
        const head = { host, origin, ...(method === 'POST' && { 'content-type': 'application/json' }) }
        const [without, having] = await Promise.all(
          [bare, stolen].map((headers) => app.inject({ ...sent, headers: { ...head, ...headers } })),
        )
        gains.hear(having)
        assert.equal(having?.statusCode, without?.statusCode, door)
        assert.equal(String(having?.headers['set-cookie'] ?? '').includes('session='), false, door)
      }
  })

  test('changes and deletes what the bot said, and posts approvals of his own: the issuer goes by signatures', async () => {
    const ana = bot.slack.as('ana')
    const message = await ana.message(CHANNEL, (m) => wordsOf(m.blocks).includes(waiting.checkCode), 'the channel message')
    const metadata = {
      event_type: 'countersign_message',
      event_payload: { request: waiting.requestId, place: 'channel', delivery: '01890000-0000-7000-8000-000000000001' },
    }
    const text = `Approved by Bo Tanaka ${waiting.checkCode}`
    const { channel, ts } = on(message) as { channel: string; ts: string }
    assert.ok((await asBot('chat.update', { channel, ts, text, metadata })).ok)
    assert.ok((await asBot('chat.postMessage', { channel: CHANNEL, text, metadata })).ok)
    assert.ok((await asBot('chat.delete', { channel, ts })).ok)
    await slack.settled()
    assert.equal(await stateOf(waiting.requestId), 'awaiting_approvers')
  })

  test('imitates a message about one request with the link of another: the page of the link shows its own code', async () => {
    const link = await (async () => {
      const id = crypto.randomUUID()
      const row = { id, request_id: waiting.requestId, person: 'bo', created_at: new Date() }
      await world.bot.db
        .insertInto('view')
        .values(row)
        .onConflict((on) => on.doNothing())
        .execute()
      const known = world.bot.db.selectFrom('view').select('id').where('request_id', '=', waiting.requestId)
      return (await known.where('person', '=', 'bo').executeTakeFirstOrThrow()).id
    })()
    const text = `Rey asks for a restart (${approved.checkCode}) ${ORIGIN}/r/${link}`
    assert.ok((await asBot('chat.postMessage', { channel: CHANNEL, text })).ok)
    const page = await issuer.inject({ method: 'GET', url: `/r/${link}`, headers: { host: HOST } })
    assert.ok(page.body.includes(waiting.checkCode))
    assert.ok(!page.body.includes(approved.checkCode))
    assert.notEqual(waiting.checkCode, approved.checkCode)
  })
})
