// The worker: takes up what the inbox kept, plans what both outboxes want told, and tells it. Several bots may run one each: rows are taken under a lease
// with `skip locked`, and no connection or lock is held while Slack is spoken to. Everything is done at least once; what fails waits and comes back.
// Nothing here is needed for a grant or its end: without the worker people are told later, and nothing else changes.

import type { Logger } from 'pino'
import type { BotContext } from '../commands/context.ts'
import { isNotice } from '../commands/notice-places.ts'
import { tellReminders } from '../commands/plan-reminders.ts'
import {
  delayDelivery,
  type Follow,
  finishDeliveries,
  forgetDeliveries,
  type TakenDelivery,
  takeDeliveries,
} from '../db/bot-queries/deliveries.ts'
import { delayInbox, finishInbox, forgetInbox, type Taken, takeInbox } from '../db/bot-queries/inbox.ts'
import { forgetReminders } from '../db/bot-queries/reminders.ts'
import { forgetSessions } from '../db/bot-queries/sessions.ts'
import { uuidv7 } from '../log/entry-id.ts'
import { type Loop, startLoop, startPool } from './loop.ts'
import { openPlanner } from './plan-news.ts'
import { type Deliverer, tellPlace } from './slack/deliver.ts'
import { tellNotice } from './slack/deliver-notice.ts'
import { backOffMs, GIVE_UP_AFTER, readTrouble } from './slack/pace.ts'
import type { SlackReceiver } from './slack/receiver.ts'
import { answerLate } from './slack/response-url.ts'

const LEASE_MS = 30_000
/** When a place whose answer was lost is looked at once more: by then Slack has done whatever it took and did not answer. */
const AGAIN_MS = 30_000
const AT_ONCE = 8
const FORGET_EVERY_MS = 60_000
const REMIND_EVERY_MS = 5000
const KEEP_MS = 2 * 86_400_000
const FORGET_AT_ONCE = 500

export type BotWorker = Loop
export type WorkerOptions = {
  readonly ctx: BotContext
  readonly log: Logger
  /** Undefined when there is no Slack: links are still made. */
  readonly slack: { readonly deliverer: Deliverer; readonly receiver: SlackReceiver } | undefined
}

export function startWorker({ ctx, log, slack }: WorkerOptions): BotWorker {
  const memory: Memory = { forgotAt: 0, remindedAt: 0 }
  const lease = () => new Date(ctx.now().getTime() + LEASE_MS)
  const inbox =
    slack &&
    startPool(
      log,
      AT_ONCE,
      (free) => takeInbox(ctx.db, ctx.now(), lease(), free),
      (row) => takeUp(ctx, log, slack.receiver, row),
    )
  const telling =
    slack &&
    startPool(
      log,
      AT_ONCE,
      (free) => takeDeliveries(ctx.db, ctx.now(), lease(), free),
      (row) => deliver(ctx, log, slack.deliverer, row),
    )
  const planNews = openPlanner(ctx, log, slack !== undefined)
  const planning = startLoop(log, async () => {
    const found = await planNews()
    if (found > 0) telling?.wake()
    const reminded = await remind(ctx, memory)
    await forget(ctx, memory)
    return found + reminded > 0
  })
  const loops = [planning, inbox, telling].filter((loop) => loop !== undefined)
  return {
    wake: () => {
      for (const loop of loops) loop.wake()
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

type Memory = { forgotAt: number; remindedAt: number }

async function remind(ctx: BotContext, memory: Memory): Promise<number> {
  const now = ctx.now().getTime()
  if (now - memory.remindedAt < REMIND_EVERY_MS) return 0
  memory.remindedAt = now
  return tellReminders(ctx)
}

async function forget(ctx: BotContext, memory: Memory): Promise<void> {
  const now = ctx.now()
  if (now.getTime() - memory.forgotAt < FORGET_EVERY_MS) return
  memory.forgotAt = now.getTime()
  const before = new Date(now.getTime() - KEEP_MS)
  await forgetInbox(ctx.db, before, FORGET_AT_ONCE)
  await forgetDeliveries(ctx.db, before, FORGET_AT_ONCE)
  await forgetSessions(ctx.db, now, FORGET_AT_ONCE)
  await forgetReminders(ctx.db, before, FORGET_AT_ONCE)
}

async function takeUp(ctx: BotContext, log: Logger, receiver: SlackReceiver, row: Taken): Promise<void> {
  // These answer a person who was waiting three seconds; Slack has told them to try again, and trying late would surprise them.
  if (row.kind === 'submission' || row.kind === 'form' || row.kind === 'shortcut')
    return finishInbox(ctx.db, row.id, ctx.now(), 'too_late')
  try {
    await receiver.process(
      row.payload,
      row.kind === 'command' ? (answer) => answerLate(row.payload, answer) : async () => undefined,
    )
    await finishInbox(ctx.db, row.id, ctx.now())
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    log.error({ err: error, inbox: row.id, attempts: row.attempts }, 'something from Slack could not be taken up')
    if (row.attempts >= GIVE_UP_AFTER) return finishInbox(ctx.db, row.id, ctx.now(), name)
    const trouble = readTrouble(error)
    const wait = trouble.is === 'limited' ? trouble.waitMs : backOffMs(row.attempts, Math.random())
    await delayInbox(ctx.db, row, new Date(ctx.now().getTime() + wait), name)
  }
}

async function deliver(ctx: BotContext, log: Logger, deliverer: Deliverer, delivery: TakenDelivery): Promise<void> {
  const { id, group, attempts, request_id, place } = delivery
  const later = (waitMs: number, why: string, tried: boolean) =>
    delayDelivery(ctx.db, delivery, new Date(ctx.now().getTime() + waitMs), why, tried)
  const done = (error: string | null, follow?: Follow) =>
    finishDeliveries(ctx.db, [id, ...group.filter((each) => each !== id)], ctx.now(), error, follow)
  try {
    const told = await (isNotice(request_id) ? tellNotice(deliverer, delivery) : tellPlace(deliverer, delivery))
    if (told.told) return await done(null, told.how !== 'nothing_to_say' ? secondLook(ctx, delivery) : undefined)
    if ('held' in told) return await later(told.held - ctx.now().getTime(), 'limited', false)
    const { trouble, method, notice } = told
    if (trouble.is === 'limited') return await later(trouble.waitMs, 'limited', false)
    log.warn({ method, trouble: trouble.code, request: request_id, place, attempts }, 'Slack did not take a message')
    if (trouble.is !== 'in_vain' && attempts < GIVE_UP_AFTER)
      return await later(backOffMs(attempts, Math.random()), trouble.code, true)
    await done(
      trouble.code,
      notice === undefined ? undefined : { id: uuidv7(ctx.now()), place: notice, at: ctx.now(), again: false },
    )
  } catch (error) {
    log.error({ err: error, request: request_id, place }, 'a message could not be made')
    if (attempts >= GIVE_UP_AFTER) return done('fault')
    await later(backOffMs(attempts, Math.random()), 'fault', true)
  }
}

/** What was tried more than once may yet happen once more, by an attempt that was given up: late, and with what is old by then. */
function secondLook(ctx: BotContext, { attempts, again, place }: TakenDelivery): Follow | undefined {
  const now = ctx.now()
  return attempts > 1 && !again ? { id: uuidv7(now), place, at: new Date(now.getTime() + AGAIN_MS), again: true } : undefined
}
