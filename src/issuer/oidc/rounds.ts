// One sign-in at the provider, from the browser that proved a key to the key's enrolment. What this file alone holds is the order: the answer belongs to
// the round that this browser began last, comes from the provider that was asked, in time and once; only then is its code redeemed and its token
// judged. What went wrong is told in a sentence; the detail goes to the log under the reference that the person sees.

import { createHash, randomBytes } from 'node:crypto'
import type { IssuerContext } from '../../commands/context.ts'
import {
  beginEnrolment,
  enrolByProvider,
  isRoundSpent,
  type KnownProvider,
  nonceFor,
  type SignVouch,
  spendRound,
  whyOnlyAdministrators,
} from '../../commands/enrol-by-provider.ts'
import { encodeBase64url } from '../../domain/base64url.ts'
import type { PersonId } from '../../domain/ids.ts'
import type { ProviderCheck } from '../../domain/provider.ts'
import { type Outcome, refuse } from '../../domain/refusal.ts'
import { judgeNonce, makeNonce } from '../../passkeys/nonce.ts'
import type { Provider } from './provider.ts'
import { type Proved, type Round, type RoundCookies, roundCookies } from './round-cookies.ts'

export type Answer = { readonly state: string; readonly iss?: string | undefined } & (
  | { readonly code: string }
  | { readonly error: string }
)
export type Rounds = {
  readonly provider: KnownProvider
  readonly cookies: RoundCookies
  /** Whether a sign-in could enrol a key of this person. */
  readonly offers: (person: PersonId) => Promise<boolean>
  readonly begin: (
    proved: Proved | undefined,
    reference: string,
  ) => Promise<Outcome<{ readonly location: string; readonly round: Round }>>
  readonly finish: (
    round: Round | undefined,
    answer: Answer,
    reference: string,
  ) => Promise<Outcome<{ readonly person: PersonId }>>
}

/** The rounds of one issuer with one provider. */
export function openRounds(ctx: IssuerContext, provider: Provider, sign: SignVouch): Rounds {
  const known = { issuer: provider.issuer, clientId: provider.clientId, name: provider.name }
  const refused = (check: ProviderCheck, reference: string, detail?: string) => {
    ctx.log.warn({ check, detail, reference, provider: provider.issuer }, 'a sign-in at the provider does not count')
    return refuse({ reason: 'provider_refused', check, provider: provider.name })
  }
  return {
    provider: known,
    cookies: roundCookies(ctx.roots.issuer, ctx.nonceKey),
    offers: async (person) => (await whyOnlyAdministrators(ctx, known, person)) === undefined,
    begin: async (proved, reference) => {
      if (!proved) return refused('not_begun_here', reference)
      const begun = await beginEnrolment(ctx, known, { person: proved.person, passkey: proved.passkey })
      if (!begun.ok) return begun
      const round = { ...begun.waiting, state: makeNonce(ctx.nonceKey, ctx.now()), verifier: encodeBase64url(randomBytes(32)) }
      const codeChallenge = createHash('sha256').update(round.verifier).digest('base64url')
      const url = await provider.authorizationUrl({ state: round.state, nonce: nonceFor(round), codeChallenge })
      return url.ok ? { ok: true, location: url.value, round } : refused(url.check, reference, url.detail)
    },
    finish: async (round, answer, reference) => {
      if (!round) {
        const spent = judgeNonce(ctx.nonceKey, answer.state, ctx.now()).ok && (await isRoundSpent(ctx, answer.state))
        return refused(spent ? 'used' : 'not_begun_here', reference)
      }
      if (answer.state !== round.state) return refused('other_round', reference)
      const nonce = judgeNonce(ctx.nonceKey, round.state, ctx.now())
      if (!nonce.ok) return refused('too_late', reference)
      const its = await provider.isItsAnswer(answer.iss)
      if (!its.ok) return refused(its.check, reference, its.detail)
      if (!its.value) return refused('other_provider', reference, answer.iss)
      if (!(await spendRound(ctx, round.state))) return refused('used', reference)
      if ('error' in answer) return refused('declined', reference, answer.error)
      const token = await provider.redeem(answer.code, round.verifier)
      if (!token.ok) return refused(token.check, reference, token.detail)
      const says = await provider.judge(token.value, { nonce: nonceFor(round), begunAt: nonce.madeAt }, ctx.now())
      if (!says.ok) return refused(says.check, reference, says.detail)
      return enrolByProvider(ctx, sign, known, round, says)
    },
  }
}
