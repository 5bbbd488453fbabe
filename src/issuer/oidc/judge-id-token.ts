// Whether an ID token says what was asked: pure over token, keys and time, the only place that decides it. Hostile: whoever could put another token,
// key or person in its place, a provider that skips what it was asked for, and a browser that brings an older sign-in. OpenID Connect Core 3.1.3.7, with
// what it leaves open closed: one audience, three algorithms, `auth_time` always, and never older than five minutes nor than the round itself.

import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import { z } from 'zod'
import type { ProviderCheck } from '../../domain/provider.ts'

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
const MAX_TOKEN_LETTERS = 16_384
/** What two well-kept clocks may differ by; it never makes a sign-in younger. */
const SKEW_SECONDS = 30
export const MAX_AUTH_AGE_SECONDS = 300

export type IdTokenAsk = {
  readonly issuer: string
  readonly clientId: string
  readonly nonce: string
  /** Empty: any. */
  readonly acrValues: readonly string[]
  readonly subjectClaim: string
  /** When this round began: the person signs in after that, or not at all. */
  readonly begunAt: Date
}
export type IdTokenSays = { readonly subject: string; readonly authTime: number; readonly acr: string | undefined }
export type JudgedIdToken =
  | ({ readonly ok: true } & IdTokenSays)
  | { readonly ok: false; readonly check: ProviderCheck; readonly detail: string }

const text = z.string().min(1).max(255)
const Claims = z.looseObject({
  sub: text,
  aud: z.union([text, z.array(text).length(1)]),
  azp: text.optional(),
  nonce: text,
  acr: text.optional(),
})
const AuthTime = z.int().positive()

/** Judges an ID token of the provider against what this round asked for. */
export async function judgeIdToken(token: string, keys: JSONWebKeySet, ask: IdTokenAsk, now: Date): Promise<JudgedIdToken> {
  if (token.length > MAX_TOKEN_LETTERS) return no('form', `has ${token.length} letters`)
  let payload: Record<string, unknown>
  try {
    const verified = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ALGORITHMS,
      issuer: ask.issuer,
      audience: ask.clientId,
      requiredClaims: ['iss', 'aud', 'exp', 'iat', 'sub', 'nonce'],
      currentDate: now,
      clockTolerance: SKEW_SECONDS,
      maxTokenAge: MAX_AUTH_AGE_SECONDS,
    })
    const { typ } = verified.protectedHeader
    // An access token or a logout token of the same provider says who it is by its type (RFC 8725 3.11).
    if (typ !== undefined && !/^(application\/)?(jwt|id\+jwt)$/i.test(typ)) return no('form', `is of type ${typ}`)
    payload = verified.payload
  } catch (error) {
    return no(checkOf(error), error instanceof Error ? error.message : '')
  }
  const claims = Claims.safeParse(payload)
  if (!claims.success) {
    const place = String(claims.error.issues[0]?.path[0] ?? '')
    return no(place === 'aud' ? 'audience' : place === 'acr' ? 'acr' : 'form', `${place} is not in its form`)
  }
  const { nonce, acr, azp } = claims.data
  if (azp !== undefined && azp !== ask.clientId) return no('authorized_party', `was given to ${azp}`)
  if (nonce !== ask.nonce) return no('nonce', 'answers another question')
  const authTime = AuthTime.safeParse(payload['auth_time'])
  if (!authTime.success) return no('auth_time_missing', 'does not say when the person signed in')
  const age = now.getTime() / 1000 - authTime.data
  if (age < -SKEW_SECONDS) return no('auth_time_ahead', `was signed in ${-age} s in the future`)
  if (age > MAX_AUTH_AGE_SECONDS) return no('auth_time_old', `was signed in ${age} s ago`)
  if (authTime.data < ask.begunAt.getTime() / 1000 - SKEW_SECONDS) return no('auth_time_old', 'was signed in before it was asked')
  if (ask.acrValues.length > 0 && (acr === undefined || !ask.acrValues.includes(acr)))
    return no('acr', `has acr ${acr ?? 'none'}`)
  const subject = text.safeParse(payload[ask.subjectClaim])
  if (!subject.success) return no('subject', `has no ${ask.subjectClaim}`)
  // Anybody can write anybody's address into an account of his own.
  if (ask.subjectClaim === 'email' && payload['email_verified'] !== true)
    return no('email_unverified', 'is of an unverified address')
  return { ok: true, subject: subject.data, authTime: authTime.data, acr }
}

const no = (check: ProviderCheck, detail: string): JudgedIdToken => ({ ok: false, check, detail })

const CLAIM_CHECKS: Readonly<Record<string, ProviderCheck>> = { iss: 'issuer', aud: 'audience', iat: 'issued_at', nonce: 'nonce' }

function checkOf(error: unknown): ProviderCheck {
  if (error instanceof errors.JWTExpired) return error.claim === 'iat' ? 'issued_at' : 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_CHECKS[error.claim] ?? 'form'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm'
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'key'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  return 'form'
}
