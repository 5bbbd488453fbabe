// Tells one place of changes of keys, roles and rules: a person, an administrator, or the channel that `directory.yaml` names. Latest wins: whatever made the
// delivery, what it is about is read anew, so a button goes away with what it was for. A channel that others share hears nothing, and that a
// channel hears nothing is told to administrators.

import { newsBehind, readNoticePlace } from '../../commands/notice-places.ts'
import { tellUnheard } from '../../commands/plan-notices.ts'
import { findMessage } from '../../db/bot-queries/messages.ts'
import { findGathered, findNews } from '../../db/bot-queries/notices.ts'
import type { RuleSet } from '../../domain/action.ts'
import { viewNotice } from '../notice-view.ts'
import { nameOf, type RequestView } from '../request-view.ts'
import { type Called, codeInVain, inVain } from './calls.ts'
import { type Attempt, type Deliverer, NOTHING, type To, type Told, tellMessage } from './deliver.ts'
import { findMessageLimits } from './limits.ts'
import { ownPage } from './message-for.ts'
import { type NoticeLinks, renderChanges } from './render-change.ts'

/** Tells one place about one subject. */
export async function tellNotice(of: Deliverer, attempt: Attempt): Promise<Told> {
  const { request_id: subject, place: name } = attempt
  const [published, before] = await Promise.all([of.ctx.published(), findMessage(of.ctx.db, subject, name)])
  if (!published) return NOTHING
  const place = readNoticePlace(name)
  const message = await messageOf(of, published.ruleSet, attempt)
  if (!message) return NOTHING
  const open = await whereTo(of, published.ruleSet, place, before?.channel)
  if (!open.ok) {
    const code = codeInVain(open.setback)
    if (place.is === 'security' && code !== undefined) await tellUnheard(of.ctx, place.channel, code)
    return open.setback
  }
  return open.value ? tellMessage(of, attempt, { to: open.value, message, before }) : NOTHING
}

async function messageOf(of: Deliverer, set: RuleSet, { request_id: subject, place: name }: Attempt) {
  const place = readNoticePlace(name)
  const one = newsBehind(subject)
  const news = await findNews(of.ctx.db, one === undefined ? await findGathered(of.ctx.db, subject, name) : [one])
  const reader = place.is === 'security' ? undefined : place.person
  const views = (await Promise.all(news.map((row) => viewNotice(of, set, row, reader)))).filter((view) => view !== undefined)
  const links = await linksFor(
    of,
    place.is === 'admin' ? place.person : undefined,
    views.flatMap((view) => (view.is === 'held' ? view.live : [])),
  )
  const message = renderChanges(views, place.is, links)
  const problems = message ? findMessageLimits(message) : []
  if (problems.length === 0) return message
  of.log.error({ fault: 'block_kit_limit', problems, subject }, 'a notice is over a limit of Slack and goes out in short')
  return renderChanges(views.slice(0, 1), place.is, links)
}

/** An administrator's own pages of what lives, to end it there. */
async function linksFor(of: Deliverer, administrator: string | undefined, live: readonly RequestView[]): Promise<NoticeLinks> {
  const pages = new Map<string, string>()
  if (administrator !== undefined) for (const view of live) pages.set(view.id, await ownPage(of, view, administrator))
  return { keys: `${of.issuerUrl}/keys`, enrol: `${of.issuerUrl}/enrol`, pageOf: (view) => pages.get(view.id) }
}

async function whereTo(
  of: Deliverer,
  set: RuleSet,
  place: ReturnType<typeof readNoticePlace>,
  known: string | undefined,
): Promise<Called<To | undefined>> {
  if (place.is === 'security') {
    const channel = await of.standing.channel(place.channel, known)
    if (!channel.ok) return channel
    const { id, shared } = channel.value
    return shared ? inVain('chat.postMessage', 'shared_channel') : { ok: true, value: { channel: id, shared } }
  }
  const { slack } = nameOf(set, place.person, of.teamIds)
  if (slack === undefined) return { ok: true, value: undefined }
  const reached = known === undefined ? await of.standing.person(slack) : ({ ok: true } as const)
  return reached.ok ? { ok: true, value: { channel: slack, shared: false } } : reached
}
