// What a browser keeps while its person signs in at the provider, in two cookies that nobody but the issuer can make: that a key was proved in this very
// browser, and the round that it began last. That is what keeps a link, a code or a cookie of one browser from enrolling a key of another: whoever
// sends somebody through the provider gets an answer for a browser that never proved his key. `__Host-` and Strict, since both go to our own pages only.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { decodeBase64url, encodeBase64url } from '../../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../domain/canonical.ts'
import { PERSON } from '../../domain/ids.ts'
import { tagged } from '../../domain/tags.ts'

const PROVED_SECONDS = 3600
const ROUND_SECONDS = 300
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const who = { v: z.literal(1), person: z.string().regex(PERSON), passkey: digest }

const Proved = z.strictObject({ ...who, is: z.literal('proved'), until: z.int() })
const Round = z.strictObject({
  ...who,
  is: z.literal('round'),
  directory: z.strictObject({ sequence: z.int().nonnegative(), head: digest }),
  /** A nonce of the issuer, and so its time and its single use. */
  state: z.string().length(54),
  verifier: digest,
})
export type Proved = Pick<z.infer<typeof Proved>, 'person' | 'passkey'>
export type Round = Omit<z.infer<typeof Round>, 'v' | 'is'>

export type RoundCookies = {
  readonly proved: Kept<Proved>
  readonly round: Kept<Round>
}
type Kept<T> = {
  readonly of: (request: FastifyRequest, now: Date) => T | undefined
  readonly set: (reply: FastifyReply, value: T, now: Date) => void
  readonly clear: (reply: FastifyReply) => void
}

/** The cookies of the issuer at this origin; `key` is its nonce key. */
export function roundCookies(origin: string, key: Uint8Array): RoundCookies {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const nameOf = (name: string): string => (secure ? `__Host-countersign-${name}` : `countersign-${name}-${port}`)
  const options = { path: '/', httpOnly: true, secure, sameSite: 'strict' } as const
  const kept = <T>(
    name: string,
    seconds: number,
    pack: (value: T, now: Date) => object,
    unpack: (sealed: unknown, now: Date) => T | undefined,
  ): Kept<T> => ({
    of: (request, now) => {
      const text = request.cookies[nameOf(name)]
      return text === undefined ? undefined : unpack(open(key, text), now)
    },
    set: (reply, value, now) => void reply.setCookie(nameOf(name), seal(key, pack(value, now)), { ...options, maxAge: seconds }),
    clear: (reply) => void reply.clearCookie(nameOf(name), options),
  })
  return {
    proved: kept<Proved>(
      'proved',
      PROVED_SECONDS,
      ({ person, passkey }, now) => ({
        v: 1,
        is: 'proved',
        person,
        passkey,
        until: Math.floor(now.getTime() / 1000) + PROVED_SECONDS,
      }),
      (sealed, now) => {
        const read = Proved.safeParse(sealed)
        return read.success && read.data.until * 1000 > now.getTime() ? read.data : undefined
      },
    ),
    round: kept<Round>(
      'round',
      ROUND_SECONDS,
      ({ person, passkey, directory, state, verifier }) => ({ v: 1, is: 'round', person, passkey, directory, state, verifier }),
      (sealed) => Round.safeParse(sealed).data,
    ),
  }
}

/** Canonical bytes and their MAC, both in base64url. */
function seal(key: Uint8Array, body: object): string {
  const bytes = canonicalBytes(body as Canonical)
  return `${encodeBase64url(bytes)}.${encodeBase64url(mac(key, bytes))}`
}

function open(key: Uint8Array, text: string): unknown {
  const [body = '', tag = '', ...rest] = text.split('.')
  const [bytes, given] = [decodeBase64url(body), decodeBase64url(tag)]
  if (!bytes || given?.length !== 32 || rest.length > 0 || !timingSafeEqual(mac(key, bytes), given)) return undefined
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}

const mac = (key: Uint8Array, bytes: Uint8Array): Buffer =>
  createHmac('sha256', key).update(tagged('providerRound', bytes)).digest()
