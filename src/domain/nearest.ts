// The known name a person most likely meant, for error messages only: nothing is ever decided by likeness.

const MAX_LENGTH = 64

/** The known name within a third of its length in edits, the first of equals; undefined when none is near. */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  if (given.length > MAX_LENGTH) return undefined
  let best: string | undefined
  let bestEdits = Number.POSITIVE_INFINITY
  for (const name of known) {
    if (name.length > MAX_LENGTH) continue
    const found = edits(given.toLowerCase(), name.toLowerCase())
    if (found <= Math.max(1, Math.floor(name.length / 3)) && found < bestEdits) {
      best = name
      bestEdits = found
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function edits(a: string, b: string): number {
  let before: number[] = []
  let last: number[] = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
