// `bootstrap --new-roots` as its operator lives it: roots were lost, nobody serves, and the same ceremony puts others in their place and keeps those of before.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { pastRootsPath } from '../../src/domain/directory.ts'
import type { Heads } from '../../src/domain/heads.ts'
import { bootstrapRealm } from '../../src/issuer/bootstrap.ts'
import { openFileHeadStore } from '../../src/issuer/head-store.ts'
import { readPastRoots, readTrustRoots, replaceTrustRoots, rootsDigest } from '../../src/issuer/trust-roots.ts'
import { StartRefused } from '../../src/run.ts'
import { makeRoot, openKeyRing } from '../../src/sandbox/key-ring.ts'
import { newVisitor, ORIGIN, overNetwork } from '../support/bootstrap.ts'
import { newDeployment } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'

type Deployment = Awaited<ReturnType<typeof newDeployment>>
const deploy = (t: TestContext | { after: typeof after }) =>
  newDeployment({ after: (work) => void t.after(work) } as Parameters<typeof newDeployment>[0])
const rootsOf = ({ dir }: Deployment) => join(dir, 'trust-roots.json')

/** Runs the command over a deployment; `failed` is why it did not come to its end. */
async function replacing(deployment: Deployment, args: readonly string[] = ['--person', 'mira'], over: object = {}) {
  const port = String(await freePort())
  const input = new PassThrough()
  const output = new PassThrough()
  let written = ''
  const seen = new Set<() => void>()
  output.on('data', (chunk: Buffer) => {
    written += chunk.toString()
    for (const look of seen) look()
  })
  const env = { ...deployment.issuer, ISSUER_PORT: port, LOG_LEVEL: 'silent', ...over }
  const ended = bootstrapRealm(['--new-roots', ...args], env, { input, output })
  const failed = ended.then(
    () => undefined,
    (error: Error) => error,
  )
  const says = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => pattern.test(written) && resolve(written)
      seen.add(look)
      look()
      void failed.then((error) => reject(error ?? new Error(`ended without ${pattern}: ${written}`)))
    })
  const register = async (person: string) => {
    const [, path = ''] = new RegExp(`\\(${person}\\) {2}\\S+(/bootstrap/\\S+)\\n`).exec(await says(/bootstrap\/\S+\n/)) ?? []
    const visitor = newVisitor(overNetwork(port))
    await visitor.open(path)
    const { status } = await visitor.register(person)
    assert.equal(status, 200)
    await says(/Type yes if all are the same: $/)
  }
  return { failed, says, register, type: (text: string) => void input.write(text), written: () => written }
}
async function refusedWith(deployment: Deployment, args?: readonly string[], over?: object): Promise<string> {
  const before = readFileSync(rootsOf(deployment), 'utf8')
  const error = await (await replacing(deployment, args, over)).failed
  assert.ok(error instanceof StartRefused, String(error))
  assert.equal(readFileSync(rootsOf(deployment), 'utf8'), before, 'nothing was written')
  return error.problems.join('\n')
}

const deployment = await deploy({ after })
const owner = deployment.database.connect('owner')

test('refused: a deployment that an issuer serves, by its heartbeat or by the lock of its heads, and one that has none', async (t) => {
  await sql`insert into watermark (counter, store) values (7, 'file:1.1')`.execute(owner)
  assert.match(await refusedWith(deployment), /An issuer served this database \d s ago: stop every issuer/)
  await sql`delete from watermark`.execute(owner)
  const store = await openFileHeadStore(join(deployment.dir, 'keys', 'heads.json'))
  t.after(() => store.close())
  assert.match(await refusedWith(deployment), /in use by another issuer/)
  const away = join(deployment.dir, 'elsewhere.json')
  const error = await (await replacing(deployment, [], { TRUST_ROOTS: away })).failed
  assert.match(String(error), /elsewhere\.json: cannot be read/)
  assert.ok(!existsSync(away))
})

test('refused: a file of roots, after which others came by the database or by the heads outside', async () => {
  await sql`insert into watermark (counter, store, seen_at) values (7, 'file:1.1', now() - interval '1 hour')`.execute(owner)
  await sql`insert into era (era, roots, began_at) values (2, 'later', now())`.execute(owner)
  assert.match(await refusedWith(deployment), /of era 1, but this deployment has gone on to a later one/)
  await sql`delete from era`.execute(owner)
  await sql`delete from watermark`.execute(owner)
  const file = join(deployment.dir, 'keys', 'heads.json')
  const store = await openFileHeadStore(file)
  const heads: Heads = { era: 2, directory: { sequence: 0, head: 'A'.repeat(43) }, watermark: 3 }
  await store.swap(undefined, heads)
  store.close()
  assert.match(await refusedWith(deployment), /of era 1, but this deployment has gone on to a later one/)
  writeFileSync(file, '')
  assert.match(await refusedWith(deployment), /not JSON/)
  rmSync(file)
})

test('refused: keys of another realm, another origin, a database that does not answer, and both kinds of beginning at once', async () => {
  assert.match(await refusedWith(deployment, [], { KEYS_DIR: join(deployment.dir, 'nowhere') }), /KEYS_DIR/)
  assert.match(await refusedWith(deployment, [], { ISSUER_URL: 'https://other.example.com' }), /belongs to another issuer/)
  const url = new URL(deployment.issuer['ISSUER_DATABASE_URL'] ?? '')
  url.port = String(await freePort())
  assert.match(await refusedWith(deployment, [], { ISSUER_DATABASE_URL: url.href }), /ISSUER_DATABASE_URL/)
  assert.match(await refusedWith(deployment, ['--new-realm', 'prod']), /choose one/)
  assert.match(await refusedWith(deployment, ['--person', 'rey']), /rey is not one of `administrators`/)
})

test('after the words were confirmed the new roots stand there, those of before beside them, and realm and keys are the same', async (t) => {
  const own = await deploy(t)
  const path = rootsOf(own)
  const [text, before] = [readFileSync(path, 'utf8'), await readTrustRoots(path)]
  const no = await replacing(own)
  await no.register('mira')
  no.type('no\n')
  assert.match(String(await no.failed), /not confirmed; nothing was written/)
  assert.equal(readFileSync(path, 'utf8'), text)

  const run = await replacing(own)
  await run.register('mira')
  run.type('yes\n')
  assert.equal(await run.failed, undefined)
  const roots = await readTrustRoots(path)
  const { roots: now, era, pinned_at, ...same } = roots
  const { roots: then, era: first, pinned_at: pinned, ...rest } = before
  assert.deepEqual(same, rest)
  assert.deepEqual([first, era], [1, 2])
  assert.ok(pinned_at >= pinned)
  assert.notEqual(now[0]?.thumbprint, then[0]?.thumbprint)
  assert.equal(readFileSync(pastRootsPath(path, 1), 'utf8'), text)
  assert.deepEqual(await readPastRoots(path, roots, assert.fail), [before])
  assert.ok(run.written().includes(rootsDigest(roots)))
  assert.match(run.written(), /every key of before has lost its power/)
})

test('a file of earlier roots is never written over, and one left by a power cut is gone on from', async (t) => {
  const own = await deploy(t)
  const path = rootsOf(own)
  const before = await readTrustRoots(path)
  const ring = openKeyRing({ rpId: 'issuer.example.com', origin: ORIGIN })
  const next = { ...before, era: 2, roots: [makeRoot(ring, before.realm, 'mira')] }
  const kept = pastRootsPath(path, 1)
  writeFileSync(kept, 'something else')
  assert.match(await refusedWith(own), /exists and holds something else/)
  await assert.rejects(replaceTrustRoots(path, next), /exists and holds other roots; nothing was written/)
  assert.deepEqual(await readTrustRoots(path), before)
  const told: string[] = []
  assert.deepEqual(await readPastRoots(path, next, (why) => void told.push(why)), [])
  assert.match(told[0] ?? '', /era-1\.json: is not JSON/)
  writeFileSync(kept, readFileSync(path, 'utf8'))
  await replaceTrustRoots(path, next)
  assert.deepEqual(await readTrustRoots(path), next)
  await assert.rejects(replaceTrustRoots(path, next), /do not come after it; nothing was written/)
})
