// Texts of Block Kit as nodes: mrkdwn, plain text, rich text. Names of people and channels come from the workspace, not from the text.

import type { RichText, Style, TextObject } from '../wire.ts'
import { el, link } from './dom.ts'
import { emojiOf } from './emoji.ts'
import { formatDate, type Inline, parseMrkdwn } from './mrkdwn.ts'

/** Who is who: what a mention shows. */
export interface Names {
  readonly person: (id: string) => string
  readonly channel: (id: string) => string
  readonly isMe: (id: string) => boolean
}

/** A text object: mrkdwn parsed, plain text as it is. */
export function textNodes(text: TextObject, names: Names): Node[] {
  if (text.type === 'mrkdwn') return mrkdwnNodes(text.text, names, text.verbatim !== true)
  return [document.createTextNode(text.emoji === false ? text.text : withEmoji(text.text))]
}

export function mrkdwnNodes(text: string, names: Names, autolink = true): Node[] {
  const nodes: Node[] = []
  let quote: HTMLElement | undefined
  for (const [index, line] of parseMrkdwn(text, autolink).entries()) {
    if (line.kind === 'preformatted') {
      nodes.push(el('pre', {}, line.text))
      quote = undefined
      continue
    }
    const inline = line.children.map((child) => inlineNode(child, names))
    if (line.kind === 'quote') {
      if (quote) quote.append(el('br'), ...inline)
      else {
        quote = el('blockquote', {}, ...inline)
        nodes.push(quote)
      }
      continue
    }
    const before = nodes.at(-1)
    if (index > 0 && !(before instanceof HTMLPreElement) && !quote) nodes.push(el('br'))
    quote = undefined
    nodes.push(...inline)
  }
  return nodes
}

function inlineNode(inline: Inline, names: Names): Node {
  switch (inline.kind) {
    case 'text':
      return document.createTextNode(inline.text)
    case 'code':
      return el('code', {}, inline.text)
    case 'bold':
      return el('strong', {}, ...inline.children.map((child) => inlineNode(child, names)))
    case 'italic':
      return el('em', {}, ...inline.children.map((child) => inlineNode(child, names)))
    case 'strike':
      return el('s', {}, ...inline.children.map((child) => inlineNode(child, names)))
    case 'link':
      return link(inline.url, inline.label)
    case 'user':
      return mention(names, inline.id)
    case 'channel':
      return el('span', { class: 'mention' }, `#${names.channel(inline.id)}`)
    case 'group':
      return el('span', { class: 'mention' }, inline.label ?? '@group')
    case 'broadcast':
      return el('span', { class: 'mention loud' }, `@${inline.range}`)
    case 'emoji':
      return document.createTextNode(emojiOf(inline.name))
    case 'date':
      return dateNode(inline.timestamp, inline.format, inline.fallback, inline.url)
    default:
      return inline satisfies never
  }
}

function dateNode(timestamp: number, format: string, fallback: string, url: string | null): Node {
  const shown = formatDate(timestamp, format, fallback, new Date())
  const when = new Date(timestamp * 1000)
  return el(
    'time',
    Number.isNaN(when.getTime()) ? {} : { datetime: when.toISOString(), title: when.toLocaleString() },
    url === null ? shown : link(url, shown),
  )
}

const mention = (names: Names, id: string): HTMLElement =>
  el('span', { class: names.isMe(id) ? 'mention me' : 'mention' }, `@${names.person(id)}`)

const withEmoji = (text: string): string => text.replace(/:([a-z0-9_+-]{2,50}):/g, (_, name: string) => emojiOf(name))

/** A rich_text block. Its texts are literal: nothing in them is parsed. */
export function richTextNodes(elements: readonly RichText[], names: Names): Node[] {
  return elements.map((part) => {
    const children = () => (part.elements ?? []).map((each) => leafNode(each, names))
    switch (part.type) {
      case 'rich_text_section':
        return el('p', { class: 'rich' }, ...children())
      case 'rich_text_quote':
        return el('blockquote', {}, ...children())
      case 'rich_text_preformatted':
        return el('pre', {}, ...children())
      case 'rich_text_list': {
        const items = (part.elements ?? []).map((item) =>
          el('li', {}, ...(item.elements ?? []).map((each) => leafNode(each, names))),
        )
        const list = el(part.style === 'ordered' ? 'ol' : 'ul', { class: 'rich-list' }, ...items)
        list.style.marginInlineStart = `${(part.indent ?? 0) * 1.5}rem`
        return list
      }
      default:
        return unknown(part.type)
    }
  })
}

function leafNode(part: RichText, names: Names): Node {
  const style: Style = typeof part.style === 'object' ? part.style : {}
  let node = plainLeaf(part, names)
  if (style.code) node = el('code', {}, node)
  if (style.bold) node = el('strong', {}, node)
  if (style.italic) node = el('em', {}, node)
  if (style.strike) node = el('s', {}, node)
  if (style.underline) node = el('u', {}, node)
  return node
}

function plainLeaf(part: RichText, names: Names): Node {
  switch (part.type) {
    case 'text':
      return document.createTextNode(part.text ?? '')
    case 'link':
      return link(part.url ?? '', part.text || (part.url ?? ''))
    case 'user':
      return mention(names, part.user_id ?? '')
    case 'channel':
      return el('span', { class: 'mention' }, `#${names.channel(part.channel_id ?? '')}`)
    case 'usergroup':
      return el('span', { class: 'mention' }, '@group')
    case 'broadcast':
      return el('span', { class: 'mention loud' }, `@${part.range ?? ''}`)
    case 'emoji':
      return document.createTextNode(emojiOf(part.name ?? ''))
    case 'color':
      return el('code', {}, part.value ?? '')
    case 'date':
      return dateNode(part.timestamp ?? 0, part.format ?? '', part.fallback ?? '', part.url ?? null)
    default:
      return unknown(part.type)
  }
}

/** What cannot be shown says so: nothing that an app sends is dropped in silence. */
export function unknown(type: string): HTMLElement {
  return el('span', { class: 'unknown', role: 'alert' }, `This client cannot show "${type}".`)
}
