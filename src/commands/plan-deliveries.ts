// Turns one thing to tell (an outbox row of either process) into deliveries, one per place. Whom to ask is decided here: those eligible today, once the
// requester has confirmed, each with a link of their own; whom to tell follows from where the request stands. What already has a message is always
// brought up to date. The rows commit together, so a crash tells twice at worst, never not at all.

import type { Transaction } from 'kysely'
import { newId } from '../crypto.ts'
import { claimNews, insertDeliveries, insertNews, type Planned, type Untold } from '../db/bot-queries/deliveries.ts'
import { findMessagePlaces } from '../db/bot-queries/messages.ts'
import { insertReminders } from '../db/bot-queries/reminders.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import { findSteps } from '../db/bot-queries/steps.ts'
import { findTwins } from '../db/bot-queries/twins.ts'
import { openViews } from '../db/bot-queries/views.ts'
import type { Schema } from '../db/schema.ts'
import { findToldWaits, isWaiting, NEWS_OF_WAITS } from '../db/waits.ts'
import type { RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { uuidv7 } from '../log/entry-id.ts'
import type { BotContext } from './context.ts'
import { findAble } from './find-able.ts'
import { idOfNews } from './id-of-news.ts'
import { askPlace, keysPlace, placeOfNotice, readPlace, remindPlace, stepPlace } from './places.ts'
import { planNotices } from './plan-notices.ts'
import { REMIND, remindersFor } from './plan-reminders.ts'
import { approversOf, MOST_ASKED, reachOf } from './reach.ts'
import { transact } from './transact.ts'

/** So many requests of one action are decided in one tap; with more of them open, nobody's message is changed for each. */
export const MOST_TWINS = 7
const TWIN = 'request.twin'
const KEYS = 'keys.missing'

/** What the planner needs of a request; the edge that tells says which stage its requester should hear of. */
export type Outline = {
  readonly requester: PersonId
  readonly action: string
  readonly confirmed: boolean
  readonly awaitingApprovers: boolean
  readonly held: boolean
  readonly decisions: number
  readonly stage: string | undefined
  /** A target does not confirm that what was handed out is gone. */
  readonly unanswered: boolean
  /** The types of entries that have a line in the thread. */
  readonly steps: readonly string[]
}
export type Outliner = (facts: Facts, set: RuleSet) => Outline
type Facts = NonNullable<Awaited<ReturnType<typeof findRequestFacts>>>
type About = {
  readonly trx: Transaction<Schema>
  readonly facts: Facts
  readonly of: Outline
  readonly set: RuleSet
  readonly now: Date
}

/**
 * Plans the deliveries of one outbox row; false when another bot does or did. `tellsSlack` is false when there is no Slack to tell: links are made all
 * the same.
 */
export async function planDeliveries(ctx: BotContext, row: Untold, outline: Outliner, tellsSlack: boolean): Promise<boolean> {
  const published = await ctx.published()
  return transact(ctx, [], async ({ trx, now }) => {
    if (!(await claimNews(trx, row.id))) return false
    const facts = row.request_id === null || !published ? undefined : await findRequestFacts(trx, row.request_id)
    const set = published?.ruleSet
    const places = facts && set ? await placesFor({ trx, facts, of: outline(facts, set), set, now }, row) : []
    const notices = set && row.request_id === null ? await planNotices(trx, set, row, now) : []
    const planned = [...places.map((place) => ({ kind: 'slack' as const, place })), ...notices]
    await keep(trx, row, tellsSlack ? planned : [], now)
    return true
  })
}

/** Has one outbox row told to nobody, because it cannot be planned. */
export const giveUpNews = (ctx: BotContext, row: Untold, error: string): Promise<void> =>
  transact(ctx, [], async ({ trx, now }) => {
    if (await claimNews(trx, row.id)) await keep(trx, row, [{ kind: 'none', place: '', error }], now)
  })

/** A row without any delivery would be planned again. */
async function keep(trx: Transaction<Schema>, row: Untold, planned: readonly Planned[], now: Date): Promise<void> {
  const rows: readonly Planned[] = planned.length > 0 ? planned : [{ kind: 'none', place: '', error: null }]
  await insertDeliveries(
    trx,
    row,
    rows.map((each) => ({ ...each, id: uuidv7(now) })),
    now,
  )
}

async function placesFor(about: About, row: Untold): Promise<string[]> {
  switch (row.topic) {
    case 'request.changed':
    case NEWS_OF_WAITS:
      return changedPlaces(about)
    case TWIN:
      return (await findMessagePlaces(about.trx, about.facts.request.id)).filter((place) => place.startsWith(askPlace('')))
    case REMIND:
      return typeof row.payload['person'] === 'string' ? [remindPlace(row.payload['person'])] : []
    case KEYS:
      return about.set.administrators.map(keysPlace)
    default:
      return []
  }
}

async function changedPlaces(about: About): Promise<string[]> {
  const { trx, facts, of, set, now } = about
  const { request } = facts
  const eligible = of.awaitingApprovers ? approversOf(set, of.action, of.requester) : []
  const able = await findAble(trx, set, eligible)
  // Whoever cannot approve now is not woken for it; he finds the request in the channel, and may deny it.
  const asked = eligible.filter((person) => able.has(person))
  await openViews(trx, request.id, asked, newId, now)
  const told = await findMessagePlaces(trx, request.id)
  // A line of the thread stays as it was said.
  const places = new Set(told.filter((place) => readPlace(place).is !== 'thread'))
  if (of.confirmed) places.add('channel')
  for (const entry of of.confirmed ? await findSteps(trx, request.id, of.steps) : []) places.add(stepPlace(entry))
  if (asked.length <= MOST_ASKED) {
    for (const person of asked) places.add(askPlace(person))
    if (asked.length > 0 && !of.held && facts.state)
      await insertReminders(trx, remindersFor(request.id, asked, facts.state.decide_by, now))
  }
  if (of.stage !== undefined) places.add(placeOfNotice(of.stage, of.requester))
  if (of.unanswered) for (const person of set.administrators) places.add(placeOfNotice('unanswered', person))
  if (of.awaitingApprovers && !(await isReachable(about))) places.add(placeOfNotice('unreachable', of.requester))
  if (of.confirmed && facts.grant === undefined) await tellTwins(about)
  return [...places]
}

/** Whether enough of those who may decide could approve now; when too few have a key at all, administrators hear of it, once a day. */
async function isReachable({ trx, facts, of, set, now }: About): Promise<boolean> {
  const able = await findAble(trx, set, approversOf(set, of.action, of.requester))
  const { enough } = reachOf(set, of.action, of.requester, able)
  const id = idOfNews(`${KEYS} ${now.toISOString().slice(0, 10)}`)
  if (!enough) await insertNews(trx, [{ id, topic: KEYS, request_id: facts.request.id, payload: '{}', created_at: now }])
  const waits = (await findToldWaits(trx, facts.request.id)).filter((wait) => isWaiting(wait, now))
  const today = new Set([...able].filter((person) => !waits.some((wait) => wait.person === person)))
  return enough && reachOf(set, of.action, of.requester, today).enough
}

/** Who was asked about another request of this action sees that this one came, was decided by one more, or went. */
async function tellTwins({ trx, facts, of, now }: About): Promise<void> {
  const twins = await findTwins(trx, facts.request, MOST_TWINS + 1)
  if (twins.length > MOST_TWINS) return
  const step = of.awaitingApprovers ? `${of.decisions}${of.held ? ' held' : ''}` : 'over'
  await insertNews(
    trx,
    twins.map(({ id }) => ({
      id: idOfNews(`${TWIN} ${facts.request.id} ${step} ${id}`),
      topic: TWIN,
      request_id: id,
      payload: '{}',
      created_at: now,
    })),
  )
}
