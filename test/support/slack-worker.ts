// A bot's worker before the simulated workspace, over HTTP, with the real issuer's commands behind it and a clock that the test moves: what Slack does to
// deliveries, without the bot's own doors. Interactions are in `bot.ts`.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { workerClient } from '../../src/bot/slack/connect.ts'
import { createDeliverer } from '../../src/bot/slack/deliver.ts'
import { createReceiver } from '../../src/bot/slack/receiver.ts'
import { createNo } from '../../src/bot/slack/say-no.ts'
import { startWorker } from '../../src/bot/worker.ts'
import { appOfManifest } from '../../src/sandbox/main.ts'
import { buildSlackServer } from '../../src/sandbox/slack/server.ts'
import type { MessageView } from '../../src/sandbox/slack/wire.ts'
import { createWorkspace } from '../../src/sandbox/slack/workspace.ts'
import { sandboxWorld, TEAM_ID } from '../../src/sandbox/world.ts'
import { BOT_TOKEN, SIGNING_SECRET } from './bot.ts'
import { slackDriver, wordsOf } from './slack-driver.ts'
import { ask, confirm, newHolder, openWorld } from './world.ts'

export const CHANNEL = 'C0INCIDENT42'
const MANIFEST = new URL('../../slack-manifest.json', import.meta.url)
const URLS = { issuerUrl: 'http://localhost:3001', publicUrl: 'http://localhost:3000' }

export type Stand = Awaited<ReturnType<typeof openStand>>

/** Opens everything; `patienceMs` is how long the worker waits for an answer of Slack's. */
export async function openStand(
  t: { after(work: () => Promise<void> | void): void },
  { patienceMs = 2000, without = [] }: { patienceMs?: number; without?: readonly string[] } = {},
) {
  const world = await openWorld(t)
  let ahead = 0
  const now = () => Date.now() + ahead
  const app = appOfManifest(JSON.parse(readFileSync(MANIFEST, 'utf8')))
  const scopes = app.scopes?.filter((scope) => !without.includes(scope))
  const workspace = createWorkspace({ ...sandboxWorld({ ...app, scopes }), now })
  const server = await buildSlackServer({
    workspace,
    requestUrl: 'http://127.0.0.1:9/nobody',
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    port: 0,
  })
  // Time passes only while Slack has nothing to do: a lease must not end because this machine is slow.
  let busy = 0
  server.app.server.on('request', (request, response) => {
    if (request.url?.startsWith('/_control')) return
    busy += 1
    response.once('close', () => {
      busy -= 1
    })
  })
  const url = await server.listen()
  t.after(() => server.app.close())
  const ctx = { ...world.bot, now: () => new Date(now()) }
  const settings = { botToken: BOT_TOKEN, signingSecrets: [SIGNING_SECRET], teamIds: [TEAM_ID], apiUrl: `${url}/api/` }
  const no = createNo(URLS.publicUrl)
  const quiet = { answersAt: [], appId: () => undefined, no, log: ctx.log, wake: () => undefined }
  const receiver = createReceiver({ ctx, ...settings, ...quiet })
  /** Starts a worker, as another process would. */
  const start = () => {
    const client = workerClient(settings, ctx.log, patienceMs)
    const worker = startWorker({
      ctx,
      log: ctx.log,
      slack: {
        deliverer: createDeliverer({
          ctx,
          ...URLS,
          teamIds: [TEAM_ID],
          answersAt: [],
          appId: () => workspace.app.id,
          log: ctx.log,
          client,
        }),
        receiver,
      },
    })
    t.after(() => worker.stop())
    return worker
  }
  const slack = slackDriver(url)
  const until = async (what: string, look: () => Promise<boolean> | boolean, step = 0): Promise<void> => {
    const deadline = performance.now() + 40_000
    while (!(await look())) {
      assert.ok(performance.now() < deadline, `${what} did not happen`)
      if (busy === 0) ahead += step
      await delay(20)
    }
  }
  const open = async () => {
    const planned = new Set((await ctx.db.selectFrom('delivery').select('source').execute()).map(({ source }) => source))
    const news = [
      ...(await ctx.db.selectFrom('bot_outbox').select('id').execute()),
      ...(await ctx.db.selectFrom('issuer_outbox').select('id').execute()),
    ].filter(({ id }) => !planned.has(id))
    // Last of all: news that are planned while we look count as unplanned, or have their deliveries here.
    const rows = await ctx.db
      .selectFrom('delivery')
      .select(['source', 'done_at', 'payload'])
      .where('kind', '!=', 'none')
      .execute()
    const waiting = rows.filter(({ done_at }) => done_at === null)
    return {
      told: waiting.filter(({ payload }) => !Object.hasOwn(payload, 'again')).length + news.length,
      all: waiting.length + news.length,
    }
  }
  return {
    world,
    ctx,
    slack,
    start,
    until,
    /** Removes an account without a trace. */
    forget: (user: string) => void workspace.people.delete(user),
    /** The issuer tells that something changed. */
    changed: (request: string) =>
      world.ctx.db
        .insertInto('issuer_outbox')
        .values({ id: crypto.randomUUID(), topic: 'request.changed', request_id: request, payload: '{}', created_at: ctx.now() })
        .execute(),
    /** Lets time pass for the bot and for Slack. */
    pass: (ms: number) => {
      ahead += ms
    },
    /** Everything planned was told, however long Slack asks to wait; second looks may be open. */
    told: () => until('everything told', async () => (await open()).told === 0, 500),
    /** Second looks too. */
    settled: () => until('everything settled', async () => (await open()).all === 0, 500),
    /** A request whose requester has confirmed. */
    confirmed: async () => {
      const asked = await ask(world)
      const place = await newHolder()
      assert.ok((await confirm(world, asked.intent, place)).ok)
      return { ...asked, place }
    },
    /** Messages of the app about a request that somebody sees somewhere. */
    seen: async (handle: string, where: string, code: string): Promise<MessageView[]> =>
      (await slack.as(handle).messages(where)).filter((message) => wordsOf(message.blocks).includes(code)),
    calls: async (method: string) => (await slack.calls()).filter((call) => call.method === method),
  }
}
