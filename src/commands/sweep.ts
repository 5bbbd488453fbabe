// What time alone causes, on the issuer's own clock and whether or not anything else is alive: grants and credentials end, a credential whose making
// never ended is given up and revoked, requests lapse, and so does a change of the directory that nobody signs a second time. Every step is safe to
// repeat, and none waits for the network: ends come first, on the second.

import { findCredentials, findPastEnd, findStaleIssuing } from '../db/grants.ts'
import { findKnown, findOverdue, standingOf, updateState } from '../db/requests.ts'
import { moveRequest } from '../domain/request.ts'
import type { IssuerContext } from './context.ts'
import { eachInTurn } from './each-in-turn.ts'
import { beginEnd, settleGrant } from './end-grant.ts'
import { giveUp } from './issue-credential.ts'
import { lapsePending } from './pending-change.ts'
import { transact } from './transact.ts'

const BATCH = 100
const STALE_ISSUING_MS = 30_000

/** One round; answers how many things it moved. What fails for one request waits for the next round and holds up nothing else. */
export async function sweep(ctx: IssuerContext): Promise<number> {
  const now = ctx.now()
  let moved = 0
  const steps: readonly (() => Promise<void>)[] = [
    async () =>
      eachInTurn(await findPastEnd(ctx.db, now, BATCH), async ({ request_id }) => {
        if (await transact(ctx, [request_id], (work) => settleGrant(work, request_id))) moved += 1
      }),
    async () => {
      const overdue = await findOverdue(ctx.db, now, BATCH)
      moved += overdue.length
      await eachInTurn(overdue, ({ request_id }) => lapse(ctx, request_id))
    },
    async () => {
      const stale = await findStaleIssuing(ctx.db, new Date(now.getTime() - STALE_ISSUING_MS), BATCH)
      moved += stale.length
      await eachInTurn(stale, ({ id, request_id }) => giveUpStale(ctx, request_id, id))
    },
    async () => {
      moved += await lapsePending(ctx)
    },
  ]
  await eachInTurn(steps, (step) => step())
  return moved
}

const lapse = (ctx: IssuerContext, request: string): Promise<void> =>
  transact(ctx, [request], async ({ trx, now, record, tell }) => {
    const known = await findKnown(trx, request)
    if (!known) return
    const moved = moveRequest(standingOf(known), { move: 'lapse' }, now.getTime())
    if (!moved.ok) return
    await updateState(trx, request, {
      state: moved.next.state,
      ended_at: now,
      ended_reason: known.state.state,
      updated_at: now,
    })
    record('request.lapsed', { request }, { v: 1, from: known.state.state })
    tell('request.changed', request)
  })

/** Nobody knows whether it was made: it counts as made, and is taken back with the whole grant. */
const giveUpStale = (ctx: IssuerContext, request: string, credential: string): Promise<void> =>
  transact(ctx, [request], async (work) => {
    const row = (await findCredentials(work.trx, request)).find(({ id }) => id === credential)
    if (row?.state !== 'issuing') return
    await giveUp(work, request, row)
    await beginEnd(work, request, { by: 'issuer', reason: 'revoked' })
  })
