// The target's page: shows the things and each use of a credential as the server tells them. It can reset, and stop listening for early ends, and
// nothing more: effects need a token.

import type { Overview } from '../plant.ts'

type Child = Node | string
function el(tag: string, className: string, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}
function fill(id: string, children: readonly Node[]): void {
  document.getElementById(id)?.replaceChildren(...children)
}
const clock = (at: number): string =>
  new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const card = (state: string, name: string, about: string, label: string): HTMLElement =>
  el('li', `card ${state}`, el('strong', '', name), el('span', 'about', about), el('span', 'state', label))

/** `never read`, `read once`, `read 3 times`. */
const counted = (done: string, times: number): string =>
  times === 0 ? `never ${done}` : times === 1 ? `${done} once` : `${done} ${times} times`

let timer: number | undefined
let hears = true
function show(overview: Overview): void {
  fill(
    'services',
    overview.services.map(({ name, about, state, restartedAt, restarts }) =>
      card(
        state,
        name,
        about,
        restartedAt === null || state === 'restarting' ? state : `${state}, restarted ${clock(restartedAt)} (${restarts})`,
      ),
    ),
  )
  fill(
    'collections',
    overview.collections.map(({ name, vectors, droppedAt }) =>
      card(
        droppedAt === null ? 'healthy' : 'gone',
        name,
        `${vectors.toLocaleString()} vectors`,
        droppedAt === null ? 'in use' : `dropped ${clock(droppedAt)}`,
      ),
    ),
  )
  fill(
    'customers',
    overview.customers.map(({ id, reads }) =>
      card(reads > 0 ? 'seen' : 'healthy', id, 'closed without a credential', counted('read', reads)),
    ),
  )
  fill(
    'namespaces',
    overview.namespaces.flatMap(({ name: namespace, pods }) =>
      pods.map(({ name, state, startedAt, restarts }) =>
        card(
          { running: 'healthy', starting: 'restarting', 'crash looping': 'failing' }[state],
          name,
          `in ${namespace}`,
          startedAt === null || state === 'starting' ? state : `${state}, started ${clock(startedAt)} (${restarts})`,
        ),
      ),
    ),
  )
  fill(
    'keys',
    overview.keys.map(({ name, about, version, rotatedAt, overlapUntil }) => {
      const before = overlapUntil === null ? '' : `; version ${version - 1} works until ${clock(overlapUntil)}`
      return card(
        rotatedAt === null ? 'healthy' : 'seen',
        name,
        about,
        rotatedAt === null ? `version ${version}` : `version ${version} since ${clock(rotatedAt)}${before}`,
      )
    }),
  )
  fill(
    'queries',
    overview.queries.map(({ name, about, runs }) => card(runs > 0 ? 'seen' : 'healthy', name, about, counted('run', runs))),
  )
  const uses = overview.uses.map((use) =>
    el(
      'li',
      use.outcome,
      el('span', 'time', clock(use.at)),
      el('span', 'what', el('strong', '', use.what), use.outcome === 'done' ? '' : ` refused. ${use.detail}`),
      el(
        'span',
        'who',
        use.jti === null
          ? 'nobody known'
          : `by ${use.sub ?? 'the issuer'} · request ${use.request ?? ''} · credential ${use.jti}`,
      ),
    ),
  )
  fill(
    'uses',
    uses.length > 0 ? uses : [el('li', 'empty', 'Nothing yet. Ask for an action in the chat; what you get works here.')],
  )
  fill('hears', [
    document.createTextNode(
      overview.hears
        ? 'The target takes word from the issuer that a credential was ended early, and refuses it from then on.'
        : 'The target is deaf: a credential that was ended early still works here until it hears of it or it expires.',
    ),
  ])
  const hear = document.getElementById('hear')
  if (hear) hear.textContent = overview.hears ? 'Make it deaf' : 'Let it hear again'
  hears = overview.hears
  // A restart ends by time alone: look again when it should be over.
  window.clearTimeout(timer)
  const pods = overview.namespaces.flatMap((namespace) => namespace.pods)
  if (overview.services.some(({ state }) => state === 'restarting') || pods.some(({ state }) => state === 'starting'))
    timer = window.setTimeout(refresh, 500)
}

function refresh(): void {
  fetch('/target/state')
    .then(async (response) => show((await response.json()) as Overview))
    .catch(() => undefined)
}

let source: EventSource | undefined
/** A tab that nobody sees gives its connection to the others: a browser holds only six to one place. */
function follow(): void {
  source?.close()
  source = document.visibilityState === 'visible' ? new EventSource('/target/live') : undefined
  source?.addEventListener('message', (event: MessageEvent<string>) => show(JSON.parse(event.data) as Overview))
}
document.addEventListener('visibilitychange', follow)
follow()
document
  .getElementById('hear')
  ?.addEventListener('click', () => void fetch(`/target/receiver/${hears ? 'down' : 'up'}`, { method: 'POST' }))
document.getElementById('reset')?.addEventListener('click', () => void fetch('/target/reset', { method: 'POST' }))
