// Whole lives per second: propose, adopt, confirm, approve, claim, issued; every statement by another nonce, every life at a new place. Beside each
// round stands the same number of bare durable commits plus the same cryptography (DESIGN section 8 wants at least half of that).
// An adoption that waits begins at once here; in a running issuer its poll adds up to 50 ms of waiting, which costs nobody's throughput.

import { countWork, openFloor } from './floor.ts'
import { type Benchmark, type Line, median } from './measure.ts'
import { openStage } from './stage.ts'

const CONCURRENCY = [1, 8, 32] as const
const ROUNDS = 5
const ROUND_MS = 1500
/** As many as the issuer's pool has in the world of the tests. */
const CONNECTIONS = 8

export const lives: Benchmark = async (hooks, tell) => {
  const { world, lanes, live, elsewhere } = await openStage(hooks, Math.max(...CONCURRENCY))
  const bare = await openFloor(hooks, world, CONNECTIONS)
  const [first] = lanes
  if (!first) throw new RangeError('no lane')
  const quiet = () => undefined
  for (let at = 0; at < 40; at += 1) await live(first, quiet)
  const work = await countWork(world, () => live(first, quiet))
  tell(`one life: ${JSON.stringify(work)}`)
  const lines: Line[] = []
  for (const concurrency of CONCURRENCY) {
    const rates: number[] = []
    const floors: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      elsewhere.ms = 0
      const lived = await during(lanes.slice(0, concurrency), (lane) => live(lane, quiet))
      rates.push(lived.count / ((lived.ms - elsewhere.ms) / 1000))
      const bared = await during(lanes.slice(0, concurrency), () => bare(work))
      floors.push(bared.count / (bared.ms / 1000))
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
  }
  return lines
}

/** Each lane goes on by itself until the time is over; what has begun is finished and counted. */
async function during<L>(lanes: readonly L[], once: (lane: L) => Promise<void>): Promise<{ count: number; ms: number }> {
  const began = performance.now()
  let count = 0
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() - began < ROUND_MS) {
        await once(lane)
        count += 1
      }
    }),
  )
  return { count, ms: performance.now() - began }
}
