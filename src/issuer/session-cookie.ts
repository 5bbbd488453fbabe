// The issuer's session cookie. On https it carries the `__Host-` prefix, so that no sibling host can plant one; on localhost, where cookies ignore
// ports, its name carries the port. Lax, because the first click comes from Slack. The secret stands only here; the database has its hash.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IssuerContext } from '../commands/context.ts'
import { readSession, type Session } from '../commands/sign-in.ts'

const SESSION_SECONDS = 8 * 3600

export type SessionCookie = {
  readonly token: (request: FastifyRequest) => string | undefined
  readonly set: (reply: FastifyReply, token: string) => void
  readonly clear: (reply: FastifyReply) => void
}

/** The cookie of the issuer at this origin. */
export function sessionCookie(origin: string): SessionCookie {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const name = secure ? '__Host-countersign-issuer' : `countersign-issuer-${port}`
  const options = { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const
  return {
    token: (request) => request.cookies[name],
    set: (reply, token) => void reply.setCookie(name, token, { ...options, maxAge: SESSION_SECONDS }),
    clear: (reply) => void reply.clearCookie(name, options),
  }
}

/** Who is signed in in this browser, if anybody is. */
export async function sessionOf(
  ctx: IssuerContext,
  cookie: SessionCookie,
  request: FastifyRequest,
): Promise<Session | undefined> {
  const token = cookie.token(request)
  return token === undefined ? undefined : readSession(ctx, token)
}
