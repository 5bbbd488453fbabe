// Brings one place in Slack to what its request is now: posts, updates in place, or leaves alone what already says so. Latest wins: whatever made the
// delivery, the request is read anew. Posting is at least once: a crash between Slack's yes and our note of it shows a message twice, never not at all.
// A message that is over a limit of Slack's goes out in its short form, and one that cannot be changed any more is said anew.

import type { WebClient } from '@slack/web-api'
import { type Place, placeOfNotice, readPlace } from '../../commands/plan-deliveries.ts'
import { newId } from '../../crypto.ts'
import { findMessage, keepMessage, type MessageRow } from '../../db/bot-queries/messages.ts'
import { findRequestFacts } from '../../db/bot-queries/request-facts.ts'
import { findEnrolled, openViews } from '../../db/bot-queries/views.ts'
import type { RuleSet } from '../../domain/action.ts'
import type { PersonId } from '../../domain/ids.ts'
import { digestOfText } from '../digest.ts'
import { pageOf } from '../own-work.ts'
import { nameOf, type RequestView, viewRequest } from '../request-view.ts'
import type { Message } from './blocks.ts'
import { askedView } from './confirm.ts'
import { findMessageLimits, type LimitFault } from './limits.ts'
import { type Pace, readTrouble, type Trouble } from './pace.ts'
import { renderAsk, renderNotice } from './render-notice.ts'
import { renderRequest } from './render-request.ts'
import type { SlackSide } from './side.ts'

export type Told =
  | { readonly told: true; readonly how: 'posted' | 'updated' | 'unchanged' | 'nothing_to_say' }
  | { readonly told: false; readonly method: string; readonly trouble: Trouble }
  | { readonly told: false; readonly held: number }

export type Deliverer = Pick<SlackSide, 'ctx' | 'teamIds' | 'issuerUrl' | 'log'> & {
  readonly client: WebClient
  readonly pace: Pace
}

type MessagePlace = Exclude<Place, { readonly is: 'form' }>

/** Tells one place about one request. */
export async function tellPlace(of: Deliverer, requestId: string, placeName: string): Promise<Told> {
  const [facts, published, before] = await Promise.all([
    findRequestFacts(of.ctx.db, requestId),
    of.ctx.published(),
    findMessage(of.ctx.db, requestId, placeName),
  ])
  if (!facts || !published) return { told: true, how: 'nothing_to_say' }
  const view = viewRequest(facts, published.ruleSet, of.teamIds)
  const place = readPlace(placeName)
  if (place.is === 'form') return before ? tellForm(of, view, before) : { told: true, how: 'nothing_to_say' }
  const channel = place.is === 'channel' ? facts.request.channel : nameOf(published.ruleSet, place.person, of.teamIds).slack
  // Who has no account in Slack finds everything on the console.
  if (channel === undefined || (!before && !hasNews(view, place))) return { told: true, how: 'nothing_to_say' }
  const message = await compose(of, view, place, published.ruleSet)
  const shown = digestOfText(JSON.stringify(message))
  if (before?.shown === shown) return { told: true, how: 'unchanged' }
  const keep = (at: Pick<MessageRow, 'channel' | 'ts'>) =>
    keepMessage(of.ctx.db, { request_id: requestId, place: placeName, ...at, shown })
  const told = await (before ? update(of, before, channel, message, keep) : post(of, channel, message, keep))
  const unheard = !told.told && 'trouble' in told && told.trouble.is === 'in_vain' && place.is === 'channel'
  // A channel that is closed to us must not keep a request from being noticed: its requester learns of it.
  if (unheard) await tellPlace(of, requestId, placeOfNotice('unheard', facts.request.requester))
  return told
}

/** Brings the modal up to date that its requester may have left open. A closed one is no place any more, and nothing is lost with it. */
async function tellForm(of: Deliverer, view: RequestView, before: MessageRow): Promise<Told> {
  if (view.state === 'checking' || view.state === 'awaiting_requester') return { told: true, how: 'nothing_to_say' }
  const form = askedView(view, await ownPage(of, view, view.requester.id))
  const shown = digestOfText(JSON.stringify(form))
  if (before.shown === shown) return { told: true, how: 'unchanged' }
  const method = 'views.update'
  const held = of.pace.heldUntil(method, of.ctx.now().getTime())
  if (held !== undefined) return { told: false, held }
  try {
    await of.client.views.update({ view_id: before.channel, view: form })
  } catch (error) {
    const trouble = readTrouble(error)
    return trouble.is === 'in_vain' ? { told: true, how: 'nothing_to_say' } : { told: false, method, trouble }
  }
  await keepMessage(of.ctx.db, { ...before, shown })
  return { told: true, how: 'updated' }
}

/** A message is begun only while it is news: a late delivery must not ask somebody for what is over. */
const hasNews = (view: RequestView, place: MessagePlace): boolean =>
  place.is === 'ask' ? view.state === 'awaiting_approvers' && !view.decisions.some(({ by }) => by.id === place.person) : true

async function compose(of: Deliverer, view: RequestView, place: MessagePlace, set: RuleSet): Promise<Message> {
  if (place.is === 'channel') return within(of, view, (short) => renderRequest(view, { short }))
  const page = await ownPage(of, view, place.person)
  if (place.is === 'tell') return within(of, view, () => renderNotice(view, { page }, place.stage))
  const enrolled = await findEnrolled(of.ctx.db, [place.person])
  const known = set.people.some(({ id }) => id === place.person)
  const enrol = known && !enrolled.has(place.person) ? `${of.issuerUrl}/enrol` : undefined
  return within(of, view, (short) => renderAsk(view, place.person, { page, enrol }, { short }))
}

async function ownPage(of: Deliverer, view: RequestView, person: PersonId): Promise<string> {
  const [own] = await openViews(of.ctx.db, view.id, [person], newId, of.ctx.now())
  if (!own) throw new TypeError(`no link of ${person} to ${view.id} was made`)
  return pageOf(of.issuerUrl, own.id)
}

/** The full form if Slack takes it, else the short one. */
function within(of: Deliverer, view: RequestView, render: (short: boolean) => Message): Message {
  const full = render(false)
  const problems = findMessageLimits(full)
  if (problems.length === 0) return full
  const fault: LimitFault = { fault: 'block_kit_limit', problems }
  of.log.error({ ...fault, request: view.id }, 'a message is over a limit of Slack and goes out in short')
  return render(true)
}

type Keep = (at: Pick<MessageRow, 'channel' | 'ts'>) => Promise<void>

async function update(of: Deliverer, before: MessageRow, channel: string, message: Message, keep: Keep): Promise<Told> {
  const method = 'chat.update'
  const held = of.pace.heldUntil(method, of.ctx.now().getTime())
  if (held !== undefined) return { told: false, held }
  try {
    await of.client.chat.update({ channel: before.channel, ts: before.ts, ...sent(message) })
  } catch (error) {
    const trouble = readTrouble(error)
    return trouble.is === 'gone' ? post(of, channel, message, keep) : { told: false, method, trouble }
  }
  await keep(before)
  return { told: true, how: 'updated' }
}

async function post(of: Deliverer, channel: string, message: Message, keep: Keep): Promise<Told> {
  const method = 'chat.postMessage'
  const held = of.pace.heldUntil(method, of.ctx.now().getTime())
  if (held !== undefined) return { told: false, held }
  let answer: { readonly channel?: string | undefined; readonly ts?: string | undefined }
  try {
    answer = await of.client.chat.postMessage({ channel, ...sent(message), unfurl_links: false, unfurl_media: false })
  } catch (error) {
    return { told: false, method, trouble: readTrouble(error) }
  }
  if (answer.channel === undefined || answer.ts === undefined)
    return { told: false, method, trouble: { is: 'passing', code: 'answer_without_ts' } }
  await keep({ channel: answer.channel, ts: answer.ts })
  return { told: true, how: 'posted' }
}

const sent = ({ text, blocks }: Message) => ({ text, blocks: [...blocks] })
