// The rail at the left: channels, direct messages, the app's home. On a narrow screen it is a drawer behind a button.

import type { ChannelView, Snapshot } from '../wire.ts'
import { avatar, type Child, el } from './dom.ts'

export interface RailOptions {
  readonly snapshot: Snapshot
  readonly current: string
  readonly connected: boolean
  readonly go: (where: string) => void
}

export function rail({ snapshot, current, connected, go }: RailOptions): HTMLElement {
  const app = snapshot.people.find((person) => person.id === snapshot.app.userId)
  const entry = (where: string, unread: number, ...words: Child[]) =>
    el(
      'li',
      {},
      el(
        'button',
        {
          type: 'button',
          class: unread > 0 ? 'place unread' : 'place',
          'aria-current': where === current ? 'page' : undefined,
          on: { click: () => go(where) },
        },
        ...words,
        unread > 0 ? el('span', { class: 'badge', 'aria-label': `${unread} unread` }, String(unread)) : null,
      ),
    )
  const channel = (each: ChannelView) =>
    entry(
      each.id,
      each.unread,
      el('span', { class: 'sigil', 'aria-hidden': 'true' }, each.kind === 'private' ? '◆' : '#'),
      el('span', { class: 'place-name' }, each.name),
      each.archived ? el('span', { class: 'tag' }, 'archived') : null,
      each.externallyShared ? el('span', { class: 'tag' }, 'shared') : null,
    )
  const sign = () => (app ? avatar(app.name, app.avatarColour, true) : null)
  const direct = snapshot.channels.filter((each) => each.kind === 'direct')
  return el(
    'nav',
    { class: 'rail', 'aria-label': 'Places' },
    el('h2', {}, 'Channels'),
    el('ul', {}, ...snapshot.channels.filter((each) => each.kind !== 'direct').map(channel)),
    el('h2', {}, 'Direct messages'),
    el('ul', {}, ...direct.map((each) => entry(each.id, each.unread, sign(), el('span', { class: 'place-name' }, each.name)))),
    el('h2', {}, 'Apps'),
    el('ul', {}, entry('home', 0, sign(), el('span', { class: 'place-name' }, `${snapshot.app.name} home`))),
    el(
      'div',
      { class: 'rail-foot' },
      el('a', { href: '/target', target: '_blank', rel: 'noopener' }, 'See the target ↗'),
      el(
        'p',
        { class: connected ? 'quiet' : 'trouble' },
        connected ? 'A simulated workspace on this computer.' : 'Not connected. Trying again…',
      ),
    ),
  )
}
