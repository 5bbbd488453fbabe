// The issuer's app over a test world, without a port: requests go in as a browser on the issuer's own page would send them, or with whatever is bent.

import type { InjectOptions, LightMyRequestResponse as Response } from 'fastify'
import { newId } from '../../src/crypto.ts'
import { buildIssuerApp, type IssuerAppParts } from '../../src/issuer/app.ts'
import { holderRequestRoutes } from '../../src/issuer/routes/holder-request.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { simulatedKey } from '../../src/sandbox/simulated-key.ts'
import { ORIGIN, openWorld, type World } from './world.ts'

export const HOST = new URL(ORIGIN).host
export const PUBLIC_URL = 'http://localhost:3000'

export type Door = Awaited<ReturnType<typeof openDoors>>

/** A world with its app, or the app of a world that is there; everything ends with the test. */
export async function openDoors(t: Parameters<typeof openWorld>[0], over: Partial<IssuerAppParts> = {}, known?: World) {
  const world = known ?? (await openWorld(t))
  const app = buildIssuerApp({
    ctx: world.ctx,
    keys: world.keys,
    publicUrl: PUBLIC_URL,
    extras: simulatedKey(world.ring),
    rate: { burst: 10_000, perSecond: 10_000 },
    ...over,
  })
  await app.register(holderRequestRoutes(world.ctx))
  await app.ready()
  t.after(() => app.close())
  const send = (options: InjectOptions): Promise<Response> =>
    app.inject({ ...options, headers: { host: HOST, ...options.headers } })
  /** As our own page posts. A header that is `undefined` is left out. */
  const post = (url: string, body: unknown, headers: Record<string, string | undefined> = {}) =>
    send({
      method: 'POST',
      url,
      payload: typeof body === 'string' ? body : JSON.stringify(body),
      headers: given({ origin: ORIGIN, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers }),
    })
  return {
    world,
    app,
    get: (url: string, headers: Record<string, string> = {}) => send({ method: 'GET', url, headers }),
    head: (url: string) => send({ method: 'HEAD', url }),
    post,
    /** Signs a person in with his key; gives the cookie of his browser. */
    signIn: async (person: string): Promise<string> => {
      const { ctx, ring } = world
      const said = {
        v: 1,
        realm: ctx.realm,
        nonce: makeNonce(ctx.nonceKey, ctx.now()),
        kind: 'sign_in',
        audience: 'issuer',
      } as const
      return cookieOf(await post('/v1/statements', signWith(ring, ring.idsOf(person)[0] ?? '', said)))
    },
    /** A link for one person to one request, as the bot makes it. */
    link: (request: string, person: string) => makeLink(world, request, person),
  }
}

async function makeLink({ bot }: World, request: string, person: string): Promise<string> {
  const id = newId()
  await bot.db.insertInto('view').values({ id, request_id: request, person, created_at: new Date() }).execute()
  return id
}

const given = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined))

/** The `name=value` of the cookie that an answer set. */
export function cookieOf(response: Response): string {
  const [set] = [response.headers['set-cookie'] ?? []].flat()
  if (set === undefined) throw new Error('no cookie was set')
  return set.split(';')[0] ?? ''
}
