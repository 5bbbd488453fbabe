// The bar at the top: whose workspace, and who one is. Being somebody else is a plain link, so that each browser tab can be another person.

import type { PersonView, Snapshot } from '../wire.ts'
import { avatar, el } from './dom.ts'

export interface TopBarOptions {
  readonly snapshot: Snapshot
  readonly current: string
  readonly toggleRail: () => void
}

export function topBar({ snapshot, current, toggleRail }: TopBarOptions): HTMLElement {
  const { me, people, team, app } = snapshot
  const href = (person: PersonView) => `/?${new URLSearchParams({ as: person.handle, channel: current })}`
  const entry = (person: PersonView) =>
    el(
      'li',
      { class: person.id === me.id ? 'is-me' : '' },
      person.deactivated
        ? el(
            'span',
            { class: 'person off' },
            avatar(person.name, person.avatarColour),
            el('span', {}, person.name, quiet('deactivated')),
          )
        : el(
            'a',
            { class: 'person', href: href(person), 'aria-current': person.id === me.id ? 'true' : undefined },
            avatar(person.name, person.avatarColour),
            el('span', {}, person.name, quiet(person.title)),
          ),
      person.deactivated || person.id === me.id
        ? null
        : el(
            'a',
            {
              class: 'new-tab',
              href: href(person),
              target: '_blank',
              rel: 'noopener',
              'aria-label': `${person.name} in a new tab`,
            },
            'new tab ↗',
          ),
    )
  const other = (person: PersonView) => person.guest || person.external || person.deactivated || person.bot
  const there = people.filter(({ id }) => id !== app.userId)
  const first = me.name.split(' ')[0] ?? me.name
  const summary = el(
    'summary',
    {},
    avatar(me.name, me.avatarColour),
    el('span', {}, 'You are ', el('strong', {}, first), el('span', { class: 'role' }, `, ${me.title}`)),
    el('span', { class: 'visually-hidden' }, '. Change person'),
    el('span', { 'aria-hidden': 'true' }, '▾'),
  )
  const sheet = el(
    'div',
    { class: 'people' },
    el('p', { class: 'quiet' }, 'Be somebody else. Each tab can be another person.'),
    el('ul', {}, ...there.filter((person) => !other(person)).map(entry)),
    el('h2', {}, 'Not of the staff'),
    el('ul', {}, ...there.filter(other).map(entry)),
  )
  const details = el('details', { class: 'switch' }, summary, sheet)
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !details.open) return
    details.open = false
    summary.focus()
  })
  details.addEventListener('focusout', (event) => {
    if (event.relatedTarget instanceof Node && !details.contains(event.relatedTarget)) details.open = false
  })
  return el(
    'header',
    { class: 'top' },
    el('button', { class: 'tool rail-toggle', type: 'button', 'aria-label': 'Channels', on: { click: toggleRail } }, '☰'),
    el('h1', {}, team.name),
    details,
  )
}

const quiet = (text: string): HTMLElement => el('span', { class: 'quiet' }, text)
