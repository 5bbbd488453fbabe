// "Confirm with your key": what a proposal becomes in Slack, in the modal it came from or as an answer only its requester sees. The button opens the
// requester's own page; nobody else is asked before that tap.

import type { types } from '@slack/bolt'
import type { Proposed } from '../../commands/propose-request.ts'
import type { RequestView, WhatIsAsked } from '../request-view.ts'
import { actions, type Block, button, clip, escapeText, header, lines, type Message, note } from './blocks.ts'
import { asked } from './render-request.ts'
import { headline, statusLines } from './status.ts'

export type Confirming = Pick<Proposed, 'requestId' | 'checkCode'> & {
  readonly asked: WhatIsAsked
  /** Confirm until then, in seconds since 1970. */
  readonly confirmBy: number
  readonly page: string
}

const blocksFor = ({ requestId, checkCode, asked: what, confirmBy, page }: Confirming): Block[] => [
  header(what.title),
  lines(asked(what)),
  lines([['Nobody has been asked yet. Confirm with your key first, until ', { at: confirmBy }, '.']]),
  actions(button('link.confirm', 'Confirm with your key', { url: page, style: 'primary', value: requestId })),
  note(`Check code ${checkCode}. The same code stands on the page that opens.`),
]

/** The answer to a complete command. */
export const confirmMessage = (of: Confirming): Message => ({
  text: `Confirm with your key (${of.checkCode})`,
  blocks: blocksFor(of),
})

/** What the modal turns into. */
export const confirmView = (of: Confirming): types.View => ({
  type: 'modal',
  callback_id: 'request.confirm',
  title: { type: 'plain_text', text: 'One more step' },
  close: { type: 'plain_text', text: 'Close' },
  blocks: blocksFor(of),
})

/** What that answer says after the tap, in three steps, because it can be changed only a few times: the channel's message tells the rest. */
export function answeredMessage(view: RequestView, page: string): Message {
  const waits = view.state === 'awaiting_approvers'
  const said = waits
    ? 'Confirmed with your key. Those who decide were asked; you are told when they have.'
    : capital(headline(view))
  return {
    text: `${escapeText(clip(view.title, 200))}: ${waits ? 'confirmed' : headline(view)} (${view.checkCode})`,
    blocks: [
      header(view.title),
      lines([[said.endsWith('.') ? said : `${said}.`]]),
      actions(button('link.open', 'Open your page', { url: page })),
      note(`Check code ${view.checkCode}`),
    ],
  }
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** What the modal says once its requester has confirmed: left open, it must not go on asking for what is done. */
export const askedView = (view: RequestView, page: string): types.View => ({
  type: 'modal',
  callback_id: 'request.confirm',
  title: { type: 'plain_text', text: 'Asked' },
  close: { type: 'plain_text', text: 'Close' },
  blocks: [
    header(view.title),
    lines(statusLines(view)),
    actions(button('link.confirm', 'Open your page', { url: page })),
    note(`Check code ${view.checkCode}. The page becomes the credential when everybody needed has approved.`),
  ],
})
