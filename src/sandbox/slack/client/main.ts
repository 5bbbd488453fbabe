// The client's start: who one is, where one looks, and what to draw again when the workspace says that something changed. Where one looks stands in
// the address, so that a link, a reload and the back button keep it.

import type { Change, Snapshot } from '../wire.ts'
import { apiFor, everybody } from './api.ts'
import { avatar, el } from './dom.ts'
import { modalHost } from './modal.ts'
import { type ChannelPlace, channelPlace, type HomePlace, homePlace, threadPlace } from './places.ts'
import { rail } from './rail.ts'
import type { Names } from './text.ts'
import { topBar } from './top-bar.ts'

const root = document.getElementById('app') ?? document.body

async function start(handle: string): Promise<void> {
  const api = apiFor(handle)
  const first = await api.snapshot()
  if ('error' in first) return chooser(first.error)
  let snapshot: Snapshot = first
  let connected = true
  let middle: ChannelPlace | HomePlace | undefined
  let side: ChannelPlace | undefined
  const where = () => {
    const query = new URLSearchParams(location.search)
    const asked = query.get('channel') ?? snapshot.hint?.channel ?? ''
    const known = asked === 'home' || snapshot.channels.some((each) => each.id === asked)
    return { channel: known ? asked : (snapshot.channels[0]?.id ?? 'home'), thread: query.get('thread') }
  }
  const names: Names = {
    person: (id) => snapshot.people.find((each) => each.id === id)?.name ?? id,
    channel: (id) => snapshot.channels.find((each) => each.id === id)?.name ?? 'another channel',
    isMe: (id) => id === snapshot.me.id,
  }
  const modal = modalHost(api, names)

  const go = (channel: string, thread?: string | null) => {
    const query = new URLSearchParams({ as: handle, channel, ...(thread ? { thread } : {}) })
    history.pushState(null, '', `/?${query}`)
    document.body.classList.remove('rail-open')
    place()
  }
  const openThread = (ts: string) => go(where().channel, ts)

  // A button that is replaced between press and release is never clicked, so nothing around is drawn anew while a pointer is down.
  let pressed = false
  addEventListener('pointerdown', () => {
    pressed = true
  })
  const released = () => {
    pressed = false
    frame()
  }
  // The click of a release comes in the same turn.
  for (const end of ['pointerup', 'pointercancel'] as const) addEventListener(end, () => setTimeout(released))
  const frame = () => {
    if (pressed) return
    document.title = `${snapshot.me.name.split(' ')[0]} · ${snapshot.team.name}`
    const { channel } = where()
    const top = topBar({ snapshot, current: channel, toggleRail: () => document.body.classList.toggle('rail-open') })
    const left = rail({ snapshot, current: channel, connected, go })
    // An open list of people stays as it is: it would close under the pointer.
    if (!root.querySelector('details.switch[open]')) redraw('.top', top)
    redraw('.rail', left)
  }
  const place = () => {
    const { channel, thread } = where()
    middle = channel === 'home' ? homePlace(api, names, snapshot.app.name) : channelPlace(api, snapshot, channel)
    side = channel !== 'home' && thread !== null ? threadPlace(api, snapshot, channel, thread, () => go(channel)) : undefined
    root.querySelector('.middle')?.replaceChildren(middle.node, ...(side ? [side.node] : []))
    document.body.classList.toggle('thread-open', side !== undefined)
    if (channel === 'home') void api.openHome()
    frame()
    void contents()
    if (matchMedia('(pointer: fine)').matches)
      root.querySelector<HTMLElement>(`${side ? '.thread' : '.channel'} .composer textarea`)?.focus()
  }
  const contents = async () => {
    const { channel } = where()
    if (!middle) return
    if (channel === 'home') return (middle as HomePlace).show(snapshot)
    const shownIn = middle as ChannelPlace
    const now = await api.contents(channel)
    if (!now || middle !== shownIn) return
    shownIn.show({ api, names, snapshot, openThread }, now)
    side?.show({ api, names, snapshot, openThread }, now)
    if (document.visibilityState === 'visible' && now.channel.unread > 0) void api.read(channel)
  }
  const refresh = async () => {
    const next = await api.snapshot()
    if ('error' in next) return chooser(next.error)
    snapshot = next
    frame()
    modal.show(snapshot.modal, snapshot.people)
    if (where().channel === 'home') await contents()
  }
  const onChange = (change: Change) => {
    void refresh()
    if (change.kind === 'world' || change.channel === where().channel) void contents()
  }

  root.replaceChildren(el('div', { class: 'top' }), el('div', { class: 'rail' }), el('div', { class: 'middle' }))
  root.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.matches('.middle')) document.body.classList.remove('rail-open')
  })
  addEventListener('popstate', place)
  document.addEventListener('visibilitychange', () => void contents())
  place()
  modal.show(snapshot.modal, snapshot.people)
  api.live(onChange, (open) => {
    if (open === connected) return
    connected = open
    frame()
  })
}

/** Puts a part in place of what it was before; the focus stays at the same place in it. */
function redraw(part: string, node: HTMLElement): void {
  const places = () => [...root.querySelectorAll<HTMLElement>(`${part} :is(button, summary, a)`)]
  const at = places().indexOf(document.activeElement as HTMLElement)
  root.querySelector(part)?.replaceWith(node)
  if (at >= 0) places()[at]?.focus()
}

/** Who do you want to be: shown when the address names nobody who can be here. */
async function chooser(why: string): Promise<void> {
  const people = (await everybody()).filter((person) => !person.deactivated)
  document.querySelector('dialog[open]')?.remove()
  root.replaceChildren(
    el(
      'main',
      { class: 'chooser' },
      el('h1', {}, 'Who are you?'),
      el('p', { class: 'quiet' }, why),
      el(
        'ul',
        {},
        ...people.map((person) =>
          el(
            'li',
            {},
            el(
              'a',
              { class: 'person', href: `/?as=${person.handle}` },
              avatar(person.name, person.avatarColour),
              el('span', {}, person.name, el('span', { class: 'quiet' }, person.title)),
            ),
          ),
        ),
      ),
    ),
  )
}

const asked = new URLSearchParams(location.search).get('as')
const handle = asked ?? (await everybody())[0]?.handle
if (handle === undefined) await chooser('There is nobody here.')
else await start(handle)
