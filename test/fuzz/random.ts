// Numbers that look random and come again: from one seed the same inputs on every machine. For tests alone, nothing secret comes of it.

export type Random = {
  /** An integer from 0 below `max`. */
  readonly below: (max: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  readonly bytes: (count: number) => Buffer
}

/** The stream of one seed and one place in it (splitmix32). */
export function randomFrom(seed: number, at: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(at + 1, 0x85ebca6b)) | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  const below = (max: number): number => next() % Math.max(1, max)
  return {
    below,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('nothing to pick from')
      return list[below(list.length)] as (typeof list)[number]
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  }
}
