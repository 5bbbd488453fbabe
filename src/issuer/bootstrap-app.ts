// The doors of a bootstrap, on the issuer's own origin because passkeys are bound to it: behind the same guard as the issuer's, and with nothing else
// of the issuer. A link opens its page and leaves the link's token in a cookie; every post must bring it, so that who has no link registers nothing.

import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { z } from 'zod'
import { acceptWords } from '../domain/accepted-words.ts'
import { acceptedModels } from '../passkeys/needed-keys.ts'
import { registrationResponse } from '../passkeys/response.ts'
import { answerError, refuseWith, Turned, turn } from './answers.ts'
import type { BootstrapPlan } from './bootstrap-plan.ts'
import type { BootstrapSession, LinkRefusal } from './bootstrap-session.ts'
import { loadBrowserCode } from './browser-code.ts'
import { guardDoors } from './doors.ts'
import { keyWords } from './key-words.ts'
import { bootstrapPage } from './pages/bootstrap.ts'
import type { Site } from './pages/frame.ts'
import { notice } from './pages/notice.ts'
import { openRateLimit } from './rate-limit.ts'
import { person, signed } from './routes/bodies.ts'

const MAX_BODY_BYTES = 16 * 1024
const LINK_SECONDS = 600

const Begin = z.strictObject({ purpose: z.literal('register'), person })
const Register = z.strictObject({
  person,
  nickname: z.string().max(60),
  nonce: z.string().max(120),
  attestation: registrationResponse,
})
const Prove = z.strictObject(signed)

const LINK: { readonly [R in LinkRefusal['reason']]: readonly [status: 403 | 404 | 409 | 410, words: string] } = {
  link_unknown: [404, 'This link leads nowhere. Open the one that the bootstrap printed.'],
  link_over: [410, 'This link has run out. Start the bootstrap again.'],
  link_used: [409, 'A key was registered by this link already.'],
  link_of_another: [403, 'This browser opened the link of somebody else last. Open your own link again.'],
}

/** The app, ready to listen. */
export function buildBootstrapApp(plan: BootstrapPlan, session: BootstrapSession, log: Logger): FastifyInstance {
  const { issuerUrl: origin, trustedProxies } = plan
  const site: Site = { origin, code: loadBrowserCode() }
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    requestTimeout: 30_000,
    forceCloseConnections: true,
  })
  app.removeContentTypeParser('text/plain')
  app.register(cookie)
  guardDoors(app, origin, { posts: openRateLimit(30, 2), reads: openRateLimit(300, 20) })
  app.setErrorHandler(answerError(site, log))
  app.setNotFoundHandler((request, reply) => turn(site, request, reply, new Turned('not_found')))

  const secure = origin.startsWith('https:')
  const name = secure ? '__Host-countersign-bootstrap' : 'countersign-bootstrap'
  const tokenOf = (request: FastifyRequest): string | undefined => request.cookies[name]

  app.register(async (doors) => {
    doors.get<{ Params: { token: string } }>('/bootstrap/:token', async ({ params: { token } }, reply) => {
      reply.type('text/html; charset=utf-8')
      const found = session.seatOf(token)
      if (!found.ok) {
        const [status, words] = wordsOf(found.refusal)
        return reply.code(status).send(notice(site, 'Not a link to open', words))
      }
      const { id, name: called, root } = found.seat
      reply.setCookie(name, token, { path: '/', httpOnly: true, secure, sameSite: 'strict', maxAge: LINK_SECONDS })
      reply.header('permissions-policy', String(reply.getHeader('permissions-policy')).replace('create=()', 'create=(self)'))
      const { accept, models } = plan.needed(id)
      const person = { id, name: called, needs: acceptWords(accept, acceptedModels(models)) }
      return reply.send(bootstrapPage(site, plan.realm, person, root && keyWords(root.thumbprint)))
    })

    doors.post('/v1/ceremonies', async (request, reply) => {
      const begun = await session.begin(tokenOf(request), Begin.parse(request.body).person)
      return begun.ok ? begun.begun : turnAway(reply, begun.refusal)
    })

    doors.post('/v1/registrations', async (request, reply) => {
      const registered = await session.register(tokenOf(request), Register.parse(request.body))
      return registered.ok ? registered.made : turnAway(reply, registered.refusal)
    })

    doors.post('/v1/statements', async (request, reply) => {
      const proved = await session.prove(tokenOf(request), Prove.parse(request.body))
      if (!proved.ok) return turnAway(reply, proved.refusal)
      const { thumbprint, person } = proved.root
      return { thumbprint, person, words: keyWords(thumbprint) }
    })

    doors.get<{ Params: { '*': string } }>('/static/*', async (request, reply) => {
      const asset = site.code.assets.get(request.params['*'])
      if (!asset) throw new Turned('not_found')
      return reply.type(asset.type).send(asset.body)
    })
  })
  return app
}

type Refused = Parameters<typeof refuseWith>[1] | LinkRefusal

const isOfLink = (refusal: Refused): refusal is LinkRefusal => Object.hasOwn(LINK, refusal.reason)

function turnAway(reply: FastifyReply, refusal: Refused): FastifyReply {
  if (!isOfLink(refusal)) return refuseWith(reply, refusal)
  const [status, words] = LINK[refusal.reason]
  return reply.code(status).send({ reason: refusal.reason, words })
}

const wordsOf = (refusal: Refused) => LINK[isOfLink(refusal) ? refusal.reason : 'link_unknown']
