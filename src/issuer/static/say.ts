// What the page says while something goes on: one polite and one urgent live region, and one wrapper around every act that keeps a second one from
// starting. Raw messages of the browser never reach the person: each cause has its sentence.

/** Ends an act with words for the person; without words it ends in silence. */
export class Stopped extends Error {
  readonly reason: string
  readonly words: string | undefined
  /** What the page shows is not so any more. */
  readonly isStale: boolean
  constructor(reason: string, words?: string, isStale = false) {
    super(reason)
    this.reason = reason
    this.words = words
    this.isStale = isStale
  }
}

export const byId = (id: string): HTMLElement | null => document.getElementById(id)

const SAID_MS = 4_000
let clearing: ReturnType<typeof setTimeout> | undefined

/** Says something politely; it goes by itself once nothing is going on. An empty text clears it. */
export function say(text: string): void {
  const status = byId('status')
  if (status) status.textContent = text
  clearTimeout(clearing)
  if (text !== '') clearing = setTimeout(() => (acting ? undefined : say('')), SAID_MS)
}

/** Says what went wrong. */
export function warn(text: string): void {
  const alert = byId('alert')
  if (alert) alert.textContent = text
}

const AWAY = 'No connection to Countersign. What stands here may be old. Nothing is lost: the page comes back by itself.'
let looking: ReturnType<typeof setInterval> | undefined
/** What to try while nothing answers. */
let retry: () => unknown = () => undefined

/** Sets what is tried every few seconds while there is no connection. */
export function whenAway(look: () => unknown): void {
  retry = look
}

/** Says that nothing answers, until something does. */
export function reached(yes: boolean): void {
  const place = byId('offline')
  if (!place || (place.textContent === '') === yes) return
  place.textContent = yes ? '' : AWAY
  clearInterval(looking)
  if (!yes) looking = setInterval(() => retry(), 3_000)
}

/** How the page is looked at afresh when a door said that what it shows is not so any more. */
let fresh: () => unknown = () => undefined

/** Sets what brings the page up to date. */
export function whenStale(look: () => unknown): void {
  fresh = look
}

let acting: AbortController | undefined

/** Runs one act at a time. What it throws becomes a sentence; `signal` ends with the Cancel button. */
export async function act(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  if (acting) return
  const controller = new AbortController()
  acting = controller
  document.body.dataset['busy'] = ''
  warn('')
  say('')
  try {
    await work(controller.signal)
  } catch (error) {
    say('')
    if (!(error instanceof Stopped)) warn('Something went wrong on this page. Reload it and try again; nothing was sent twice.')
    else if (error.words !== undefined) warn(error.words)
    if (error instanceof Stopped && error.isStale) await fresh()
  } finally {
    acting = undefined
    delete document.body.dataset['busy']
    waiting(false)
  }
}

/** Shows or hides the Cancel button while a key is awaited. */
export function waiting(on: boolean): void {
  const cancel = byId('cancel')
  if (cancel) cancel.hidden = !on
}

byId('cancel')?.addEventListener('click', () => acting?.abort())

/** Calls the handler of the button that was pressed, wherever a swap of page parts may have put it. */
export function onPress(handlers: { readonly [act: string]: (button: HTMLButtonElement) => unknown }): void {
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target.closest('button[data-do]') : null
    if (!(target instanceof HTMLButtonElement)) return
    const handler = handlers[target.dataset['do'] ?? '']
    if (handler) void handler(target)
  })
  // Until here a press would have been lost; the style sheet keeps buttons from being pressed before.
  document.body.dataset['alive'] = ''
}
