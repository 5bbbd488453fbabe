// What the kill table breaks, and whether it did: a step of a life by who makes it, what it changed and which of its kind it is; the ways to break it; and what
// was not met, which is asked of every kind of step and of life. Pure: how steps are found and broken is in table.ts.

import { KINDS, type Kind } from './life.ts'

const HOWS = ['failed', 'persisted'] as const
/** How the names of steps begin that are calls. */
export const SLACK = 'Slack '
export const TARGET = 'target '
export type How = (typeof HOWS)[number]
export type Broken = { readonly process: string; readonly step: string; readonly nth: number; readonly kind: Kind }
export type Cell = Broken & { readonly victim: string; readonly how: How }
export type Row = Cell & { readonly came: boolean; readonly ended: string; readonly ms: number; readonly tries: number }

const isCall = (step: string): boolean => step.startsWith(SLACK) || step.startsWith(TARGET)

/** Every way to break a step. */
export const waysToBreak = (broken: Broken): readonly Cell[] =>
  victimsOf(broken).flatMap((victim) => HOWS.map((how) => ({ ...broken, victim, how })))

const victimsOf = ({ process, step }: Broken): readonly string[] => (isCall(step) ? [process] : [process, 'postgres'])

/**
 * Each kind of step in both ways, once each: the first of its kind in a life in one, the last in the other. Which of them is failed, and who is killed
 * for it, turns with the seed.
 */
export function bothWaysEach(steps: readonly Broken[], seed: number): readonly Cell[] {
  return [...Map.groupBy(steps, kindOfStep).values()].flatMap((all, at) =>
    [all[0], all.at(-1)].flatMap((step, place) => {
      const victims = step ? victimsOf(step) : []
      const how = HOWS[(seed + at + place) % HOWS.length]
      // Each second kind the other way round, so that both victims are met with both ways.
      const victim = victims[(Math.floor((seed + at) / 2) + place) % victims.length]
      return step && victim && how ? [{ ...step, victim, how }] : []
    }),
  )
}

/** What may not be met, and why. */
export const MAY_BE_MISSED: ReadonlyMap<string, string> = new Map([
  [
    'insert bot_outbox + insert delivery',
    'a request that comes or goes is told beside others of its action: only if there are any',
  ],
])

/** The ways of each kind of step in which not one cell broke it, apart from what may be missed; and the kinds of life of which nothing was broken. */
export const unmet = (rows: readonly Row[]): readonly string[] => [
  ...[...Map.groupBy(rows, kindOfStep)].flatMap(([name, all]) =>
    HOWS.filter((how) => !all.some((row) => row.how === how && row.came))
      .filter(() => !MAY_BE_MISSED.has(all[0]?.step ?? ''))
      .map((how) => `${name}, ${how}: not met in any life`),
  ),
  ...KINDS.filter((kind) => !rows.some((row) => row.kind === kind && row.came)).map(
    (kind) => `nothing was broken that only a life has that is ${kind}`,
  ),
]

const kindOfStep = ({ process, step }: Broken): string => `${process} ${step}`

/** One row for a reader. */
export const line = ({ victim, how, process, step, nth, kind, came, ended, ms, tries }: Row): string =>
  `${victim.padEnd(9)} ${how.padEnd(9)} ${came ? `${Math.round(ms)} ms`.padStart(9) : 'NOT MET'.padStart(9)}  ${ended.padEnd(24)} ${process}, ${kind}: ${step} #${nth}${tries > 1 ? ` (${tries} lives)` : ''}`
