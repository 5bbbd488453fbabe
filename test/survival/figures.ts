// What a soak has to show, line by line.

import type { Figures } from './soak.ts'

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'

export function figuresOf(figures: Figures): string[] {
  const {
    told,
    kills,
    vainStarts,
    clockSteps,
    heard,
    lostAnswers,
    doubled,
    checks,
    seconds,
    problems,
    refusedEarly,
    latestEndMs,
  } = figures
  const kinds: Record<string, number> = {}
  for (const { kind } of told) kinds[kind] = (kinds[kind] ?? 0) + 1
  const lost = told.filter((each) => each.lost).length
  return [
    `lives            ${told.length} in ${seconds.toFixed(0)} s, ${(told.length / seconds).toFixed(1)} a second: ${list(kinds)}`,
    `credentials      ${told.filter(({ token }) => token !== undefined).length} handed out; ${lost} lost with who made them, told so and taken back`,
    `kills            ${list(kills)}; ${vainStarts} starts in vain while the database was away`,
    `clock steps      ${clockSteps}`,
    `answers lost     ${lostAnswers}`,
    `people heard     ${list(heard)}`,
    `doubled in Slack ${doubled.length}`,
    `early ends       ${refusedEarly} tokens tried again and refused between the confirmation of their end and their own time`,
    `latest end       ${latestEndMs} ms after its time, outages left out`,
    `checks           ${checks}, problems ${problems.length}`,
  ]
}
