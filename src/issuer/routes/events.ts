// The line on which a waiting page hears that something changed: its request, or one beside it that the same tap may decide. It says no more than that.
// Lines are bounded for all and for one address (of IPv6, one network), and a page that gets none looks by itself, so the bound may be low for a flood and is still
// high for an office behind one address.

import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { z } from 'zod'
import { refuseWith, Turned } from '../answers.ts'
import type { ChangeFeed } from '../change-feed.ts'
import type { Edge } from '../edge.ts'
import { networkOf } from '../rate-limit.ts'
import { findViewState, type ViewState } from '../view-state.ts'
import { viewId } from './bodies.ts'

const View = z.strictObject({ view: viewId })
const HEARTBEAT_MS = 15_000
const MAX_LINES = 2_000
/** An office behind one address, with several tabs each. */
export const LINES_OF_ONE = 500

export const eventRoutes =
  ({ ctx }: Edge, feed: ChangeFeed, linesOfOne: number): FastifyPluginAsync =>
  async (app) => {
    const lines = new Map<FastifyReply['raw'], string>()
    let ending = false
    app.addHook('preClose', async () => {
      ending = true
      // The connection with it: what a browser keeps open would hold the end up.
      for (const line of lines.keys()) line.end(() => line.socket?.destroySoon())
    })
    // Not by HEAD: that would be a line on which nothing can be said, held by whatever looks at links.
    app.get('/v1/views/:view/events', { exposeHeadRoute: false }, async (request, reply) => {
      const { view } = View.parse(request.params)
      const found = await findViewState(ctx, view, undefined)
      if (!found.ok) return refuseWith(reply, found.refusal)
      const from = networkOf(request.ip)
      const mine = [...lines.values()].filter((network) => network === from).length
      if (lines.size >= MAX_LINES || mine >= linesOfOne) throw new Turned('slow_down')
      const headers = reply.getHeaders() as Record<string, string>
      reply.hijack()
      const line = reply.raw
      // Who has gone meanwhile will not be heard going, and would keep a place and a heartbeat for ever.
      if (line.destroyed) return
      // Whoever was being looked up while the end began would be a line that nobody ends any more.
      if (ending) return void line.destroy()
      lines.set(line, from)
      line.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      line.write('retry: 2000\n\n')
      const tell = (): void => void line.write('event: changed\ndata:\n\n')
      const followed = followSome(feed, tell)
      followed.only(aboutOf(found.state))
      /** Requests that came beside, or went, since the last heartbeat. */
      const lookBeside = async (): Promise<void> => {
        const now = await findViewState(ctx, view, undefined)
        if (now.ok && !line.destroyed && followed.only(aboutOf(now.state))) tell()
      }
      const heartbeat = setInterval(() => {
        line.write(': still here\n\n')
        if (maySeeTwins(found.state))
          lookBeside().catch((error: unknown) =>
            ctx.log.warn({ err: error }, 'a waiting page could not be told of others beside'),
          )
      }, HEARTBEAT_MS)
      line.on('close', () => {
        followed.only([])
        clearInterval(heartbeat)
        lines.delete(line)
      })
    })
  }

const maySeeTwins = (state: ViewState): boolean => state.is === 'adopted' && state.role === 'approver' && !state.decided
const aboutOf = (state: ViewState): readonly string[] => [
  state.request,
  ...(state.is === 'adopted' ? state.twins.map(({ request }) => request) : []),
]

/** Follows a set of requests; `only` says which from now on, and answers whether that is another set than before. */
function followSome(feed: ChangeFeed, tell: () => void) {
  const stops = new Map<string, () => void>()
  return {
    only: (requests: readonly string[]): boolean => {
      const gone = [...stops.keys()].filter((request) => !requests.includes(request))
      const come = requests.filter((request) => !stops.has(request))
      for (const request of gone) {
        stops.get(request)?.()
        stops.delete(request)
      }
      for (const request of come) stops.set(request, feed.follow(request, tell))
      return gone.length + come.length > 0
    },
  }
}
