// Whose life a step belongs to, told by the ids in it. A life begins with a word of its own in its reason; every id that stands beside what is known to be
// of a life is of that life too. What names no id of a life, but one of its people, is of the life that they live now.

const ID =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![\w-])[0-7][0-9a-hjkmnp-tv-z]{25}(?!\w)|(?:trigger|event|view):[\w.:-]+/g
const MARK = /life-(\d+)(?!\d)/g
const PERSON = /(?<![\w-])(?:asker|ana|bo)-(\d+)(?!\d)/g

export const markOf = (life: number): string => `life-${life}`

export type Attribution = {
  /** The lives that these texts name; what stands in `given` beside one life is remembered as its own. */
  readonly livesIn: (given: readonly string[], seen?: readonly string[]) => ReadonlySet<number>
  readonly begin: (lane: number, life: number) => void
}

/** `common`: ids that stand in every life. */
export function openAttribution(common: () => readonly string[] = () => []): Attribution {
  const known = new Map<string, number>()
  const now = new Map<number, number>()
  return {
    begin: (lane, life) => void now.set(lane, life),
    livesIn: (given, seen = []) => {
      const [own, beside] = [given.join('\n'), seen.join('\n')]
      const ids = (own.match(ID) ?? []).filter((id) => !common().includes(id))
      const lives = new Set<number>()
      for (const text of [own, beside]) for (const [, life] of text.matchAll(MARK)) lives.add(Number(life))
      for (const id of [...ids, ...(beside.match(ID) ?? [])]) {
        const life = known.get(id)
        if (life !== undefined) lives.add(life)
      }
      const [only] = lives
      if (lives.size === 1 && only !== undefined) for (const id of ids) known.set(id, known.get(id) ?? only)
      if (lives.size > 0) return lives
      for (const [, lane] of own.matchAll(PERSON)) {
        const life = now.get(Number(lane))
        if (life !== undefined) lives.add(life)
      }
      return lives
    },
  }
}
