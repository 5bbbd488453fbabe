// What a request says in a place, and whether it is news there. The one table from places to messages; how a message gets there is `deliver.ts`.

import { findAble } from '../../commands/find-able.ts'
import type { Place } from '../../commands/places.ts'
import { newId } from '../../crypto.ts'
import { findUnheard } from '../../db/bot-queries/deliveries.ts'
import { findExplanation, findStep } from '../../db/bot-queries/steps.ts'
import { openViews } from '../../db/bot-queries/views.ts'
import type { RuleSet } from '../../domain/action.ts'
import type { PersonId } from '../../domain/ids.ts'
import { pageOf, receiptOf } from '../own-work.ts'
import { nameOf, type RequestView } from '../request-view.ts'
import { findBeside } from './beside.ts'
import { lines, type Message } from './blocks.ts'
import { findKeyless, findMissing, renderKeyless, unreachableLines } from './keyless.ts'
import { findMessageLimits, type LimitFault } from './limits.ts'
import { renderAsk, renderNotice, renderPast, renderReminder, renderUnanswered, stageOf } from './render-notice.ts'
import { renderRequest } from './render-request.ts'
import type { SlackSide } from './side.ts'
import { lineOf, stepOf } from './steps.ts'
import { isDue } from './tell-aside.ts'
import { unheardLines } from './unheard.ts'
import { findOwnWait, findWaiting, ownWaitLine, waitingLines } from './waiting.ts'

export type Teller = Pick<SlackSide, 'ctx' | 'teamIds' | 'issuerUrl' | 'publicUrl' | 'log'>
/** What is told: the request, the rules of today, and the channel its runbook names. */
export type About = { readonly view: RequestView; readonly set: RuleSet; readonly channel: string }

/** A message is begun only while it is news: a late delivery must not ask somebody for what is over, nor tell a stage that another has followed. */
export function hasNews(view: RequestView, place: Place): boolean {
  if (place.is === 'ask') return view.state === 'awaiting_approvers' && !view.decisions.some(({ by }) => by.id === place.person)
  if (place.is === 'remind') return isDue(view, place.person)
  if (place.is !== 'tell') return true
  if (place.stage === 'unheard') return true
  if (place.stage === 'unanswered') return view.grant?.unanswered === true
  return place.stage === 'unreachable' ? view.state === 'awaiting_approvers' : stageOf(view) === place.stage
}

/** The message of a place; undefined when nothing is said there. */
export async function messageFor(of: Teller, { view, set, channel }: About, place: Place): Promise<Message | undefined> {
  const receipt = receiptOf(of.issuerUrl, view.id)
  switch (place.is) {
    case 'channel':
      return within(of, view, (short) => renderRequest(view, receipt, { short }))
    case 'tell': {
      if (place.stage === 'unanswered') return within(of, view, () => renderUnanswered(view))
      const unheard = place.stage === 'unheard' ? await findUnheard(of.ctx.db, view.id) : []
      const missing = place.stage === 'unreachable' ? await findMissing(of, view, set) : []
      const waiting = place.stage === 'unreachable' ? await findWaiting(of, view, set) : []
      const also = [
        ...unheardLines(view, set, unheard, { ...of, channel }),
        ...unreachableLines(missing),
        ...waitingLines(waiting, view),
      ]
      const now = stageOf(view)
      if (now !== undefined && now !== place.stage) return within(of, view, () => renderPast(view, also))
      const page = await ownPage(of, view, place.person)
      return within(of, view, () => renderNotice(view, { page, receipt }, also))
    }
    case 'ask': {
      const page = await ownPage(of, view, place.person)
      const able = await findAble(of.ctx.db, set, [place.person])
      const known = set.people.some(({ id }) => id === place.person)
      const enrol = known && !able.has(place.person) ? `${of.issuerUrl}/enrol` : undefined
      const beside = await findBeside(of, view, place.person, set)
      const wait = await findOwnWait(of, view, place.person)
      const not = wait && ownWaitLine(wait, view, `${of.issuerUrl}/keys`)
      return within(of, view, (short) => renderAsk(view, place.person, { page, receipt, enrol }, { short, beside, not }))
    }
    case 'remind':
      return renderReminder(view)
    case 'thread':
      return stepMessage(of, view, set, place.entry)
    case 'keys': {
      const keyless = await findKeyless(of, set)
      return keyless.length === 0 ? undefined : within(of, view, () => renderKeyless(keyless, `${of.issuerUrl}/enrol`))
    }
    default:
      return undefined
  }
}

/** The line of one entry; undefined when nothing is to be said of it. */
async function stepMessage(of: Teller, view: RequestView, set: RuleSet, entry: string): Promise<Message | undefined> {
  const row = await findStep(of.ctx.db, view.id, entry)
  const step = row && stepOf(row)
  if (!row || !step) return undefined
  const why = step.wish === undefined ? undefined : await findExplanation(of.ctx.db, view.id, step.wish)
  const said = why === undefined ? undefined : (JSON.parse(why) as string)
  const by = row.actor === null ? undefined : nameOf(set, row.actor, of.teamIds)
  const line = lineOf(view, { ...step, by, said })
  return line && { text: line.text, blocks: [lines([line.pieces])] }
}

/** A person's own page of a request; its link is made when there is none. */
export async function ownPage(of: Teller, view: RequestView, person: PersonId): Promise<string> {
  const [own] = await openViews(of.ctx.db, view.id, [person], newId, of.ctx.now())
  if (!own) throw new TypeError(`no link of ${person} to ${view.id} was made`)
  return pageOf(of.issuerUrl, own.id)
}

/** The full form if Slack takes it, else the short one. */
function within(of: Teller, view: RequestView, render: (short: boolean) => Message): Message {
  const full = render(false)
  const problems = findMessageLimits(full)
  if (problems.length === 0) return full
  const fault: LimitFault = { fault: 'block_kit_limit', problems }
  of.log.error({ ...fault, request: view.id }, 'a message is over a limit of Slack and goes out in short')
  return render(true)
}
