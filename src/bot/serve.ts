// The bot as a process: its own database login, Slack's tokens, the console, the worker. It reads `trust-roots.json` for the realm alone, which it puts
// into what it proposes; it could not do anything with the rest. What was published is read from the database, once for each digest.

import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { BotContext, Published } from '../commands/context.ts'
import { type BotConfig, misfitsOfRealm } from '../config.ts'
import { connect } from '../db/connect.ts'
import { loginMisfits } from '../db/login-misfits.ts'
import { BOT_ROLE } from '../db/roles.ts'
import { findPublication, findPublishedDigest } from '../db/rule-sets.ts'
import { trustRoots } from '../domain/directory.ts'
import { read } from '../domain/shape.ts'
import { StartRefused } from '../run.ts'
import { buildBot } from './app.ts'

const CONNECTIONS = 10

/** Serves the bot until `close`. What the operator can mend is thrown as StartRefused. */
export async function serveBot(config: BotConfig, log: Logger): Promise<{ readonly close: () => Promise<void> }> {
  const roots = await readRoots(config.trustRoots)
  const misfits = misfitsOfRealm(config, roots)
  if (misfits.length > 0) throw new StartRefused(misfits)
  const metrics =
    config.metricsToken === undefined ? undefined : (await import('../metrics.ts')).openMetrics('bot', config.metricsToken)
  const db = connect(config.databaseUrl, {
    applicationName: 'countersign bot',
    max: CONNECTIONS,
    log,
    watch: metrics?.watchPool,
  })
  const beyond = await loginMisfits(db, 'DATABASE_URL', BOT_ROLE).catch(async (error: unknown) => {
    await db.destroy()
    throw error
  })
  if (beyond.length > 0) {
    await db.destroy()
    throw new StartRefused(beyond)
  }
  let known: Published | undefined
  const published: BotContext['published'] = async () => {
    const digest = await findPublishedDigest(db)
    if (known?.digest !== digest) known = await findPublication(db)
    return known
  }
  const ctx: BotContext = { process: 'bot', db, now: () => new Date(), realm: roots.realm, log, watch: metrics?.watch, published }
  const { slack, publicUrl, issuerUrl } = config
  const bot = buildBot({ ctx, slack, publicUrl, issuerUrl, metrics, log })
  await bot.app.listen({ host: config.host, port: config.port })
  bot.startWorker()
  return {
    close: async () => {
      await bot.app.close()
      await db.destroy()
    },
  }
}

async function readRoots(path: string) {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new StartRefused([
      `${path} cannot be read; \`countersign bootstrap\` writes it on the issuer’s host, and the bot needs a copy`,
    ])
  })
  try {
    const form = read(trustRoots, JSON.parse(text))
    if (form.ok) return form.value
    throw new StartRefused([`${path}: ${form.path} ${form.problem}`])
  } catch (error) {
    throw error instanceof SyntaxError ? new StartRefused([`${path} is not JSON`]) : error
  }
}
