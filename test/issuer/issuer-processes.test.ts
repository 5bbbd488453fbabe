// Issuers as processes, with a head store in a real PostgreSQL of its own: the move from one issuer to two, a store that is stopped and started under
// them, and what stops a start, as an operator meets it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'
import { openFileHeadStore } from '../../src/issuer/head-store.ts'
import { freePort } from '../support/free-port.ts'
import { FLAGS } from '../support/product.ts'
import { ORIGIN, openWorld } from '../support/world.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const log = pino({ level: 'silent' })

const world = await openWorld({ after }, async (_, file) => openFileHeadStore(join(dirname(file), 'keys', 'heads.json')))
const place = await mkdtemp(join(tmpdir(), 'countersign-elsewhere-'))
await chmod(place, 0o711)
const elsewhere = join(place, 'postgres')
await mkdir(elsewhere, { mode: 0o711 })
let postgres = await startEmbeddedPostgres({ dataDir: elsewhere, log })
const headStore = postgres.url('postgres')
const begun: ChildProcess[] = []
after(async () => {
  for (const child of begun) child.kill('SIGKILL')
  await postgres.stop()
  await rm(place, { recursive: true, force: true })
})
const roots = join(world.dir, 'trust-roots.json')
await writeFile(roots, JSON.stringify(world.roots))

/** An issuer’s process; `keysDir` is its host’s. */
async function start(keysDir: string, environment: Readonly<Record<string, string>>) {
  const port = await freePort()
  const child = spawn(process.execPath, [...FLAGS, MAIN, 'issuer'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ISSUER_DATABASE_URL: world.database.issuerUrl,
      ISSUER_URL: ORIGIN,
      PUBLIC_URL: 'http://localhost:3000',
      TRUST_ROOTS: roots,
      KEYS_DIR: keysDir,
      RUNBOOKS_DIR: world.runbooksDir,
      ISSUER_PORT: String(port),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  begun.push(child)
  let told = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text
    })
  const readiness = () =>
    fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(10_000) }).then((answer) => answer.text(), String)
  const says = async (words: RegExp): Promise<void> => {
    for (const late = Date.now() + 60_000; ; await delay(50)) {
      const answer = await readiness()
      if (words.test(answer)) return
      assert.ok(child.exitCode === null, `it ended: ${told}`)
      assert.ok(Date.now() < late, `it never said ${words}: ${answer}\n${told}`)
    }
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, told }))
  return { child, says, ended }
}

test('one issuer becomes two: its heads move into a store of their own, which may stop and start under both', async () => {
  const first = join(world.dir, 'keys')
  const second = join(world.dir, 'keys-of-another-host')
  await cp(first, second, { recursive: true, filter: (path) => !path.includes('heads.json') })
  const known = await world.heads.read()
  assert.ok(known)

  // The one issuer still lives, on its own file.
  const early = await (await start(second, {})).ended
  assert.equal(early.code, 78, early.told)
  assert.match(early.told, /More than one issuer needs one shared store: give all of them the same HEAD_STORE_URL/)
  const inside = await (await start(second, { HEAD_STORE_URL: world.database.ownerUrl })).ended
  assert.equal(inside.code, 78, inside.told)
  assert.match(inside.told, /HEAD_STORE_URL: it lies in the cluster of ISSUER_DATABASE_URL/)

  await world.heads.close()
  const one = await start(first, { HEAD_STORE_URL: headStore })
  await one.says(/Credentials are issued/)
  assert.ok(existsSync(join(first, 'heads.json.moved')) && !existsSync(join(first, 'heads.json')))
  const two = await start(second, { HEAD_STORE_URL: headStore })
  await two.says(/Credentials are issued/)

  await postgres.stop()
  for (const issuer of [one, two]) await issuer.says(/Nothing is issued: the head store.* does not answer.*still ended/)
  postgres = await startEmbeddedPostgres({ dataDir: elsewhere, log })
  assert.equal(postgres.url('postgres'), headStore)
  for (const issuer of [one, two]) await issuer.says(/Credentials are issued/)

  one.child.kill('SIGKILL')
  await one.ended
  await two.says(/Credentials are issued/)
  const again = await start(first, { HEAD_STORE_URL: headStore })
  await again.says(/Credentials are issued/)
  for (const { child, ended } of [two, again]) {
    child.kill('SIGTERM')
    assert.equal((await ended).code, 0)
  }
})
