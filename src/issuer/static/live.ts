// Keeps the page true while somebody waits: the server says only *that* something changed; the page then fetches itself anew and swaps the parts
// marked data-live whose markup differs from what the server sent before. So the server's rendering is the only one, and reload tells the same.
// The document comes through XMLHttpRequest, which parses without running scripts and without any of the sinks that Trusted Types closes.
// Nothing that a person has typed, ticked or opened is lost by a swap, and the focus stays where it was or goes to the heading.

import { reached, say } from './say.ts'

const PATIENCE_MS = 10_000
const served = new Map<string, string>()
const parts = (root: Document): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('[data-live]')]
for (const part of parts(document)) served.set(part.id, part.outerHTML)
const names = (root: Document): string =>
  parts(root)
    .map(({ id }) => id)
    .join()

let running: Promise<void> = Promise.resolve()
let next: Promise<void> | undefined
let afterwards: (() => unknown) | undefined

/** Fetches the page anew and swaps what changed; `after` runs when something did. Asked again before it begins, it happens once. */
export function refresh(after: () => unknown, keep = false): Promise<void> {
  afterwards = after
  next ??= running
    .then(() => {
      next = undefined
      return swap(keep)
    })
    .catch(() => undefined)
  running = next
  return next
}

async function swap(keep: boolean): Promise<void> {
  const fresh = await fetchPage()
  reached(fresh !== undefined)
  if (!fresh) return
  // Another shape of page (checked, refused, gone) has other parts: then it is simply loaded.
  if (names(fresh) !== names(document)) {
    location.reload()
    return
  }
  const before = standing()
  const changed = parts(fresh).filter((part) => served.get(part.id) !== part.outerHTML)
  for (const part of changed) {
    served.set(part.id, part.outerHTML)
    const old = document.getElementById(part.id)
    if (!old) continue
    const focus = old.contains(document.activeElement) ? marker(document.activeElement) : undefined
    document.adoptNode(part)
    if (keep) carryOver(old, part)
    old.replaceWith(part)
    if (focus !== undefined) (part.querySelector<HTMLElement>(focus) ?? document.querySelector<HTMLElement>('h1'))?.focus()
  }
  document.title = fresh.title
  if (changed.length > 0) await afterwards?.()
  if (standing() !== before) say(standing())
}

/** The state in words, which is said aloud when it changes. */
const standing = (): string => document.querySelector('.badge > :last-child')?.textContent?.trim() ?? ''

/** What finds the same control in the part that comes. */
function marker(element: Element | null): string | undefined {
  if (!(element instanceof HTMLElement)) return undefined
  if (element.id !== '') return `#${CSS.escape(element.id)}`
  const { name = '', value = '' } = element as Partial<HTMLInputElement>
  // Each button of a list belongs to its own key: the next one would do the same to another.
  const { do: act, device, passkey } = element.dataset
  if (act !== undefined) return `[data-do="${act}"]${having('device', device)}${having('passkey', passkey)}`
  if (name !== '') return /^(?:radio|checkbox)$/.test(element.getAttribute('type') ?? '') ? box(name, value) : `[name="${name}"]`
  return 'h1'
}

const having = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `[data-${name}="${CSS.escape(value)}"]`

const box = (name: string, value: string): string => `[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`

const unticked = (root: HTMLElement, value: string): HTMLElement | null =>
  root.querySelector<HTMLElement>(`[data-unticked="${CSS.escape(value)}"]`)

/**
 * Takes over what the person has typed, ticked and opened. A box is found by its value, which names what it stands for. One that does something else by now
 * (`data-means`) is no longer ticked, and what says so beside it is shown: nobody signs for what he has not seen.
 */
function carryOver(from: HTMLElement, to: HTMLElement): void {
  for (const field of from.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(
    'input, textarea, select',
  )) {
    const boxed = field instanceof HTMLInputElement && /^(?:radio|checkbox)$/.test(field.type) ? field : undefined
    const twin = to.querySelector<HTMLInputElement>(boxed ? box(boxed.name, boxed.value) : `[name="${CSS.escape(field.name)}"]`)
    if (!twin) continue
    if (!boxed) {
      twin.value = field.value
      continue
    }
    const isSame = twin.dataset['means'] === boxed.dataset['means']
    twin.checked = boxed.checked && isSame
    const note = unticked(to, boxed.value)
    if (note) note.hidden = boxed.checked ? isSame : (unticked(from, boxed.value)?.hidden ?? true)
  }
  const opened = [...from.querySelectorAll('details')]
  for (const [at, details] of [...to.querySelectorAll('details')].entries()) details.open = opened[at]?.open ?? false
}

/** The page as it is now; nothing when it could not be had, which says nothing about the request. */
function fetchPage(): Promise<Document | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('GET', location.href)
    request.responseType = 'document'
    request.timeout = PATIENCE_MS
    request.onload = () =>
      resolve(request.status === 200 || request.status === 404 ? (request.responseXML ?? undefined) : undefined)
    request.onerror = () => resolve(undefined)
    request.ontimeout = () => resolve(undefined)
    request.send()
  })
}
