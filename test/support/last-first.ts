// Closing in the reverse order of opening. Node runs the hooks of a file in the order in which they were given, and a database has to outlive its users.

type Work = () => Promise<void> | void

/** Hooks for a whole file, the last of which runs first; `after` is that of node:test. */
export function lastFirst(after: (work: () => Promise<void>) => void): { after(work: Work): void } {
  const works: Work[] = []
  after(async () => {
    for (const work of works) await work()
  })
  return { after: (work) => void works.unshift(work) }
}
