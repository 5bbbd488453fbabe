// The last heads of log and directory and the watermark, kept outside the database (DESIGN section 4): a database that was restored or failed over is
// recognised by being behind them. One operation changes them, `swap(old, new)`, so that two issuers cannot both go on from the same heads. The
// watermark stands for everything else that was committed: a counter that only grows, in the database first and outside second. A new era begins its
// directory at 0 again; the watermark goes on.

import { digest } from './ids.ts'
import { closed, integer, type Shaped } from './shape.ts'

const directoryHead = closed({ sequence: integer(0, 1_000_000), head: digest })
const watermark = integer(0, Number.MAX_SAFE_INTEGER)

export const heads = closed(
  { directory: directoryHead },
  // Of which era the directory is; what was kept before there were eras is of the first.
  { era: integer(1, 1000), watermark, log: closed({ size: integer(0, Number.MAX_SAFE_INTEGER), root: digest }) },
)
export type Heads = Shaped<typeof heads>

/** What a database has lost: the outside heads that it is behind, as a signed recovery names them. */
export const lostHeads = closed({ directory: directoryHead, watermark })
export type LostHeads = Shaped<typeof lostHeads>

export const eraOf = ({ era = 1 }: Heads): number => era

export const lostOf = ({ directory, watermark = 0 }: Heads): LostHeads => ({ directory, watermark })

/** The later of two heads of one deployment: the later era, and in one era the watermark, which grows even where a signed recovery makes the directory shorter. */
export function laterHeads(one: Heads | undefined, other: Heads | undefined): Heads | undefined {
  if (!one || !other) return one ?? other
  if (eraOf(one) !== eraOf(other)) return eraOf(one) > eraOf(other) ? one : other
  const [a, b] = [lostOf(one), lostOf(other)]
  if (a.watermark !== b.watermark) return a.watermark > b.watermark ? one : other
  return a.directory.sequence >= b.directory.sequence ? one : other
}

export type HeadStore = {
  /** Which store this is, the same after a restart; whoever copies the heads to another place has another store there. */
  readonly identity: string
  /** The store whose heads this one has taken over, when that one is known to serve nobody any more. */
  readonly heirOf?: string | undefined
  /** The heads last swapped in; undefined before the first. */
  readonly read: () => Promise<Heads | undefined>
  /** Puts `next` in place of exactly `old`, durably before it answers; false when something else stands there. */
  readonly swap: (old: Heads | undefined, next: Heads) => Promise<boolean>
  readonly close: () => Promise<void> | void
}
