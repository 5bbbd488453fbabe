// Slack's three seconds: a signed `/elevate` over HTTP to the bot, a process of its own as in production with its worker running, until the answer that
// offers to confirm is there, a request proposed and durable. Its floor is a bare Fastify route that checks the same HMAC and commits one row.
// Both are loaded by a third process (acknowledge-load.ts), in turn, at a steady rate and by many at once.

import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import pg from 'pg'
import { parse, stringify } from 'yaml'
import { verifySlack } from '../../src/bot/slack/signature.ts'
import { writeTrustRoots } from '../../src/issuer/trust-roots.ts'
import { buildSlackServer } from '../../src/sandbox/slack/server.ts'
import { createWorkspace } from '../../src/sandbox/slack/workspace.ts'
import { sandboxWorld, TEAM_ID } from '../../src/sandbox/world.ts'
import { ORIGIN, openWorld, type World } from '../support/world.ts'
import type { Answered, Load } from './acknowledge-load.ts'
import { forkBot } from './fork-bot.ts'
import { type Benchmark, type Hooks, type Line, median, tail } from './measure.ts'

const ROUNDS = 3
const ROUND_MS = 3000
const WARM_UP_MS = 2000
const GOAL_MS = 250
/** The bot's pool has as many. */
const CONNECTIONS = 10
const MANNERS = [{ perSecond: 25 }, { atOnce: 16 }] as const
const SECRET = randomBytes(16).toString('hex')
/** Of one person only so many requests may be open, and none of these ends. */
const ASKERS = 600

const users = Array.from({ length: ASKERS }, (_, number) => `U0ASKER${String(number).padStart(4, '0')}`)
const askers = users.map((slackId, number) => ({
  slackId,
  handle: `asker-${number}`,
  name: `asker-${number}`,
  title: 'asker',
  avatarColour: '#3659b8',
}))

function addAskers(runbooksDir: string): void {
  type Directory = { people: Record<string, unknown>; groups: Record<string, string[]> }
  const path = join(runbooksDir, 'directory.yaml')
  const directory = parse(readFileSync(path, 'utf8')) as Directory
  for (const { slackId, handle } of askers) {
    directory.people[handle] = { name: handle, slack: [`${TEAM_ID}/${slackId}`] }
    directory.groups['on-call']?.push(handle)
  }
  writeFileSync(path, stringify(directory))
}

export const acknowledge: Benchmark = async (hooks, tell) => {
  const world = await openWorld(hooks, undefined, addAskers)
  const slack = await startSlack(hooks)
  const bot = { url: await startBot(hooks, world, slack), expected: `${ORIGIN}/r/` }
  const bare = { url: await startBare(hooks, world), expected: '200 ' }
  const load = async ({ url, expected }: typeof bot, manner: Load['manner'], ms: number) => {
    const answered = await sendLoad({ url, expected, manner, ms, secret: SECRET, fields: fieldsFor(slack), users })
    if (answered.wrong.length > 0)
      throw new Error(`${answered.wrong.length} of ${answered.times.length} wrong: ${answered.wrong[0]}`)
    return { ...tail(answered.times), 'per s': answered.times.length / (answered.ms / 1000) }
  }
  for (const place of [bot, bare]) await load(place, { atOnce: 4 }, WARM_UP_MS)
  const lines: Line[] = []
  for (const manner of MANNERS) {
    const times: Awaited<ReturnType<typeof load>>[] = []
    const floors: typeof times = []
    for (let round = 0; round < ROUNDS; round += 1) {
      times.push(await load(bot, manner, ROUND_MS))
      floors.push(await load(bare, manner, ROUND_MS))
      tell(`round ${round + 1}: p99 ${times.at(-1)?.p99.toFixed(1)} ms over ${floors.at(-1)?.p99.toFixed(1)} ms`)
    }
    const measured = middle(times)
    lines.push({
      what: `Slack acknowledged, ${'perSecond' in manner ? `${manner.perSecond} a second` : `${manner.atOnce} at once`}`,
      unit: 'ms',
      measured,
      floor: middle(floors),
      ratio: median(times.map(({ p50 }, round) => p50 / (floors[round]?.p50 ?? Number.NaN))),
      goal: { text: `p99 < ${GOAL_MS}`, met: measured.p99 < GOAL_MS },
    })
  }
  return lines
}

const middle = (
  rounds: readonly { readonly p50: number; readonly p95: number; readonly p99: number; readonly 'per s': number }[],
) => ({
  p50: median(rounds.map(({ p50 }) => p50)),
  p95: median(rounds.map(({ p95 }) => p95)),
  p99: median(rounds.map(({ p99 }) => p99)),
  'per s': median(rounds.map((round) => round['per s'])),
})

const fieldsFor = (slack: string): Load['fields'] => ({
  command: '/elevate',
  text: 'service.restart service=payments-api reason="INC-4211: payments time out"',
  team_id: TEAM_ID,
  channel_id: 'C0INCIDENT42',
  api_app_id: 'A0COUNTERSIGN',
  response_url: `${slack}/commands/none`,
})

async function startSlack(hooks: Hooks): Promise<string> {
  const company = sandboxWorld()
  const server = await buildSlackServer({
    workspace: createWorkspace({ ...company, people: [...company.people, ...askers] }),
    requestUrl: 'http://127.0.0.1:9/nobody',
    signingSecret: SECRET,
    botToken: `xoxb-${SECRET}`,
    port: 0,
  })
  hooks.after(() => server.app.close())
  return server.listen()
}

async function startBot(hooks: Hooks, world: World, slack: string): Promise<string> {
  const roots = join(world.dir, 'trust-roots.json')
  await writeTrustRoots(roots, world.roots)
  const origin = await forkBot(hooks, {
    PATH: process.env['PATH'],
    DATABASE_URL: world.database.botUrl,
    ISSUER_URL: ORIGIN,
    TRUST_ROOTS: roots,
    SLACK_BOT_TOKEN: `xoxb-${SECRET}`,
    SLACK_SIGNING_SECRET: SECRET,
    SLACK_TEAM_IDS: TEAM_ID,
    SLACK_API_URL: `${slack}/api/`,
  })
  return `${origin}/slack/events`
}

async function startBare(hooks: Hooks, world: World): Promise<string> {
  const pool = new pg.Pool({ connectionString: world.database.ownerUrl, max: CONNECTIONS })
  await pool.query('create table bare_delivery (id uuid primary key default gen_random_uuid(), payload text not null)')
  const app = Fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post<{ Body: Buffer }>('/bare', async ({ headers, body }, reply) => {
    const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = headers
    if (!verifySlack([SECRET], { body, timestamp, signature }, new Date())) return reply.code(401).send('')
    await pool.query('insert into bare_delivery (payload) values ($1)', [body.toString()])
    return reply.code(200).send('')
  })
  hooks.after(async () => {
    await app.close()
    await pool.end()
  })
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/bare`
}

async function sendLoad(load: Load): Promise<Answered> {
  const sender = fork(fileURLToPath(new URL('./acknowledge-load.ts', import.meta.url)))
  sender.send(load)
  const [answered] = (await once(sender, 'message')) as [Answered]
  return answered
}
