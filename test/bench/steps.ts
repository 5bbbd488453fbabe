// Server time of each step of a life, and of "last approver's assertion to credential", which is deciding and claiming together: what a person waits for
// after the last tap. Beside each stands the time that its own bare commits and cryptography take at the same concurrency in the same round. An
// adoption includes waiting for the adoptions of others in its round; the poll of a running issuer comes on top.

import { during } from './during.ts'
import { countWork, openFloor, sum, type Work } from './floor.ts'
import { type Benchmark, type Line, median, tail } from './measure.ts'
import { type Around, openStage, plainly, STEPS, type Step } from './stage.ts'

const CONCURRENCY = [1, 8] as const
const ROUNDS = 4
const ROUND_MS = 1500
const CONNECTIONS = 8
const GOAL_MS = 100
const LAST_TAP = 'assertion to credential'
type Timed = Step | typeof LAST_TAP

export const steps: Benchmark = async (hooks, tell) => {
  const { world, lanes, live } = await openStage(hooks, Math.max(...CONCURRENCY))
  const bare = await openFloor(hooks, world, CONNECTIONS)
  const [first] = lanes
  if (!first) throw new RangeError('no lane')
  for (let at = 0; at < 40; at += 1) await live(first, plainly, true)
  const works = await countSteps((around) => live(first, around, true), world)
  for (const [step, work] of works) tell(`${step}: ${JSON.stringify(work)}`)
  const lines: Line[] = []
  for (const concurrency of CONCURRENCY) {
    const times = new Times()
    const floors = new Times()
    for (let round = 0; round < ROUNDS; round += 1) {
      const busy = lanes.slice(0, concurrency)
      await during(busy, ROUND_MS, async (lane) => {
        const life = new Map<Step, number>()
        await live(lane, timedInto(life), true)
        for (const [step, ms] of life) times.add(step, round, ms)
        times.add(LAST_TAP, round, (life.get('decide') ?? 0) + (life.get('claim') ?? 0))
      })
      await during(busy, ROUND_MS / 2, async () => {
        for (const [step, work] of works) floors.add(step, round, await timeOf(() => bare(work)))
      })
    }
    for (const step of [...STEPS, LAST_TAP] as const) {
      const measured = times.of(step)
      lines.push({
        what: `${step}, ${concurrency} at once`,
        unit: 'ms',
        measured,
        floor: floors.of(step),
        ratio: times.ratio(step, floors),
        ...(step === LAST_TAP && { goal: { text: `p95 < ${GOAL_MS}`, met: measured.p95 < GOAL_MS } }),
      })
    }
  }
  return lines
}

/** Times by step and round. A figure is the median over rounds, so that one bad second of the machine is not the result. */
class Times {
  readonly #kept = new Map<Timed, number[][]>()
  add(step: Timed, round: number, ms: number): void {
    const rounds = this.#kept.get(step) ?? Array.from({ length: ROUNDS }, () => [])
    this.#kept.set(step, rounds)
    rounds[round]?.push(ms)
  }
  of(step: Timed) {
    const tails = this.#tails(step)
    return {
      p50: median(tails.map(({ p50 }) => p50)),
      p95: median(tails.map(({ p95 }) => p95)),
      p99: median(tails.map(({ p99 }) => p99)),
    }
  }
  ratio(step: Timed, floors: Times): number {
    const below = floors.#tails(step)
    return median(this.#tails(step).map(({ p50 }, round) => p50 / (below[round]?.p50 ?? Number.NaN)))
  }
  #tails = (step: Timed) => (this.#kept.get(step) ?? []).map(tail)
}

async function countSteps(live: (around: Around) => Promise<void>, world: Parameters<typeof countWork>[0]) {
  const works = new Map<Timed, Work>()
  await live(async (step, work) => {
    const done: { outcome?: Awaited<ReturnType<typeof work>> } = {}
    works.set(
      step,
      await countWork(world, async () => {
        done.outcome = await work()
      }),
    )
    return done.outcome as Awaited<ReturnType<typeof work>>
  })
  const [decide, claim] = [works.get('decide'), works.get('claim')]
  if (decide && claim) works.set(LAST_TAP, sum(decide, claim))
  return works
}

const timedInto =
  (life: Map<Step, number>): Around =>
  async (step, work) => {
    const began = performance.now()
    const outcome = await work()
    life.set(step, performance.now() - began)
    return outcome
  }

async function timeOf(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
