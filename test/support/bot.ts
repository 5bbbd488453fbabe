// A bot as in production for tests: the world of world.ts with its issuer's clockwork running, the simulated workspace, and the bot listening with its
// worker. People act through the Slack driver and sign with their simulated keys.

import { readFileSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import { buildBot } from '../../src/bot/app.ts'
import { startClockwork } from '../../src/issuer/clockwork.ts'
import type { Metrics } from '../../src/metrics.ts'
import { appOfManifest } from '../../src/sandbox/main.ts'
import { buildSlackServer } from '../../src/sandbox/slack/server.ts'
import { createWorkspace } from '../../src/sandbox/slack/workspace.ts'
import { sandboxWorld, TEAM_ID } from '../../src/sandbox/world.ts'
import { freePort } from './free-port.ts'
import { slackDriver } from './slack-driver.ts'
import { openWorld } from './world.ts'

export const SIGNING_SECRET = 'a-signing-secret-of-the-tests'
export const BOT_TOKEN = 'xoxb-a-bot-token-of-the-tests'

const MANIFEST = new URL('../../slack-manifest.json', import.meta.url)

type Options = {
  readonly metrics?: Metrics
  readonly log?: Logger
  /** Changes the runbooks before they are read. */
  readonly runbooks?: (dir: string) => void
  /** How long ago the roots were pinned: after a week whoever is new waits. */
  readonly pinnedDaysAgo?: number
}

/** Opens everything; closed at the end of the test. */
export async function openBot(
  t: { after(work: () => Promise<void> | void): void },
  { metrics, log = pino({ level: process.env['TEST_LOG'] ?? 'silent' }), runbooks, pinnedDaysAgo = 0 }: Options = {},
) {
  const opened = await openWorld(t, undefined, runbooks)
  const roots = { ...opened.roots, pinned_at: opened.roots.pinned_at - pinnedDaysAgo * 86_400 }
  const world = { ...opened, ctx: { ...opened.ctx, roots, log }, bot: { ...opened.bot, log } }
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const issuerUrl = 'http://localhost:3001'
  const workspace = createWorkspace(sandboxWorld(appOfManifest(JSON.parse(readFileSync(MANIFEST, 'utf8')))))
  const slackServer = await buildSlackServer({
    workspace,
    requestUrl: `${publicUrl}/slack/events`,
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    port: 0,
    retryFactor: 0.001,
  })
  const slackUrl = await slackServer.listen()
  const slackSettings = { botToken: BOT_TOKEN, signingSecrets: [SIGNING_SECRET], apiUrl: `${slackUrl}/api/`, teamIds: [TEAM_ID] }
  const bot = buildBot({ ctx: { ...world.bot, watch: metrics?.watch }, slack: slackSettings, publicUrl, issuerUrl, metrics, log })
  await bot.app.listen({ port, host: '127.0.0.1' })
  bot.startWorker()
  const clockwork = startClockwork(world.ctx)
  t.after(async () => {
    await clockwork.stop()
    await bot.app.close()
    await slackServer.app.close()
  })
  return { world, bot, publicUrl, issuerUrl, slackUrl, slackServer, slack: slackDriver(slackUrl) }
}
