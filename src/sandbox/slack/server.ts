// The simulated workspace as an HTTP server: the Web API and response URLs for the app, the control API and the browser client for people. Loopback
// only. A page of another origin cannot drive it: the Host header must be this server's own name, a request that changes something must not come
// from another origin, and no answer carries CORS headers.

import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { ActContext } from './acts/act.ts'
import { type Call, webApi } from './api/routes.ts'
import { clientFiles } from './client-files.ts'
import { control } from './control.ts'
import { createEvents } from './events.ts'
import { createFaults, type Faults } from './faults.ts'
import { createResponseUrls } from './response-urls.ts'
import { createTransport, throughFaults } from './transport.ts'
import type { Workspace } from './workspace.ts'

const BODY_LIMIT = 1_000_000

export interface SlackServerOptions {
  readonly workspace: Workspace
  /** Where the app takes commands, interactions and events. */
  readonly requestUrl: string
  readonly signingSecret: string
  readonly botToken: string
  /** The port it will listen on; 0 lets the system choose, then `origin` tells. */
  readonly port: number
  readonly log?: FastifyBaseLogger | undefined
  /** For tests: how long the app has to answer, and by how much retries of events are compressed. */
  readonly ackMs?: number
  readonly retryFactor?: number
}
export interface SlackServer {
  readonly app: FastifyInstance
  readonly acts: ActContext
  /** What the app has called, newest last. */
  readonly calls: readonly Call[]
  readonly faults: Faults
  /** `http://localhost:PORT`; after `listen`. */
  readonly origin: () => string
  readonly listen: () => Promise<string>
}

/** Builds the server; `listen` starts it on 127.0.0.1. */
export async function buildSlackServer(options: SlackServerOptions): Promise<SlackServer> {
  const { workspace, requestUrl, signingSecret, botToken } = options
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    ...(options.log ? { loggerInstance: options.log, disableRequestLogging: true } : {}),
  })
  const origin = () => {
    const address = app.server.address()
    return `http://localhost:${typeof address === 'object' && address ? address.port : options.port}`
  }
  const faults = createFaults(workspace.now)
  const transport = createTransport({
    requestUrl,
    signingSecret,
    now: workspace.now,
    ...(options.ackMs ? { ackMs: options.ackMs } : {}),
  })
  const deliver = throughFaults(faults, transport)
  const events = createEvents(workspace, deliver, options.retryFactor)
  const responseUrls = createResponseUrls(workspace, origin, faults)
  const acts: ActContext = { workspace, deliver, events, responseUrls }
  const calls: Call[] = []

  app.addHook('onRequest', async (request, reply) => {
    const home = origin()
    if (`http://${request.headers.host}` !== home) return reply.code(421).send({ ok: false, error: `This server is ${home}.` })
    const { origin: from, 'sec-fetch-site': site } = request.headers
    const foreign =
      (from !== undefined && from !== home) || (site !== undefined && !['same-origin', 'none'].includes(String(site)))
    // Following a link from another page to the client is welcome; everything else from there is not.
    if (foreign && !(request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate'))
      return reply.code(403).send({ ok: false, error: 'Requests from other origins are refused.' })
  })
  // What is held would keep the server from closing.
  app.addHook('preClose', async () => void faults.remove())
  app.addHook('onClose', async () => events.close())
  await app.register(webApi, { workspace, botToken, origin, calls, faults })
  await app.register(responseUrls.routes)
  await app.register(control, { acts, calls, faults })
  await app.register(clientFiles)
  return {
    app,
    acts,
    calls,
    faults,
    origin,
    listen: async () => {
      await app.listen({ port: options.port, host: '127.0.0.1' })
      return origin()
    },
  }
}
