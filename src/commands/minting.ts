// Why nothing may be minted now, if anything: this clock and the database's differ, this clock has stepped back behind what was recorded by it, or the
// database is behind its outside heads. Only minting stops; decisions are taken and grants are ended.

import type { Kysely } from 'kysely'
import { readDatabaseClock } from '../db/clock.ts'
import type { Schema } from '../db/schema.ts'
import type { IssuerContext } from './context.ts'

const MAX_CLOCK_DIFFERENCE_MS = 2_000
const CLOCKS_DIFFER = 'the clocks of the issuer and its database differ'
const STEPPED_BACK =
  'the issuer’s clock has stepped back behind what it has recorded; it goes on by itself when the clock has caught up'

export type Stop = {
  readonly why: string
  /** What the log says about a clock that is wrong. */
  readonly clock?: { readonly type: 'clock.differs' | 'clock.stepped_back'; readonly milliseconds: number }
}

/** Why minting is stopped now. */
export const findStop = async (ctx: IssuerContext): Promise<Stop | undefined> => (await readStop(ctx))(ctx.now())

/**
 * Reads on what minting depends; the answer judges one reading of this clock, just taken. Whoever goes on by another reading than the one that was judged
 * is deceived by a step between the two. Inside a transaction its own connection must be given, and the outside heads have been looked at before.
 */
export async function readStop(ctx: IssuerContext, within?: Kysely<Schema>): Promise<(now: Date) => Stop | undefined> {
  const theirs = (await readDatabaseClock(within ?? ctx.db)).getTime()
  const readAt = performance.now()
  const why = await ctx.mintingStopped(within)
  return (now) => {
    // What has passed since is told by a clock that nobody sets.
    const difference = theirs + (performance.now() - readAt) - now.getTime()
    if (Math.abs(difference) > MAX_CLOCK_DIFFERENCE_MS)
      return { why: CLOCKS_DIFFER, clock: { type: 'clock.differs', milliseconds: Math.round(difference) } }
    // Where both clocks are one host's they step back together, and only what was recorded before tells.
    const back = ctx.newest().getTime() - now.getTime()
    if (back > MAX_CLOCK_DIFFERENCE_MS)
      return { why: STEPPED_BACK, clock: { type: 'clock.stepped_back', milliseconds: Math.round(back) } }
    return why === undefined ? undefined : { why }
  }
}
