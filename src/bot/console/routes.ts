// The console's routes: parse, call one command or query, show. Everything but signing in needs a session; everything that changes something is a
// form of this session's own pages. Reading changes nothing but the entry that somebody read the log.

import { readFileSync } from 'node:fs'
import fastifyCookie from '@fastify/cookie'
import fastifyFormbody from '@fastify/formbody'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { explainObjection } from '../../commands/explain-objection.ts'
import { proposeRequest } from '../../commands/propose-request.ts'
import { searchLog } from '../../commands/search-log.ts'
import { newId } from '../../crypto.ts'
import { openViews } from '../../db/bot-queries/views.ts'
import { findOffer } from '../../domain/action.ts'
import { ID, PERSON } from '../../domain/ids.ts'
import { refusalWords } from '../../domain/words.ts'
import { html } from '../../html.ts'
import { askAfter } from '../ask-after.ts'
import { findOwnWork, pageOf } from '../own-work.ts'
import { readDuration, tidyReason } from '../slack/command-text.ts'
import { wishAndWait } from '../wishes.ts'
import { askPage, choicePage } from './ask-page.ts'
import { auditPage } from './audit-page.ts'
import { framed } from './frame.ts'
import { overviewPage, type Said } from './overview-page.ts'
import { beginSession, findSession, isOwnForm, keepBegun, leaveSession, type Session, takeBegun } from './session.ts'
import { createSignIn } from './sign-in.ts'
import type { Site } from './site.ts'

const STYLE = ['../../tokens.css', './console.css'].map((path) => readFileSync(new URL(path, import.meta.url), 'utf8')).join('\n')
const FORM_BYTES = 65_536

const Where = z.object({
  to: z
    .string()
    .regex(/^\/(?:ask|audit)?(?:\?[A-Za-z0-9._~=&%/-]*)?$/)
    .catch('/'),
})
const Wished = z.strictObject({
  form_token: z.string(),
  kind: z.enum(['cancel', 'object', 'lift', 'return']),
  request: z.string().regex(ID),
})
const Explained = z.strictObject({ form_token: z.string(), wish: z.uuid(), why: z.string().max(4000) })
const Opened = z.strictObject({ form_token: z.string(), request: z.string().regex(ID) })
const Choice = z.object({
  action: z.string().max(200).optional(),
  again: z.string().regex(ID).optional(),
  same: z.string().regex(ID).optional(),
})
const Asked = z.looseObject({
  id: z.string().regex(ID),
  action: z.string().max(200),
  reason: z.string().max(4000),
  lease: z.string().max(20),
  after: z.string().regex(ID).optional(),
  how: z.enum(['again', 'same']).optional(),
})
const optional = (pattern: RegExp) =>
  z
    .string()
    .trim()
    .transform((text) => (text === '' ? undefined : text))
    .pipe(z.string().regex(pattern).optional())
    .optional()
const Search = z.strictObject({
  type: optional(/^[a-z_]{1,40}(\.[a-z_]{0,40})?$/),
  actor: optional(PERSON),
  request: optional(ID),
  before: z
    .string()
    .regex(/^(bot|issuer)\/[0-9a-f-]{36}$/)
    .transform((text) => {
      const [writer, id = ''] = text.split('/')
      return { writer: writer === 'bot' ? ('bot' as const) : ('issuer' as const), id }
    })
    .optional(),
})

type Signed = (session: Session, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export const consoleRoutes =
  (site: Site) =>
  async (app: FastifyInstance): Promise<void> => {
    await app.register(fastifyCookie)
    await app.register(fastifyFormbody, { bodyLimit: FORM_BYTES })
    const signIn = createSignIn(site)
    const send = (reply: FastifyReply, code: number, page: string) => reply.code(code).type('text/html; charset=utf-8').send(page)
    const saying = (reply: FastifyReply, code: number, title: string, words: string, session?: Session) =>
      send(reply, code, framed(site, session, title, html`<p>${words}</p><p><a href="/">Back to the overview</a></p>`))

    const signedIn = (work: Signed) => async (request: FastifyRequest, reply: FastifyReply) => {
      const session = await findSession(site, request)
      if (session) return work(session, request, reply)
      if (request.method !== 'GET') return saying(reply, 401, 'Signed out', refusalWords({ reason: 'signed_out' }))
      const to = encodeURIComponent(request.url)
      const words = html`<p>See what waits for you, what you hold, and ask for access. Your key signs you in at ${new URL(site.issuerUrl).host}.</p>
<p class="row"><a class="button main" href="/sign-in?to=${to}">Sign in with your key</a></p>`
      return send(reply, request.url === '/' ? 200 : 401, framed(site, undefined, 'Sign in', words))
    }
    const ownForm = (work: Signed) =>
      signedIn(async (session, request, reply) => {
        const given = (request.body as { form_token?: unknown } | null)?.form_token
        if (isOwnForm(site, request, session, given)) return work(session, request, reply)
        return saying(
          reply,
          403,
          'Not from this page',
          'This form did not come from a page of yours here. Open it again and send it once more.',
          session,
        )
      })

    const overview = async (session: Session, said?: Said): Promise<string> => {
      const work = await findOwnWork(site.ctx, session.published.ruleSet, session.person.id, site)
      return framed(site, session, 'Overview', overviewPage(session, work, said, site.issuerUrl))
    }

    app.get('/console.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE))

    app.get('/sign-in', async (request, reply) => {
      const { to } = Where.parse(request.query)
      const going = await signIn.begin(to).catch((error: unknown) => {
        site.log.error({ err: error }, 'the issuer’s door for signing in was not found')
      })
      if (!going)
        return saying(reply, 502, 'Not now', `${new URL(site.issuerUrl).host} does not answer, so nobody can sign in. Try again.`)
      keepBegun(site, reply, going.begun)
      return reply.redirect(going.url, 303)
    })

    app.get('/signed-in', async (request, reply) => {
      const begun = takeBegun(site, request, reply)
      const entered = begun && (await signIn.finish(request.query, begun))
      if (begun === undefined || entered === undefined)
        return saying(reply, 403, 'Not signed in', 'This sign-in was not begun in this browser, or took too long. Begin again.')
      const known = (await site.ctx.published())?.ruleSet.people.some(({ id }) => id === entered.person)
      if (!known) return saying(reply, 403, 'Not signed in', refusalWords({ reason: 'unknown_person' }))
      await beginSession(site, reply, entered)
      return reply.redirect(begun.to, 303)
    })

    app.post(
      '/sign-out',
      ownForm(async (_session, request, reply) => {
        await leaveSession(site, request, reply)
        return reply.redirect('/', 303)
      }),
    )

    app.get(
      '/',
      signedIn(async (session, _request, reply) => {
        return send(reply, 200, await overview(session))
      }),
    )

    app.post(
      '/wish',
      ownForm(async (session, request, reply) => {
        const { kind, request: id } = Wished.parse(request.body)
        const known = await findKnownRequest(site, id)
        if (!known) return send(reply, 200, await overview(session, { words: refusalWords({ reason: 'unknown_request' }) }))
        const came = await wishAndWait(site.ctx, { kind, person: session.person.id, request: id })
        const explain = kind === 'object' && came.ok ? came.wish : undefined
        return send(reply, 200, await overview(session, { words: came.words, explain }))
      }),
    )

    app.post(
      '/explain',
      ownForm(async (session, request, reply) => {
        const { wish, why } = Explained.parse(request.body)
        const kept = await explainObjection(site.ctx, { wish, person: session.person.id, why: tidyReason(why) })
        const said = kept.ok
          ? { words: 'Everybody who sees the request reads why you object.' }
          : { words: refusalWords(kept.refusal), explain: kept.refusal.reason === 'bad_reason' ? wish : undefined }
        return send(reply, kept.ok ? 200 : 422, await overview(session, said))
      }),
    )

    app.post(
      '/open',
      ownForm(async (session, request, reply) => {
        const { request: id } = Opened.parse(request.body)
        if (!(await findKnownRequest(site, id)))
          return saying(reply, 404, 'Not there', refusalWords({ reason: 'unknown_request' }), session)
        const [own] = await openViews(site.ctx.db, id, [session.person.id], newId, site.ctx.now())
        return reply.redirect(own ? pageOf(site.issuerUrl, own.id) : '/', 303)
      }),
    )

    app.get(
      '/ask',
      signedIn(async (session, request, reply) => {
        const { action, again, same } = Choice.parse(request.query)
        const earlier = again ?? same
        if (earlier !== undefined) {
          const set = session.published.ruleSet
          const how = again === undefined ? 'same' : 'again'
          const found = await askAfter(site.ctx.db, set, session.person.id, { id: earlier, how })
          const known = found.ok ? findOffer(set, found.begun.action) : undefined
          if (!found.ok || !known) return saying(reply, 403, 'Not possible', found.ok ? '' : refusalWords(found.refusal), session)
          const filled = { ...found.begun, id: newId(), problems: [] }
          return send(reply, 200, framed(site, session, known.action.title, askPage(session, known.action, filled)))
        }
        const offer = action === undefined ? undefined : findOffer(session.published.ruleSet, action)
        if (!offer)
          return send(reply, action === undefined ? 200 : 404, framed(site, session, 'Ask for access', choicePage(session)))
        const empty = { id: newId(), parameters: {}, reason: '', leaseSeconds: undefined, problems: [] }
        return send(reply, 200, framed(site, session, offer.action.title, askPage(session, offer.action, empty)))
      }),
    )

    app.post(
      '/ask',
      ownForm(async (session, request, reply) => {
        const { id, action, reason: typed, lease, after: earlier, how, ...rest } = Asked.parse(request.body)
        const parameters = Object.fromEntries(
          Object.entries(rest).flatMap(([name, value]) =>
            name.startsWith('p.') && typeof value === 'string' ? [[name.slice(2), value]] : [],
          ),
        )
        const reason = tidyReason(typed)
        const leaseSeconds = readDuration(lease) ?? 0
        const after = earlier === undefined ? undefined : { id: earlier, how: how ?? 'again' }
        const outcome = await proposeRequest(site.ctx, {
          id,
          after,
          person: session.person.id,
          action,
          parameters,
          reason,
          leaseSeconds,
        })
        if (outcome.ok) return reply.redirect(pageOf(site.issuerUrl, outcome.viewId), 303)
        const offer = findOffer(session.published.ruleSet, action)
        if (!offer) return saying(reply, 404, 'Not possible', refusalWords(outcome.refusal), session)
        const filled = { id, after, parameters, reason, leaseSeconds, problems: outcome.problems }
        return send(reply, 422, framed(site, session, offer.action.title, askPage(session, offer.action, filled)))
      }),
    )

    app.get(
      '/audit',
      signedIn(async (session, request, reply) => {
        const search = Search.safeParse(request.query)
        if (!search.success) {
          const where = search.error.issues[0]?.path.join('.') || 'the search'
          return saying(reply, 400, 'Log', `${where} is not something that can be searched for.`, session)
        }
        const found = await searchLog(site.ctx, { person: session.person.id, roles: session.roles }, search.data)
        if (!found.ok) return saying(reply, 403, 'Log', refusalWords(found.refusal), session)
        const page = auditPage(session.published.ruleSet, search.data, found, site.issuerUrl)
        return send(reply, 200, framed(site, session, 'Log', page))
      }),
    )
  }

const findKnownRequest = async (site: Site, id: string): Promise<boolean> =>
  (await site.ctx.db.selectFrom('request').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
