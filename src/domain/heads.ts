// The last heads of log and directory, kept outside the database (DESIGN section 4): a database that was restored or failed over is recognised
// by being behind them. One operation changes them, `swap(old, new)`, so that two issuers cannot both go on from the same head.

import { digest } from './ids.ts'
import { closed, integer, type Shaped } from './shape.ts'

export const heads = closed(
  { directory: closed({ sequence: integer(0, 1_000_000), head: digest }) },
  { log: closed({ size: integer(0, Number.MAX_SAFE_INTEGER), root: digest }) },
)
export type Heads = Shaped<typeof heads>

export type HeadStore = {
  /** The heads last swapped in; undefined before the first. */
  readonly read: () => Promise<Heads | undefined>
  /** Puts `next` in place of exactly `old`, durably before it answers; false when something else stands there. */
  readonly swap: (old: Heads | undefined, next: Heads) => Promise<boolean>
}
