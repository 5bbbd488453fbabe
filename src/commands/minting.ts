// Why nothing may be minted now, if anything: this clock and the database's differ, or the database is behind its outside heads. Only minting stops;
// decisions are taken and grants are ended.

import type { Kysely } from 'kysely'
import { readDatabaseClock } from '../db/clock.ts'
import type { Schema } from '../db/schema.ts'
import type { IssuerContext } from './context.ts'

const MAX_CLOCK_DIFFERENCE_MS = 2_000
export const CLOCKS_DIFFER = 'the clocks of the issuer and its database differ'

/** By how many milliseconds the database's clock is ahead, if that is too much to mint. */
export async function clocksDifferBy(ctx: IssuerContext, within: Kysely<Schema> = ctx.db): Promise<number | undefined> {
  const difference = (await readDatabaseClock(within)).getTime() - ctx.now().getTime()
  return Math.abs(difference) > MAX_CLOCK_DIFFERENCE_MS ? difference : undefined
}

/** The reason in words, for who only looks; a claim asks again inside its own transaction. */
export const whyMintingStopped = async (ctx: IssuerContext): Promise<string | undefined> =>
  (await clocksDifferBy(ctx)) === undefined ? ctx.mintingStopped() : CLOCKS_DIFFER
