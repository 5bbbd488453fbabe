// Signing in: the issuer's OIDC door, as its only client. What this file alone holds: a session begins only from an ID token that the issuer signed for us,
// for this browser (state and nonce from its own cookie), for a code that only this browser can redeem (PKCE), and within five minutes.
// Everything of the discovery document must lie on the issuer's origin. OpenID Connect Core 1.0 section 3.1; RFC 7636; RFC 9207.

import { randomBytes } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { z } from 'zod'
import { sha256 } from '../../crypto.ts'
import { encodeBase64url } from '../../domain/base64url.ts'
import { ROLES, type Role } from '../../domain/directory.ts'
import { PERSON } from '../../domain/ids.ts'
import type { Site } from './site.ts'

const CLIENT = 'bot'
const ID_TOKEN_TYPE = 'id+jwt'
const NETWORK_MS = 5000
const KNOWN_MS = 600_000
const TOKEN_AGE_SECONDS = 300

/** What the browser keeps between leaving and coming back. */
export const Begun = z.strictObject({
  state: z.string().length(43),
  nonce: z.string().length(43),
  verifier: z.string().length(43),
  to: z.string().max(500),
})
export type Begun = z.infer<typeof Begun>

const Discovery = z.looseObject({ issuer: z.url(), authorization_endpoint: z.url(), token_endpoint: z.url(), jwks_uri: z.url() })
const Tokens = z.looseObject({ id_token: z.string().max(8192) })
const Returned = z.object({ code: z.string().min(1).max(200), state: z.string().length(43), iss: z.string().max(500) })
const Claims = z.looseObject({
  sub: z.string().regex(PERSON),
  nonce: z.string(),
  realm: z.string(),
  auth_time: z.number().int(),
  roles: z.array(z.enum(ROLES)).max(3),
})

export type SignedIn = { readonly person: string; readonly roles: readonly Role[] }
export type SignIn = {
  /** Where to send the browser, and what it must bring back. */
  readonly begin: (to: string) => Promise<{ readonly url: string; readonly begun: Begun }>
  /** The person who signed in, and the roles that the signed directory gives him; undefined when what came back does not add up, which is logged, not told. */
  readonly finish: (query: unknown, begun: Begun) => Promise<SignedIn | undefined>
}

export function createSignIn(site: Site): SignIn {
  const issuer = `${site.issuerUrl}/oidc`
  const redirectUri = `${site.publicUrl}/signed-in`
  let known: { readonly at: number; readonly endpoints: Endpoints } | undefined
  const endpoints = async (): Promise<Endpoints> => {
    const now = performance.now()
    if (!known || now - known.at > KNOWN_MS) known = { at: now, endpoints: await discover(issuer, site.issuerUrl) }
    return known.endpoints
  }
  return {
    begin: async (to) => {
      const begun = { state: random(), nonce: random(), verifier: random(), to }
      const url = new URL((await endpoints()).authorize)
      const challenge = encodeBase64url(sha256(new TextEncoder().encode(begun.verifier)))
      for (const [name, value] of Object.entries({
        client_id: CLIENT,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid',
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }))
        url.searchParams.set(name, value)
      return { url: url.href, begun }
    },
    finish: async (query, begun) => {
      const no = (why: string, error?: unknown): undefined => {
        site.log.warn({ why, error: error instanceof Error ? error.message : undefined }, 'a sign-in did not add up')
        return undefined
      }
      const returned = Returned.safeParse(query)
      if (!returned.success) return no('no code came back')
      const { code, state, iss } = returned.data
      if (state !== begun.state) return no('another state')
      if (iss !== issuer) return no('another issuer')
      try {
        const { token, keys } = await endpoints()
        const idToken = await redeem(token, { code, redirect_uri: redirectUri, client_id: CLIENT, code_verifier: begun.verifier })
        const { payload } = await jwtVerify(idToken, keys, {
          issuer,
          audience: CLIENT,
          algorithms: ['ES256'],
          typ: ID_TOKEN_TYPE,
          maxTokenAge: TOKEN_AGE_SECONDS,
          currentDate: site.ctx.now(),
          clockTolerance: 5,
        })
        const claims = Claims.parse(payload)
        if (claims.nonce !== begun.nonce) return no('another nonce')
        if (claims.realm !== site.ctx.realm) return no('another realm')
        return { person: claims.sub, roles: claims.roles }
      } catch (error) {
        return no('the token was not given or not good', error)
      }
    },
  }
}

type Endpoints = { readonly authorize: string; readonly token: string; readonly keys: ReturnType<typeof createRemoteJWKSet> }

async function discover(issuer: string, origin: string): Promise<Endpoints> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(NETWORK_MS),
  })
  if (!response.ok) throw new Error(`the issuer's discovery document answered ${response.status}`)
  const found = Discovery.parse(await response.json())
  if (found.issuer !== issuer) throw new Error(`the discovery document is of ${found.issuer}, not of ${issuer}`)
  for (const url of [found.authorization_endpoint, found.token_endpoint, found.jwks_uri])
    if (new URL(url).origin !== new URL(origin).origin) throw new Error(`the discovery document leads to another origin: ${url}`)
  const keys = createRemoteJWKSet(new URL(found.jwks_uri), { timeoutDuration: NETWORK_MS })
  return { authorize: found.authorization_endpoint, token: found.token_endpoint, keys }
}

async function redeem(url: string, form: Record<string, string>): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'authorization_code', ...form }),
    redirect: 'error',
    signal: AbortSignal.timeout(NETWORK_MS),
  })
  if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`)
  return Tokens.parse(await response.json()).id_token
}

const random = (): string => encodeBase64url(randomBytes(32))
