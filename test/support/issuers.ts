// Several issuers over one database, as on several hosts: each with its own pools, its own copy of the same KEYS_DIR and its own connection to a shared head
// store, which is a database of its own (and, since stores are opened by hand here, may lie in the tests' cluster).

import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '../../src/crypto.ts'
import type { HeadStore } from '../../src/domain/heads.ts'
import { openSharedHeadStore } from '../../src/issuer/head-store-shared.ts'
import { loadOrCreateKeys } from '../../src/issuer/keys.ts'
import type { IssuerParts } from '../../src/issuer/open-issuer.ts'
import { createTestDatabase } from './database.ts'
import { openWorld, type World } from './world.ts'

type After = Parameters<typeof openWorld>[0]

/** A database for heads; `open` connects an issuer to it. */
async function openHeads(t: After, realm: string) {
  const database = await createTestDatabase(t as Parameters<typeof createTestDatabase>[0], { migrated: false })
  const opened: HeadStore[] = []
  t.after(async () => {
    for (const store of opened) await store.close()
  })
  const open = async (log = { warn: () => undefined }): Promise<HeadStore> => {
    const store = await openSharedHeadStore(database.ownerUrl, realm, log)
    opened.push(store)
    return store
  }
  return { database, open }
}

/** A world whose heads lie in a shared store, and a way to open further issuers there. */
export async function openSharedWorld(t: After) {
  let shared: Awaited<ReturnType<typeof openHeads>> | undefined
  const world = await openWorld(t, async (realm) => {
    shared = await openHeads(t, realm)
    return shared.open()
  })
  if (!shared) throw new Error('the world has not asked for its heads')
  const { open, database } = shared
  return { world, headsUrl: database.ownerUrl, another: async () => anotherIssuer(world, await open()) }
}

/** One more issuer on a host of its own, with a copy of the first one's keys. */
export async function anotherIssuer(world: World, heads: HeadStore, over: Partial<IssuerParts> = {}): Promise<World> {
  const dir = join(world.dir, `keys-${newId()}`)
  await cp(join(world.dir, 'keys'), dir, { recursive: true })
  const keys = await loadOrCreateKeys({ dir, realm: world.ctx.realm, create: false })
  const db = world.database.connect('issuer', { max: 6, applicationName: 'test issuer of another host' })
  const issuer = await world.reopen({ heads, keys, db, ...over })
  return { ...world, keys, heads, issuer, ctx: issuer.ctx }
}
