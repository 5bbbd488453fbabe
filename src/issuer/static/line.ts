// The line on which the server says that something changed. It comes back by itself, whatever broke it: a lost network, a restart, a proxy that answers
// for a server that is away (which ends an EventSource for good), a page that was put aside and taken out again. After every gap the page asks
// anew, since what was said meanwhile was not heard. A browser has six connections to a host over HTTP/1.1, so at most four tabs hold a
// line; the others look every few seconds, and take a line that becomes free.

import { reached } from './say.ts'

const LINES = 4
const LOOK_MS = 5_000
/** The server tells what changed in the last seconds; who is later asks. */
const LOOKED_BACK_MS = 4_000
const SOON_MS = 1_000
const LATE_MS = 15_000
/** A restart is over sooner, and nobody needs to hear of it. */
const HUSH_MS = 2_500

/** Follows a request: calls `changed` at each change, and whenever one may have been missed. */
export function follow(view: string, changed: () => unknown): void {
  let source: EventSource | undefined
  let release: (() => void) | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let hush: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let gap = false

  const open = (): void => {
    clearTimeout(again)
    if (source) return
    const line = new EventSource(`/v1/views/${view}/events`)
    source = line
    line.addEventListener('changed', () => changed())
    line.addEventListener('open', () => {
      clearTimeout(hush)
      hush = undefined
      failures = 0
      if (gap || performance.now() > LOOKED_BACK_MS) changed()
      gap = false
    })
    line.addEventListener('error', () => {
      gap = true
      // Whether anything answers is for the page itself to find out: a line may be refused while pages are served.
      hush ??= setTimeout(changed, HUSH_MS)
      if (line.readyState !== EventSource.CLOSED) return
      source = undefined
      failures += 1
      if (failures > 1) changed()
      again = setTimeout(open, Math.min(LATE_MS, SOON_MS * 2 ** failures) * (0.5 + Math.random() / 2))
    })
  }
  const close = (): void => {
    clearTimeout(again)
    clearTimeout(hush)
    hush = undefined
    source?.close()
    source = undefined
    release?.()
    release = undefined
  }
  const start = async (): Promise<void> => {
    release = await takeLine()
    if (release) return open()
    changed()
    again = setTimeout(start, LOOK_MS)
  }

  void start()
  addEventListener('online', () => {
    if (release) open()
    changed()
  })
  addEventListener('offline', () => reached(false))
  addEventListener('pagehide', close)
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    gap = true
    void start()
    changed()
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') changed()
  })
}

/** One of the lines that the tabs of this browser share; gone with the page. */
async function takeLine(): Promise<(() => void) | undefined> {
  if (!navigator.locks) return () => undefined
  for (let n = 0; n < LINES; n += 1) {
    const release = await new Promise<(() => void) | undefined>((resolve) => {
      void navigator.locks
        .request(`countersign-line-${n}`, { ifAvailable: true }, (lock) =>
          lock ? new Promise<void>((end) => resolve(end)) : resolve(undefined),
        )
        .catch(() => resolve(undefined))
    })
    if (release) return release
  }
  return undefined
}
