// What a link shows: the page, and its state as JSON for programs. GET changes nothing, whoever follows the link: scanners and unfurlers do. The JSON
// tells no personal value and no name of a person, whoever asks.

import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { refuseWith, Turned, turn } from '../answers.ts'
import { isInsideApp } from '../browser-kind.ts'
import type { Edge } from '../edge.ts'
import type { Looks } from '../pages/act.ts'
import { requestPage } from '../pages/request.ts'
import { sessionOf } from '../session-cookie.ts'
import { findViewState, type ViewState } from '../view-state.ts'
import { viewId } from './bodies.ts'

const View = z.strictObject({ view: viewId })
/** The page asks for itself so when it finds that its browser cannot use keys. */
const Query = z.object({ browser: z.literal('other') })

export const viewRoutes =
  ({ ctx, site, cookie }: Edge): FastifyPluginAsync =>
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
