// The head store that a stand's issuers share: the file beside the keys for one issuer, a PostgreSQL of its own for several.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import type { HeadStore } from '../../src/domain/heads.ts'
import { openFileHeadStore } from '../../src/issuer/head-store.ts'
import { openSharedHeadStore } from '../../src/issuer/head-store-shared.ts'
import { type Mortal, startMortalPostgres } from './postgres.ts'

export type StandHeads = {
  readonly open: (keysDir: string, realm: string) => Promise<HeadStore>
  /** Lets the issuers have it. */
  readonly release: () => Promise<void>
  readonly environment: Readonly<Record<string, string>>
  /** Where a shared one lies. */
  readonly postgres: Mortal | undefined
  readonly close: () => Promise<void>
}

export async function openHeads(dir: string, issuers: number): Promise<StandHeads> {
  let opened: HeadStore | undefined
  const release = async (): Promise<void> => opened?.close()
  if (issuers === 1) {
    const open = async (keysDir: string) => (opened = await openFileHeadStore(join(keysDir, 'heads.json')))
    return { open, release, environment: {}, postgres: undefined, close: async () => undefined }
  }
  const place = join(dir, 'heads')
  mkdirSync(place, { mode: 0o711 })
  const postgres = await startMortalPostgres(place)
  const url = postgres.url('postgres')
  const open = async (_keysDir: string, realm: string) =>
    (opened = await openSharedHeadStore(url, realm, pino({ level: 'silent' })))
  return { open, release, environment: { HEAD_STORE_URL: url }, postgres, close: () => postgres.stop() }
}
