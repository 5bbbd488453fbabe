// The bot as one Fastify application: Slack's door, the console, health; and the worker that belongs to it. It holds Slack's tokens and the bot's own
// database login, and nothing that signs, decides or mints (DESIGN section 4). Errors that nobody expected go to the log under a reference; what
// leaves is the reference alone.

import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import { ZodError } from 'zod'
import type { BotContext } from '../commands/context.ts'
import { newReference, traceRequests } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { dropSilentConnections } from '../silent-connections.ts'
import { consoleRoutes } from './console/routes.ts'
import { headersOf } from './console/site.ts'
import type { Loop } from './loop.ts'
import { openSlack, type SlackSettings } from './slack/open.ts'
import { healthRoutes, watchQueues } from './watch.ts'
import { startWorker } from './worker.ts'

export type BotOptions = {
  readonly ctx: BotContext
  /** Undefined: no Slack; the console does everything. */
  readonly slack: SlackSettings | undefined
  /** Our own origin, and the issuer's. */
  readonly publicUrl: string
  readonly issuerUrl: string
  /** Undefined: nobody watches, and there is no `/metrics`. */
  readonly metrics?: Metrics | undefined
  readonly log: Logger
}
export type Bot = {
  readonly app: FastifyInstance
  /** Starts taking up and telling; closed with the application. */
  readonly startWorker: () => void
}

/** Builds the bot; it listens and works when told to. */
export function buildBot({ ctx, slack: settings, publicUrl, issuerUrl, metrics, log }: BotOptions): Bot {
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newReference,
    bodyLimit: 16_384,
  })
  dropSilentConnections(app)
  traceRequests(app, log)
  let worker: Loop | undefined
  const wake = () => worker?.wake()
  const slack = settings && openSlack({ ctx, settings, publicUrl, issuerUrl, log, wake })
  const teamIds = settings?.teamIds ?? []

  // Every answer, also of what no plugin knows: a page in a frame is a trap wherever it comes from.
  const headers = headersOf({ publicUrl, issuerUrl })
  app.addHook('onRequest', async (_request, reply) => void reply.headers(headers))
  // In the sandbox a page elsewhere could rename itself to our address (DNS rebinding); loopback answers to its own name only.
  if (publicUrl.startsWith('http://'))
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers.host !== new URL(publicUrl).host) return reply.code(421).send({ reason: 'wrong_host' })
    })
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof ZodError ? 400 : ((error as { statusCode?: number }).statusCode ?? 500)
    if (status < 500) return reply.code(status).send({ reason: status === 413 ? 'too_large' : 'malformed' })
    const reference = request.id
    log.error({ err: error, reference }, 'a fault')
    return reply.code(500).send({ reason: 'fault', reference })
  })

  if (slack) void app.register(slack.receiver.routes)
  void app.register(consoleRoutes({ ctx, publicUrl, issuerUrl, teamIds, log: app.log }))
  healthRoutes(app, ctx, () => slack?.standing() ?? { ready: true, words: 'There is no Slack: the console does everything.' })
  if (metrics) {
    metrics.serve(app)
    watchQueues(metrics, ctx)
  }
  app.addHook('onClose', async () => worker?.stop())
  return {
    app,
    startWorker: () => {
      worker ??= startWorker({ ctx, log, slack })
      void slack?.learnAppId()
    },
  }
}
