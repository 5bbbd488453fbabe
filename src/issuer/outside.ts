// What this issuer knows of the heads outside the database, and how it keeps the two in step: the database commits first, the store outside follows, so
// that a crash leaves the database ahead, which is made good, and never behind, which stops minting until an administrator signs (DESIGN section 4).
// The store is asked by a heartbeat and never while rows are locked: in a transaction what was read last counts, as long as it is fresh.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Loss } from '../commands/context.ts'
import { laterEra } from '../commands/open-era.ts'
import type { Schema } from '../db/schema.ts'
import { findWatermark, moveWatermark, serveWatermark, touchWatermark } from '../db/watermark.ts'
import { eraOf, type HeadStore, type Heads, laterHeads, lostOf } from '../domain/heads.ts'
import { stateAt } from '../evidence/chain-state.ts'
import { judgeHeads } from '../evidence/outside-heads.ts'
import { StartRefused } from '../run.ts'
import type { ReadChain } from './chain.ts'

const LOOK_AGAIN_MS = 1_000
const STALE_MS = 3_000
const HEARTBEAT_MS = 4_000
/** Well above the heartbeat: another issuer that was seen within this time lives. */
const ALIVE_SECONDS = 15

const BEHIND = 'the database is older than what this issuer has already seen'
const LATER_ERA = 'the roots of this issuer were replaced by those of a later era'
const AWAY = 'the head store, which keeps what this issuer has already seen, does not answer'
const OTHER_STORE =
  'another issuer serves this database with a head store of its own; more than one issuer needs one shared HEAD_STORE_URL'

export type Outside = {
  /** Lets the heads follow for the first time: once, when what a start must commit is committed. */
  readonly start: () => Promise<void>
  /** Asks the store, unless that was done a moment ago. Never throws: a store that does not answer stops minting. */
  readonly look: () => Promise<void>
  readonly mintingStopped: (within?: Kysely<Schema>) => Promise<string | undefined>
  readonly findLoss: () => Promise<Loss | undefined>
  /** Moves the outside heads to where the database is, and never back. */
  readonly advance: () => Promise<void>
  /** Notes that something was committed, for the next heartbeat to stand for. */
  readonly committed: () => void
  readonly beat: () => Promise<void>
}

/**
 * Takes the store as the one that serves this database; refuses to start beside a living issuer with another store, with a store that lost all, or with roots
 * after which others came.
 */
export async function openOutside(options: {
  readonly db: Kysely<Schema>
  readonly heads: HeadStore
  readonly chain: ReadChain
  readonly log: Logger
}): Promise<Outside> {
  const { db, heads, chain, log } = options
  let known: Heads | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let movedAt = Number.NEGATIVE_INFINITY
  let isAway = false
  let isDirty = false

  const ask = async (): Promise<Heads | undefined> => {
    try {
      const found = await heads.read()
      // A store that was itself put back has forgotten what this process still knows.
      known = laterHeads(known, found)
      lookedAt = performance.now()
      if (isAway) log.warn('the head store answers again')
      isAway = false
      return found
    } catch (error) {
      if (!isAway)
        log.error({ err: error }, 'the head store does not answer: nothing is minted, and what was issued is still ended')
      isAway = true
      throw error
    }
  }
  let looking: Promise<unknown> | undefined
  const look = async (): Promise<void> => {
    if (!isAway && performance.now() - lookedAt < LOOK_AGAIN_MS) return
    looking ??= ask()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined
      })
    await looking
  }
  const standing = async (within: Kysely<Schema>) => {
    const outside = known
    const row = await findWatermark(within)
    const state = await chain(within)
    const isLater = row !== undefined && row.era > state.era
    return { row, outside, is: isLater ? ('later_era' as const) : judgeHeads(outside, state, row?.counter ?? 0) }
  }
  const mintingStopped = async (within?: Kysely<Schema>): Promise<string | undefined> => {
    if (!within) await ask().catch(() => undefined)
    if (isAway || performance.now() - lookedAt > STALE_MS) return AWAY
    const { row, is } = await standing(within ?? db)
    if (row && row.store !== heads.identity) return OTHER_STORE
    return is === 'even' ? undefined : is === 'later_era' ? LATER_ERA : BEHIND
  }
  const advance = async (): Promise<void> => {
    for (;;) {
      const old = await ask()
      const { row, is } = await standing(db)
      if (is === 'behind' || is === 'later_era' || !row || row.store !== heads.identity) return
      const { era, sequence, head } = await chain()
      const next: Heads = { ...old, directory: { sequence, head }, watermark: row.counter, ...(era > 1 && { era }) }
      if (!(await heads.swap(old, next))) continue
      known = laterHeads(known, next)
      lookedAt = performance.now()
      return
    }
  }
  /** Every earlier commit of this database is durable before the outside stands for it. */
  const move = async (): Promise<void> => {
    if ((await moveWatermark(db, heads.identity, known?.watermark ?? 0)) === undefined) return
    movedAt = performance.now()
    await advance()
  }
  let alarmed: string | undefined
  /** Once for each thing that has gone wrong, and once when it is over. */
  const alarm = (why: string | undefined): void => {
    if (why !== undefined && why !== alarmed)
      log.error(
        { alarm: why === BEHIND ? 'database_behind' : why === LATER_ERA ? 'roots_replaced' : 'other_head_store' },
        why === BEHIND
          ? `${why}: nothing is minted until an administrator signs the recovery at /keys`
          : `${why}: nothing is minted here`,
      )
    if (why === undefined && alarmed !== undefined) log.warn('the database and its outside heads agree again: minting goes on')
    alarmed = why
  }
  const beat = async (): Promise<void> => {
    await look()
    if (isAway || (!isDirty && performance.now() - movedAt < HEARTBEAT_MS)) return
    const { row, is } = await standing(db)
    const wrong = is === 'later_era' ? LATER_ERA : is === 'behind' ? BEHIND : undefined
    alarm(row && row.store !== heads.identity ? OTHER_STORE : wrong)
    if (is === 'later_era') return
    if (is === 'behind') return touchWatermark(db, heads.identity)
    isDirty = false
    await move().catch((error: unknown) => {
      isDirty = true
      throw error
    })
  }
  const findLoss = async (): Promise<Loss | undefined> => {
    await ask()
    const { row, outside, is } = await standing(db)
    if (is !== 'behind' || !outside) return undefined
    const lost = lostOf(outside)
    const state = await chain()
    const isFork =
      eraOf(outside) !== state.era ||
      (stateAt(state, lost.directory.sequence)?.head ?? lost.directory.head) !== lost.directory.head
    return { lost, changes: isFork ? undefined : Math.max(0, lost.directory.sequence - state.sequence), since: row?.movedAt }
  }

  await ask()
  const { era } = await chain()
  if ((await standing(db)).is === 'later_era') throw new StartRefused([laterEra(era)])
  // A living issuer may have filled the store since.
  await serve(db, heads, async () => (known ?? (await ask())) !== undefined)
  const start = async (): Promise<void> => {
    // Filled before the counter moves for the first time: so a counter that has moved beside an empty store is a store that was lost.
    if (known === undefined) await advance()
    if ((await standing(db)).is === 'behind') alarm(BEHIND)
    else await move()
  }
  const committed = (): void => {
    isDirty = true
  }
  return { start, look, mintingStopped, findLoss, advance: move, committed, beat }
}

async function serve(db: Kysely<Schema>, { identity, heirOf }: HeadStore, knows: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const row = await findWatermark(db)
    if (row && row.store !== identity && row.store !== heirOf && Math.abs(row.idleSeconds) < ALIVE_SECONDS)
      throw new StartRefused([
        `Another issuer served this database ${Math.max(0, Math.round(row.idleSeconds))} s ago with a head store of its own. More than one issuer needs one shared store: give all of them the same HEAD_STORE_URL. If that one is gone for good, start again in ${ALIVE_SECONDS} seconds.`,
      ])
    if (row && row.counter > 0 && !(await knows()))
      throw new StartRefused([
        'The head store is empty, but one that was not has served this database: an older copy of it would pass unseen. Give the issuer that store (heads.json in KEYS_DIR, or HEAD_STORE_URL). If it is lost for good, let the owner of the database say so: DELETE FROM watermark',
      ])
    if (await serveWatermark(db, identity, row?.store)) return
  }
}
