// What the issuer does by itself: takes up proposals and wishes as they come, ends what time ends and what a lost standing ends, asks targets to end
// what was ended early, tells who cannot approve yet,
// keeps the outside heads in step, and throws away what only serves for minutes. Each loop runs one round after the other, so no round overtakes itself; a round that fails
// is logged and tried again, slower while the database is away. Several issuers may run the same loops.

import { setTimeout as wait } from 'node:timers/promises'
import { adoptProposals } from '../commands/adopt-proposals.ts'
import type { IssuerContext } from '../commands/context.ts'
import { openStandings } from '../commands/end-lost-standing.ts'
import { heedWishes } from '../commands/heed-wishes.ts'
import { openRecalls } from '../commands/recall-credentials.ts'
import { sweep } from '../commands/sweep.ts'
import { openWaits } from '../commands/tell-waits.ts'
import { purgeShortLived } from '../db/short-lived.ts'

const POLL_MS = 50
const RECALL_MS = 200
const STANDING_MS = 250
const SWEEP_MS = 500
const BEAT_MS = 1_000
/** Whoever reads what only serves for minutes looks at its age; how soon it goes is for the disk alone. */
const PURGE_MS = 30_000
const AFTER_FAULT_MS = 1_000

/** Starts the loops; `stop` lets the rounds that run come to their end. */
export function startClockwork(ctx: IssuerContext): { readonly stop: () => Promise<void> } {
  const ending = new AbortController()
  const every = async (ms: number, name: string, round: (ctx: IssuerContext) => Promise<number>): Promise<void> => {
    while (!ending.signal.aborted) {
      let pause = ms
      const began = performance.now()
      const ended = (outcome: 'ok' | 'failed') => ctx.watch?.round?.(name, outcome, (performance.now() - began) / 1000)
      try {
        if ((await round(ctx)) > 0) pause = 0
        ended('ok')
      } catch (error) {
        ended('failed')
        ctx.log.error({ err: error, round: name }, 'a round of the clockwork failed')
        pause = AFTER_FAULT_MS
      }
      await wait(pause, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  const recalls = openRecalls(ctx)
  const standings = openStandings(ctx)
  const waits = openWaits(ctx)
  const beat = async (): Promise<number> => {
    await ctx.beat()
    return 0
  }
  const purge = async (): Promise<number> => {
    await purgeShortLived(ctx.db, ctx.now())
    return 0
  }
  const loops = [
    every(POLL_MS, 'proposals', adoptProposals),
    every(POLL_MS, 'wishes', heedWishes),
    every(SWEEP_MS, 'sweep', sweep),
    every(RECALL_MS, 'recalls', recalls.round),
    every(STANDING_MS, 'standings', standings.round),
    every(STANDING_MS, 'waits', waits.round),
    every(BEAT_MS, 'heads', beat),
    every(PURGE_MS, 'purge', purge),
  ]
  return {
    stop: async () => {
      ending.abort()
      await Promise.all(loops)
      await recalls.close()
    },
  }
}
