// What befalls a stand while lives are lived, decided by a seed alone: which process is killed before which life and how, when the disk is slow, whose clock
// is stepped. Each of these comes about once in a hundred lives for certain, and by chance besides. The same seed gives the same decisions in the same order; at which instruction of a process they strike is the machine's.

export type Event =
  | { readonly is: 'kill'; readonly victim: string }
  /** Kills at the next durable step of a process: before it reaches the server, or after and before the process hears. */
  | { readonly is: 'break'; readonly victim: string; readonly how: 'failed' | 'persisted' }
  | { readonly is: 'slow'; readonly ms: number; readonly lives: number }
  | { readonly is: 'clock'; readonly victim: string; readonly seconds: number }

/** Numbers from 0 to 1 that a seed gives (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const choose = <T>(number: number, among: readonly T[]): T => {
  const chosen = among[Math.floor(number * among.length)]
  if (chosen === undefined) throw new RangeError('nothing to choose from')
  return chosen
}

/** In so many lives everything that can befall a stand does so once, besides what chance brings. */
const ALL_IN_LIVES = 100
/** How far a clock is put, in seconds: always by more than the difference at which minting stops. */
const STEPS = [-20, -8, -4, 4, 9, 20]

export type ChaosOptions = {
  readonly seed: number
  readonly lives: number
  /** By chance something happens before one life in so many. */
  readonly every: number
  readonly processes: readonly string[]
  /** Whether clocks can be stepped. */
  readonly clocks: boolean
}

/** What happens before which life. */
export function planChaos({ seed, lives, every, processes, clocks }: ChaosOptions): ReadonlyMap<number, readonly Event[]> {
  const next = numbers(seed ^ 0x5f3759df)
  const plan = new Map<number, Event[]>()
  const issuers = processes.filter((name) => name.startsWith('issuer'))
  const slow = (how: number): Event => ({ is: 'slow', ms: 5 + Math.floor(how * 60), lives: 10 })
  const clock = (who: number, how: number): Event => ({ is: 'clock', victim: choose(who, issuers), seconds: choose(how, STEPS) })
  for (let life = 1; life <= lives; life += 1) {
    if (next() >= 1 / every) continue
    const [what, who, how] = [next(), next(), next()]
    const event: Event =
      what < 0.35
        ? { is: 'kill', victim: choose(who, processes) }
        : what < 0.75
          ? { is: 'break', victim: choose(who, processes), how: how < 0.5 ? 'failed' : 'persisted' }
          : what < 0.82
            ? { is: 'kill', victim: how < 0.8 ? 'postgres' : 'heads' }
            : what < 0.92 || !clocks
              ? slow(how)
              : clock(who, how)
    plan.set(life, [event])
  }
  for (let first = 1; first <= lives; first += ALL_IN_LIVES) {
    const among = Math.min(ALL_IN_LIVES, lives - first + 1)
    const kills = ['postgres', 'heads', ...processes].map((victim): Event => ({ is: 'kill', victim }))
    for (const event of [...kills, slow(next()), ...(clocks ? [clock(next(), next())] : [])]) {
      const life = first + Math.floor(next() * among)
      plan.set(life, [...(plan.get(life) ?? []), event])
    }
  }
  return plan
}
