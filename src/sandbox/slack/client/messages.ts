// Messages as a list: grouped by author, separated by days, ephemeral ones marked. A message that has not changed keeps its node, so that focus and
// what is being typed into it survive news elsewhere.

import type { MessageView, PersonView, Shortcut, Snapshot } from '../wire.ts'
import type { Api } from './api.ts'
import { blockNodes } from './blocks.ts'
import { avatar, el } from './dom.ts'
import { menu } from './menu.ts'
import type { Names } from './text.ts'
import { mrkdwnNodes } from './text.ts'

const GROUP_SECONDS = 300
const SYSTEM: PersonView = {
  id: 'USLACKBOT',
  handle: 'workspace',
  name: 'Workspace',
  title: '',
  avatarColour: '#6b7280',
  guest: false,
  external: false,
  deactivated: false,
  singleChannel: false,
  workflow: false,
  bot: true,
}

export interface MessageContext {
  readonly api: Api
  readonly names: Names
  readonly snapshot: Snapshot
  readonly openThread: ((ts: string) => void) | null
}
type Kept = Map<string, { readonly seen: string; readonly node: HTMLElement }>

/** A list that is shown again and again with news. */
export function messageList(): {
  readonly node: HTMLElement
  readonly show: (context: MessageContext, messages: readonly MessageView[]) => void
} {
  const node = el('ol', { class: 'messages', 'aria-live': 'polite', 'aria-relevant': 'additions' })
  let kept: Kept = new Map()
  return {
    node,
    show: (context, messages) => {
      const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 80
      const next: Kept = new Map()
      const children: HTMLElement[] = []
      for (const [index, message] of messages.entries()) {
        const before = messages[index - 1]
        const day = dayOf(message)
        if (!before || dayOf(before) !== day) children.push(el('li', { class: 'day' }, el('span', {}, day)))
        const compact = before !== undefined && dayOf(before) === day && follows(before, message)
        const seen = JSON.stringify([message, compact, context.openThread !== null, context.snapshot.me.id])
        const known = kept.get(message.ts)
        const shown = known?.seen === seen ? known.node : messageNode(context, message, compact)
        next.set(message.ts, { seen, node: shown })
        children.push(shown)
      }
      kept = next
      const focus = focusIn(node)
      reconcile(node, children)
      focus.keep()
      if (atEnd) node.scrollTop = node.scrollHeight
    },
  }
}

/** Puts children in order without taking out what stays, so that focus is not lost. */
function reconcile(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const wanted = new Set<Node>(children)
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove()
  for (const [index, child] of children.entries())
    if (parent.childNodes[index] !== child) parent.insertBefore(child, parent.childNodes[index] ?? null)
}

/** Where the focus is in a list of messages, to be kept though the message itself is drawn anew. */
function focusIn(list: HTMLElement): { readonly keep: () => void } {
  const at = document.activeElement
  const message = at instanceof HTMLElement && list.contains(at) ? at.closest<HTMLElement>('.message') : null
  const { ts } = message?.dataset ?? {}
  const action = at instanceof HTMLElement ? at.dataset['action'] : undefined
  return {
    keep: () => {
      if (ts === undefined || document.activeElement === at) return
      const [now] = [...list.querySelectorAll<HTMLElement>('.message')].filter((each) => each.dataset['ts'] === ts)
      const places = [...(now?.querySelectorAll<HTMLElement>('button, a[href], input, select, textarea') ?? [])]
      // What was pressed may be what is no longer offered.
      ;(places.find(({ dataset }) => dataset['action'] === action) ?? places[0])?.focus()
    },
  }
}

function messageNode(context: MessageContext, message: MessageView, compact: boolean): HTMLElement {
  const { names, snapshot, api } = context
  const author = snapshot.people.find((person) => person.id === message.user) ?? SYSTEM
  const trouble = el('div', { class: 'trouble', role: 'alert' })
  const surface = {
    place: { kind: 'message', channel: message.channel, ts: message.ts } as const,
    api,
    names,
    people: snapshot.people,
    values: message.values,
    entered: new Map(),
    errors: {},
    onTrouble: (words: string) => {
      trouble.textContent = words
    },
  }
  const body =
    message.blocks.length > 0
      ? blockNodes(surface, message.blocks)
      : [el('div', { class: 'block' }, ...mrkdwnNodes(message.text, names))]
  const replies = message.replyCount === 1 ? '1 reply' : `${message.replyCount} replies`
  const { openThread } = context
  return el(
    'li',
    { class: `message${compact ? ' compact' : ''}${message.ephemeral ? ' ephemeral' : ''}`, 'data-ts': message.ts },
    el('div', { class: 'gutter' }, compact ? null : avatar(author.name, author.avatarColour, author.bot)),
    el(
      'div',
      { class: 'content' },
      message.ephemeral ? el('div', { class: 'only-you' }, 'Only visible to you') : null,
      compact
        ? el('span', { class: 'visually-hidden' }, `${author.name}: `)
        : el('div', { class: 'byline' }, el('strong', {}, author.name), kindTag(author), timeNode(message.ts)),
      el('div', { class: 'blocks' }, ...body, message.edited ? el('span', { class: 'quiet edited' }, '(edited)') : null),
      trouble,
      message.replyCount > 0 && openThread
        ? el('button', { class: 'replies', type: 'button', on: { click: () => openThread(message.ts) } }, replies)
        : null,
    ),
    message.ephemeral ? null : tools(context, message, trouble),
  )
}

function tools(context: MessageContext, message: MessageView, trouble: HTMLElement): HTMLElement {
  const { openThread, snapshot, api } = context
  const shortcuts = snapshot.app.shortcuts.filter((each: Shortcut) => each.type === 'message')
  const use = async (shortcut: Shortcut) => {
    const outcome = await api.shortcut(shortcut.callbackId, { channel: message.channel, ts: message.ts })
    trouble.textContent = outcome.ok ? '' : (outcome.error ?? '')
  }
  return el(
    'div',
    { class: 'tools' },
    openThread && message.threadTs === null
      ? el('button', { type: 'button', class: 'tool', on: { click: () => openThread(message.ts) } }, 'Reply')
      : null,
    shortcuts.length > 0
      ? menu({ label: '⋯', name: 'Shortcuts for this message', class: 'tool' }, () =>
          shortcuts.map((each) => ({ label: each.name, about: each.description, choose: () => void use(each) })),
        )
      : null,
  )
}

function timeNode(ts: string): HTMLElement {
  const when = new Date(Number(ts) * 1000)
  const shown = when.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return el('time', { class: 'quiet', datetime: when.toISOString(), title: when.toLocaleString() }, shown)
}

function dayOf({ ts }: MessageView): string {
  const when = new Date(Number(ts) * 1000)
  const today = new Date().toDateString() === when.toDateString()
  return today ? 'Today' : when.toLocaleDateString([], { weekday: 'long', month: 'long', day: 'numeric' })
}

function follows(before: MessageView, message: MessageView): boolean {
  const near = Number(message.ts) - Number(before.ts) < GROUP_SECONDS
  return (
    near &&
    before.user === message.user &&
    !message.ephemeral &&
    !before.ephemeral &&
    message.user !== SYSTEM.id &&
    message.blocks.length === 0
  )
}

/** What kind of account wrote this, when it is no member's. */
function kindTag(author: PersonView): HTMLElement | null {
  const kind = author.workflow
    ? 'workflow'
    : author.bot
      ? 'app'
      : author.external
        ? 'other organisation'
        : author.guest
          ? 'guest'
          : null
  return kind === null ? null : el('span', { class: 'tag' }, kind)
}
