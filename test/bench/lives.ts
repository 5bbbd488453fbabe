// Whole lives per second: propose, adopt, confirm, approve, claim, issued; every statement by another nonce, every life at a new place. Beside each
// round stands the same number of bare durable commits plus the same cryptography (DESIGN section 8 wants at least half of that).
// What a life costs is told by process: this one, without the people and their places, and the server's connections.
// An adoption that waits begins at once here; in a running issuer its poll adds up to 50 ms of waiting, which costs nobody's throughput.

import { openConsumption } from './consumption.ts'
import { during } from './during.ts'
import { countWork, openFloor } from './floor.ts'
import { type Benchmark, type Line, median } from './measure.ts'
import { openStage, plainly } from './stage.ts'

const CONCURRENCY = [1, 8, 32] as const
const ROUNDS = 5
const ROUND_MS = 1000
/** As many as the issuer's pool has in the world of the tests. */
const CONNECTIONS = 8

export const lives: Benchmark = async (hooks, tell) => {
  const { world, lanes, live, elsewhere } = await openStage(hooks, Math.max(...CONCURRENCY))
  const bare = await openFloor(hooks, world, CONNECTIONS)
  const [first] = lanes
  if (!first) throw new RangeError('no lane')
  for (let at = 0; at < 40; at += 1) await live(first, plainly)
  const work = await countWork(world, () => live(first, plainly))
  tell(`one life: ${JSON.stringify(work)}`)
  const consumed = await openConsumption(hooks, world)
  const { commits, roundTrips, statements } = work
  const lines: Line[] = [
    { what: 'what a life asks of the database', unit: '', measured: { commits, 'round trips': roundTrips, statements } },
  ]
  for (const concurrency of CONCURRENCY) {
    const rates: number[] = []
    const floors: number[] = []
    const costs: Costs[] = []
    const bareCosts: Costs[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      elsewhere.ms = 0
      const before = await consumed()
      const lived = await during(lanes.slice(0, concurrency), ROUND_MS, (lane) => live(lane, plainly))
      const between = await consumed()
      rates.push(lived.count / ((lived.ms - elsewhere.ms) / 1000))
      const bared = await during(lanes.slice(0, concurrency), ROUND_MS, () => bare(work))
      const after = await consumed()
      floors.push(bared.count / (bared.ms / 1000))
      costs.push(each(before, between, lived.count, elsewhere.ms))
      bareCosts.push(each(between, after, bared.count, 0))
      tell(`${concurrency} at once, round ${round + 1}: ${rates.at(-1)?.toFixed(1)} of ${floors.at(-1)?.toFixed(1)}`)
    }
    const ratio = median(rates.map((rate, round) => rate / (floors[round] ?? Number.NaN)))
    lines.push({
      what: `whole lives, ${concurrency} at once`,
      unit: 'per second',
      measured: { '': median(rates) },
      floor: { '': median(floors) },
      ratio,
      goal: { text: '≥ 0.5 ×', met: ratio >= 0.5 },
    })
    lines.push({
      what: `processor time of a life, ${concurrency} at once`,
      unit: 'ms',
      measured: middle(costs),
      floor: middle(bareCosts),
      ratio: median(costs.map(total)) / median(bareCosts.map(total)),
    })
  }
  return lines
}

type Costs = { readonly node: number; readonly postgres: number }
const each = (before: Costs, after: Costs, count: number, elsewhereMs: number): Costs => ({
  node: (after.node - before.node - elsewhereMs) / count,
  postgres: (after.postgres - before.postgres) / count,
})
const middle = (all: readonly Costs[]): Costs => ({
  node: median(all.map(({ node }) => node)),
  postgres: median(all.map(({ postgres }) => postgres)),
})
const total = ({ node, postgres }: Costs): number => node + postgres
