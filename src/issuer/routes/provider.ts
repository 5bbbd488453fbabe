// The doors of a sign-in at the organisation's provider: `POST /v1/provider/rounds` begins one, `/oidc/return` is where the provider sends the browser
// back to, and `POST /v1/provider/answers` takes what it brought. The GET only shows a page, whose script posts: so scanners and links change nothing, and
// the answer passes the same guard as everything else that is posted. These doors are there only where a provider is configured.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Outcome } from '../../domain/refusal.ts'
import { refusalWords } from '../../domain/words.ts'
import { answer } from '../answers.ts'
import type { Edge } from '../edge.ts'
import type { Rounds } from '../oidc/rounds.ts'
import { providerReturnPage } from '../pages/provider-return.ts'

const Nothing = z.strictObject({})
const common = { state: z.string().min(1).max(200), iss: z.string().max(500).optional() }
const Answer = z.union([
  z.strictObject({ ...common, code: z.string().min(1).max(4096) }),
  z.strictObject({ ...common, error: z.string().regex(/^[\x20-\x7e]{1,100}$/) }),
])

export const providerRoutes =
  ({ ctx, site }: Edge, rounds: Rounds): FastifyPluginAsync =>
  async (app) => {
    const { cookies } = rounds
    app.post('/v1/provider/rounds', async (request, reply) => {
      Nothing.parse(request.body)
      const begun = await rounds.begin(cookies.proved.of(request, ctx.now()), request.id)
      if (begun.ok) cookies.round.set(reply, begun.round, ctx.now())
      return told(request, reply, begun, ({ location }) => ({ location }))
    })

    app.get('/oidc/return', async (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(providerReturnPage(site, rounds.provider.name)),
    )

    app.post('/v1/provider/answers', async (request, reply) => {
      const said = Answer.parse(request.body)
      const done = await rounds.finish(cookies.round.of(request, ctx.now()), said, request.id)
      // Of another round of this browser nothing is taken away.
      if (done.ok || done.refusal.reason !== 'provider_refused' || done.refusal.check !== 'other_round')
        cookies.round.clear(reply)
      if (done.ok) cookies.proved.clear(reply)
      return told(request, reply, done, ({ person }) => ({ person }))
    })
  }

/** A refusal of the provider comes with the reference of what the log says of it. */
function told<T extends object>(request: FastifyRequest, reply: FastifyReply, outcome: Outcome<T>, give: (value: T) => object) {
  if (outcome.ok || outcome.refusal.reason !== 'provider_refused') return answer(reply, outcome, give)
  const { refusal } = outcome
  const words = `${refusalWords(refusal)} (Reference ${request.id}.)`
  return reply.code(refusal.check === 'silent' ? 503 : 403).send({ reason: refusal.reason, check: refusal.check, words })
}
