// The bot as a process: its own database login, Slack's tokens, the console, the worker. It reads `trust-roots.json` for the realm alone, which it puts
// into what it proposes; it could not do anything with the rest. What was published is read from the database, once for each digest.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { BotContext } from '../commands/context.ts'
import type { BotConfig } from '../config.ts'
import { connect } from '../db/connect.ts'
import { followPublication } from '../db/rule-sets.ts'
import type { Schema } from '../db/schema.ts'
import { refuseWhatIsWrong } from '../findings.ts'
import type { Metrics } from '../metrics.ts'
import { buildBot } from './app.ts'
import { inspectBot } from './inspect.ts'

/** Three bots share the twenty of their login. */
const CONNECTIONS = 6

/** Serves the bot until `close`. What the operator can mend is thrown as StartRefused. */
export async function serveBot(config: BotConfig, log: Logger): Promise<{ readonly close: () => Promise<void> }> {
  const metrics =
    config.metricsToken === undefined ? undefined : (await import('../metrics.ts')).openMetrics('bot', config.metricsToken)
  const db = connect(config.databaseUrl, {
    applicationName: 'countersign bot',
    max: CONNECTIONS,
    log,
    watch: metrics?.watchPool,
  })
  try {
    const { findings, roots } = await inspectBot(config, db)
    refuseWhatIsWrong(findings)
    if (!roots) throw new TypeError('nothing was wrong, and yet there are no roots')
    return await serve(config, log, db, roots.realm, metrics)
  } catch (error) {
    await db.destroy()
    throw error
  }
}

async function serve(
  { slack, publicUrl, issuerUrl, host, port }: BotConfig,
  log: Logger,
  db: Kysely<Schema>,
  realm: string,
  metrics: Metrics | undefined,
): Promise<{ readonly close: () => Promise<void> }> {
  const published = followPublication(db)
  const ctx: BotContext = { process: 'bot', db, now: () => new Date(), realm, log, watch: metrics?.watch, published }
  const bot = buildBot({ ctx, slack, publicUrl, issuerUrl, metrics, log })
  await bot.app.listen({ host: host, port })
  bot.startWorker()
  return {
    close: async () => {
      await bot.app.close()
      await db.destroy()
    },
  }
}
