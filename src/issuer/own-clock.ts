// The newest moment that this issuer has committed anything at, on its own clock: where an issuer and its database share a host, a clock that steps back
// takes both along, and only what was recorded before knows. Kept over a restart by the ids of the issuers' entries, which begin with their time.

import type { Kysely } from 'kysely'
import { findNewestEntry } from '../db/clock.ts'
import type { Schema } from '../db/schema.ts'
import { timeOf } from '../log/entry-id.ts'

export type OwnClock = { readonly committed: () => void; readonly newest: () => Date }

export async function openOwnClock(db: Kysely<Schema>, now: () => Date): Promise<OwnClock> {
  const id = await findNewestEntry(db)
  let newest = id === undefined ? 0 : timeOf(id).getTime()
  return {
    committed: () => {
      newest = Math.max(newest, now().getTime())
    },
    newest: () => new Date(newest),
  }
}
