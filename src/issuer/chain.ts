// The directory as the issuer uses it: every link of the chain is verified once, from the pinned roots, when it is first read, and the state stays in
// memory as long as the database goes on from it. Under a database that was put back the memory goes back too, to where both agree: what this issuer
// says is what the database holds, and whether that is all is for the outside heads to say. A link that does not verify stops everything. Changes of other
// eras are not read: they hang on other roots.

import type { Kysely } from 'kysely'
import { nodeCrypto } from '../crypto.ts'
import { findContinuation, findHeads, type StoredLink } from '../db/passkeys.ts'
import type { Schema } from '../db/schema.ts'
import type { TrustRoots } from '../domain/directory.ts'
import { type ChainState, stateAt } from '../evidence/chain-state.ts'
import { extendChain, startChain } from '../evidence/directory-chain.ts'

export type ReadChain = (within?: Kysely<Schema>) => Promise<ChainState>

/** Verifies the whole chain; the answer gives it again up to the newest change of the database it is asked within. */
export async function openChain(db: Kysely<Schema>, roots: TrustRoots): Promise<ReadChain> {
  const first = await startChain(roots, nodeCrypto)
  if (!first.ok) throw new Error(`trust roots: ${first.reason} at ${first.path}`)
  let state = first.state

  const chain: ReadChain = async (within = db) => {
    for (;;) {
      const known = state
      const newer = await findContinuation(within, known)
      const next = newer ? await extended(known, newer, roots) : await followed(within, known, roots)
      // Another reader may have gone ahead while this one waited: look again, from there.
      if (state !== known) continue
      state = next
      return state
    }
  }
  await chain()
  return chain
}

/** The state after going back to where memory and database last agree, and on from there as the database does. */
async function followed(within: Kysely<Schema>, known: ChainState, roots: TrustRoots): Promise<ChainState> {
  const stored = await findHeads(within, roots.era)
  const agreed = stored.findLast(({ sequence, head }) => stateAt(known, sequence)?.head === head)?.sequence ?? 0
  const back = stateAt(known, agreed)
  if (!back) throw new Error(`the chain has no place ${agreed}`)
  return extended(back, (await findContinuation(within, back)) ?? [], roots)
}

async function extended(from: ChainState, links: readonly StoredLink[], roots: TrustRoots): Promise<ChainState> {
  let state = from
  for (const { sequence, head, link } of links) {
    const next = await extendChain(state, link, nodeCrypto, roots)
    if (!next.ok) throw new Error(`directory change ${sequence} does not verify: ${next.reason} at ${next.path}`)
    if (next.state.head !== head) throw new Error(`directory change ${sequence} does not verify: its row names another head`)
    state = next.state
  }
  return state
}
