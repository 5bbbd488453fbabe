// Receipts, and the page that checks them. A receipt goes to who is signed in and was concerned (commands/may-receive.ts), by the id of its request: no link has
// the power to fetch one, whoever was given it. Its page says whose it is before anything is downloaded, and leads who is not signed in to the sign-in.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { makeReceipt } from '../../commands/make-receipt.ts'
import { mayReceive } from '../../commands/may-receive.ts'
import { findCredentials } from '../../db/grants.ts'
import { findKnown, type KnownRequest } from '../../db/requests.ts'
import { checkCode, ID } from '../../domain/ids.ts'
import { type Outcome, refuse } from '../../domain/refusal.ts'
import { refusalWords } from '../../domain/words.ts'
import { receiptText } from '../../evidence/receipt.ts'
import { html } from '../../html.ts'
import { refuseWith } from '../answers.ts'
import { actionIn, intentOf, naming } from '../asked.ts'
import type { Edge } from '../edge.ts'
import { notice } from '../pages/notice.ts'
import { receiptPage } from '../pages/receipt.ts'
import { signInPage } from '../pages/sign-in.ts'
import { verifyPage } from '../pages/verify.ts'
import { sessionOf } from '../session-cookie.ts'
import { verifierFile } from '../verifier-file.ts'

const Request = z.strictObject({ request: z.string().regex(ID) })
const Page = z.object({ as: z.literal('another').optional() })
const File = z.object({ credential: z.coerce.number().int().min(1).max(1000).default(1) })
/** The same for what there is not, so that nobody learns which ids are of requests. */
const NOT_CONCERNED = {
  reason: 'not_permitted',
  role: 'who asked, who decided or may decide, auditors and administrators',
} as const

type Entitled = { readonly person: string; readonly known: KnownRequest; readonly opened: boolean }

export const receiptRoutes =
  ({ ctx, site, cookie }: Edge): FastifyPluginAsync =>
  async (app) => {
    /** Who is signed in, if the receipts of this request are for him. */
    const entitled = async (request: FastifyRequest, id: string): Promise<Outcome<Entitled>> => {
      const session = await sessionOf(ctx, cookie, request)
      if (!session) return refuse({ reason: 'signed_out' })
      const known = await findKnown(ctx.db, id)
      const may = known && (await mayReceive(ctx, known, session.person))
      if (!known || !may) return refuse(NOT_CONCERNED)
      return { ok: true, person: session.person, known, opened: may === 'opened' }
    }

    app.get('/v1/receipts/:request', async (request, reply) => {
      const { request: id } = Request.parse(request.params)
      const { credential: number } = File.parse(request.query)
      const found = await entitled(request, id)
      if (!found.ok) return refuseWith(reply, found.refusal)
      const made = await makeReceipt(ctx, { request: id, number, opened: found.opened }, await ctx.chain(ctx.db))
      if (!made.ok) return refuseWith(reply, made.refusal)
      const name = `receipt-${checkCode(found.known.request.intent_digest)}${number === 1 ? '' : `-${number}`}.json`
      return reply
        .header('content-disposition', `attachment; filename="${name}"`)
        .type('application/json; charset=utf-8')
        .send(receiptText(made.receipt))
    })

    app.get('/receipts/:request', async (request, reply) => {
      const { request: id } = Request.parse(request.params)
      const { as } = Page.parse(request.query)
      const found = as ? refuse({ reason: 'signed_out' }) : await entitled(request, id)
      reply.type('text/html; charset=utf-8')
      if (found.ok) return reply.send(receiptPage(site, await stateOf(found)))
      if (found.refusal.reason === 'signed_out') return askSignIn(reply, id)
      const another = html`<p><a class="button plain" href="/receipts/${id}?as=another">Sign in as somebody else</a></p>`
      return reply.code(403).send(notice(site, 'Not for you', refusalWords(found.refusal), another))
    })
    const askSignIn = (reply: FastifyReply, id: string) => {
      const why = 'A receipt names people, groups and runbooks, so it goes to who was concerned. Use your key.'
      return reply.send(signInPage(site, { realm: ctx.realm, why, onward: { go: `/receipts/${id}` } }))
    }
    const stateOf = async ({ person, known, opened }: Entitled) => {
      const name = naming(ctx.published().ruleSet)
      const intent = intentOf(known)
      const credentials = await findCredentials(ctx.db, known.request.id)
      return {
        request: known.request.id,
        title: actionIn(ctx.published().ruleSet, intent)?.title ?? `${intent.runbook}.${intent.action}`,
        checkCode: checkCode(known.request.intent_digest),
        requester: name(known.request.requester),
        signedIn: name(person),
        opened,
        credentials: credentials.flatMap(({ number, fingerprint, expires_at: expiresAt }) =>
          fingerprint ? [{ number, expiresAt }] : [],
        ),
        now: ctx.now(),
      }
    }

    app.get('/verify', async (_, reply) => {
      // It asks nothing of anybody once it is there.
      const policy = String(reply.getHeader('content-security-policy')).replace("connect-src 'self'", "connect-src 'none'")
      return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(verifyPage(site))
    })

    const file = verifierFile(site.code)
    app.get('/verify/page.html', async (_, reply) =>
      reply
        .header('content-disposition', 'attachment; filename="countersign-verify.html"')
        .type('text/html; charset=utf-8')
        .send(file),
    )
  }
