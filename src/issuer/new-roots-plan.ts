// What must hold before roots are replaced: a deployment whose file, keys and database are one, at its latest era, and which nobody serves. A living issuer is
// seen by the lock of its heads or by its heartbeat in the database; the lock of the file is kept until the ceremony is over, so that none starts meanwhile.
// Hostile: an older file of roots that is put back to begin an era that was begun before (DESIGN section 4).

import { existsSync } from 'node:fs'
import { access, constants, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { laterEra } from '../commands/open-era.ts'
import type { IssuerConfig } from '../config.ts'
import { connect, type DatabaseLog } from '../db/connect.ts'
import { findWatermark } from '../db/watermark.ts'
import { pastRootsPath, type TrustRoots } from '../domain/directory.ts'
import { eraOf } from '../domain/heads.ts'
import { failureOf } from '../run.ts'
import { openFileHeadStore, readHeads } from './head-store.ts'
import { readSharedHeads } from './head-store-shared.ts'
import { inspectIssuer } from './inspect.ts'

/** As long as an issuer with a heartbeat counts as living. */
const ALIVE_SECONDS = 15

export type NewRootsPlan = {
  /** The roots that are replaced. */
  readonly before: TrustRoots | undefined
  readonly problems: readonly string[]
  /** Lets issuers start again. */
  readonly release: () => void
}

/** Looks at the deployment of this configuration; what stands in the way is told all at once. */
export async function planNewRoots(config: IssuerConfig, log: DatabaseLog): Promise<NewRootsPlan> {
  const { databaseUrl, keysDir, headStoreUrl, trustRoots } = config
  const db = connect(databaseUrl, { applicationName: 'countersign bootstrap', max: 2, log })
  let release: () => void = () => undefined
  try {
    const { findings, roots } = await inspectIssuer(config, db)
    const problems = findings.flatMap((finding) => finding.problems)
    if (!roots || problems.length > 0) return { before: roots, problems, release }
    const file = `${keysDir}/heads.json`
    if (existsSync(`${file}.lock`)) {
      const lock = await openFileHeadStore(file)
      release = lock.close
    }
    const outside = headStoreUrl === undefined ? await readHeads(file) : await readSharedHeads(headStoreUrl, roots.realm)
    const row = await findWatermark(db)
    if (row && Math.abs(row.idleSeconds) < ALIVE_SECONDS)
      problems.push(
        `An issuer served this database ${Math.max(0, Math.round(row.idleSeconds))} s ago: stop every issuer, and begin ${ALIVE_SECONDS} seconds later.`,
      )
    if (Math.max(row?.era ?? 1, outside ? eraOf(outside) : 1) > roots.era) problems.push(laterEra(roots.era))
    await access(dirname(trustRoots), constants.W_OK).catch(() =>
      problems.push(`${dirname(trustRoots)} cannot be written to (TRUST_ROOTS)`),
    )
    const kept = pastRootsPath(trustRoots, roots.era)
    if (existsSync(kept) && (await readFile(kept, 'utf8')) !== (await readFile(trustRoots, 'utf8')))
      problems.push(`${kept} exists and holds something else than ${trustRoots}: one of them was exchanged, so restore both.`)
    return { before: roots, problems, release }
  } catch (error) {
    release()
    return { before: undefined, problems: failureOf(error).problems, release: () => undefined }
  } finally {
    await db.destroy()
  }
}
