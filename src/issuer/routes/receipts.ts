// Receipts, and the page that checks them. A receipt goes to whoever the request's page would show itself to; values behind commitments are opened for a
// person who is signed in and may read them: the requester, who decided, and auditors. For everybody else they stay closed, and every signature stands
// all the same.

import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import type { IssuerContext } from '../../commands/context.ts'
import { makeReceipt } from '../../commands/make-receipt.ts'
import { holdsRole } from '../../evidence/chain-state.ts'
import { receiptText } from '../../evidence/receipt.ts'
import { refuseWith } from '../answers.ts'
import type { Edge } from '../edge.ts'
import { verifyPage } from '../pages/verify.ts'
import { sessionOf } from '../session-cookie.ts'
import { verifierFile } from '../verifier-file.ts'
import { type Adopted, findViewState } from '../view-state.ts'
import { viewId } from './bodies.ts'

const View = z.strictObject({ view: viewId })
const Query = z.object({ credential: z.coerce.number().int().min(1).max(1000).default(1) })

export const receiptRoutes =
  ({ ctx, site, cookie }: Edge): FastifyPluginAsync =>
  async (app) => {
    app.get('/v1/receipts/:view', async (request, reply) => {
      const { view } = View.parse(request.params)
      const { credential: number } = Query.parse(request.query)
      const session = await sessionOf(ctx, cookie, request)
      const found = await findViewState(ctx, view, session?.person)
      if (!found.ok) return refuseWith(reply, found.refusal)
      if (found.state.is !== 'adopted') return refuseWith(reply, { reason: 'no_receipt', why: 'not_issued' })
      const opened = session !== undefined && (await mayOpen(ctx, found.state, session.person))
      const made = await makeReceipt(ctx, { request: found.state.request, number, opened }, await ctx.chain(ctx.db))
      if (!made.ok) return refuseWith(reply, made.refusal)
      const name = `receipt-${found.state.checkCode}${number === 1 ? '' : `-${number}`}.json`
      return reply
        .header('content-disposition', `attachment; filename="${name}"`)
        .type('application/json; charset=utf-8')
        .send(receiptText(made.receipt))
    })

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

/** Whether a person may read what others wrote about this request: he asked, he decided, or he may read the whole log. */
async function mayOpen(ctx: IssuerContext, { requester, signed }: Adopted, person: string): Promise<boolean> {
  if (person === requester.id) return true
  if (signed.some(({ who, decision }) => who.id === person && (decision === 'approve' || decision === 'deny'))) return true
  const chain = await ctx.chain(ctx.db)
  // The rules can only narrow what the chain gives.
  const { auditors, administrators } = ctx.published().ruleSet
  return (
    (auditors.includes(person) && holdsRole(chain, person, 'auditor')) ||
    (administrators.includes(person) && holdsRole(chain, person, 'administrator'))
  )
}
