// When those who were asked are reminded: after a third of the time that is left, each in a minute of their own, because a team that is called at once looks
// away at once. Turned into news when the time has come; whether it is still worth saying is judged when it is said.

import { sha256 } from '../crypto.ts'
import { insertNews } from '../db/bot-queries/deliveries.ts'
import { takeReminders } from '../db/bot-queries/reminders.ts'
import type { PersonId } from '../domain/ids.ts'
import { uuidv7 } from '../log/entry-id.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

export const REMIND = 'request.remind'
const MINUTE_MS = 60_000
/** A reminder that leaves less than this to decide comes too late. */
const ENOUGH_MS = 2 * MINUTE_MS

/** When each of these people is reminded of a request; who cannot be in time is left out. Pure: the same people have the same order. */
export function remindersFor(request: string, asked: readonly PersonId[], decideBy: Date, now: Date) {
  const left = decideBy.getTime() - now.getTime()
  const order = (person: PersonId) => Buffer.from(sha256(new TextEncoder().encode(`${request} ${person}`))).toString('hex')
  return asked
    .map((person) => ({ person, order: order(person) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ person }, index) => ({ person, at: now.getTime() + left / 3 + index * MINUTE_MS }))
    .filter(({ at }) => at <= decideBy.getTime() - ENOUGH_MS)
    .map(({ person, at }) => ({ request_id: request, person, due_at: new Date(at), done_at: null }))
}

/** Puts out what is due; answers how many. */
export const tellReminders = (ctx: BotContext, limit = 50): Promise<number> =>
  transact(ctx, [], async ({ trx, now }) => {
    const due = await takeReminders(trx, now, limit)
    await insertNews(
      trx,
      due.map(({ request_id, person }) => ({
        id: uuidv7(now),
        topic: REMIND,
        request_id,
        payload: JSON.stringify({ person }),
        created_at: now,
      })),
    )
    return due.length
  })
