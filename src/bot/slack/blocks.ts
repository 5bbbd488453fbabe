// Small makers of Block Kit. What this file alone holds: text that anybody wrote goes into `plain_text` or `rich_text` elements, where Slack parses
// nothing; `mrkdwn` and message texts are made only of our own templates, whose values are escaped here. Slack: "Formatting text for app surfaces".

import type { types } from '@slack/bolt'
import type { Named } from '../request-view.ts'

export type Block = types.KnownBlock
export type Message = { readonly text: string; readonly blocks: readonly Block[] }
/** A piece of rich text: a text, a person, a moment in seconds since 1970 shown in the reader's own zone (`on`: with its day), or a link of ours. */
export type Piece =
  | string
  | { readonly bold: string }
  | { readonly person: Named }
  | { readonly at: number }
  | { readonly on: number }
  | { readonly link: string; readonly text: string }
type Element = types.RichTextElement

/** At most `max` code points; the last says that something is missing. */
export function clip(text: string, max: number): string {
  const points = [...text]
  return points.length <= max ? text : `${points.slice(0, max - 1).join('')}…`
}

/** `:emoji:` in a title could fake a mark of ours, so it is never turned into a picture. */
export const plain = (text: string, max: number): types.PlainTextElement => ({
  type: 'plain_text',
  text: clip(text, max),
  emoji: false,
})

export const header = (text: string): Block => ({ type: 'header', text: plain(text, 150) })

export const note = (text: string): Block => ({ type: 'context', elements: [plain(text, 2000)] })

/** Slack's own escaping (only these three), for values inside our templates. */
export const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const element = (piece: Piece): Element[] => {
  if (typeof piece === 'string') return piece === '' ? [] : [{ type: 'text', text: piece }]
  if ('bold' in piece) return [{ type: 'text', text: piece.bold, style: { bold: true } }]
  if ('at' in piece) {
    const fallback = `${new Date(piece.at * 1000).toISOString().slice(11, 16)} UTC`
    return [{ type: 'date', timestamp: piece.at, format: '{time}', fallback }]
  }
  if ('on' in piece) {
    const fallback = `${new Date(piece.on * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    return [{ type: 'date', timestamp: piece.on, format: '{date_short_pretty} at {time}', fallback }]
  }
  if ('link' in piece) return [{ type: 'link', url: piece.link, text: piece.text }]
  const { slack, name } = piece.person
  return [slack === undefined ? { type: 'text', text: name } : { type: 'user', user_id: slack }]
}

/** Lines of rich text, then a quotation when there is one. */
export function lines(rows: readonly (readonly Piece[])[], quoted?: string): Block {
  const elements: types.RichTextBlockElement[] = rows.map((row, index) => ({
    type: 'rich_text_section',
    // Sections of one block follow each other without a break.
    elements: [...row.flatMap(element), ...(index < rows.length - 1 ? [{ type: 'text', text: '\n' } as const] : [])],
  }))
  if (quoted !== undefined) elements.push({ type: 'rich_text_quote', elements: [{ type: 'text', text: quoted }] })
  return { type: 'rich_text', elements }
}

type ButtonOptions = {
  readonly value?: string
  readonly url?: string
  readonly style?: 'primary' | 'danger'
  readonly confirm?: types.ConfirmationDialog
}

/** A button; `action` is `noun.verb`. One with a URL opens it and changes nothing. */
export const button = (action: string, text: string, options: ButtonOptions): types.Button => ({
  type: 'button',
  action_id: action,
  text: plain(text, 75),
  ...options,
})

export const actions = (...elements: readonly types.Button[]): Block => ({ type: 'actions', elements: [...elements] })

/** The question before something that others notice. */
export const ask = (title: string, text: string, yes: string): types.ConfirmationDialog => ({
  title: plain(title, 100),
  text: plain(text, 300),
  confirm: plain(yes, 30),
  deny: plain('Back', 30),
})

const MOST_LISTED = 10
/** People after one another, and how many more there are; the log has all of them. */
export const listed = (people: readonly Named[]): Piece[] => [
  ...people.slice(0, MOST_LISTED).flatMap((person, index): Piece[] => [index === 0 ? '' : ', ', { person }]),
  people.length > MOST_LISTED ? ` and ${people.length - MOST_LISTED} more` : '',
]
