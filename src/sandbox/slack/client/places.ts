// The middle of the page: a channel with its messages, or the app's home.

import type { ChannelContents, Snapshot } from '../wire.ts'
import type { Api } from './api.ts'
import { blockNodes } from './blocks.ts'
import { type Composer, composer } from './composer.ts'
import { el } from './dom.ts'
import { type MessageContext, messageList } from './messages.ts'
import type { Names } from './text.ts'

export interface ChannelPlace {
  readonly node: HTMLElement
  readonly show: (context: MessageContext, contents: ChannelContents) => void
}

/** A channel; made anew for each channel one goes to, shown again at each change. */
export function channelPlace(api: Api, snapshot: Snapshot, channelId: string): ChannelPlace {
  const channel = snapshot.channels.find((each) => each.id === channelId)
  const list = messageList()
  const name = el('h2', {}, channel?.kind === 'direct' ? channel.name : `# ${channel?.name ?? ''}`)
  const topic = el('p', { class: 'quiet' }, channel?.topic ?? '')
  const empty = el('p', { class: 'empty quiet' }, 'Nothing here yet.')
  const write = composer({
    placeholder: channel?.kind === 'direct' ? `Message ${channel.name}, or type /` : `Message #${channel?.name ?? ''}, or type /`,
    commands: snapshot.app.commands,
    shortcuts: snapshot.app.shortcuts,
    send: (text) => api.say(channelId, text),
    useShortcut: (callbackId) => api.shortcut(callbackId),
  })
  const hint = hintCard(snapshot, channelId, write)
  const node = el(
    'main',
    { class: 'channel' },
    el('div', { class: 'channel-head' }, name, topic),
    empty,
    list.node,
    hint,
    write.node,
  )
  return {
    node,
    show: (context, { channel: now, messages }) => {
      topic.textContent = now.topic
      const top = messages.filter((message) => message.threadTs === null)
      empty.hidden = top.length > 0
      write.node.hidden = now.archived
      list.show(context, top)
    },
  }
}

/** For somebody who is here for the first time: what to do. Dismissed for good. */
function hintCard(snapshot: Snapshot, channelId: string, write: Composer): HTMLElement | null {
  const { hint, me } = snapshot
  const key = `hint-dismissed-${me.handle}`
  if (!hint || hint.channel !== channelId || localStorage.getItem(key) !== null) return null
  const { command } = hint
  const dismiss = () => {
    localStorage.setItem(key, 'yes')
    card.remove()
  }
  const card = el(
    'aside',
    { class: 'hint', 'aria-label': 'First steps' },
    el('div', { class: 'hint-words' }, el('strong', {}, hint.title), el('p', {}, hint.text)),
    command === null
      ? null
      : el(
          'button',
          { class: 'button primary', type: 'button', on: { click: () => write.write(command) } },
          'Try: ',
          el('code', {}, command),
        ),
    el('button', { class: 'tool', type: 'button', 'aria-label': 'Dismiss', on: { click: dismiss } }, '✕'),
  )
  return card
}

/** One thread: its first message, the replies, a place to reply. */
export function threadPlace(api: Api, snapshot: Snapshot, channelId: string, ts: string, close: () => void): ChannelPlace {
  const list = messageList()
  const write = composer({
    placeholder: 'Reply…',
    commands: [],
    shortcuts: [],
    send: (text) => api.say(channelId, text, ts),
    useShortcut: (callbackId) => api.shortcut(callbackId),
  })
  const head = el(
    'div',
    { class: 'channel-head with-close' },
    el('h2', {}, 'Thread'),
    el('button', { class: 'tool', type: 'button', 'aria-label': 'Close thread', on: { click: close } }, '✕'),
  )
  const node = el('aside', { class: 'thread', 'aria-label': `Thread in ${snapshot.team.name}` }, head, list.node, write.node)
  return {
    node,
    show: (context, { messages, channel }) => {
      write.node.hidden = channel.archived
      list.show(
        { ...context, openThread: null },
        messages.filter((message) => message.ts === ts || message.threadTs === ts),
      )
    },
  }
}

export interface HomePlace {
  readonly node: HTMLElement
  readonly show: (snapshot: Snapshot) => void
}

/** The app's home: what it has published for this person. */
export function homePlace(api: Api, names: Names, app: string): HomePlace {
  const body = el('div', { class: 'blocks' })
  const trouble = el('div', { class: 'trouble', role: 'alert' })
  const node = el(
    'main',
    { class: 'channel' },
    el('div', { class: 'channel-head' }, el('h2', {}, `${app} home`)),
    el('div', { class: 'home' }, trouble, body),
  )
  let hash = ''
  return {
    node,
    show: ({ home, people }) => {
      if (home?.hash === hash) return
      hash = home?.hash ?? ''
      const onTrouble = (words: string) => {
        trouble.textContent = words
      }
      const place = { kind: 'home' } as const
      const surface = { place, api, names, people, values: home?.values ?? {}, entered: new Map(), errors: {}, onTrouble }
      const nothing = el('p', { class: 'quiet' }, `${app} has not shown anything here yet.`)
      body.replaceChildren(...(home ? blockNodes(surface, home.blocks) : [nothing]))
    },
  }
}
