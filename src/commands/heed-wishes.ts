// What the bot wants changed. It inserts a wish and can do no more: the issuer decides under the lock of the request, in its own time, and keeps the
// outcome beside. All of them take away or hold; none can give. A wish names the person the bot says it comes from, so a thief of the bot can
// cancel and hold in others' names, which is written into SECURITY.md; he cannot lift what a signature ended.

import { findLiveGrantsOf } from '../db/grants.ts'
import { findKnown, findOpen, findOpenApprovedBy, standingOf, updateState } from '../db/requests.ts'
import { findDecision } from '../db/statements.ts'
import { addWishOutcome, findWishes, isHeeded, type WishRow } from '../db/wishes.ts'
import { inGroups } from '../domain/action.ts'
import type { Refusal } from '../domain/refusal.ts'
import { type Move, moveRequest } from '../domain/request.ts'
import { boundWish } from './bound-entries.ts'
import type { IssuerContext } from './context.ts'
import { eachInTurn } from './each-in-turn.ts'
import { beginEnd } from './end-grant.ts'
import { decidingGroups } from './evidence-of.ts'
import { heedNotMe } from './hold-passkeys.ts'
import { transact, type Work } from './transact.ts'
import { voidRequest } from './void-request.ts'

const LOOK_BACK_MS = 86_400_000

/** Decides the wishes that wait; answers how many there were. */
export async function heedWishes(ctx: IssuerContext, limit = 50): Promise<number> {
  const wishes = await findWishes(ctx.db, new Date(ctx.now().getTime() - LOOK_BACK_MS), limit)
  await eachInTurn(wishes, (wish) => heed(ctx, wish))
  return wishes.length
}

async function heed(ctx: IssuerContext, wish: WishRow): Promise<void> {
  if (wish.kind === 'not_me') return heedNotMe(ctx, wish)
  const requests = wish.request_id === null ? await touchedBy(ctx, wish.person) : [wish.request_id]
  await transact(ctx, requests, async (work) => {
    // Two issuers may take the same wish: the second waits for the lock, finds the outcome and leaves everything as it is.
    if (await isHeeded(work.trx, wish.id)) return
    const refusals: Refusal[] = []
    for (const request of requests) {
      const refusal = await heedOne(ctx, work, wish, request)
      if (refusal) refusals.push(refusal)
    }
    const refusal = wish.request_id === null ? undefined : refusals[0]
    const bound = refusal ? await boundWish(work.trx, wish.person, work.now) : 'recorded'
    const added = await addWishOutcome(work.trx, wish.id, refusal?.reason ?? 'done', work.now)
    if (!added || !refusal || wish.request_id === null || bound === 'kept') return
    work.record(
      'wish.refused',
      { request: wish.request_id, actor: wish.person },
      { v: 1, wish: wish.kind, reason: refusal.reason, ...(bound === 'last' && { last: true }) },
    )
    if (bound === 'recorded') work.tell('wish.refused', wish.request_id, { wish: wish.kind, person: wish.person, refusal })
  })
}

async function heedOne(ctx: IssuerContext, work: Work<'issuer'>, wish: WishRow, request: string): Promise<Refusal | undefined> {
  const known = await findKnown(work.trx, request)
  if (!known) return { reason: 'unknown_request' }
  if (wish.kind === 'deactivated') {
    if (known.request.requester !== wish.person) {
      const decided = await findDecision(work.trx, request, wish.person)
      if (decided?.decision !== 'approve') return { reason: 'not_yours' }
      await voidRequest(work, request, 'an approver was deactivated')
      return undefined
    }
    await voidRequest(work, request, 'the requester was deactivated')
    await beginEnd(work, request, { by: 'issuer', reason: 'deactivated' })
    return undefined
  }
  if (wish.kind === 'return') {
    if (known.request.requester !== wish.person) return { reason: 'not_yours' }
    const ended = await beginEnd(work, request, { by: wish.person, reason: 'returned' })
    return ended.ok ? undefined : ended.refusal
  }
  const moved = moveRequest(standingOf(known), moveOf(ctx, wish, known), work.now.getTime())
  if (!moved.ok) return moved.refusal
  const { heldBy, state } = moved.next
  await updateState(work.trx, request, {
    state,
    held_by: heldBy ?? null,
    held_at: heldBy === undefined ? null : (known.state.held_at ?? work.now),
    updated_at: work.now,
    ...(state === 'cancelled' ? { ended_at: work.now, ended_by: wish.person, ended_reason: 'cancelled' } : {}),
  })
  if (moved.event) work.record(moved.event, { request, actor: wish.person }, { v: 1 })
  work.tell('request.changed', request)
  return undefined
}

function moveOf(ctx: IssuerContext, wish: WishRow, known: Parameters<typeof standingOf>[0]): Move {
  if (wish.kind === 'cancel') return { move: 'cancel', by: wish.person }
  if (wish.kind === 'lift') return { move: 'lift', by: wish.person }
  const { ruleSet } = ctx.published()
  const eligible = inGroups(ruleSet, wish.person, decidingGroups(ctx, known)) || ruleSet.administrators.includes(wish.person)
  return { move: 'object', by: wish.person, eligible }
}

/** Everything a person who is gone still has open or alive, and what is open by his approval. */
async function touchedBy(ctx: IssuerContext, person: string): Promise<string[]> {
  const open = [...(await findOpen(ctx.db, person)), ...(await findOpenApprovedBy(ctx.db, person))]
  const live = await findLiveGrantsOf(ctx.db, person)
  return [...open.map(({ request }) => request.id), ...live.map(({ request_id }) => request_id)]
}
