// What Slack told, believed for a while: asked once for all who ask at the same time, and again when the while is over. A failure is not believed, so that
// the next who asks tries anew. Bounded, the oldest goes first.

const KEPT = 5000

/** Wraps `ask`; `now` is in milliseconds. */
export function believing<T>(
  now: () => number,
  forMs: number,
  ask: (about: string) => Promise<T>,
): (about: string) => Promise<T> {
  const believed = new Map<string, { readonly at: number; readonly told: Promise<T> }>()
  return (about) => {
    const known = believed.get(about)
    if (known && now() - known.at < forMs) return known.told
    const told = ask(about)
    believed.delete(about)
    const oldest = believed.size >= KEPT ? believed.keys().next().value : undefined
    if (oldest !== undefined) believed.delete(oldest)
    believed.set(about, { at: now(), told })
    told.catch(() => {
      if (believed.get(about)?.told === told) believed.delete(about)
    })
    return told
  }
}
