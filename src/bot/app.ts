// The bot as one Fastify application: Slack's door, the console, health; and the worker that belongs to it. It holds Slack's tokens and the bot's own
// database login, and nothing that signs, decides or mints (DESIGN section 4). Errors that nobody expected go to the log under a reference; what
// leaves is the reference alone.

import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { ZodError } from 'zod'
import type { BotContext } from '../commands/context.ts'
import { consoleRoutes } from './console/routes.ts'
import type { Loop } from './loop.ts'
import { openSlack, type SlackSettings } from './slack/open.ts'
import { startWorker } from './worker.ts'

export type BotOptions = {
  readonly ctx: BotContext
  /** Undefined: no Slack; the console does everything. */
  readonly slack: SlackSettings | undefined
  /** Our own origin, and the issuer's. */
  readonly publicUrl: string
  readonly issuerUrl: string
  readonly log: Logger
}
export type Bot = {
  readonly app: FastifyInstance
  /** Starts taking up and telling; closed with the application. */
  readonly startWorker: () => void
}

/** Builds the bot; it listens and works when told to. */
export function buildBot({ ctx, slack: settings, publicUrl, issuerUrl, log }: BotOptions): Bot {
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 16_384,
  })
  let worker: Loop | undefined
  const wake = () => worker?.wake()
  const slack = settings && openSlack({ ctx, settings, publicUrl, issuerUrl, log, wake })
  const teamIds = settings?.teamIds ?? []

  // In the sandbox a page elsewhere could rename itself to our address (DNS rebinding); loopback answers to its own name only.
  if (publicUrl.startsWith('http://'))
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers.host !== new URL(publicUrl).host) return reply.code(421).send({ reason: 'wrong_host' })
    })
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof ZodError ? 400 : ((error as { statusCode?: number }).statusCode ?? 500)
    if (status < 500) return reply.code(status).send({ reason: status === 413 ? 'too_large' : 'malformed' })
    const reference = randomBytes(6).toString('hex')
    log.error({ err: error, reference }, 'a fault')
    return reply.code(500).send({ reason: 'fault', reference })
  })

  if (slack) void app.register(slack.receiver.routes)
  void app.register(consoleRoutes({ ctx, publicUrl, issuerUrl, teamIds, log: app.log }))
  app.get('/healthz', () => ({ ok: true }))
  app.get('/readyz', async (_request, reply) => {
    const [database, rules] = await Promise.all([answers(ctx), ctx.published().catch(() => undefined)])
    return reply.code(database && rules ? 200 : 503).send({ database, rules: rules !== undefined })
  })
  app.addHook('onClose', async () => worker?.stop())
  return {
    app,
    startWorker: () => {
      worker ??= startWorker({ ctx, log, slack })
      void slack?.learnAppId()
    },
  }
}

const answers = (ctx: BotContext): Promise<boolean> =>
  sql`select 1`.execute(ctx.db).then(
    () => true,
    () => false,
  )
