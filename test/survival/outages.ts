// When nobody could end what time ends: PostgreSQL was away, or each issuer was away or had a wrong clock. What a run did to itself, noted as it happened,
// so that a bound for how late an end may come is not guessed but follows from it.

import type { Span } from './process.ts'

export type Outages = {
  /** Who can end things. */
  readonly issuers: readonly string[]
  /** Who was away when, `postgres` among them; an issuer with a wrong clock counts as away. */
  readonly away: readonly ({ readonly who: string } & Span)[]
}

/** Who comes back ends things a moment later: a loop that met a fault waits a second, connects, and has its turn beside all else that was waiting. */
const SETTLING_MS = 2_500

/** How much of the time between two moments there was nobody to end anything. */
export function unservedMs({ issuers, away }: Outages, from: number, to: number): number {
  const within = away
    .map((span) => ({ who: span.who, from: Math.max(from, span.from), to: Math.min(to, span.to + SETTLING_MS) }))
    .filter((span) => span.from < span.to)
  const marks = [...new Set([from, to, ...within.flatMap((span) => [span.from, span.to])])].sort((a, b) => a - b)
  let sum = 0
  for (const [at, mark] of marks.entries()) {
    const next = marks[at + 1]
    if (next === undefined) break
    const gone = new Set(within.filter((span) => span.from <= mark && span.to >= next).map(({ who }) => who))
    if (gone.has('postgres') || issuers.every((name) => gone.has(name))) sum += next - mark
  }
  return sum
}
