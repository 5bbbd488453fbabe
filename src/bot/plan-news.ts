// Plans what both outboxes want told, oldest first. What cannot be planned holds up nothing behind it, because whoever has the bot's login can write
// requests that nobody can read: it is tried a few times more, as a fault may be of the moment, and then given up. Several bots may plan at once.

import type { Logger } from 'pino'
import type { BotContext } from '../commands/context.ts'
import { giveUpNews, planDeliveries } from '../commands/plan-deliveries.ts'
import { findUntold, type Untold } from '../db/bot-queries/deliveries.ts'
import { outlineOf } from './outline.ts'

const AT_ONCE = 100
const TRIES = 5
/** How far back an outbox row is looked for: normally a little before the last one seen, once a minute a whole day. */
const MARGIN_MS = 60_000
const DAY_MS = 86_400_000

/** The planner of one process; each call is a round and answers how much it found. */
export function openPlanner(ctx: BotContext, log: Logger, tellsSlack: boolean): () => Promise<number> {
  const failed = new Map<string, number>()
  const find = openFinder(ctx)
  return async () => {
    const untold = await find()
    if (untold.length === 0) failed.clear()
    for (const row of untold) {
      try {
        await planDeliveries(ctx, row, outlineOf, tellsSlack)
      } catch (error) {
        log.error({ err: error, news: row.id, topic: row.topic, request: row.request_id }, 'news could not be planned')
        // Throws when the database is away: then it was not the row's fault, and the others need not be tried.
        await ctx.published()
        const tries = (failed.get(row.id) ?? 0) + 1
        failed.set(row.id, tries)
        if (tries >= TRIES) await giveUpNews(ctx, row, 'fault')
      }
    }
    return untold.length
  }
}

/** Finds what has not been planned. */
function openFinder(ctx: BotContext): () => Promise<readonly Untold[]> {
  let seen: Date | undefined
  let wholeDayAt = 0
  return async () => {
    const now = ctx.now()
    const wholeDay = seen === undefined || now.getTime() - wholeDayAt > MARGIN_MS
    if (wholeDay) wholeDayAt = now.getTime()
    const since = new Date(wholeDay || !seen ? now.getTime() - DAY_MS : seen.getTime() - MARGIN_MS)
    const untold = await findUntold(ctx.db, since, AT_ONCE)
    // The two processes' clocks differ; what is older than the margin behind the newest is found by the look at the whole day.
    seen = untold.at(-1)?.created_at ?? seen ?? now
    return untold
  }
}
