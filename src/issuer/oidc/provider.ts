// The organisation's OpenID provider, as its one client: where to send a person, and what a code gives. Everything is taken from the discovery document
// of the configured issuer, which must name that issuer; document and keys are kept ten minutes, and a key that is not among them is looked for once
// more, not oftener than every half minute. Holds the client's secret. OpenID Connect Discovery 1.0, RFC 6749, RFC 7636, RFC 9207.

import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import type { ProviderCheck } from '../../domain/provider.ts'
import { fetchJson } from './fetch-json.ts'
import { type IdTokenAsk, type JudgedIdToken, judgeIdToken, MAX_AUTH_AGE_SECONDS } from './judge-id-token.ts'

const KEPT_MS = 600_000
const AGAIN_MS = 30_000

export type ProviderSettings = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly acrValues: readonly string[]
  readonly subjectClaim: string
  readonly redirectUri: string
}
export type Failed = { readonly ok: false; readonly check: ProviderCheck; readonly detail: string }
type Got<T> = { readonly ok: true; readonly value: T } | Failed

export type AuthorizationAsk = { readonly state: string; readonly nonce: string; readonly codeChallenge: string }
export type Provider = {
  readonly issuer: string
  readonly clientId: string
  /** What people know it by: its host. */
  readonly name: string
  readonly authorizationUrl: (ask: AuthorizationAsk) => Promise<Got<string>>
  /** Whether an answer comes from whom was asked: `iss` of RFC 9207, demanded where the provider announces it. */
  readonly isItsAnswer: (iss: string | undefined) => Promise<Got<boolean>>
  readonly redeem: (code: string, verifier: string) => Promise<Got<string>>
  readonly judge: (idToken: string, ask: Pick<IdTokenAsk, 'nonce' | 'begunAt'>, now: Date) => Promise<JudgedIdToken>
}

const address = z.url({ protocol: /^https?$/ })
const Discovery = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: address,
  token_endpoint: address,
  jwks_uri: address,
  response_types_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})
type Discovery = z.infer<typeof Discovery>
const Keys = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })
const Tokens = z.looseObject({ id_token: z.string() })

/** Opens the provider; nothing is fetched before somebody signs in, so that a provider that is away stops no start. */
export function openProvider(settings: ProviderSettings, monotonic: () => number = () => performance.now()): Provider {
  const { issuer, clientId, clientSecret, redirectUri, acrValues } = settings
  const documents = kept(() => discover(issuer), KEPT_MS, monotonic)
  const keys = kept(
    async () => {
      const found = await documents.get()
      return found.ok ? fetchKeys(found.value.jwks_uri) : found
    },
    KEPT_MS,
    monotonic,
  )
  return {
    issuer,
    clientId,
    name: new URL(issuer).host,
    authorizationUrl: async ({ state, nonce, codeChallenge }) => {
      const found = await documents.get()
      if (!found.ok) return found
      const url = new URL(found.value.authorization_endpoint)
      const asked = {
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: settings.subjectClaim === 'email' ? 'openid email' : 'openid',
        state,
        nonce,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        prompt: 'login',
        max_age: String(MAX_AUTH_AGE_SECONDS),
        ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
      }
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
      return { ok: true, value: url.href }
    },
    isItsAnswer: async (iss) => {
      const found = await documents.get()
      if (!found.ok) return found
      const announced = found.value.authorization_response_iss_parameter_supported === true
      return { ok: true, value: iss === undefined ? !announced : iss === issuer }
    },
    redeem: async (code, verifier) => {
      const found = await documents.get()
      if (!found.ok) return found
      const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
      const answered = await fetchJson(found.value.token_endpoint, tokenRequest(found.value, grant, clientId, clientSecret))
      if (!answered.ok) return answered
      const tokens = Tokens.safeParse(answered.body)
      if (answered.status === 200 && tokens.success) return { ok: true, value: tokens.data.id_token }
      return { ok: false, check: 'code', detail: `the token endpoint answered ${answered.status} ${errorOf(answered.body)}` }
    },
    judge: async (idToken, ask, now) => {
      const whole = { issuer, clientId, acrValues, subjectClaim: settings.subjectClaim, ...ask }
      const known = await keys.get()
      if (!known.ok) return known
      const judged = await judgeIdToken(idToken, known.value, whole, now)
      if (judged.ok || judged.check !== 'key' || !keys.isOlderThan(AGAIN_MS)) return judged
      // The provider has perhaps changed its keys since.
      const fresh = await keys.get(AGAIN_MS)
      return fresh.ok ? judgeIdToken(idToken, fresh.value, whole, now) : fresh
    },
  }
}

async function discover(issuer: string): Promise<Got<Discovery>> {
  const answered = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (!answered.ok) return answered
  const unfit = (detail: string): Failed => ({ ok: false, check: 'unfit', detail: `the discovery document ${detail}` })
  if (answered.status !== 200) return unfit(`answered ${answered.status}`)
  const read = Discovery.safeParse(answered.body)
  if (!read.success) return unfit(`has no good ${String(read.error.issues[0]?.path[0] ?? 'form')}`)
  const found = read.data
  if (found.issuer !== issuer) return unfit(`is of ${found.issuer}, not of ${issuer}`)
  const addresses = [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]
  // Over https all the way, or not at all: a key set from elsewhere would be somebody else's word.
  if (issuer.startsWith('https:') && !addresses.every((each) => each.startsWith('https:'))) return unfit('leads off https')
  if (found.response_types_supported && !found.response_types_supported.includes('code')) return unfit('offers no code flow')
  const methods = found.code_challenge_methods_supported
  return methods && !methods.includes('S256') ? unfit('offers no S256 of PKCE') : { ok: true, value: found }
}

async function fetchKeys(url: string): Promise<Got<JSONWebKeySet>> {
  const answered = await fetchJson(url)
  if (!answered.ok) return answered
  const read = Keys.safeParse(answered.body)
  if (answered.status === 200 && read.success) return { ok: true, value: read.data as JSONWebKeySet }
  return { ok: false, check: 'unfit', detail: `the key set answered ${answered.status}` }
}

/** The secret in the header, as every provider must take it, unless this one says that it takes it in the form only. */
function tokenRequest(found: Discovery, grant: Record<string, string>, id: string, secret: string): RequestInit {
  const methods = found.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const inForm = !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
  const encoded = (value: string): string => new URLSearchParams({ value }).toString().slice('value='.length)
  const basic = Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')
  return {
    method: 'POST',
    headers: inForm ? {} : { authorization: `Basic ${basic}` },
    body: new URLSearchParams(inForm ? { ...grant, client_id: id, client_secret: secret } : grant),
  }
}

const errorOf = (body: unknown): string =>
  z.looseObject({ error: z.string().regex(/^\w{1,60}$/) }).safeParse(body).data?.error ?? ''

/** Keeps what was got for a while; many who ask at once ask once, and a failure is not kept. */
function kept<T>(get: () => Promise<Got<T>>, forMs: number, monotonic: () => number) {
  let last: { readonly at: number; readonly got: Promise<Got<T>> } | undefined
  const isOlderThan = (ms: number): boolean => last === undefined || monotonic() - last.at >= ms
  return {
    isOlderThan,
    get: async (noOlderMs = forMs): Promise<Got<T>> => {
      if (isOlderThan(noOlderMs) || !last) last = { at: monotonic(), got: get() }
      const mine = last
      const got = await mine.got
      if (!got.ok && last === mine) last = undefined
      return got
    },
  }
}
