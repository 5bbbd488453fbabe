// The Home tab: what waits for its reader and what they hold, as a pure function; a golden file pins it. Links are the reader's own.

import type { types } from '@slack/bolt'
import type { LinkedView, OwnWork } from '../own-work.ts'
import { isOver } from '../request-view.ts'
import { actions, type Block, button, clip, header, lines } from './blocks.ts'
import { KEYLESS_TITLE, keylessLines } from './keyless.ts'
import { statusLines } from './status.ts'

/** At most 100 blocks: two for each row. */
const MOST_ROWS = 14

export function renderHome({ waiting, access, ended, keyless }: OwnWork, publicUrl: string, enrolUrl: string): types.HomeView {
  const blocks: Block[] = [
    header('Waiting for you'),
    ...(waiting.length === 0 ? [lines([['Nothing waits for you.']])] : waiting.slice(0, MOST_ROWS).flatMap((each) => row(each))),
    header('Your access'),
    ...(access.length === 0
      ? [lines([['You hold no access now. Type /elevate to ask.']])]
      : access.slice(0, MOST_ROWS).flatMap((each) => row(each))),
    ...(ended.length === 0 ? [] : [header('Ended'), ...ended.flatMap((each) => row(each))]),
    ...(keyless.length === 0 ? [] : [header(KEYLESS_TITLE), lines(keylessLines(keyless, enrolUrl))]),
    actions(button('link.console', 'All of this without Slack', { url: publicUrl })),
  ]
  return { type: 'home', blocks }
}

function row({ view, page }: LinkedView): Block[] {
  const done = view.grant?.state === 'active' ? [button('request.return', 'I’m done', { value: view.id })] : []
  const again = isOver(view) ? [button('request.again', 'Ask again', { value: view.id })] : []
  return [
    lines([
      [{ bold: clip(view.title, 150) }, ` (${view.checkCode}), asked by `, { person: view.requester }],
      ...statusLines(view, 'involved').slice(-1),
    ]),
    actions(button('link.open', 'Open', { url: page, value: view.id }), ...done, ...again),
  ]
}
