// The issuer's HTTP edge, put together: the guard before every door, the doors, the pages, the error handler. Nothing here decides; every route
// parses a closed schema, calls one command and translates its outcome. What only the sandbox adds comes in as a plugin (DESIGN section 7).

import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import type { IssuerContext } from '../commands/context.ts'
import { newReference, traceRequests } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { dropSilentConnections } from '../silent-connections.ts'
import { answerError, Turned, turn } from './answers.ts'
import { loadBrowserCode } from './browser-code.ts'
import { openChangeFeed } from './change-feed.ts'
import { guardDoors } from './doors.ts'
import type { Edge } from './edge.ts'
import type { IssuerKeys } from './keys.ts'
import type { Rounds } from './oidc/rounds.ts'
import type { Site } from './pages/frame.ts'
import { openRateLimit } from './rate-limit.ts'
import { ceremonyRoutes } from './routes/ceremonies.ts'
import { claimRoutes } from './routes/claims.ts'
import { discoveryRoutes } from './routes/discovery.ts'
import { eventRoutes, LINES_OF_ONE } from './routes/events.ts'
import { keyRoutes } from './routes/keys.ts'
import { providerRoutes } from './routes/provider.ts'
import { receiptRoutes } from './routes/receipts.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { statementRoutes } from './routes/statements.ts'
import { staticRoutes } from './routes/static.ts'
import { viewRoutes } from './routes/views.ts'
import { sessionCookie } from './session-cookie.ts'
import { healthRoutes, watchIssuing } from './watch.ts'

const MAX_BODY_BYTES = 16 * 1024

export type IssuerAppParts = {
  readonly ctx: IssuerContext
  readonly keys: Pick<IssuerKeys, 'sign' | 'idTokenKid' | 'accessTokenKeys' | 'idTokenKeys'>
  /** Where requesters may sign in to have a first key enrolled. */
  readonly rounds?: Rounds | undefined
  /** The bot's origin: the only place that people who sign in are sent to. */
  readonly publicUrl: string
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[]
  readonly sandbox?: Site['sandbox']
  /** Doors that only the sandbox has. */
  readonly extras?: FastifyPluginAsync
  /** Undefined: nobody watches, and there is no `/metrics`. */
  readonly metrics?: Metrics | undefined
  /** Posts from one address: at once, and per second after that. */
  readonly rate?: Rate
  /** The same for what is read: an office of hundreds behind one address, all at once, stays below. */
  readonly readRate?: Rate
  /** What each person who is signed in may post and read besides, wherever from and in however many browsers. */
  readonly ownRate?: Rate
  readonly ownReadRate?: Rate
  /** Lines of events that one address may hold. */
  readonly linesOfOne?: number
}

type Rate = { readonly burst: number; readonly perSecond: number }

/** The issuer's app, ready to listen. */
export function buildIssuerApp(parts: IssuerAppParts): FastifyInstance {
  const { ctx, keys, publicUrl, extras, rate = { burst: 120, perSecond: 20 }, readRate = { burst: 3000, perSecond: 300 } } = parts
  const { ownRate = { burst: 30, perSecond: 2 }, ownReadRate = { burst: 300, perSecond: 20 } } = parts
  const origin = ctx.roots.issuer
  const site: Site = { origin, code: loadBrowserCode(), sandbox: parts.sandbox }
  const { rounds } = parts
  const session = sessionCookie(origin)
  const edge: Edge = { ctx, origin, site, cookie: session, rounds }
  const app = Fastify({
    logger: false,
    genReqId: newReference,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: parts.trustedProxies === undefined || parts.trustedProxies.length === 0 ? false : [...parts.trustedProxies],
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 128 },
    // Who waits for an answer gets it; the pages' event lines are ended by themselves.
    forceCloseConnections: 'idle',
  })
  dropSilentConnections(app)
  // Fastify reads text/plain as well by default; nobody here sends it.
  app.removeContentTypeParser('text/plain')
  app.register(cookie)
  traceRequests(app, ctx.log)
  guardDoors(app, origin, {
    posts: openRateLimit(rate.burst, rate.perSecond),
    reads: openRateLimit(readRate.burst, readRate.perSecond),
    own: {
      posts: openRateLimit(ownRate.burst, ownRate.perSecond),
      reads: openRateLimit(ownReadRate.burst, ownReadRate.perSecond),
      ownerOf: session.seenOwner,
    },
  })
  app.setErrorHandler(answerError(site, ctx.log))
  app.setNotFoundHandler((request, reply) => turn(site, request, reply, new Turned('not_found')))

  const feed = openChangeFeed(ctx.db, ctx.now, ctx.log)
  app.addHook('preClose', async () => feed.close())
  app.register(staticRoutes(site.code))
  app.register(viewRoutes(edge))
  app.register(eventRoutes(edge, feed, parts.linesOfOne ?? LINES_OF_ONE))
  app.register(ceremonyRoutes(edge))
  app.register(statementRoutes(edge))
  app.register(claimRoutes(edge))
  app.register(receiptRoutes(edge))
  app.register(keyRoutes(edge))
  app.register(signInRoutes(edge, publicUrl, keys))
  if (rounds) app.register(providerRoutes(edge, rounds))
  app.register(discoveryRoutes(edge, keys))
  healthRoutes(app, ctx)
  if (parts.metrics) {
    parts.metrics.serve(app)
    watchIssuing(parts.metrics, ctx)
  }
  if (extras) app.register(extras)
  return app
}
