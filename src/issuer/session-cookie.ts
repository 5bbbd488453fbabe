// The issuer's session cookie. On https it carries the `__Host-` prefix, so that no sibling host can plant one; on localhost, where cookies ignore
// ports, its name carries the port. Lax, because the first click comes from Slack. The secret stands only here; the database and this memory have its hash.

import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IssuerContext } from '../commands/context.ts'
import { readSession, type Session } from '../commands/sign-in.ts'

const SESSION_SECONDS = 8 * 3600
const MOST_SEEN = 10_000

export type SessionCookie = {
  readonly token: (request: FastifyRequest) => string | undefined
  readonly set: (reply: FastifyReply, token: string) => void
  readonly clear: (reply: FastifyReply) => void
  /**
   * Whose session this process has last seen alive in this cookie. It asks nobody and may be out of date, so nothing may be allowed by it: it only counts who
   * takes how much.
   */
  readonly seenOwner: (request: FastifyRequest) => string | undefined
  /** Notes whose session a token was found to be just now; nobody's, when it was none. */
  readonly see: (token: string, person: string | undefined) => void
}

/** The cookie of the issuer at this origin. */
export function sessionCookie(origin: string): SessionCookie {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const name = secure ? '__Host-countersign-issuer' : `countersign-issuer-${port}`
  const options = { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const
  const seen = new Map<string, string>()
  const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
  return {
    token: (request) => request.cookies[name],
    set: (reply, token) => void reply.setCookie(name, token, { ...options, maxAge: SESSION_SECONDS }),
    clear: (reply) => void reply.clearCookie(name, options),
    seenOwner: (request) => {
      // Asked before the cookies of a request are read.
      const { cookie } = request.headers
      const token = cookie === undefined ? undefined : request.server.parseCookie(cookie)[name]
      return token === undefined ? undefined : seen.get(hashOf(token))
    },
    see: (token, person) => {
      const hash = hashOf(token)
      seen.delete(hash)
      if (person === undefined) return
      const oldest = seen.size >= MOST_SEEN ? seen.keys().next().value : undefined
      if (oldest !== undefined) seen.delete(oldest)
      seen.set(hash, person)
    },
  }
}

/** Who is signed in in this browser, if anybody is. */
export async function sessionOf(
  ctx: IssuerContext,
  cookie: SessionCookie,
  request: FastifyRequest,
): Promise<Session | undefined> {
  const token = cookie.token(request)
  if (token === undefined) return undefined
  const session = await readSession(ctx, token)
  cookie.see(token, session?.person)
  return session
}
