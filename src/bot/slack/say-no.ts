// Every "no" in Slack, in each form in which Slack takes one, and always with the way in that works without Slack. What this file alone holds: a
// refusal or a fault reaches a person in Slack only through here, so that nobody is left at a dead end (a test walks all words and all forms).

import type { types } from '@slack/bolt'
import { type Block, lines, type Message } from './blocks.ts'
import { say } from './say.ts'

export type No = {
  /** An answer that one person sees. */
  readonly message: (words: string) => Message
  /** A modal that belongs to no field. */
  readonly view: (title: string, words: string) => types.View
  /** The Home tab. */
  readonly home: (words: string) => types.HomeView
  /** Bare words, where Slack takes no blocks: beside a field, or before anything of ours has run. */
  readonly text: (words: string) => string
}

/** The forms of a no; `publicUrl` is the console. */
export const createNo = (publicUrl: string): No => ({
  message: (words) => say(words, [wayIn(publicUrl)]),
  view: (title, words) => ({
    type: 'modal',
    title: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [lines([[words]]), wayIn(publicUrl)],
  }),
  home: (words) => ({ type: 'home', blocks: [lines([[words]]), wayIn(publicUrl)] }),
  text: (words) => `${words} ${WAY_IN}${publicUrl}`,
})

const WAY_IN = 'It all works without Slack too: '

/** The line with the link. */
export const wayIn = (publicUrl: string): Block => lines([[WAY_IN, { link: publicUrl, text: new URL(publicUrl).host }]])
