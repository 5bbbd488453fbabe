// The request: an argument (may we?). States are stored, never inferred; DESIGN section 3 draws them, the CHECK constraint of `request_state`
// lists them, and one table test walks every state with every move. Which evidence allows a move is judged elsewhere and comes in as data:
// here stands only what may follow what, and when. `held` (an objection) is a flag beside the state: it stops claims, not decisions.

import type { PersonId } from './ids.ts'
import type { Refusal } from './refusal.ts'
import type { RequestState } from './request-state.ts'

/** Where a request stands. Times are absolute, in ms since 1970. */
export type Standing = {
  readonly state: RequestState
  readonly requester: PersonId
  readonly heldBy: PersonId | undefined
  readonly confirmBy: number
  readonly decideBy: number
  readonly claimBy: number
}

export type Move =
  | { readonly move: 'confirm' }
  | { readonly move: 'approve'; readonly quorum: boolean }
  | { readonly move: 'deny'; readonly by: PersonId }
  | { readonly move: 'claim' }
  | { readonly move: 'cancel'; readonly by: PersonId }
  | { readonly move: 'object'; readonly by: PersonId; readonly eligible: boolean }
  | { readonly move: 'lift'; readonly by: PersonId }
  | { readonly move: 'void'; readonly why: string }
  | { readonly move: 'lapse' }

export type RequestEvent =
  | 'request.confirmed'
  | 'request.approved'
  | 'request.denied'
  | 'request.cancelled'
  | 'request.lapsed'
  | 'request.voided'
  | 'request.held'
  | 'request.released'

export type RequestDecision =
  | { readonly ok: true; readonly next: Standing; readonly event: RequestEvent | undefined }
  | { readonly ok: false; readonly refusal: Refusal }

/** So many requests may one person have open at a time; more would only bury those who decide. */
export const MOST_OPEN = 20

const OPEN: readonly RequestState[] = ['awaiting_requester', 'awaiting_approvers', 'approved']
export const isOpen = (state: RequestState): boolean => OPEN.includes(state)

const refuse = (refusal: Refusal): RequestDecision => ({ ok: false, refusal })
const to = (standing: Standing, state: RequestState, event: RequestEvent | undefined): RequestDecision => ({
  ok: true,
  next: { ...standing, state },
  event,
})

/** When the present state lapses by itself, or undefined when it has ended or been claimed. */
export function deadline(standing: Standing): number | undefined {
  if (standing.state === 'awaiting_requester') return standing.confirmBy
  if (standing.state === 'awaiting_approvers') return standing.decideBy
  return standing.state === 'approved' ? standing.claimBy : undefined
}

/** What a move does to a request at a time (ms). Every end is final; a deadline that has passed refuses all but the lapse itself. */
export function moveRequest(standing: Standing, move: Move, now: number): RequestDecision {
  const { state } = standing
  if (!isOpen(state)) return refuse(state === 'claimed' ? { reason: 'already_claimed' } : { reason: 'request_ended', state })
  const by = deadline(standing)
  const late = by !== undefined && now > by
  if (move.move === 'lapse') return late ? to(standing, 'lapsed', 'request.lapsed') : refuse({ reason: 'not_yet', at: by ?? now })
  if (move.move === 'void') return to(standing, 'voided', 'request.voided')
  // A denial counts even after the deadline: no is always safe.
  if (move.move === 'deny') return to(standing, 'denied', 'request.denied')
  if (late) return refuse({ reason: 'too_late', state, at: by })
  switch (move.move) {
    case 'confirm':
      // A second tap is a fresh one for the claim, or another place: the state stays.
      return state === 'awaiting_requester'
        ? to(standing, 'awaiting_approvers', 'request.confirmed')
        : to(standing, state, undefined)
    case 'approve':
      if (state === 'awaiting_requester') return refuse({ reason: 'not_confirmed' })
      return move.quorum && state === 'awaiting_approvers'
        ? to(standing, 'approved', 'request.approved')
        : to(standing, state, undefined)
    case 'claim':
      if (state !== 'approved') return refuse({ reason: 'not_approved', state })
      return standing.heldBy === undefined ? to(standing, 'claimed', undefined) : refuse({ reason: 'held', by: standing.heldBy })
    case 'cancel':
      return move.by === standing.requester ? to(standing, 'cancelled', 'request.cancelled') : refuse({ reason: 'not_yours' })
    case 'object':
      if (!move.eligible) return refuse({ reason: 'not_eligible_to_object' })
      if (standing.heldBy !== undefined) return refuse({ reason: 'held', by: standing.heldBy })
      return { ok: true, next: { ...standing, heldBy: move.by }, event: 'request.held' }
    case 'lift':
      if (standing.heldBy !== move.by) return refuse({ reason: 'not_your_objection' })
      return { ok: true, next: { ...standing, heldBy: undefined }, event: 'request.released' }
  }
}
