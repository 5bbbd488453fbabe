// Voids an open request with a reason that a person understands. Called inside a transaction that has locked the request.

import { findKnown, standingOf, updateState } from '../db/requests.ts'
import { moveRequest } from '../domain/request.ts'
import type { Work } from './transact.ts'

/** Why a request is void whose requester is no longer among those who may ask for it. */
export const MAY_NOT_ASK = 'who asked for it may not any more'

/** Voids it if it is open; otherwise does nothing. */
export async function voidRequest(work: Work<'issuer'>, request: string, why: string): Promise<void> {
  const known = await findKnown(work.trx, request)
  const moved = known && moveRequest(standingOf(known), { move: 'void', why }, work.now.getTime())
  if (!moved?.ok) return
  await updateState(work.trx, request, { state: moved.next.state, ended_at: work.now, ended_reason: why, updated_at: work.now })
  work.record('request.voided', { request }, { v: 1, why })
  work.tell('request.changed', request)
}
