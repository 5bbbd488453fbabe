import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { workerClient } from '../../src/bot/slack/connect.ts'
import { createDeliverer } from '../../src/bot/slack/deliver.ts'
import { createReceiver } from '../../src/bot/slack/receiver.ts'
import { createNo } from '../../src/bot/slack/say-no.ts'
import { startWorker } from '../../src/bot/worker.ts'
import type { BotContext } from '../../src/commands/context.ts'
import { newId } from '../../src/crypto.ts'
import { keepInbox } from '../../src/db/bot-queries/inbox.ts'
import { SIGNING_SECRET } from '../support/bot.ts'
import { failed, limited, openSlackApi } from '../support/slack-api.ts'
import { until } from '../support/until.ts'
import { ask, confirm, decide, newHolder, openWorld, type World } from '../support/world.ts'

const INCIDENT = 'C0INCIDENT42'
const SLACK = { botToken: 'xoxb-of-a-test', signingSecrets: [SIGNING_SECRET], teamIds: ['T0SANDBOX'] }

async function open(t: TestContext) {
  const world = await openWorld(t)
  const api = await openSlackApi(t)
  const ctx = world.bot
  const client = workerClient({ ...SLACK, apiUrl: api.url }, ctx.log)
  const urls = { issuerUrl: 'http://localhost:3001', publicUrl: 'http://localhost:3000' }
  const receiver = createReceiver({
    ctx,
    ...SLACK,
    answersAt: [],
    appId: () => undefined,
    no: createNo('http://localhost:3000'),
    log: ctx.log,
    wake: () => undefined,
  })
  // Each worker has a pace of its own, as each process does.
  const start = () => {
    const deliverer = createDeliverer({
      ctx,
      teamIds: SLACK.teamIds,
      answersAt: [],
      appId: () => undefined,
      ...urls,
      log: ctx.log,
      client,
    })
    const worker = startWorker({ ctx, log: ctx.log, slack: { deliverer, receiver } })
    t.after(() => worker.stop())
    return worker
  }
  return { world, api, start }
}

async function waitingForApprovers(world: World) {
  const asked = await ask(world)
  assert.ok((await confirm(world, asked.intent, await newHolder())).ok)
  return asked
}

/** Every piece of news has been planned, and everything planned has been told. */
const settled = (ctx: BotContext) => async () => {
  const planned = await ctx.db.selectFrom('delivery').select(['source', 'kind', 'done_at', 'payload']).execute()
  const news = [
    ...(await ctx.db.selectFrom('bot_outbox').select('id').execute()),
    ...(await ctx.db.selectFrom('issuer_outbox').select('id').execute()),
  ]
  return (
    planned.some(({ kind }) => kind === 'slack') &&
    news.every(({ id }) => planned.some(({ source }) => source === id)) &&
    planned.every(({ done_at, payload }) => done_at !== null || Object.hasOwn(payload, 'again'))
  )
}
/** Messages that stand by themselves, without the lines of their threads. */
const posts = (api: Awaited<ReturnType<typeof openSlackApi>>) =>
  api.of('chat.postMessage').filter(({ body }) => body['thread_ts'] === undefined)
const channelPosts = (api: Awaited<ReturnType<typeof openSlackApi>>) =>
  posts(api).filter(({ body }) => body['channel'] === INCIDENT)

test('a rate limit is waited out for as long as Slack says, and holds up no other method', async (t) => {
  const { world, api, start } = await open(t)
  const { requestId, intent } = await waitingForApprovers(world)
  start()
  await until('the first round', settled(world.bot))
  assert.equal(channelPosts(api).length, 1)
  const before = posts(api).length
  api.answer('chat.update', limited(1), limited(1))
  assert.ok((await decide(world, intent, 'ana')).ok)
  const shows = async () =>
    (
      await world.bot.db
        .selectFrom('delivery')
        .select('last_error')
        .where('request_id', '=', requestId)
        .where('last_error', '=', 'limited')
        .execute()
    ).length > 0
  await until('the limit to be noticed', shows)
  const noticed = performance.now()
  await until('the news to the requester by the other method', () => posts(api).length > before)
  await until('everything told', settled(world.bot))
  // Others may be under way when the first is limited; none begins afterwards, and none for the same message.
  const [first, ...later] = api.of('chat.update')
  assert.ok(first)
  for (const { at, body } of later)
    if (at > noticed || body['ts'] === first.body['ts']) assert.ok(at - first.at >= 990, `${at - first.at} ms`)
  assert.ok(later.length > 0)
})

test('a failing Slack and a dropped connection are tried again, and the message is told once they are over', async (t) => {
  const { world, api, start } = await open(t)
  const { requestId } = await waitingForApprovers(world)
  api.answer('chat.postMessage', { status: 503, body: {} }, { drop: true }, failed('internal_error'))
  start()
  await until('everything told', settled(world.bot))
  const places = await world.bot.db
    .selectFrom('message')
    .select('place')
    .where('request_id', '=', requestId)
    .orderBy('place')
    .execute()
  assert.deepEqual(
    places.map(({ place }) => place).filter((place) => !place.startsWith('thread/')),
    ['ask/ana', 'ask/bo', 'channel'],
  )
})

test('two workers tell each place once, whoever is faster', async (t) => {
  const { world, api, start } = await open(t)
  const asked = [await waitingForApprovers(world), await waitingForApprovers(world), await waitingForApprovers(world)]
  start()
  start()
  await until('everything told', settled(world.bot))
  assert.equal(channelPosts(api).length, asked.length)
  assert.equal(posts(api).length, asked.length * 3)
})

test('a message that can no longer be changed is said anew, and the new one is changed from then on', async (t) => {
  const { world, api, start } = await open(t)
  const { requestId, intent } = await waitingForApprovers(world)
  start()
  await until('the first round', settled(world.bot))
  const before = await messageOf(world, requestId)
  api.answer('chat.update', ...Array.from({ length: 6 }, () => failed('edit_window_closed')))
  assert.ok((await decide(world, intent, 'ana')).ok)
  await until('the new message', async () => (await messageOf(world, requestId))?.ts !== before?.ts)
  await until('everything told', settled(world.bot))
  assert.equal(channelPosts(api).length, 2)
})

test('a channel that is closed to us costs nobody the request: approvers are asked, and the requester is told', async (t) => {
  const { world, api, start } = await open(t)
  const { requestId } = await waitingForApprovers(world)
  api.close(INCIDENT, 'is_archived')
  start()
  await until('everything told', settled(world.bot))
  const told = await world.bot.db.selectFrom('message').select('place').where('request_id', '=', requestId).execute()
  assert.deepEqual(told.map(({ place }) => place).sort(), ['ask/ana', 'ask/bo', 'tell/unheard/rey'])
  const [gone] = await world.bot.db.selectFrom('delivery').select('last_error').where('place', '=', 'channel').execute()
  assert.equal(gone?.last_error, 'is_archived')
})

test('what does not change is not sent again', async (t) => {
  const { world, api, start } = await open(t)
  const { requestId } = await waitingForApprovers(world)
  start()
  await until('the first round', settled(world.bot))
  const calls = api.calls.length
  await world.ctx.db
    .insertInto('issuer_outbox')
    .values({ id: crypto.randomUUID(), topic: 'request.changed', request_id: requestId, payload: '{}', created_at: new Date() })
    .execute()
  await until('the second round', async () => {
    const rows = await world.bot.db.selectFrom('delivery').select('done_at').where('place', '=', 'channel').execute()
    return rows.length > 1 && rows.every(({ done_at }) => done_at !== null)
  })
  await until('everything told', settled(world.bot))
  assert.equal(api.calls.length, calls)
})

test('news that cannot be planned holds up none that follows, and is given up', async (t) => {
  const { world, start } = await open(t)
  const { db } = world.bot
  // Whoever has the bot's login can write this. The issuer refuses it once and tells so; what it says cannot be read.
  const [id, digest] = [newId(), 'A'.repeat(43)]
  const named = { runbook: 'restart-service', action: 'restart', channel: INCIDENT, requester: 'rey' }
  await db
    .insertInto('request')
    .values({ id, intent: Buffer.from('{}'), intent_digest: digest, ...named, proposed_at: new Date() })
    .execute()
  const news = Array.from({ length: 120 }, (_, at) => ({
    id: crypto.randomUUID(),
    topic: 'request.changed',
    request_id: id,
    payload: '{}',
    created_at: new Date(Date.now() - 60_000 + at),
  }))
  await world.ctx.db.insertInto('issuer_outbox').values(news).execute()
  const { requestId } = await waitingForApprovers(world)
  start()
  await until('the approvers to be asked about another request', async () => {
    const places = await db.selectFrom('message').select('place').where('request_id', '=', requestId).execute()
    return places.some(({ place }) => place === 'ask/bo')
  })
  const planned = await db.selectFrom('delivery').select(['kind', 'last_error']).where('request_id', '=', id).execute()
  assert.deepEqual([...new Set(planned.map(({ kind, last_error }) => `${kind} ${last_error}`))], ['none fault'])
})

test('nobody is asked before the requester’s tap, and somebody who is asked too late is not asked at all', async (t) => {
  const { world, api, start } = await open(t)
  const early = await ask(world)
  const decided = await waitingForApprovers(world)
  assert.ok((await decide(world, decided.intent, 'bo', 'deny')).ok)
  start()
  await until('everything told', settled(world.bot))
  const said = posts(api).map(({ body }) => body['channel'])
  assert.deepEqual(said.sort(), [INCIDENT, 'U0REYOKAFOR'])
  const places = await world.bot.db.selectFrom('message').select('place').where('request_id', '=', early.requestId).execute()
  assert.deepEqual(places, [])
})

test('what a dying process left behind is taken up again, but nobody’s form is sent late', async (t) => {
  const { world, start } = await open(t)
  const past = new Date(Date.now() - 1000)
  const { db } = world.bot
  await keepInbox(db, { id: 'trigger:lost', kind: 'submission', payload: { any: 'thing' } }, past, past)
  await keepInbox(db, { id: 'event:lost', kind: 'event', payload: { type: 'event_callback' } }, past, past)
  start()
  await until('both to be looked at', async () => {
    const rows = await db.selectFrom('inbox').select(['id', 'attempts', 'done_at', 'last_error']).execute()
    const form = rows.find(({ id }) => id === 'trigger:lost')
    const event = rows.find(({ id }) => id === 'event:lost')
    // This receiver has no Bolt behind it, so the event fails and waits for its next turn; it is not lost.
    return form?.last_error === 'too_late' && form.done_at !== null && (event?.attempts ?? 0) >= 1 && event?.done_at === null
  })
})

const messageOf = (world: World, request: string) =>
  world.bot.db
    .selectFrom('message')
    .selectAll()
    .where('request_id', '=', request)
    .where('place', '=', 'channel')
    .executeTakeFirst()
