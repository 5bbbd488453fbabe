// Puts an issuer together from its keys, roots, runbooks and database, in the order in which one must be trusted to read the next; every
// misfit stops the start with sentences. No HTTP here: tests and the command line open the same issuer that the server serves.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { IssuerContext, Published, Watch } from '../commands/context.ts'
import { openEra } from '../commands/open-era.ts'
import { transact } from '../commands/transact.ts'
import { repeatDirectory } from '../db/passkeys.ts'
import type { Schema } from '../db/schema.ts'
import { NO_MODELS } from '../domain/attestation.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { HeadStore } from '../domain/heads.ts'
import { openChain } from './chain.ts'
import type { IssuerKeys } from './keys.ts'
import { openOutside } from './outside.ts'
import { openOwnClock } from './own-clock.ts'
import { publishRunbooks } from './read-runbooks.ts'
import { rootsDigest, rootsMisfits } from './trust-roots.ts'

export type IssuerParts = {
  readonly db: Kysely<Schema>
  readonly now: () => Date
  readonly log: Logger
  readonly watch?: Watch | undefined
  readonly keys: IssuerKeys
  readonly roots: TrustRoots
  /** Those of earlier eras, as far as they are kept. */
  readonly pastRoots?: readonly TrustRoots[]
  readonly heads: HeadStore
  /** The issuer's exact origin, and its host: what every assertion must be made for. */
  readonly origin: string
  readonly rpId: string
  readonly runbooksDir: string
  /** Further origins and client ids by which Countersign itself is known. */
  readonly ownNames: readonly string[]
}

export type OpenIssuer = {
  readonly ctx: IssuerContext
  /** Reads the runbooks again; keeps what is in force when they have mistakes, and throws them. */
  readonly reload: () => Promise<Published>
}

/** Opens the issuer: checks its roots, verifies the directory, checks and publishes the runbooks. */
export async function openIssuer(parts: IssuerParts): Promise<OpenIssuer> {
  const { db, now, log, watch, keys, roots, pastRoots = [], origin, rpId } = parts
  const misfits = rootsMisfits(roots, { realm: keys.realm, issuer: origin, rp_id: rpId, log_key: keys.logKey })
  if (misfits.length > 0) throw new Error(misfits.join('\n'))
  const chain = await openChain(db, roots)
  const outside = await openOutside({ db, heads: parts.heads, chain, log })
  const clock = await openOwnClock(db, now)
  const base = {
    process: 'issuer' as const,
    db,
    now,
    log,
    watch,
    realm: keys.realm,
    roots,
    pastRoots,
    nonceKey: keys.nonceKey,
    signer: keys,
    signWithLogKey: (bytes: Uint8Array) => keys.sign('Ed25519', keys.logKid, bytes),
    chain,
    mintingStopped: outside.mintingStopped,
    lookOutside: outside.look,
    findLoss: outside.findLoss,
    directoryMoved: outside.advance,
    beat: outside.beat,
    committed: () => {
      clock.committed()
      outside.committed()
    },
    newest: clock.newest,
  }
  const opening = { ...base, published: noRules, attestation: () => NO_MODELS }
  await openEra(opening, rootsDigest(roots))
  await transact(opening, [], async ({ trx }) => repeatDirectory(trx, await chain(trx)))
  await outside.start()
  const publish = () => publishRunbooks(parts.runbooksDir, [origin, ...parts.ownNames], base)
  let read = await publish()
  return {
    ctx: { ...base, published: () => read.published, attestation: () => read.attestation },
    reload: async () => {
      read = await publish()
      return read.published
    },
  }
}

const noRules = (): never => {
  throw new Error('no rule set is published yet')
}
