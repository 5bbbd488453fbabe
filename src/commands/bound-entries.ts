// Bounds what a flood leaves in the log, and in anybody's messages: what a person causes is an entry, up to so many within an hour; one more entry says that
// further ones are none. Refused rows, which a thief of the bot's login can insert without end, are only kept beside them; of what somebody does at the doors
// with a key or an account of his own nothing more is kept. Nothing is refused for it: who signs in during an incident is never locked out.

import type { Transaction } from 'kysely'
import { countEntries, countRefusedOfStrangers, countRefusedRequests, countRefusedWishes } from '../db/floods.ts'
import type { Schema } from '../db/schema.ts'
import type { RuleSet } from '../domain/action.ts'
import type { EntryType, Writer } from '../domain/event.ts'
import type { About, EntryBody } from './transact.ts'

export const MOST_REFUSALS = 100
export const MOST_SESSIONS = 60
const HOUR_MS = 3_600_000

/** What becomes of one more: an entry, the last entry for a while, or none. */
export type Bound = 'recorded' | 'last' | 'kept'
const boundOf = (before: number, most = MOST_REFUSALS): Bound => (before < most ? 'recorded' : before === most ? 'last' : 'kept')

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

/** Records what an actor did, unless there are entries enough of him for an hour; all whom nobody knows are one actor. True when it is an entry. */
export async function recordBounded<T extends EntryType<Writer>>(
  { trx, record }: { readonly trx: Transaction<Schema>; readonly record: (type: T, about: About, body: EntryBody) => void },
  type: T,
  about: About,
  body: EntryBody,
  most = MOST_REFUSALS,
): Promise<boolean> {
  const bound = boundOf(await countEntries(trx, type, about.actor, most + 1), most)
  if (bound !== 'kept') record(type, about, { ...body, ...(bound === 'last' && { last: true }) })
  return bound !== 'kept'
}
