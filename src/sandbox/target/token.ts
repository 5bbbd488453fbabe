// How a resource server of somebody else's would check our access tokens: from the issuer's discovery document alone, with nothing shared and no
// code of ours. A token counts only for this resource (`aud`), as an access token (`typ`), in time, with the scope of the operation, and only for
// the very thing that its authorization details name (RFC 9396). Words of refusals follow RFC 6750.

import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'

const DETAIL = 'urn:countersign:action'
export const ALGORITHMS = ['RS256', 'ES256']

export interface Caller {
  readonly sub: string
  readonly jti: string
  readonly request: string
}
export type Verdict =
  | { readonly ok: true; readonly caller: Caller }
  | {
      readonly ok: false
      readonly status: 401 | 403 | 503
      readonly error?: 'invalid_token' | 'insufficient_scope' | 'temporarily_unavailable'
      readonly description: string
      /** Who it was, where the token itself was good. */
      readonly caller?: Caller
    }
/** What an operation demands: a scope, and a detail whose `resource` is exactly this. */
export interface Demand {
  readonly scope: string
  readonly resource: Readonly<Record<string, string>>
}
export type VerifyToken = (authorization: string | undefined, demand: Demand) => Promise<Verdict>

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url() })
const claims = z.object({
  sub: z.string(),
  jti: z.string(),
  scope: z.string(),
  authorization_details: z.array(z.looseObject({ type: z.string() })),
})
const detail = z.looseObject({ type: z.literal(DETAIL), request: z.string(), resource: z.record(z.string(), z.unknown()) })

/** The keys of an issuer by its discovery document: fetched when first needed, and again when an unknown one signs. */
export function openKeys(issuer: string): () => Promise<JWTVerifyGetKey> {
  let keys: Promise<JWTVerifyGetKey> | undefined
  return () => {
    keys ??= findKeys(issuer).catch((error: unknown) => {
      keys = undefined
      throw error
    })
    return keys
  }
}

/** Makes the check for one resource and one issuer. `endedAt` says whether and when a token was ended early, by its id. */
export function createVerifier(options: {
  readonly issuer: string
  readonly resource: string
  readonly keys: () => Promise<JWTVerifyGetKey>
  readonly endedAt: (jti: string) => number | undefined
  readonly now?: () => Date
}): VerifyToken {
  const discover = options.keys
  return async (authorization, demand) => {
    const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return { ok: false, status: 401, description: 'Send the access token as "Authorization: Bearer …".' }
    const key = await discover().catch(() => undefined)
    if (!key) return unavailable(options.issuer)
    try {
      const { payload } = await jwtVerify(token, key, {
        issuer: options.issuer,
        audience: options.resource,
        typ: 'at+jwt',
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'iat', 'sub', 'jti'],
        ...(options.now ? { currentDate: options.now() } : {}),
      })
      const verdict = allow(payload, demand)
      const ended = options.endedAt(payload.jti ?? '')
      if (ended === undefined) return verdict
      const time = new Date(ended).toISOString().slice(11, 19)
      return {
        ...invalid(`The token was ended early: its issuer said so at ${time} UTC.`),
        ...(verdict.caller && { caller: verdict.caller }),
      }
    } catch (error) {
      const unreachable = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)
      return unreachable ? unavailable(options.issuer) : invalid(wordsFor(error, options))
    }
  }
}

async function findKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(5000),
  })
  const document = discovery.parse(await response.json())
  if (document.issuer !== issuer) throw new Error(`the discovery document of ${issuer} says it is ${document.issuer}`)
  return createRemoteJWKSet(new URL(document.jwks_uri))
}

/** Whether a token that is good allows what is asked. */
function allow(payload: JWTPayload, demand: Demand): Verdict {
  const parsed = claims.safeParse(payload)
  if (!parsed.success) return invalid('The token lacks scope or authorization_details.')
  const { sub, jti, scope, authorization_details } = parsed.data
  const ours = authorization_details.flatMap((each) => detail.safeParse(each).data ?? [])
  const caller = { sub, jti, request: ours[0]?.request ?? '' }
  const insufficient = (description: string): Verdict => ({
    ok: false,
    status: 403,
    error: 'insufficient_scope',
    description,
    caller,
  })
  if (!scope.split(' ').includes(demand.scope))
    return insufficient(`The token's scope is "${scope}"; this needs "${demand.scope}".`)
  const named = ours.find((each) => sameResource(each.resource, demand.resource))
  if (named) return { ok: true, caller: { ...caller, request: named.request } }
  const told = ours.map((each) => JSON.stringify(each.resource)).join(', ') || 'nothing'
  return insufficient(`The token was approved for ${told}, not for ${JSON.stringify(demand.resource)}.`)
}

/** Exactly the same members with the same values: a detail that says more, or less, means something else. */
function sameResource(given: Readonly<Record<string, unknown>>, demanded: Readonly<Record<string, string>>): boolean {
  const members = Object.keys(given)
  return (
    members.length === Object.keys(demanded).length &&
    members.every((name) => Object.hasOwn(demanded, name) && given[name] === demanded[name])
  )
}

const invalid = (description: string): Verdict & { readonly ok: false } => ({
  ok: false,
  status: 401,
  error: 'invalid_token',
  description,
})
const unavailable = (issuer: string): Verdict => ({
  ok: false,
  status: 503,
  error: 'temporarily_unavailable',
  description: `The keys of ${issuer} cannot be fetched now.`,
})

function wordsFor(error: errors.JOSEError, { issuer, resource }: { readonly issuer: string; readonly resource: string }): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    const told: Record<string, string> = {
      aud: `The token is for another resource; this one is ${resource}.`,
      iss: `The token is not from ${issuer}.`,
      typ: 'This is not an access token: its type is not at+jwt.',
      nbf: 'The token is not valid yet.',
    }
    return told[error.claim] ?? `The token's claim "${error.claim}" is missing or wrong.`
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return `The token must be signed with ${ALGORITHMS.join(' or ')}.`
  if (error instanceof errors.JWKSNoMatchingKey) return `No key of ${issuer} has signed this token.`
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is wrong."
  return 'This is not a signed token that can be read.'
}
