// Keeps the page true while somebody waits: the server says only *that* something changed; the page then fetches itself anew and swaps the parts
// marked data-live whose markup differs from what the server sent before. So the server's rendering is the only one, and reload tells the same.
// The document comes through XMLHttpRequest, which parses without running scripts and without any of the sinks that Trusted Types closes.

const served = new Map<string, string>()
const parts = (root: Document): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('[data-live]')]
for (const part of parts(document)) served.set(part.id, part.outerHTML)

let swapping: Promise<void> = Promise.resolve()

/** Fetches the page anew and swaps what changed; `after` runs when something did. */
export function refresh(after: () => unknown): Promise<void> {
  swapping = swapping.then(async () => {
    const fresh = await fetchPage()
    if (!fresh) return
    // Another shape of page (checked, refused, gone) has other parts: then it is simply loaded.
    if (
      parts(fresh)
        .map(({ id }) => id)
        .join() !==
      parts(document)
        .map(({ id }) => id)
        .join()
    ) {
      location.reload()
      return
    }
    let changed = false
    for (const part of parts(fresh)) {
      const markup = part.outerHTML
      if (served.get(part.id) === markup) continue
      served.set(part.id, markup)
      document.getElementById(part.id)?.replaceWith(document.adoptNode(part))
      changed = true
    }
    document.title = fresh.title
    if (changed) await after()
  })
  return swapping
}

function fetchPage(): Promise<Document | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('GET', location.href)
    request.responseType = 'document'
    request.onload = () => resolve(request.responseXML ?? undefined)
    request.onerror = () => resolve(undefined)
    request.send()
  })
}

/** Follows a request: calls `changed` at each change, and when the line or the tab comes back. */
export function follow(view: string, changed: () => unknown): void {
  const source = new EventSource(`/v1/views/${view}/events`)
  source.addEventListener('changed', () => changed())
  let lost = false
  source.addEventListener('error', () => {
    lost = true
  })
  source.addEventListener('open', () => {
    if (lost) changed()
    lost = false
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') changed()
  })
}
