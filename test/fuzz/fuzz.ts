// Feeds hostile inputs to every reader: each is refused in a typed way or means what it says, nothing is thrown, and the answer comes at once. An input is made
// from the seed and its number alone, so that any one can be made again.

import { bendBytes, bendJson } from './mutate.ts'
import { type Random, randomFrom } from './random.ts'
import type { Came, Target } from './target.ts'
import { TARGETS } from './targets.ts'

/** Longer than this no answer may take, in ms. */
const LIMIT_MS = 10
const TRIES = 50

export type Found = { readonly target: string; readonly at: number; readonly what: string; readonly input: string }
/** `inside`: bent, and came to the parser in question; `taken`: came through it and everything after, bent or not. */
export type Tried = { count: number; inside: number; taken: number; worstMs: number }
export type Figures = {
  readonly count: number
  readonly seconds: number
  readonly found: readonly Found[]
  readonly targets: ReadonlyMap<string, Tried>
}

const WHEEL = TARGETS.flatMap((target) => Array.from<Target>({ length: target.parts }).fill(target))

/** What is the input of a number, and for which reader. */
export function inputOf(seed: number, at: number): { readonly target: Target; readonly bytes: Uint8Array } {
  const random = randomFrom(seed, at)
  const target = random.pick(WHEEL)
  return { target, bytes: bent(random, target) }
}

function bent(random: Random, { seeds, bend }: Target): Uint8Array {
  const way = random.below(20)
  if (way > 1 && bend) return bend(random)
  if (way === 0) return random.bytes(random.below(200))
  const seed = random.pick(seeds)
  if (way === 1) return seed
  return (way < 13 && bendJson(random, seed)) || bendBytes(random, seed, seeds)
}

/** Runs so many inputs, from number `from` on. */
export async function fuzz(seed: number, count: number, { from = 0, tell = (_done: number): void => {} } = {}): Promise<Figures> {
  const targets = new Map(TARGETS.map(({ name }) => [name, { count: 0, inside: 0, taken: 0, worstMs: 0 }]))
  const found: Found[] = []
  const began = performance.now()
  for (let at = from; at < from + count; at += 1) {
    const { target, bytes } = inputOf(seed, at)
    const figures = targets.get(target.name)
    if (!figures) throw new Error(`no figures of ${target.name}`)
    figures.count += 1
    try {
      const { came, ms } = await timed(target, bytes)
      if (came === 'through') figures.taken += 1
      if (came !== 'outside' && !isTrue(target, bytes)) figures.inside += 1
      figures.worstMs = Math.max(figures.worstMs, ms)
      if (ms > LIMIT_MS) found.push({ target: target.name, at, what: `took ${ms.toFixed(1)} ms`, input: base64(bytes) })
    } catch (error) {
      found.push({
        target: target.name,
        at,
        what: error instanceof Error ? (error.stack ?? error.message) : String(error),
        input: base64(bytes),
      })
    }
    if (at % 10_000 === 9999) tell(at + 1 - from)
  }
  if (Object.keys(Object.prototype).length > 0 || 'polluted' in {})
    found.push({ target: 'all', at: from, what: 'the prototype of all objects was changed', input: '' })
  return { count, seconds: (performance.now() - began) / 1000, found, targets }
}

const isTrue = ({ seeds }: Target, bytes: Uint8Array): boolean => seeds.some((seed) => Buffer.from(seed).equals(bytes))

/**
 * The time of an answer: what the processor spent on it where the clock went on longer, as it does on a machine that has something else to do. One that
 * seems slow is asked for again: a slow parser is slow each time.
 */
async function timed(target: Target, bytes: Uint8Array): Promise<{ readonly came: Came; readonly ms: number }> {
  let least = Infinity
  let came: Came = 'outside'
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [began, spent] = [performance.now(), process.cpuUsage()]
    came = await target.take(bytes)
    const waited = performance.now() - began
    const { user, system } = process.cpuUsage(spent)
    least = Math.min(least, waited, (user + system) / 1000)
    if (least <= LIMIT_MS) break
  }
  return { came, ms: least }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The figures as lines for people. */
export function figuresText(seed: number, { count, seconds, found, targets }: Figures): string {
  const rows = [...targets].map(
    ([name, { count: inputs, inside, taken, worstMs }]) =>
      `  ${name.padEnd(36)} ${String(inputs).padStart(8)} inputs ${String(inside).padStart(8)} inside ${String(taken).padStart(7)} taken  worst ${worstMs.toFixed(2)} ms`,
  )
  const faults = found
    .slice(0, 20)
    .map(({ target, at, what, input }) => `FUZZ_SEED=${seed} FUZZ_AT=${at} ${target}: ${what}\n  ${input.slice(0, 400)}`)
  return [`${count} inputs in ${seconds.toFixed(1)} s, FUZZ_SEED=${seed}, ${found.length} faults`, ...rows, ...faults].join('\n')
}
