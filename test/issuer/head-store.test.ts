import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Heads } from '../../src/domain/heads.ts'
import { openFileHeadStore, readHeads } from '../../src/issuer/head-store.ts'
import { INTENT, inFolder } from '../support/credentials.ts'

const directory = { sequence: 0, head: INTENT }
const first: Heads = { directory }
const at = (size: number): Heads => ({ directory, log: { size, root: INTENT } })

async function withStore(
  check: (store: Awaited<ReturnType<typeof openFileHeadStore>>, path: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'heads.json')
    const store = await openFileHeadStore(path)
    try {
      await check(store, path)
    } finally {
      store.close()
    }
  })
}

test('of fifty swaps over the same heads one wins', () =>
  withStore(async (store) => {
    const won = await Promise.all(Array.from({ length: 50 }, (_, size) => store.swap(undefined, at(size))))
    assert.equal(won.filter(Boolean).length, 1)
    assert.deepEqual(await store.read(), at(won.indexOf(true)))
  }))

test('heads are there for the next process, and readable without opening the store', () =>
  withStore(async (store, path) => {
    await store.swap(undefined, at(7))
    store.close()
    assert.deepEqual(await readHeads(path), at(7))
    const next = await openFileHeadStore(path)
    assert.deepEqual(await next.read(), at(7))
    next.close()
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  }))

test('a second issuer on the same file does not start', () =>
  withStore(async (_, path) => {
    await assert.rejects(openFileHeadStore(path), /in use by another issuer/)
  }))

test('the lock of a process that was killed is no lock', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'heads.json')
    const module = new URL('../../src/issuer/head-store.ts', import.meta.url).href
    const code = `const { openFileHeadStore } = await import(${JSON.stringify(module)})
      await openFileHeadStore(${JSON.stringify(path)}); console.log('open'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    await assert.rejects(openFileHeadStore(path), /in use by another issuer/)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await openFileHeadStore(path)
    store.close()
  }))

test('a swap that a crash cut short leaves the old heads, and its rest is swept', () =>
  withStore(async (store, path) => {
    await store.swap(undefined, at(1))
    store.close()
    await writeFile(`${path}.0123456789ab.new`, '{"directory"')
    const next = await openFileHeadStore(path)
    assert.deepEqual(await next.read(), at(1))
    next.close()
    assert.deepEqual(
      (await readdir(join(path, '..'))).filter((name) => name.endsWith('.new')),
      [],
    )
  }))

test('heads that cannot be read are never taken for no heads', () =>
  withStore(async (store, path) => {
    for (const text of ['', '{', '{}', '{"directory":{"head":"x","sequence":0}}']) {
      await writeFile(path, text)
      await assert.rejects(store.read(), /heads cannot be guessed/)
      await assert.rejects(store.swap(undefined, first), /heads cannot be guessed/)
    }
  }))
