// The Home tab: what waits for its reader and what they hold, as a pure function; a golden file pins it. Links are the reader's own.

import type { types } from '@slack/bolt'
import type { LinkedView, OwnWork } from '../own-work.ts'
import { actions, type Block, button, clip, header, lines } from './blocks.ts'
import { statusLines } from './status.ts'

export function renderHome({ waiting, access }: OwnWork, publicUrl: string): types.HomeView {
  const blocks: Block[] = [
    header('Waiting for you'),
    ...(waiting.length === 0 ? [lines([['Nothing waits for you.']])] : waiting.flatMap((each) => row(each, 'Open'))),
    header('Your access'),
    ...(access.length === 0
      ? [lines([['You hold no access now. Type /elevate to ask.']])]
      : access.flatMap((each) => row(each, 'Open'))),
    actions(button('link.console', 'All of this without Slack', { url: publicUrl })),
  ]
  return { type: 'home', blocks }
}

/** A Home tab that only says something. */
export const homeSaying = (words: string): types.HomeView => ({ type: 'home', blocks: [lines([[words]])] })

function row({ view, page }: LinkedView, label: string): Block[] {
  const done = view.grant?.state === 'active' ? [button('request.return', 'I’m done', { value: view.id })] : []
  return [
    lines([
      [{ bold: clip(view.title, 150) }, ` (${view.checkCode}), asked by `, { person: view.requester }],
      ...statusLines(view).slice(-1),
    ]),
    actions(button('link.open', label, { url: page }), ...done),
  ]
}
