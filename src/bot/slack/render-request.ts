// The one message that a request has in its runbook's channel, as a pure function of its view; golden files pin every state. It never says more than
// is so: access is called active only while the grant is, and an early end is told as the target confirmed it. Buttons carry the request's id and
// nothing else; everything is read again when one is pressed.

import { durationWords } from '../../domain/words.ts'
import { hasReceipt, isOver, type RequestView, type WhatIsAsked } from '../request-view.ts'
import { actions, ask, type Block, button, clip, escapeText, header, lines, type Message, note, type Piece } from './blocks.ts'
import { headline, statusLines } from './status.ts'

const VALUE_LENGTH = 200

/** The channel message. `short` leaves out all that may be long, for when the whole is over a limit of Slack's. */
export function renderRequest(view: RequestView, receipt: string, { short = false }: { short?: boolean } = {}): Message {
  const blocks: Block[] = [header(view.title)]
  if (short) blocks.push(note('This request is too long to be shown here. Open it to see all of it.'))
  else blocks.push(lines(facts(view), view.reason ?? '(the reason was erased)'))
  blocks.push(
    lines(statusLines(view)),
    note(`Check code ${view.checkCode}. The same code stands on the page where this is signed.`),
  )
  const buttons = [...buttonsFor(view), ...receiptButton(view, receipt)]
  if (buttons.length > 0) blocks.push(actions(...buttons))
  return { text: `${escapeText(clip(view.title, 200))}: ${headline(view)} (${view.checkCode})`, blocks }
}

/** What is asked, line by line; a personal value is only said to be there. */
export function facts(view: RequestView): Piece[][] {
  return [
    [{ bold: 'Asked by: ' }, { person: view.requester }],
    ...(view.follows ? [afterLine(view.follows)] : []),
    ...asked(view),
  ]
}

/** The same without who asks. */
export function asked(of: WhatIsAsked & { readonly leftSeconds?: number }): Piece[][] {
  const left = of.leftSeconds ?? of.leaseSeconds
  return [
    [{ bold: 'Action: ' }, of.action, ' on ', of.target],
    ...of.parameters.map(({ label, value }): Piece[] => [
      { bold: `${clip(label, 100)}: ` },
      value === undefined ? 'personal, shown on the page' : clip(value, VALUE_LENGTH),
    ]),
    [
      { bold: 'For: ' },
      left < of.leaseSeconds ? `${durationWords(left)} (asked: ${durationWords(of.leaseSeconds)})` : durationWords(left),
    ],
  ]
}

/** The way to what proves it, once it is over; the page asks who is there. */
export const receiptButton = (view: RequestView, receipt: string) =>
  hasReceipt(view) ? [button('link.receipt', 'Receipt', { url: receipt })] : []

const afterLine = ({ how, checkCode, requester }: NonNullable<RequestView['follows']>): Piece[] =>
  how === 'again'
    ? [{ bold: 'Asked again after: ' }, checkCode]
    : [{ bold: 'The same as: ' }, checkCode, ' of ', { person: requester }, ', decided by itself']

export const OBJECTION = ask(
  'Object to this request?',
  'Nothing can be claimed until you lift it or an approver signs after it.',
  'Object',
)

function buttonsFor(view: RequestView) {
  const value = view.id
  const cancel = button('request.cancel', 'Cancel', {
    value,
    confirm: ask('Cancel this request?', 'Only the person who asked can do this. It cannot be undone.', 'Cancel it'),
  })
  const objection = view.held
    ? button('request.lift', 'Lift objection', { value })
    : button('request.object', 'Object', {
        value,
        style: 'danger',
        confirm: OBJECTION,
      })
  const same = button('request.same', 'Same for me', { value })
  if (view.state === 'awaiting_approvers')
    return [button('request.open', 'Review & decide', { value, style: 'primary' }), same, objection, cancel]
  if (view.state === 'approved') return [button('request.open', 'Open', { value, style: 'primary' }), same, objection, cancel]
  if (view.grant?.state === 'active' || view.grant?.state === 'issuing')
    return [button('request.open', 'Open', { value }), button('request.return', 'I’m done', { value, style: 'primary' })]
  return isOver(view) ? [button('request.again', 'Ask again', { value })] : []
}
