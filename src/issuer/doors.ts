// What stands in front of every door: the headers of every answer, the exact host, and for whatever can change something the proof that our own
// page sent it. Hostile: other sites in the same browser, frames, proxies that pass any Host on, scanners that follow links. The doors that the
// command line uses carry their own signature, so there an absent Origin is taken; a foreign one never is.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Turned } from './answers.ts'
import type { RateLimit } from './rate-limit.ts'

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const permissions = (create: boolean): string =>
  `publickey-credentials-get=(self), publickey-credentials-create=${create ? '(self)' : '()'}, camera=(), microphone=(), geolocation=(), payment=(), display-capture=()`

/** The pages where a key is made. */
const MAKES_KEYS = new Set(['/enrol', '/keys'])
/** Called by programs as well, which send no Origin. */
const PROGRAMS = new Set(['/v1/ceremonies', '/v1/holders', '/v1/claims', '/v1/revocations', '/token'])
const PROBES = new Set(['/healthz', '/readyz', '/metrics'])

type Limits = { readonly posts: RateLimit; readonly reads: RateLimit }

/**
 * Puts the checks and headers in front of every route of this app. `own` is the share of whoever is signed in, by person: a neighbour behind the same address
 * cannot use it up, and it is asked first, so that they take nothing from each other.
 */
export function guardDoors(
  app: FastifyInstance,
  origin: string,
  rate: Limits & { readonly own?: Limits & { readonly ownerOf: (request: FastifyRequest) => string | undefined } },
): void {
  const { host, protocol } = new URL(origin)
  const mayPass = (request: FastifyRequest, kind: keyof Limits): boolean => {
    const owner = rate.own?.ownerOf(request)
    return (owner !== undefined && rate.own?.[kind].take(owner) === true) || rate[kind].take(request.ip)
  }
  app.addHook('onRequest', async (request, reply) => {
    // A file is no document: what guards documents would only make it longer.
    if (request.routeOptions.url === '/static/*') reply.headers(EVERYWHERE)
    else setHeaders(reply, protocol === 'https:', MAKES_KEYS.has(request.url.split('?')[0] ?? ''))
    // Probes come by address; they tell nothing, or ask for a token of their own.
    if (PROBES.has(request.routeOptions.url ?? '')) return
    if (request.headers.host !== host) throw new Turned('wrong_host')
    if (request.method === 'GET' || request.method === 'HEAD') {
      // What lies in memory costs nothing; the rest asks the database.
      if (request.routeOptions.url !== '/static/*' && !mayPass(request, 'reads')) throw new Turned('slow_down')
      return
    }
    mustBeOurs(request, origin)
    if (!mayPass(request, 'posts')) throw new Turned('slow_down')
  })
}

const EVERYWHERE = { 'cross-origin-resource-policy': 'same-origin', 'x-content-type-options': 'nosniff' }

function setHeaders(reply: FastifyReply, https: boolean, enrolling: boolean): void {
  reply.headers({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'permissions-policy': permissions(enrolling),
    'cross-origin-opener-policy': 'same-origin',
    ...EVERYWHERE,
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-robots-tag': 'noindex, nofollow',
    ...(https ? { 'strict-transport-security': 'max-age=63072000; includeSubDomains' } : {}),
  })
}

function mustBeOurs({ headers, routeOptions }: FastifyRequest, origin: string): void {
  const route = routeOptions.url ?? ''
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') throw new Turned('wrong_origin')
  if (headers.origin !== origin && !(headers.origin === undefined && PROGRAMS.has(route))) throw new Turned('wrong_origin')
  const type = headers['content-type']?.toLowerCase().replace(/\s/g, '')
  const wanted = route === '/token' ? 'application/x-www-form-urlencoded' : 'application/json'
  if (type !== wanted && type !== `${wanted};charset=utf-8`) throw new Turned('not_json')
}
