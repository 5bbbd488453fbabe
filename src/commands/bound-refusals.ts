// Bounds what a flood of refused rows leaves behind: each refusal of a person is an entry and is told, up to so many within an hour; one more entry says
// that further ones are only kept beside their rows. A thief of the bot's login can so fill neither the log nor anybody's messages.

import type { Transaction } from 'kysely'
import { countRefusedOfStrangers, countRefusedRequests, countRefusedWishes } from '../db/floods.ts'
import type { Schema } from '../db/schema.ts'
import type { RuleSet } from '../domain/action.ts'

export const MOST_REFUSALS = 100
const HOUR_MS = 3_600_000

/** What becomes of one more refusal: an entry, the last entry for a while, or none. */
export type Bound = 'recorded' | 'last' | 'kept'
const boundOf = (before: number): Bound => (before < MOST_REFUSALS ? 'recorded' : before === MOST_REFUSALS ? 'last' : 'kept')

/** Of a proposal; asked before its refusal is stored. Whom the directory does not know share one bound. */
export async function boundRequest(trx: Transaction<Schema>, set: RuleSet, requester: string, now: Date): Promise<Bound> {
  const since = new Date(now.getTime() - HOUR_MS)
  const people = set.people.map(({ id }) => id)
  const most = MOST_REFUSALS + 1
  return boundOf(
    people.includes(requester)
      ? await countRefusedRequests(trx, requester, since, most)
      : await countRefusedOfStrangers(trx, people, since, most),
  )
}

/** Of a wish; asked before its outcome is stored. */
export const boundWish = async (trx: Transaction<Schema>, person: string, now: Date): Promise<Bound> =>
  boundOf(await countRefusedWishes(trx, person, new Date(now.getTime() - HOUR_MS), MOST_REFUSALS + 1))
