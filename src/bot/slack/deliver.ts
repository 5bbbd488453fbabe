// Brings one place in Slack to what its request is now: posts, updates in place, or leaves alone what already says so. Latest wins: whatever made the
// delivery, the request is read anew. Nothing is posted twice because an answer was lost: a delivery that was tried before looks for its message first,
// and a while later once more (`own-messages.ts`). Nothing is said where it does not belong (`standing.ts`).
// A message that cannot be changed any more is said anew. What is said where stands in `message-for.ts`.

import { askPlace, type Place, placeOfNotice, readPlace } from '../../commands/places.ts'
import type { TakenDelivery } from '../../db/bot-queries/deliveries.ts'
import { findMessage, keepMessage, type MessageRow } from '../../db/bot-queries/messages.ts'
import { findRequestFacts } from '../../db/bot-queries/request-facts.ts'
import { isTooEarly } from '../../db/bot-queries/steps.ts'
import type { RuleSet } from '../../domain/action.ts'
import { digestOfText } from '../digest.ts'
import { nameOf, type RequestView, viewRequest } from '../request-view.ts'
import { header, lines, type Message } from './blocks.ts'
import { type Called, call, codeInVain, inVain, type Setback } from './calls.ts'
import { askedView } from './confirm.ts'
import { hasNews, messageFor, ownPage, type Teller } from './message-for.ts'
import { findOwnMessages, type Looker, metadataOf } from './own-messages.ts'
import { createPace } from './pace.ts'
import { createStanding, type Standing } from './standing.ts'
import { isDue, takeAway, tellAnswer } from './tell-aside.ts'

const SOON_MS = 200
/** What a call may take at most. */
const WRITE_MS = 10_000

export type Told =
  | { readonly told: true; readonly how: 'posted' | 'updated' | 'unchanged' | 'nothing_to_say' }
  /** `notice`: where its requester is to be told that this place will not hear of it. */
  | (Setback & { readonly notice?: string })
/** What the deliverer needs to know of a delivery. */
export type Attempt = Pick<TakenDelivery, 'id' | 'request_id' | 'place' | 'attempts' | 'created_at' | 'due_at' | 'again'>
export type Deliverer = Teller &
  Looker & {
    readonly standing: Standing
    /** Origins at which Slack takes late answers. */
    readonly answersAt: readonly string[]
  }

/** The deliverer of one process, with a memory of its own for limits and for what Slack told. */
export function createDeliverer(of: Teller & Pick<Deliverer, 'client' | 'answersAt' | 'appId'>): Deliverer {
  const caller = { ...of, pace: createPace() }
  return { ...caller, standing: createStanding(caller, of.teamIds) }
}

export const NOTHING: Told = { told: true, how: 'nothing_to_say' }
/** Where a message goes: a channel or a person, and in a channel perhaps a thread. */
export type To = { readonly channel: string; readonly thread?: string; readonly shared: boolean }
/** One telling under way. */
type Telling = {
  readonly of: Deliverer
  readonly attempt: Attempt
  readonly to: To
  readonly message: Message
  readonly keep: (at: Pick<MessageRow, 'channel' | 'ts'>) => Promise<void>
}

/** Tells one place about one request. */
export async function tellPlace(of: Deliverer, attempt: Attempt): Promise<Told> {
  const { request_id: requestId, place: placeName } = attempt
  const [facts, published, before] = await Promise.all([
    findRequestFacts(of.ctx.db, requestId),
    of.ctx.published(),
    findMessage(of.ctx.db, requestId, placeName),
  ])
  if (!facts || !published) return NOTHING
  const set = published.ruleSet
  const view = viewRequest(facts, set, of.teamIds)
  const place = readPlace(placeName)
  if (place.is === 'form') return before ? tellForm(of, view, before) : NOTHING
  if (place.is === 'answer') return before ? tellAnswer(of, view, await ownPage(of, view, view.requester.id), before) : NOTHING
  if (place.is === 'remind' && before) return isDue(view, place.person) ? NOTHING : takeAway(of, before)
  const hasBegun = before !== undefined || hasNews(view, place)
  if (!hasBegun && !wasTried(attempt)) return NOTHING
  // Lines follow each other, and the message that they hang on.
  if (place.is === 'thread' && (await isTooEarly(of.ctx.db, requestId, place.entry)))
    return { told: false, held: of.ctx.now().getTime() + SOON_MS }
  const { channel } = facts.request
  const open = await whereTo(of, { place, view, set, channel, before })
  if (!open.ok) return { ...open.setback, ...noticeOf(open.setback, place, view) }
  const to = open.value
  const message = to?.shared ? WITHHELD : await messageFor(of, { view, set, channel }, place)
  if (!to || !message) return NOTHING
  const told = await tellMessage(of, attempt, { to, message, before }, hasBegun ? undefined : place)
  return told.told ? told : { ...told, ...noticeOf(told, place, view) }
}

type Ready = { readonly to: To; readonly message: Message; readonly before: MessageRow | undefined }

/** Brings a message to its place, or up to date there. `past` is the place of what is over before it was told. */
export async function tellMessage(of: Deliverer, attempt: Attempt, { to, message, before }: Ready, past?: Place): Promise<Told> {
  const shown = digestOfText(JSON.stringify(message))
  if (before?.shown === shown && !attempt.again) return { told: true, how: 'unchanged' }
  const { request_id, place } = attempt
  const keep: Telling['keep'] = (at) => keepMessage(of.ctx.db, { request_id, place, ...at, shown })
  const telling = { of, attempt, to, message, keep }
  // Another may have the lease by the time that Slack answers: then what is known here is old.
  if (of.ctx.now().getTime() + WRITE_MS > attempt.due_at.getTime())
    return { told: false, method: 'none', trouble: { is: 'passing', code: 'lease_over' } }
  return before ? update(telling, before) : past ? mend(telling, past) : post(telling)
}

type Going = {
  readonly place: Place
  readonly view: RequestView
  readonly set: RuleSet
  readonly channel: string
  readonly before: MessageRow | undefined
}

/** Where the message goes, if it may; undefined when there is no such place. What stands in one that was closed since is still brought up to date. */
async function whereTo(of: Deliverer, { place, view, set, channel: named, before }: Going): Promise<Called<To | undefined>> {
  if ('person' in place) {
    const { slack } = nameOf(set, place.person, of.teamIds)
    // Who has no account in Slack finds everything on the console.
    if (slack === undefined) return { ok: true, value: undefined }
    const reached = before ? ({ ok: true } as const) : await of.standing.person(slack)
    if (!reached.ok) return reached
    if (place.is !== 'remind') return { ok: true, value: { channel: slack, shared: false } }
    const asked = await findMessage(of.ctx.db, view.id, askPlace(place.person))
    return { ok: true, value: asked && { channel: asked.channel, thread: asked.ts, shared: false } }
  }
  const root = place.is === 'thread' ? await findMessage(of.ctx.db, view.id, 'channel') : undefined
  if (place.is === 'thread' && !root) return { ok: true, value: undefined }
  const channel = await of.standing.channel(named, before?.channel ?? root?.channel)
  if (!channel.ok) return channel
  const { id, shared } = channel.value
  if (shared && !before) return root ? { ok: true, value: undefined } : inVain('chat.postMessage', 'shared_channel')
  return { ok: true, value: { channel: id, shared, ...(root && { thread: root.ts }) } }
}

/** What remains in a channel that another organisation reads by now. */
const WITHHELD: Message = {
  text: 'A request was shown here. This channel is shared with another organisation now.',
  blocks: [
    header('No longer shown here'),
    lines([
      ['This channel is shared with another organisation now. What is asked stays inside; those involved are told directly.'],
    ]),
  ],
}

/** A place that is closed must not keep a request from being noticed: its requester learns of it. */
const noticeOf = (told: Setback, { is }: Place, view: RequestView): { readonly notice?: string } =>
  codeInVain(told) !== undefined && (is === 'channel' || is === 'ask')
    ? { notice: placeOfNotice('unheard', view.requester.id) }
    : {}

/** Brings the modal up to date that its requester may have left open. A closed one is no place any more, and nothing is lost with it. */
async function tellForm(of: Deliverer, view: RequestView, before: MessageRow): Promise<Told> {
  if (view.state === 'checking' || view.state === 'awaiting_requester') return NOTHING
  const form = askedView(view, await ownPage(of, view, view.requester.id))
  const shown = digestOfText(JSON.stringify(form))
  if (before.shown === shown) return { told: true, how: 'unchanged' }
  const updated = await call(of, 'views.update', (client) => client.views.update({ view_id: before.channel, view: form }))
  if (!updated.ok) return codeInVain(updated.setback) === undefined ? updated.setback : NOTHING
  await keepMessage(of.ctx.db, { ...before, shown })
  return { told: true, how: 'updated' }
}

async function update(telling: Telling, at: Pick<MessageRow, 'channel' | 'ts'>, looked = false): Promise<Told> {
  const { of, attempt, message, keep } = telling
  const { channel, ts } = at
  if (attempt.again) await removeStrays(telling, at)
  const updated = await call(of, 'chat.update', (client) => client.chat.update({ channel, ts, ...sent(message) }))
  if (!updated.ok) {
    const { setback } = updated
    return 'trouble' in setback && setback.trouble.is === 'gone' ? post(telling, looked) : setback
  }
  await keep({ channel, ts })
  return { told: true, how: 'updated' }
}

async function post(telling: Telling, looked = false): Promise<Told> {
  const { of, attempt, to, message, keep } = telling
  const origin = { request: attempt.request_id, place: attempt.place, delivery: attempt.id }
  if (attempt.attempts > 1 && !looked) {
    const own = await findOwnMessages(of, to, origin, attempt.created_at)
    if (!own.ok) return own.setback
    const found = own.value.find((each) => each.delivery === attempt.id)
    if (found) return update(telling, found, true)
  }
  const posted = await call(of, 'chat.postMessage', (client) =>
    client.chat.postMessage({
      channel: to.channel,
      ...(to.thread !== undefined && { thread_ts: to.thread }),
      ...sent(message),
      metadata: metadataOf(origin),
      unfurl_links: false,
      unfurl_media: false,
    }),
  )
  if (!posted.ok) return posted.setback
  const { channel, ts } = posted.value
  if (channel === undefined || ts === undefined)
    return { told: false, method: 'chat.postMessage', trouble: { is: 'passing', code: 'answer_without_ts' } }
  await keep({ channel, ts })
  return { told: true, how: 'posted' }
}

const wasTried = ({ attempts, again }: Attempt): boolean => attempts > 1 || again

/** It is over before it was told; but an earlier try may have told it unheard, and what stands there must not go on asking. */
async function mend(telling: Telling, { is }: Place): Promise<Told> {
  const { of, attempt, to } = telling
  const { request_id, place } = attempt
  const own = await findOwnMessages(of, to, { request: request_id, place }, attempt.created_at)
  if (!own.ok) return own.setback
  const [found] = own.value
  if (!found) return NOTHING
  const { channel, ts } = found
  return is === 'remind' ? takeAway(of, { request_id, place, channel, ts, shown: '' }) : update(telling, found, true)
}

/** Takes away what Slack posted after it had been given up: there must be one live message. One that stays is no worse than before. */
async function removeStrays({ of, attempt, to }: Telling, kept: Pick<MessageRow, 'channel' | 'ts'>): Promise<void> {
  const about = { request: attempt.request_id, place: attempt.place }
  const own = await findOwnMessages(of, { ...to, channel: kept.channel }, about, attempt.created_at)
  for (const { channel, ts } of own.ok ? own.value : [])
    if (ts !== kept.ts) await call(of, 'chat.delete', (client) => client.chat.delete({ channel, ts }))
}

const sent = ({ text, blocks }: Message) => ({ text, blocks: [...blocks] })
