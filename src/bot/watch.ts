// What the bot shows to whoever watches it: whether it can work, and what waits. Slack is only told of: when it is away the console goes on, and taking
// the bot away would mend nothing.

import type { FastifyInstance } from 'fastify'
import type { BotContext } from '../commands/context.ts'
import { type Backlog, findBacklog } from '../db/bot-queries/backlog.ts'
import type { Metrics } from '../metrics.ts'
import { answerReadiness, lookAtDatabase, type Part, shared } from '../readiness.ts'

/** `GET /healthz` and `/readyz`; `slack` says how it stands with Slack. */
export function healthRoutes(app: FastifyInstance, ctx: BotContext, slack: () => Part): void {
  app.get('/healthz', () => ({ ok: true }))
  const needed = {
    database: lookAtDatabase(ctx.db),
    rules: shared(async () =>
      (await ctx.published())
        ? { ready: true, words: 'Runbooks are published.' }
        : { ready: false, words: 'No runbooks are published yet. The issuer publishes them when it starts.' },
    ),
  }
  app.get('/readyz', (_request, reply) => answerReadiness(reply, needed, { slack: slack() }))
}

/** The bot's queues, looked up at each scrape. */
export function watchQueues({ gauge }: Metrics, ctx: BotContext): void {
  const each = async (of: (backlog: Backlog) => number) =>
    Object.fromEntries((await findBacklog(ctx.db, ctx.now())).map((backlog) => [backlog.queue, of(backlog)]))
  gauge('countersign_queue_waiting', 'What waits to be taken up, planned or told', () => each(({ waiting }) => waiting), 'queue')
  gauge('countersign_queue_oldest_seconds', 'How long the oldest of it has waited', () => each(({ seconds }) => seconds), 'queue')
}
