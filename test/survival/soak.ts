// The soak: lives of every kind over several bots and two issuers with a shared head store and one PostgreSQL, while processes are killed, the disk is slow,
// answers are lost and clocks are stepped. Each call of a person goes to any issuer, each delivery of Slack's to any bot.

import { setTimeout as delay } from 'node:timers/promises'
import { choose, type Event, numbers, planChaos } from './chaos.ts'
import { type Checked, checkStand } from './checker.ts'
import type { Gate, Step } from './database-proxy.ts'
import type { FrontGate } from './front.ts'
import { KINDS, type Kind, live, type Told } from './life.ts'
import { type People, peopleOf } from './people.ts'
import { CLOCK_TAKES_MS, type Hooks, openStand, type Stand } from './stand.ts'

export type SoakOptions = {
  readonly seed: number
  readonly lives: number
  readonly lanes: number
  /** By chance something befalls the stand before one life in so many. */
  readonly every: number
  readonly clocks: boolean
  readonly tell: (line: string) => void
}
export type Figures = Checked & {
  readonly told: readonly Told[]
  readonly kills: Readonly<Record<string, number>>
  readonly falls: readonly string[]
  readonly vainStarts: number
  readonly clockSteps: number
  readonly heard: Readonly<Record<string, number>>
  readonly lostAnswers: number
  readonly seconds: number
}

/** One call in so many is answered, and nobody hears the answer. */
const LOST = 0.008
const CLOCK_HELD_MS = 5_600
/** Of so many credentials an issuer that is well makes at least one. */
const MISSED = 25
const TOLERANCE = { clockMs: 25_000 }

/** Lives them all, checks everything and tells what happened. */
export async function soak(hooks: Hooks, { seed, lives, lanes, every, clocks, tell }: SoakOptions): Promise<Figures> {
  const chance = numbers(seed ^ 0x9e3779b9)
  const heard: Record<string, number> = {}
  const attention = openBreaking()
  let slowMs = 0
  let lostAnswers = 0
  const lossy: FrontGate = {
    before: async () => true,
    after: async () => {
      if (chance() >= LOST) return true
      lostAnswers += 1
      return false
    },
  }
  let stand: Stand | undefined
  const clockwatch = openClockwatch()
  const gate = (process: string): Gate => ({
    before: async () => {
      if (slowMs > 0) await delay(slowMs * chance())
      return !(await attention.strikes(process, 'failed', stand))
    },
    after: async (step) => {
      clockwatch.saw(process, step)
      return !(await attention.strikes(process, 'persisted', stand))
    },
  })
  const order = <T>(all: readonly T[]): readonly T[] => (chance() < 0.5 ? all : all.toReversed())
  stand = await openStand(hooks, {
    lanes,
    bots: 2,
    issuers: 2,
    gate,
    gates: { people: lossy, bots: lossy, outside: lossy },
    order,
    clocks,
  })
  const opened = stand
  const people = peopleOf(opened, (reason) => {
    heard[reason] = (heard[reason] ?? 0) + 1
  })
  const names = opened.processes.map(({ name }) => name)
  const chaos = planChaos({ seed, lives, every, processes: names, clocks: opened.step !== undefined })
  const begun: Promise<unknown>[] = []
  let clockSteps = 0
  const befall = (event: Event): void => {
    if (event.is === 'kill') begun.push(opened.kill(event.victim))
    else if (event.is === 'break') attention.arm(event.victim, event.how)
    else if (event.is === 'slow') slowMs = event.ms
    else if (opened.step) {
      clockSteps += 1
      begun.push(stepClock(opened.step, clockwatch, event.victim, event.seconds))
    }
  }

  const began = performance.now()
  const told: Told[] = []
  let next = 0
  const lane = async (number: number): Promise<void> => {
    for (let life = ++next; life <= lives; life = ++next) {
      for (const event of chaos.get(life) ?? []) befall(event)
      if (life % 10 === 0 && slowMs > 0 && !chaos.get(life)?.some(({ is }) => is === 'slow')) slowMs = 0
      told.push(await liveOne(people, opened, number, life, seed))
      if (told.length % 100 === 0) tell(`${told.length} lives, ${Math.round((performance.now() - began) / 1000)} s`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number))).catch((error: unknown) => {
    throw new Error(`a life could not go on; ${stateOf(opened)}; people heard ${JSON.stringify(heard)}`, { cause: error })
  })
  const seconds = (performance.now() - began) / 1000
  attention.stop()
  slowMs = 0
  await Promise.all(begun)
  const checked = await checkStand(opened, told, TOLERANCE, people.use)
  const falls = opened.processes.flatMap(({ name, falls }) => falls().map((fall) => `${name} fell: ${fall}`))
  const kills: Record<string, number> = Object.fromEntries(opened.processes.map((each) => [each.name, each.kills()]))
  kills['postgres'] = opened.postgres.kills()
  kills['heads'] = opened.heads?.kills() ?? 0
  return {
    ...checked,
    problems: [...falls, ...clockwatch.problems(), ...checked.problems],
    told,
    kills,
    falls,
    vainStarts: opened.processes.reduce((sum, each) => sum + each.vain(), 0),
    clockSteps,
    heard,
    lostAnswers,
    seconds,
  }
}

/** Which process does not serve and what it said last, as a start that is refused does: then it is not the life that is at fault. */
const stateOf = ({ processes }: Stand): string =>
  processes.map((each) => `${each.name} ${each.isReady() ? 'serves' : `is away: ${each.output().slice(-600)}`}`).join('; ')

/** What a life is follows from seed and number alone. */
async function liveOne(people: People, stand: Stand, number: number, life: number, seed: number): Promise<Told> {
  const of = numbers(seed * 1_000_003 + life)
  const kind: Kind = choose(of(), [...KINDS, 'returned', 'returned', 'expired', 'pair'])
  const lane = stand.realm.lanes[number]
  if (!lane) throw new RangeError(`no lane ${number}`)
  return live(people, stand.bot, lane, { life, kind, twice: of() < 0.2 })
}

/** Breaks the next durable step of whoever is armed. */
function openBreaking() {
  const armed = new Map<string, 'failed' | 'persisted'>()
  let stopped = false
  return {
    arm: (process: string, how: 'failed' | 'persisted') => void armed.set(process, how),
    stop: () => {
      stopped = true
    },
    strikes: async (process: string, how: 'failed' | 'persisted', stand: Stand | undefined): Promise<boolean> => {
      if (stopped || !stand || armed.get(process) !== how) return false
      armed.delete(process)
      await stand.kill(process)
      return true
    },
  }
}

/** An issuer whose clock differs may not mint (checkClocks); once it is right again it must, and not leave all of it to the others. */
function openClockwatch() {
  const mended = new Map<string, number>()
  return {
    mended: (process: string) => mended.set(process, 0),
    saw: (process: string, { changes }: Step) => {
      if (!changes.some((change) => change.includes('credential.issuing'))) return
      mended.delete(process)
      for (const [other, missed] of mended) mended.set(other, missed + 1)
    },
    problems: () =>
      [...mended]
        .filter(([, missed]) => missed >= MISSED)
        .map(([name, missed]) => `${name} made none of ${missed} credentials since its clock is right`),
  }
}

async function stepClock(
  step: NonNullable<Stand['step']>,
  watch: ReturnType<typeof openClockwatch>,
  victim: string,
  seconds: number,
): Promise<void> {
  step(victim, seconds)
  await delay(CLOCK_HELD_MS)
  step(victim, 0)
  await delay(CLOCK_TAKES_MS)
  watch.mended(victim)
}
