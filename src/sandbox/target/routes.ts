// A target that people can watch: `/target/api/…` does things for whoever brings a good token, `/target` shows what happened and who did it. Mounted
// beside the simulated workspace; it plays a system that is not ours, and knows only the issuer's address.

import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PAGE_HEADERS } from '../page-headers.ts'
import { createPlant, drop, overview, type Plant, readCustomer, restart } from './plant.ts'
import { createVerifier, type Demand, type Verdict } from './token.ts'

const KEPT_USES = 200

export interface TargetOptions {
  readonly issuerUrl: string
  /** This target's identifier: what `aud` must be. */
  readonly resource: string
  readonly now?: () => number
}

/** Mounts the target's API and page under `/target`. */
export async function target(app: FastifyInstance, options: TargetOptions): Promise<void> {
  const now = options.now ?? Date.now
  const watchers = new Set<FastifyReply>()
  let plant = createPlant()
  const verify = createVerifier({ issuer: options.issuerUrl, resource: options.resource, now: () => new Date(now()) })
  const tell = () => {
    for (const watcher of watchers) watcher.raw.write(`data: ${JSON.stringify(overview(plant, now()))}\n\n`)
  }

  /** One operation: check the token for exactly this thing, do it, show it. */
  const operation =
    (
      what: (name: string) => string,
      demand: (name: string) => Demand,
      effect: (plant: Plant, name: string) => object | undefined,
    ) =>
    async (request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply) => {
      const { name } = request.params
      const verdict = await verify(request.headers.authorization, demand(name))
      const result = verdict.ok ? effect(plant, name) : undefined
      const detail = !verdict.ok ? verdict.description : result ? 'done' : 'there is no such thing'
      const { sub = null, request: id = null, jti = null } = verdict.caller ?? {}
      plant.uses.push({ at: now(), what: what(name), outcome: result ? 'done' : 'refused', detail, sub, request: id, jti })
      if (plant.uses.length > KEPT_USES) plant.uses.shift()
      tell()
      if (!verdict.ok) return refuse(reply, verdict, demand(name), options.resource)
      return result ?? reply.code(404).send({ error: 'not_found', error_description: `There is no "${name}" here.` })
    }

  app.post<{ Params: { name: string } }>(
    '/target/api/services/:name/restart',
    operation(
      (name) => `Restart ${name}`,
      (service) => ({ scope: 'service:restart', resource: { service } }),
      (at, name) => {
        const service = restart(at, name, now())
        return service && { service: service.name, restarted_at: new Date(now()).toISOString(), restarts: service.restarts }
      },
    ),
  )
  app.get<{ Params: { name: string } }>(
    '/target/api/customers/:name',
    operation(
      (name) => `Read customer ${name}`,
      (customer) => ({ scope: 'customer:read', resource: { customer } }),
      (at, id) => {
        const customer = readCustomer(at, id)
        return (
          customer && { id: customer.id, name: customer.name, email: customer.email, plan: customer.plan, note: customer.note }
        )
      },
    ),
  )
  app.delete<{ Params: { name: string } }>(
    '/target/api/collections/:name',
    operation(
      (name) => `Drop collection ${name}`,
      (collection) => ({ scope: 'collection:drop', resource: { collection } }),
      (at, name) => {
        const collection = drop(at, name, now())
        return collection && { collection: collection.name, dropped_vectors: collection.vectors }
      },
    ),
  )

  app.get('/target/state', async () => overview(plant, now()))
  app.post('/target/reset', async () => {
    plant = createPlant()
    tell()
    return { ok: true }
  })
  app.get('/target/live', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    reply.raw.write(`data: ${JSON.stringify(overview(plant, now()))}\n\n`)
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
  const code = stripTypeScriptTypes(script)
  app.get('/target', async (_request, reply) => reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(html))
  app.get('/target/page.css', async (_request, reply) => reply.headers(PAGE_HEADERS).type('text/css; charset=utf-8').send(css))
  app.get('/target/page.ts', async (_request, reply) =>
    reply.headers(PAGE_HEADERS).type('text/javascript; charset=utf-8').send(code),
  )
}
