// How a resource server of somebody else's would take security events (docs/targets.md): only from the issuer it knows, signed by a key of its
// discovery document, of the type that nothing else has, for this very resource. What it has taken is kept in a file before it says 202, because
// a 202 is a promise: from then on the token is refused, also after a restart. The same event again changes nothing and is promised again.

import { appendFile, open, readFile } from 'node:fs/promises'
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { ALGORITHMS } from './token.ts'

const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
/** No lease is longer; a token that has expired needs no refusal of its own. */
const KEEP_MS = 2 * 86_400_000

export interface Revocation {
  readonly jti: string
  readonly request: string
  readonly at: number
}
export type Taken =
  | { readonly ok: true; readonly revocation: Revocation; readonly again: boolean }
  /** An error code of RFC 8935 section 2.4, or 503 when the issuer's keys cannot be fetched. */
  | { readonly ok: false; readonly status: 400 | 503; readonly err: string; readonly description: string }
export interface Revocations {
  /** When a token was ended early, by its id. */
  readonly find: (jti: string) => Revocation | undefined
  /** Checks a security event and keeps what it ends. */
  readonly take: (event: string) => Promise<Taken>
}

const claims = z.object({
  iss: z.string(),
  jti: z.string().min(1),
  iat: z.number(),
  txn: z.string(),
  exp: z.never().optional(),
  sub: z.never().optional(),
  sub_id: z.object({ format: z.literal('jwt_id'), iss: z.string(), jti: z.string().min(1) }),
  events: z.object({ [SESSION_REVOKED]: z.object({ event_timestamp: z.number() }) }),
})
const kept = z.object({ event: z.string(), jti: z.string(), request: z.string(), at: z.number() })

/** Opens what a target remembers; without a path it forgets at its end. */
export async function openRevocations(options: {
  readonly issuer: string
  readonly resource: string
  readonly keys: () => Promise<JWTVerifyGetKey>
  readonly path?: string | undefined
  readonly now: () => number
}): Promise<Revocations> {
  const { issuer, resource, keys, path, now } = options
  const byToken = new Map<string, Revocation>()
  const events = new Set<string>()
  const remember = ({ event, ...revocation }: z.infer<typeof kept>): Revocation => {
    events.add(event)
    const before = byToken.get(revocation.jti)
    if (!before) byToken.set(revocation.jti, revocation)
    return before ?? revocation
  }
  for (const line of path === undefined ? [] : await linesOf(path)) {
    const read = kept.safeParse(JSON.parse(line))
    if (read.success && read.data.at > now() - KEEP_MS) remember(read.data)
  }
  return {
    find: (jti) => byToken.get(jti),
    take: async (event) => {
      const key = await keys().catch(() => undefined)
      if (!key)
        return { ok: false, status: 503, err: 'access_denied', description: `The keys of ${issuer} cannot be fetched now.` }
      try {
        const { payload } = await jwtVerify(event, key, {
          issuer,
          audience: resource,
          typ: 'secevent+jwt',
          algorithms: ALGORITHMS,
          currentDate: new Date(now()),
        })
        const read = claims.safeParse(payload)
        if (!read.success || read.data.sub_id.iss !== issuer)
          return refuse('invalid_request', 'This is not the end of a session that this issuer gave.')
        const { jti, txn: request, sub_id } = read.data
        const again = events.has(jti)
        const taken = { event: jti, jti: sub_id.jti, request, at: now() }
        if (!again && path !== undefined) await keepLine(path, JSON.stringify(taken))
        const revocation = again ? byToken.get(sub_id.jti) : remember(taken)
        if (!revocation) return refuse('invalid_request', 'This event was taken before, for another token.')
        return { ok: true, revocation, again }
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error
        if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss')
          return refuse('invalid_issuer', `The event is not from ${issuer}.`)
        if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
          return refuse('invalid_audience', `The event is for somebody else; this is ${resource}.`)
        const aboutKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
        return aboutKey
          ? refuse('invalid_key', `No key of ${issuer} has signed this event.`)
          : refuse('invalid_request', 'This is not a security event that can be read.')
      }
    },
  }
}

const refuse = (err: string, description: string): Taken => ({ ok: false, status: 400, err, description })

const linesOf = async (path: string): Promise<readonly string[]> => {
  const text = await readFile(path, 'utf8').catch(() => '')
  // A last line without its end was never promised.
  return text.split('\n').slice(0, -1)
}

async function keepLine(path: string, line: string): Promise<void> {
  await appendFile(path, `${line}\n`, { mode: 0o600 })
  const file = await open(path, 'r+')
  await file.sync().finally(() => file.close())
}
