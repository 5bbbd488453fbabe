// What a target of hostile inputs is. Each says of every input how far it came, so that a run can prove that it has tried the parser and not what stands
// before it.

import type { Random } from './random.ts'

/** Refused before the parser that the target is about; refused by it or after it; taken. */
export type Came = 'outside' | 'inside' | 'through'

export type Target = {
  readonly name: string
  /** How many of all inputs, in parts: those that check signatures cost a hundred times more. */
  readonly parts: number
  readonly seeds: readonly Uint8Array[]
  /** Bends a part inside a true input and leaves the rest valid; without it the input is bent from outside, anywhere. */
  readonly bend?: (random: Random) => Uint8Array
  /** How far it came; throws when the answer is not what it must be. */
  readonly take: (bytes: Uint8Array) => Came | Promise<Came>
}

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** What a door makes of a body before any parser of ours sees it. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
