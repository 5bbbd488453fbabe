// Which head store an issuer has: the shared one of HEAD_STORE_URL, or the file in KEYS_DIR. An issuer that moves from one to the other loses nothing: what
// its file still knows is carried over before the file is put aside.

import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Schema } from '../db/schema.ts'
import { type HeadStore, laterHeads } from '../domain/heads.ts'
import { StartRefused } from '../run.ts'
import { openFileHeadStore, readHeads } from './head-store.ts'
import { openSharedHeadStore } from './head-store-shared.ts'

/** Opens the store that the configuration names; the caller closes it. */
export async function openHeadStore(options: {
  readonly keysDir: string
  readonly headStoreUrl: string | undefined
  readonly realm: string
  /** The database that is guarded. */
  readonly db: Kysely<Schema>
  readonly log: Logger
}): Promise<HeadStore> {
  const { keysDir, headStoreUrl, realm, db, log } = options
  const file = `${keysDir}/heads.json`
  if (headStoreUrl === undefined) return openFileHeadStore(file)
  const shared = await openSharedHeadStore(headStoreUrl, realm, log)
  try {
    if (shared.cluster === (await clusterOf(db)))
      throw new StartRefused([
        'it lies in the cluster of ISSUER_DATABASE_URL, or in a copy of that: whoever puts the one back puts the other back too. Give it a PostgreSQL of its own.',
      ])
    return { ...shared, heirOf: await retire(file, shared, log) }
  } catch (error) {
    await shared.close()
    throw error
  }
}

async function clusterOf(db: Kysely<Schema>): Promise<string | undefined> {
  const { rows } = await sql<{ cluster: string }>`select system_identifier::text as cluster from pg_control_system()`.execute(db)
  return rows[0]?.cluster
}

/** Carries what a file knows into the shared store and puts the file aside; answers which store the file was. */
export async function retire(file: string, shared: HeadStore, log: Pick<Logger, 'warn'>): Promise<string | undefined> {
  if (!existsSync(`${file}.lock`) && (await readHeads(file)) === undefined) return undefined
  // Under its lock: no living issuer still moves it.
  const own = await openFileHeadStore(file)
  try {
    const known = await own.read()
    for (;;) {
      const old = await shared.read()
      const next = laterHeads(old, known)
      if (!next || next === old || (await shared.swap(old, next))) break
    }
    if (!known) return own.identity
    await rename(file, `${file}.moved`)
    log.warn({ file: `${file}.moved` }, 'the heads of this issuer’s file are in the shared head store now; the file is put aside')
    return own.identity
  } finally {
    own.close()
  }
}
