// What a link shows: the page, its state as JSON for programs, and the line that says when it changed. GET changes nothing, whoever follows the link:
// scanners and unfurlers do. The JSON tells no personal value and no name of a person, whoever asks.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { refuseWith, Turned, turn } from '../answers.ts'
import { isInsideApp } from '../browser-kind.ts'
import type { ChangeFeed } from '../change-feed.ts'
import type { Edge } from '../edge.ts'
import type { Looks } from '../pages/act.ts'
import { requestPage } from '../pages/request.ts'
import { sessionOf } from '../session-cookie.ts'
import { findViewState, type ViewState } from '../view-state.ts'
import { viewId } from './bodies.ts'

const View = z.strictObject({ view: viewId })
/** The page asks for itself so when it finds that its browser cannot use keys. */
const Query = z.object({ browser: z.literal('other') })
const HEARTBEAT_MS = 15_000
const MAX_LINES = 2_000
const MAX_LINES_PER_ADDRESS = 50

export const viewRoutes =
  ({ ctx, site, cookie }: Edge, feed: ChangeFeed): FastifyPluginAsync =>
  async (app) => {
    app.get('/r/:view', async (request, reply) => {
      const params = View.safeParse(request.params)
      const session = await sessionOf(ctx, cookie, request)
      const found = params.success ? await findViewState(ctx, params.data.view, session?.person) : undefined
      if (!found?.ok) return turn(site, request, reply, new Turned('not_found'))
      const looks = { now: ctx.now(), browser: browserOf(request) }
      return reply.type('text/html; charset=utf-8').send(requestPage(site, ctx.realm, found.state, looks))
    })

    app.get('/v1/views/:view', async (request, reply) => {
      const { view } = View.parse(request.params)
      const found = await findViewState(ctx, view, undefined)
      return found.ok ? outlineOf(found.state) : refuseWith(reply, found.refusal)
    })

    const lines = new Map<FastifyReply['raw'], string>()
    app.addHook('preClose', async () => {
      for (const line of lines.keys()) line.end()
    })
    app.get('/v1/views/:view/events', async (request, reply) => {
      const { view } = View.parse(request.params)
      const found = await findViewState(ctx, view, undefined)
      if (!found.ok) return refuseWith(reply, found.refusal)
      const mine = [...lines.values()].filter((address) => address === request.ip).length
      if (lines.size >= MAX_LINES || mine >= MAX_LINES_PER_ADDRESS) throw new Turned('slow_down')
      const headers = reply.getHeaders() as Record<string, string>
      reply.hijack()
      const line = reply.raw
      // Who has gone meanwhile will not be heard going, and would keep a place and a heartbeat for ever.
      if (line.destroyed) return
      lines.set(line, request.ip)
      line.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      line.write('retry: 2000\n\n')
      const stop = feed.follow(found.state.request, () => line.write('event: changed\ndata:\n\n'))
      const heartbeat = setInterval(() => line.write(': still here\n\n'), HEARTBEAT_MS)
      line.on('close', () => {
        stop()
        clearInterval(heartbeat)
        lines.delete(line)
      })
    })
  }

const browserOf = ({ query, headers }: FastifyRequest): Looks['browser'] =>
  Query.safeParse(query).success ? 'other' : isInsideApp(headers['user-agent'] ?? '') ? 'inside' : 'fit'

function outlineOf(view: ViewState): object {
  if (view.is === 'checking') return { request: view.request, state: 'checking' }
  if (view.is === 'refused') return { request: view.request, state: 'refused', reason: view.refusal.reason }
  const { grant, credential } = view
  return {
    request: view.request,
    state: view.state,
    role: view.role,
    intent: view.digest,
    checkCode: view.checkCode,
    held: view.heldBy !== undefined,
    missing: view.lines.filter(({ missing }) => missing > 0).map(({ group, missing }) => ({ group, count: missing })),
    twins: view.twins.map(({ request, digest, checkCode }) => ({ request, intent: digest, checkCode })),
    ...(grant ? { grant: { state: grant.state, endsAt: grant.ends_at.toISOString() } } : {}),
    ...(credential ? { credential: { number: credential.number, state: credential.state } } : {}),
  }
}
