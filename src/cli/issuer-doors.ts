// The issuer's doors as the command line uses them. Its words reach a terminal, so whatever does not show in them is spelt out; an answer of another
// form than the agreed one is a refusal. Every no comes back as a value: a dropped connection too, because a claim is simply asked again.

import { z } from 'zod'
import { digest, REALM } from '../domain/ids.ts'
import { REQUEST_STATES } from '../domain/request-state.ts'
import { read } from '../domain/shape.ts'
import type { Holder } from '../domain/statement.ts'
import { spelt } from '../domain/visible.ts'

const TIMEOUT_MS = 15_000
const MAX_ANSWER = 65_536
const MAX_WORDS = 600

export type No = { readonly ok: false; readonly reason: string; readonly words: string }
export type Answer<T> = { readonly ok: true; readonly value: T } | No

/** Reasons that pass by themselves: nobody answers for now. */
export const AWAY = ['unreachable', 'fault']
/** Reasons that pass by themselves: the next try may find it otherwise. */
export const PASSING = ['slow_down', 'still_issuing', 'nonce_stale', 'not_approved', 'claim_differs', 'claim_out_of_turn']

const offered = z.object({ code: z.string().max(40) })
const ceremony = z.object({ realm: z.string().regex(REALM), nonce: z.string().regex(/^[A-Za-z0-9_-]{40,120}$/) })
const named = z.object({
  intent: z.string().refine((text) => read(digest, text).ok),
  kind: z.string().max(63),
  state: z.enum(REQUEST_STATES),
  held: z.boolean(),
  namedAt: z.iso.datetime(),
  number: z.int().min(1).max(1000),
})
const claimed = z.object({ ciphertext: z.string().max(MAX_ANSWER), fingerprint: z.string().max(64), endsAt: z.iso.datetime() })
const ended = z.object({ state: z.string().max(40) })
const refused = z.object({ reason: z.string().max(64), words: z.string() })

export type Named = z.infer<typeof named>
export type Claimed = z.infer<typeof claimed>
export type Signed = { readonly bytes: string; readonly signature: string }
export type IssuerDoors = ReturnType<typeof openIssuerDoors>

/** The doors of the issuer at an origin; `signal` ends what is under way. */
export function openIssuerDoors(origin: string, signal: AbortSignal) {
  const ask = <T>(schema: z.ZodType<T>, path: string, body?: unknown): Promise<Answer<T>> =>
    askDoor(origin, schema, path, body, signal)
  return {
    origin,
    offer: (holder: Holder, name: string) => ask(offered, '/v1/holders', { holder, name }),
    /** What the requester named this place for, by the thumbprint of its signing key. */
    named: (holder: string) => ask(named, `/v1/holders/${holder}/request`),
    begin: () => ask(ceremony, '/v1/ceremonies', { purpose: 'claim' }),
    claim: ({ bytes, signature }: Signed) => ask(claimed, '/v1/claims', { claim: bytes, signature }),
    giveBack: ({ bytes, signature }: Signed) => ask(ended, '/v1/revocations', { giveBack: bytes, signature }),
  }
}

async function askDoor<T>(
  origin: string,
  schema: z.ZodType<T>,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Answer<T>> {
  let response: Response
  let text: string
  try {
    response = await fetch(`${origin}${path}`, {
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    text = await response.text()
  } catch {
    return no('unreachable', `The issuer at ${origin} does not answer.`)
  }
  const value = text.length > MAX_ANSWER ? undefined : parse(text)
  if (response.ok) {
    const found = schema.safeParse(value)
    return found.success
      ? { ok: true, value: found.data }
      : no('foreign_answer', `What answers at ${origin} is not a Countersign issuer of this version.`)
  }
  const said = refused.safeParse(value)
  if (said.success) return no(said.data.reason, spelt(said.data.words.slice(0, MAX_WORDS)))
  // A proxy in front of an issuer that starts anew answers for it.
  if (response.status >= 500) return no('unreachable', `The issuer at ${origin} does not answer (${response.status}).`)
  return no('foreign_answer', `What answers at ${origin} is not a Countersign issuer of this version (${response.status}).`)
}

const no = (reason: string, words: string): No => ({ ok: false, reason, words })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
