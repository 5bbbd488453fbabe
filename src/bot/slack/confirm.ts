// "Confirm with your key": what a proposal becomes in Slack, in the modal it came from or as an answer only its requester sees. The button opens the
// requester's own page; nobody else is asked before that tap.

import type { types } from '@slack/bolt'
import type { Proposed } from '../../commands/propose-request.ts'
import type { RequestView } from '../request-view.ts'
import { actions, type Block, button, header, lines, type Message, note } from './blocks.ts'
import { statusLines } from './status.ts'

const blocksFor = (proposed: Proposed, title: string, page: string): Block[] => [
  header(title),
  lines([['Nobody has been asked yet. Confirm with your key first, until ', { at: proposed.confirmBy }, '.']]),
  actions(button('link.confirm', 'Confirm with your key', { url: page, style: 'primary' })),
  note(`Check code ${proposed.checkCode}. The same code stands on the page that opens.`),
]

/** The answer to a complete command. */
export const confirmMessage = (proposed: Proposed, title: string, page: string): Message => ({
  text: `Confirm with your key (${proposed.checkCode})`,
  blocks: blocksFor(proposed, title, page),
})

/** What the modal turns into. */
export const confirmView = (proposed: Proposed, title: string, page: string): types.View => ({
  type: 'modal',
  callback_id: 'request.confirm',
  title: { type: 'plain_text', text: 'One more step' },
  close: { type: 'plain_text', text: 'Close' },
  blocks: blocksFor(proposed, title, page),
})

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

/** A modal that only says something: a refusal that belongs to no field, or a fault. */
export const sayView = (title: string, text: string): types.View => ({
  type: 'modal',
  title: { type: 'plain_text', text: title },
  close: { type: 'plain_text', text: 'Close' },
  blocks: [lines([[text]])],
})
