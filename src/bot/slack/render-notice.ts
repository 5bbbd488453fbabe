// Direct messages to those who must act or should know, as pure functions of a request's view; golden files pin them. A link in one is the reader's
// own: it names who is looking and has no power. Nothing is decided in Slack, so no button here does more than open a page.

import { isOpen, isOver, type RequestView } from '../request-view.ts'
import { type Beside, besideLines } from './beside.ts'
import { actions, type Block, button, clip, escapeText, header, lines, type Message, note, type Piece } from './blocks.ts'
import { facts, OBJECTION, receiptButton } from './render-request.ts'
import { headline, missingWords, statusLines } from './status.ts'

export type Links = {
  /** The reader's own page of this request. */
  readonly page: string
  /** What proves it, once it is over. */
  readonly receipt: string
  /** Where to register a key, for a reader who has none. */
  readonly enrol?: string | undefined
}

/** To one approver: asks while a decision is missing, then tells how it went. `not` says why he cannot approve yet. */
export function renderAsk(
  view: RequestView,
  reader: string,
  links: Links,
  { short = false, beside, not }: { short?: boolean; beside?: Beside | undefined; not?: Piece[] | undefined } = {},
): Message {
  const own = view.decisions.find(({ by }) => by.id === reader)
  const waits = view.state === 'awaiting_approvers' && !own
  const blocks: Block[] = [header(view.title)]
  if (short) blocks.push(note('This request is too long to be shown here. Open it to see all of it.'))
  else
    blocks.push(
      lines(
        [...(waits ? [[{ bold: 'Your decision is asked.' }]] : []), ...facts(view)],
        view.reason ?? '(the reason was erased)',
      ),
    )
  blocks.push(lines(statusLines(view, short ? 'all' : 'involved')))
  if (waits && not) blocks.push(lines([not]))
  if (waits && beside) blocks.push(...besideLines(beside).map((line) => lines([line])))
  if (waits && links.enrol !== undefined)
    blocks.push(lines([['You have no key here yet. Register one first; an administrator then enrols it.']]))
  if (own?.decision === 'approve' && isOpen(view)) blocks.push(lines([['A decision is taken once. If it was wrong, object.']]))
  blocks.push(note(`Check code ${view.checkCode}. The same code stands on the page where you sign.`))
  const value = view.id
  const review = waits ? [button('link.review', 'Review & decide', { url: links.page, style: 'primary', value })] : []
  const enrol = waits && links.enrol !== undefined ? [button('link.enrol', 'Register a key', { url: links.enrol })] : []
  const objection = objecting(view, reader, waits || own?.decision === 'approve')
  const all = [...review, ...enrol, ...objection, ...(own ? receiptButton(view, links.receipt) : [])]
  if (all.length > 0) blocks.push(actions(...all))
  const lead = waits ? 'Your decision is asked' : own ? `You decided (${own.decision})` : 'No decision is needed any more'
  return { text: `${lead}: ${escapeText(clip(view.title, 200))}, ${headline(view)} (${view.checkCode})`, blocks }
}

/** Object while nobody has, lift for who did; for readers who have something to do with it. */
function objecting(view: RequestView, reader: string, concerned: boolean) {
  if (!isOpen(view) || !concerned) return []
  if (view.held) return view.held.id === reader ? [button('request.lift', 'Lift objection', { value: view.id })] : []
  return [button('request.object', 'Object', { value: view.id, confirm: OBJECTION })]
}

/** To one approver who was asked and has not looked, in the thread of that message. */
export const renderReminder = (view: RequestView): Message => ({
  text: `Your decision is still asked (${view.checkCode})`,
  blocks: [lines([['⏰ Still waits for you, until ', { at: view.decideBy }, '.']])],
})

/** To one administrator: a target that takes no word of an end must be looked at by people. Always says where it stands by now. */
export const renderUnanswered = (view: RequestView): Message => ({
  text: `A target did not confirm the end of a credential (${view.checkCode})`,
  blocks: [
    header('A target did not confirm an end'),
    lines([
      [
        'The credential of ',
        { bold: view.title },
        ' for ',
        { person: view.requester },
        ' was ended early, and ',
        { bold: view.target },
      ],
      ['did not confirm it when it was told. Until it does, or the credential ends by itself, it may still work there.'],
      ...statusLines(view, 'involved'),
    ]),
    note(`${view.action} · check code ${view.checkCode}`),
  ],
})

/** `unheard`: the runbook's channel, or somebody who may decide, took no message; `unreachable`: too few of those who may decide have a key. */
export const STAGES = ['refused', 'held', 'approved', 'ended', 'unheard', 'unreachable'] as const
export type Stage = (typeof STAGES)[number]

/** What the requester is told of now; each stage is a message of its own, because a changed message notifies nobody. */
export function stageOf(view: RequestView): Stage | undefined {
  if (view.state === 'refused') return 'refused'
  if (view.grant) return view.grant.state === 'issuing' || view.grant.state === 'active' ? 'approved' : 'ended'
  if (view.state === 'approved') return view.held ? 'held' : 'approved'
  if (view.state === 'claimed') return 'approved'
  if (view.state === 'awaiting_approvers') return view.held ? 'held' : undefined
  return view.state === 'checking' || view.state === 'awaiting_requester' ? undefined : 'ended'
}

/** To the requester, about one stage; always says where the request stands by now, and before it what belongs to that stage alone. */
export function renderNotice(view: RequestView, links: Links, also: readonly Piece[][] = []): Message {
  const usable = (view.state === 'approved' && !view.held) || view.grant?.state === 'active'
  const blocks: Block[] = [header(view.title), lines([...also, ...statusLines(view, 'involved'), ...nextStep(view)])]
  if (usable) {
    const open = button('link.open', view.grant ? 'Open' : 'Get the credential', { url: links.page, style: 'primary' })
    const done = view.grant ? [button('request.return', 'I’m done', { value: view.id })] : []
    blocks.push(actions(open, ...done))
  }
  if (isOver(view))
    blocks.push(actions(button('request.again', 'Ask again', { value: view.id }), ...receiptButton(view, links.receipt)))
  blocks.push(note(`${view.action} · check code ${view.checkCode}`))
  return { text: `${escapeText(clip(view.title, 200))}: ${headline(view)} (${view.checkCode})`, blocks }
}

/** A message about a stage that another has followed: it must not offer again what the newer one offers. `also` is what that one does not say. */
export const renderPast = (view: RequestView, also: readonly Piece[][] = []): Message => ({
  text: `${escapeText(clip(view.title, 200))}: ${headline(view)} (${view.checkCode})`,
  blocks: [
    lines([
      [{ bold: clip(view.title, 150) }, ` (${view.checkCode}) ${headline(view)}. Another message here says more.`],
      ...also,
    ]),
  ],
})

function nextStep(view: RequestView): Piece[][] {
  if (view.grant?.state === 'failed') return [['Ask again, and tell whoever runs Countersign.']]
  if (view.held && view.state === 'awaiting_approvers')
    return [[`Decisions are still taken (${missingWords(view)}). The objection must be lifted, or an approver signs after it.`]]
  if (view.held && view.state === 'approved') return [['The objection must be lifted, or an approver signs after it.']]
  return isOver(view) && view.grant?.reason !== 'returned' && view.state !== 'cancelled'
    ? [['Ask again if you still need it.']]
    : []
}
