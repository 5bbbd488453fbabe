// A target that people can watch: `/target/api/…` does things for whoever brings a good token, `/target` shows what happened and who did it. Mounted
// beside the simulated workspace; it plays a system that is not ours, and knows only the issuer's address. At `/target/events` it is told that a token was
// ended early, unless somebody has taken that door down to see what happens then.

import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { stripped } from '../../stripped.ts'
import { PAGE_HEADERS } from '../page-headers.ts'
import { type Named, OPERATIONS } from './operations.ts'
import { createPlant, overview, type Use } from './plant.ts'
import { createReplica } from './replica.ts'
import { openRevocations } from './revocations.ts'
import { createVerifier, type Demand, openKeys, type Verdict } from './token.ts'

const KEPT_USES = 200

export interface TargetOptions {
  readonly issuerUrl: string
  /** This target's identifier: what `aud` must be. */
  readonly resource: string
  /** Where it keeps which tokens were ended early; absent: it forgets at its end. */
  readonly keepIn?: string | undefined
  readonly now?: () => number
}

/** Mounts the target's API and page under `/target`. */
export async function target(app: FastifyInstance, options: TargetOptions): Promise<void> {
  const now = options.now ?? Date.now
  const watchers = new Set<FastifyReply>()
  const replica = createReplica()
  let plant = createPlant(replica)
  const { issuerUrl: issuer, resource } = options
  const keys = openKeys(issuer)
  const revocations = await openRevocations({ issuer, resource, keys, path: options.keepIn, now })
  const endedAt = (jti: string) => revocations.find(jti)?.at
  const verify = createVerifier({ issuer, resource, keys, endedAt, now: () => new Date(now()) })
  let hears = true
  const state = () => ({ ...overview(plant, now()), hears })
  const tell = () => {
    for (const watcher of watchers) watcher.raw.write(`data: ${JSON.stringify(state())}\n\n`)
  }
  const note = (use: Use) => {
    plant.uses.push(use)
    if (plant.uses.length > KEPT_USES) plant.uses.shift()
    tell()
  }

  // Each operation: check the token for exactly this thing, do it, show it.
  for (const { method, path, what, demand, effect } of OPERATIONS) {
    app.route<{ Params: Partial<Named> }>({
      method,
      url: `/target/api/${path}`,
      handler: async (request, reply) => {
        const named: Named = { name: '', inner: '', ...request.params }
        const demanded = demand(named)
        const verdict = await verify(request.headers.authorization, demanded)
        const result = verdict.ok ? effect(plant, named, now()) : undefined
        const detail = !verdict.ok ? verdict.description : result ? 'done' : 'there is no such thing'
        const { sub = null, request: id = null, jti = null } = verdict.caller ?? {}
        note({ at: now(), what: what(named), outcome: result ? 'done' : 'refused', detail, sub, request: id, jti })
        if (!verdict.ok) return refuse(reply, verdict, demanded, options.resource)
        const missing = named.inner || named.name
        return result ?? reply.code(404).send({ error: 'not_found', error_description: `There is no "${missing}" here.` })
      },
    })
  }

  app.addContentTypeParser('application/secevent+jwt', { parseAs: 'string', bodyLimit: 16_384 }, (_request, body, done) =>
    done(null, body),
  )
  app.post<{ Body: string }>('/target/events', async (request, reply) => {
    if (!hears) return reply.code(503).send({ err: 'access_denied', description: 'Events are not taken now.' })
    const taken = await revocations.take(typeof request.body === 'string' ? request.body : '')
    if (!taken.ok) return reply.code(taken.status).send({ err: taken.err, description: taken.description })
    const { jti, request: id } = taken.revocation
    const detail = 'from now on it is refused'
    if (!taken.again) note({ at: now(), what: 'End a credential early', outcome: 'done', detail, sub: null, request: id, jti })
    return reply.code(202).send()
  })
  // To see what the issuer does about a target that does not answer.
  app.post<{ Params: { hears: string } }>('/target/receiver/:hears', async ({ params }, reply) => {
    if (params.hears !== 'up' && params.hears !== 'down') return reply.code(404).send({ error: 'not_found' })
    hears = params.hears === 'up'
    tell()
    return { hears }
  })

  app.get('/target/state', async () => state())
  app.post('/target/reset', async () => {
    plant = createPlant(replica)
    tell()
    return { ok: true }
  })
  app.get('/target/live', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    reply.raw.write(`data: ${JSON.stringify(state())}\n\n`)
    watchers.add(reply)
    request.raw.on('close', () => watchers.delete(reply))
  })
  app.addHook('preClose', async () => {
    for (const watcher of watchers) watcher.raw.end()
  })
  await page(app)
}

function refuse(reply: FastifyReply, verdict: Verdict & { readonly ok: false }, { scope }: Demand, realm: string) {
  const quoted = (text: string) => `"${text.replace(/[^\x20-\x7e]|["\\]/g, "'")}"`
  const parts = [
    `realm=${quoted(realm)}`,
    ...(verdict.error === undefined
      ? []
      : [`error=${quoted(verdict.error)}`, `error_description=${quoted(verdict.description)}`]),
    ...(verdict.error === 'insufficient_scope' ? [`scope=${quoted(scope)}`] : []),
  ]
  reply.code(verdict.status)
  if (verdict.status !== 503) reply.header('www-authenticate', `Bearer ${parts.join(', ')}`)
  return reply.send({ error: verdict.error ?? 'missing_token', error_description: verdict.description })
}

async function page(app: FastifyInstance): Promise<void> {
  const file = (name: string) => readFile(new URL(`./client/${name}`, import.meta.url), 'utf8')
  const [html, css, script] = await Promise.all([file('index.html'), file('page.css'), file('page.ts')])
  const code = stripped(script)
  app.get('/target', async (_request, reply) => reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(html))
  app.get('/target/page.css', async (_request, reply) => reply.headers(PAGE_HEADERS).type('text/css; charset=utf-8').send(css))
  app.get('/target/page.ts', async (_request, reply) =>
    reply.headers(PAGE_HEADERS).type('text/javascript; charset=utf-8').send(code),
  )
}
