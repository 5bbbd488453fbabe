// What every head store must hold, over each that there is: the file of one host, and the row in a PostgreSQL of its own. The shared one is raced by real
// processes; the file belongs to one process alone, so there the racers are calls.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { newId } from '../../src/crypto.ts'
import type { HeadStore, Heads } from '../../src/domain/heads.ts'
import { openFileHeadStore } from '../../src/issuer/head-store.ts'
import { openSharedHeadStore } from '../../src/issuer/head-store-shared.ts'
import { INTENT } from '../support/credentials.ts'
import { createTestDatabase } from '../support/database.ts'

const log = pino({ level: 'silent' })
const database = await createTestDatabase({ after }, { migrated: false })
const folder = await mkdtemp(join(tmpdir(), 'countersign-heads-'))
after(() => rm(folder, { recursive: true, force: true }))

const at = (watermark: number, sequence = 0): Heads => ({ watermark, directory: { sequence, head: INTENT } })
const MODULE = new URL('../../src/issuer/head-store-shared.ts', import.meta.url).href

type Place = {
  readonly open: () => Promise<HeadStore>
  /** Many swap at once over the same heads; answers who won. */
  readonly race: (old: Heads | undefined, next: readonly Heads[]) => Promise<boolean[]>
  /** Writes what is no heads where heads should be. */
  readonly spoil: () => Promise<void>
}

const PLACES: Readonly<Record<string, () => Place>> = {
  'the file': () => {
    const path = join(folder, `${newId()}.json`)
    const open = () => openFileHeadStore(path)
    return {
      open,
      race: async (old, next) => {
        const store = await open()
        const won = await Promise.all(next.map((each) => store.swap(old, each)))
        store.close()
        return won
      },
      spoil: async () => {
        const { writeFile } = await import('node:fs/promises')
        await writeFile(path, '{"directory":{"head":"x","sequence":0}}')
      },
    }
  },
  'the shared store': () => {
    const realm = `sandbox:${newId()}`
    return {
      open: () => openSharedHeadStore(database.ownerUrl, realm, log),
      race: (old, next) => Promise.all(withBarrier(next.map((each) => racer(realm, old, each)))),
      spoil: async () => {
        const client = new pg.Client({ connectionString: database.ownerUrl })
        await client.connect()
        await client.query(`update countersign_head set heads = '{"directory":{"head":"x","sequence":0}}' where realm = $1`, [
          realm,
        ])
        await client.end()
      },
    }
  },
}

/** A process of its own with a store of its own, which swaps when it is told to. */
function racer(realm: string, old: Heads | undefined, next: Heads) {
  const code = `const { openSharedHeadStore } = await import(${JSON.stringify(MODULE)})
    const store = await openSharedHeadStore(${JSON.stringify(database.ownerUrl)}, ${JSON.stringify(realm)}, console)
    console.log('ready')
    process.stdin.once('data', async () => {
      console.log(await store.swap(${old ? JSON.stringify(old) : 'undefined'}, ${JSON.stringify(next)}) ? 'won' : 'lost')
      await store.close()
      process.exit()
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const ready = once(child.stdout, 'data')
  return {
    ready,
    go: async (): Promise<boolean> => {
      child.stdin.write('go\n')
      await once(child, 'close')
      assert.match(out, /^ready\n(won|lost)\n$/)
      return out.endsWith('won\n')
    },
  }
}

/** All begin when the last of them is ready. */
function withBarrier(racers: readonly ReturnType<typeof racer>[]): Promise<boolean>[] {
  const ready = Promise.all(racers.map((each) => each.ready))
  return racers.map(async ({ go }) => {
    await ready
    return go()
  })
}

for (const [name, place] of Object.entries(PLACES)) {
  describe(`${name} as head store`, () => {
    test('swaps in heads only over exactly those that stand', async () => {
      const store = await place().open()
      assert.equal(await store.read(), undefined)
      assert.equal(await store.swap(at(0), at(1)), false)
      assert.equal(await store.swap(undefined, at(0)), true)
      assert.equal(await store.swap(undefined, at(1)), false)
      assert.equal(await store.swap(at(0, 1), at(1)), false)
      assert.equal(await store.swap({ directory: at(0).directory }, at(1)), false, 'without a watermark is not with 0')
      const { directory, watermark } = at(0)
      assert.equal(await store.swap({ directory, watermark } as Heads, at(1)), true, 'the order of members is no difference')
      assert.deepEqual(await store.read(), at(1))
      await store.close()
    })

    test('lets one of many win who swap over the same heads at once', async () => {
      const { open, race } = place()
      for (const old of [undefined, at(1)]) {
        const store = await open()
        if (old) assert.ok(await store.swap(await store.read(), old))
        await store.close()
        const rivals = Array.from({ length: 8 }, (_, index) => at(10 + index))
        const won = await race(old, rivals)
        assert.equal(won.filter(Boolean).length, 1)
        const again = await open()
        assert.deepEqual(await again.read(), rivals[won.indexOf(true)])
        await again.close()
      }
    })

    test('is the same store with the same heads for who opens it next', async () => {
      const { open } = place()
      const first = await open()
      await first.swap(undefined, at(7))
      await first.close()
      const next = await open()
      assert.equal(next.identity, first.identity)
      assert.deepEqual(await next.read(), at(7))
      await next.close()
      const other = await place().open()
      assert.notEqual(other.identity, first.identity)
      await other.close()
    })

    test('never takes what it cannot read for no heads', async () => {
      const { open, spoil } = place()
      const store = await open()
      await store.swap(undefined, at(1))
      await spoil()
      await assert.rejects(store.read(), /cannot be guessed/)
      assert.ok(!(await store.swap(undefined, at(2)).catch(() => false)))
      await store.close()
    })

    test('swaps nothing once it is closed', async () => {
      const store = await place().open()
      await store.close()
      await assert.rejects(async () => store.swap(undefined, at(1)))
    })
  })
}
