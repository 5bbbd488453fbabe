// Times as people need them at night: the local time as a hint on every time, and how long is left where it counts. Said aloud only at one minute
// and at twenty seconds before the end.

import { say } from './say.ts'

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const words = new WeakMap<HTMLTimeElement, string>()

/** "9 min left", "45 s left", "over". */
export function leftWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds <= 0) return 'over'
  if (seconds < 120) return `${seconds} s left`
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min left` : `${Math.floor(seconds / 3600)} h left`
}

function tick(): void {
  for (const time of document.querySelectorAll('time')) {
    const at = Date.parse(time.dateTime)
    if (time.title === '') time.title = `${LOCAL.format(at)} here`
    if (!time.hasAttribute('data-left')) continue
    const before = words.get(time) ?? time.textContent ?? ''
    words.set(time, before)
    const left = at - Date.now()
    time.textContent = `${before} (${leftWords(left)})`
    const seconds = Math.ceil(left / 1000)
    if ((seconds === 60 || seconds === 20) && time.closest('.ends')) say(`The access ends in ${seconds} seconds.`)
  }
}

/** Starts the clock of the page. */
export function startClock(): void {
  tick()
  setInterval(tick, 1000)
}
