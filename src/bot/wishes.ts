// Makes a wish for a person and waits a moment for what the issuer decides, so that every click is answered with the outcome or its reason.

import { setTimeout as delay } from 'node:timers/promises'
import type { BotContext } from '../commands/context.ts'
import { makeWish, type Wish } from '../commands/make-wish.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import { findWishOutcome, type WishKind } from '../db/bot-queries/wishes.ts'
import type { Refusal } from '../domain/refusal.ts'
import { refusalWords } from '../domain/words.ts'
import { type RequestView, viewRequest } from './request-view.ts'

const WAIT_MS = 2000
const LOOK_MS = 40

const DONE: { readonly [K in WishKind]: string } = {
  cancel: 'The request is cancelled.',
  object: 'Your objection holds this request: nothing can be claimed until you lift it or an approver signs after it.',
  lift: 'Your objection is lifted.',
  return: 'Given back. The message says when the target has confirmed it.',
  deactivated: 'Done.',
}

/** What came of it, in words for the person. */
export async function wishAndWait(ctx: BotContext, wish: Wish & { readonly request: string }): Promise<string> {
  const id = await makeWish(ctx, wish)
  const until = performance.now() + WAIT_MS
  let outcome = await findWishOutcome(ctx.db, id)
  while (outcome === undefined && performance.now() < until) {
    await delay(LOOK_MS)
    outcome = await findWishOutcome(ctx.db, id)
  }
  if (outcome === undefined) return 'Passed on. The request’s message changes as soon as the issuer has decided.'
  if (outcome === 'done') return DONE[wish.kind]
  const [facts, published] = await Promise.all([findRequestFacts(ctx.db, wish.request), ctx.published()])
  if (!facts || !published) return refusalWords({ reason: 'unknown_request' })
  return wishRefusalWords(outcome, viewRequest(facts, published.ruleSet, []))
}

/** The issuer's reason with the evidence that its words need, from where the request stands now. */
export function wishRefusalWords(reason: string, view: RequestView): string {
  const refusal = refusalOf(reason, view)
  return refusal ? refusalWords(refusal) : 'The issuer did not accept this. Look at the request’s newest message.'
}

function refusalOf(reason: string, view: RequestView): Refusal | undefined {
  const state = view.state === 'checking' || view.state === 'refused' ? undefined : view.state
  switch (reason) {
    case 'unknown_request':
    case 'not_ready':
    case 'already_claimed':
    case 'not_yours':
    case 'not_eligible_to_object':
    case 'not_your_objection':
    case 'no_grant':
    case 'still_issuing':
      return { reason }
    case 'held':
      return view.held ? { reason, by: view.held.name } : undefined
    case 'request_ended':
      return state && { reason, state }
    case 'too_late': {
      const at = { awaiting_requester: view.confirmBy, awaiting_approvers: view.decideBy }[state as string] ?? view.claimBy
      return state && { reason, state, at: at * 1000 }
    }
    case 'grant_ended':
      return view.grant && { reason, state: view.grant.state }
    default:
      return undefined
  }
}
