// Who looks at the console: cookies, sessions and the token that every form carries. A form counts only when it comes from a page of ours (Origin), in a
// browser that has the session's cookie, and with the token that only this session's pages hold. Cookies are `__Host-` where there is https; their
// names differ from the issuer's, because cookies ignore ports.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Published } from '../../commands/context.ts'
import { endSession, IDLE_SECONDS, SESSION_SECONDS, startSession } from '../../commands/start-session.ts'
import { touchSession } from '../../db/bot-queries/sessions.ts'
import type { Person } from '../../domain/action.ts'
import { encodeBase64url } from '../../domain/base64url.ts'
import type { Role } from '../../domain/directory.ts'
import { digestOfText } from '../digest.ts'
import { Begun, type SignedIn } from './sign-in.ts'
import { isSecure, type Site } from './site.ts'

const SIGN_IN_SECONDS = 600

export type Session = {
  readonly person: Person
  readonly published: Published
  /** What the signed directory gave the person when he signed in. */
  readonly roles: readonly Role[]
  /** Stands in every form of this session's pages. */
  readonly formToken: string
}

const name = (site: Site, of: string): string => `${isSecure(site) ? '__Host-' : ''}countersign_bot_${of}`
const cookie = (site: Site, maxAge: number) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure(site), maxAge }) as const

/** The session of a request; undefined when there is none, it is over, or its person has left the directory. */
export async function findSession(site: Site, request: FastifyRequest): Promise<Session | undefined> {
  const token = request.cookies[name(site, 'session')]
  if (token === undefined) return undefined
  const now = site.ctx.now()
  const row = await touchSession(site.ctx.db, digestOfText(token), now, new Date(now.getTime() - IDLE_SECONDS * 1000))
  const published = row && (await site.ctx.published())
  const person = published?.ruleSet.people.find(({ id }) => id === row?.person)
  return published && person ? { person, published, roles: row.roles, formToken: formTokenOf(token) } : undefined
}

/** Begins a session for a person who has just signed in. */
export async function beginSession(site: Site, reply: FastifyReply, { person, roles }: SignedIn): Promise<void> {
  const token = encodeBase64url(randomBytes(32))
  await startSession(site.ctx, person, roles, digestOfText(token))
  reply.setCookie(name(site, 'session'), token, cookie(site, SESSION_SECONDS))
}

export async function leaveSession(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const token = request.cookies[name(site, 'session')]
  if (token !== undefined) await endSession(site.ctx, digestOfText(token))
  reply.clearCookie(name(site, 'session'), cookie(site, 0))
}

export const keepBegun = (site: Site, reply: FastifyReply, begun: Begun): void => {
  reply.setCookie(name(site, 'sign_in'), encodeBase64url(Buffer.from(JSON.stringify(begun))), cookie(site, SIGN_IN_SECONDS))
}

/** What the browser brought back; it serves once. */
export function takeBegun(site: Site, request: FastifyRequest, reply: FastifyReply): Begun | undefined {
  const text = request.cookies[name(site, 'sign_in')]
  reply.clearCookie(name(site, 'sign_in'), cookie(site, 0))
  if (text === undefined) return undefined
  try {
    const begun = Begun.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return begun.success ? begun.data : undefined
  } catch {
    return undefined
  }
}

/** Whether a form comes from a page of this session. */
export function isOwnForm(site: Site, request: FastifyRequest, session: Session, given: unknown): boolean {
  if (request.headers.origin !== site.publicUrl || typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(session.formToken)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const formTokenOf = (token: string): string => createHmac('sha256', token).update('countersign form').digest('base64url')
