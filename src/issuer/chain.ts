// The directory as the issuer uses it: every link of the chain is verified once, from the pinned roots, when it is first read, and the state stays in
// memory. Whether anybody wrote to the database behind our back shows twice: a link that does not verify stops everything; a chain shorter or other
// than the head kept outside stops minting until an administrator signs the recovery (DESIGN section 4). Ending grants goes on.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { IssuerContext } from '../commands/context.ts'
import { nodeCrypto } from '../crypto.ts'
import { findHeadAt, findLinksAfter } from '../db/passkeys.ts'
import type { Schema } from '../db/schema.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { HeadStore, Heads } from '../domain/heads.ts'
import { type ChainState, stateAt } from '../evidence/chain-state.ts'
import { extendChain, startChain } from '../evidence/directory-chain.ts'

export type Chain = Pick<IssuerContext, 'chain' | 'mintingStopped' | 'directoryMoved'>

const BEHIND = 'the database is older than what this issuer has already seen'

/** Verifies the whole chain and holds it against the outside head; moves the head when a crash had kept it behind. */
export async function openChain(options: {
  readonly db: Kysely<Schema>
  readonly roots: TrustRoots
  readonly heads: HeadStore
  readonly log: Logger
}): Promise<Chain> {
  const { db, roots, heads, log } = options
  const first = await startChain(roots, nodeCrypto)
  if (!first.ok) throw new Error(`trust roots: ${first.reason} at ${first.path}`)
  let state = first.state

  const chain = async (within: Kysely<Schema> = db): Promise<ChainState> => {
    for (const { sequence, link } of await findLinksAfter(within, state.sequence)) {
      const before = state
      // Another reader may have gone ahead while this one waited.
      if (sequence !== before.sequence + 1) continue
      const extended = await extendChain(before, link, nodeCrypto, roots)
      if (!extended.ok) throw new Error(`directory change ${sequence} does not verify: ${extended.reason} at ${extended.path}`)
      if (state === before) state = extended.state
    }
    return state
  }
  const isBehind = async (within: Kysely<Schema> = db): Promise<boolean> => {
    const outside = (await heads.read())?.directory
    if (!outside) return false
    if (stateAt(await chain(within), outside.sequence)?.head !== outside.head) return true
    // What this process has verified stays in its memory; the database beneath it may have been put back since.
    return outside.sequence > 0 && (await findHeadAt(within, outside.sequence)) !== outside.head
  }
  const directoryMoved = async (head: Heads['directory']): Promise<void> => {
    for (;;) {
      const old = await heads.read()
      if (old && old.directory.sequence >= head.sequence) return
      if (await heads.swap(old, { ...old, directory: head })) return
    }
  }

  const now = await chain()
  if (await isBehind()) log.error('the directory in the database is behind its outside head: nothing is minted')
  else await directoryMoved({ sequence: now.sequence, head: now.head })
  return { chain, directoryMoved, mintingStopped: async (within) => ((await isBehind(within)) ? BEHIND : undefined) }
}
