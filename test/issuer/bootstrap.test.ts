// The bootstrap as its operator lives it: what must be in order before, the words, the yes, and the files that are there afterwards or are not.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { startChain } from '../../src/evidence/directory-chain.ts'
import { bootstrapRealm } from '../../src/issuer/bootstrap.ts'
import { keyWords } from '../../src/issuer/key-words.ts'
import { loadOrCreateKeys } from '../../src/issuer/keys.ts'
import { readTrustRoots, rootsDigest, rootsMisfits } from '../../src/issuer/trust-roots.ts'
import { StartRefused } from '../../src/run.ts'
import { bootstrapEnvironment, newVisitor, ORIGIN, overNetwork } from '../support/bootstrap.ts'
import { freePort } from '../support/free-port.ts'
import { changed, runbookFolder } from '../support/runbook-folder.ts'

const LINK = /\((\w+)\) {2}https:\/\/issuer\.example\.com(\/bootstrap\/\S+)$/gm

/** A bootstrap that runs, with what it wrote and what is typed into it. */
async function start(t: TestContext, args: readonly string[], over: Record<string, string> = {}, linkMs?: number) {
  const port = String(await freePort())
  const env = bootstrapEnvironment(t, { ISSUER_PORT: port, ...over })
  const input = new PassThrough()
  t.after(() => void input.end())
  let written = ''
  let look = (): void => undefined
  const output = {
    write: (text: string) => {
      written += text
      look()
    },
  }
  const ended = bootstrapRealm(args, env, { input, output }, linkMs)
  const failed = ended.then(
    () => undefined,
    (error: Error) => error,
  )
  const says = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      look = () => {
        if (pattern.test(written)) resolve()
      }
      look()
      void failed.then((error) => reject(error ?? new Error(`ended without ${pattern}: ${written}`)))
    })
  return {
    env,
    says,
    failed,
    ended,
    written: () => written,
    type: (text: string) => void input.write(text),
    links: async () => {
      await says(/bootstrap\/\S+\n$/)
      return Object.fromEntries([...written.matchAll(LINK)].map(([, person = '', path = '']) => [person, path]))
    },
    visitor: () => newVisitor(overNetwork(port)),
  }
}

const refused = (error: Error | undefined): string => {
  assert.ok(error instanceof StartRefused, String(error))
  return error.problems.join('\n')
}

test('a registered key becomes the root when its words were compared and confirmed', async (t) => {
  const run = await start(t, ['--person', 'mira'])
  const { mira = '' } = await run.links()
  const visitor = run.visitor()
  assert.match((await visitor.open(mira)).body, /A root key for/)
  const { status, words } = await visitor.register('mira')
  assert.equal(status, 200)
  await run.says(/Type yes if all are the same: $/)
  assert.ok(run.written().includes(`  ${words.join(' ')}\n`))
  assert.ok(!existsSync(run.env.TRUST_ROOTS ?? '') && !existsSync(run.env.KEYS_DIR ?? ''))
  run.type('yes\n')
  await run.ended

  const roots = await readTrustRoots(run.env.TRUST_ROOTS ?? '')
  assert.match(roots.realm, /^prod:/)
  assert.deepEqual(
    roots.roots.map(({ person, thumbprint }) => [person, keyWords(thumbprint)]),
    [['mira', words]],
  )
  assert.ok(run.written().includes(rootsDigest(roots)))
  const keys = await loadOrCreateKeys({ dir: run.env.KEYS_DIR ?? '', realm: roots.realm, create: false })
  assert.deepEqual(
    rootsMisfits(roots, { realm: keys.realm, issuer: ORIGIN, rp_id: 'issuer.example.com', log_key: keys.logKey }),
    [],
  )
  assert.ok((await startChain(roots, nodeCrypto)).ok)
})

test('words that are not confirmed leave nothing behind', async (t) => {
  const run = await start(t, ['--person', 'mira'])
  const visitor = run.visitor()
  await visitor.open((await run.links())['mira'] ?? '')
  await visitor.register('mira')
  await run.says(/Type yes/)
  run.type('no\n')
  assert.match(String(await run.failed), /not confirmed; nothing was written/)
  assert.ok(!existsSync(run.env.TRUST_ROOTS ?? '') && !existsSync(run.env.KEYS_DIR ?? ''))
})

test('a yes that was typed before the words were shown confirms nothing', async (t) => {
  const run = await start(t, ['--person', 'mira'])
  const visitor = run.visitor()
  const { mira = '' } = await run.links()
  run.type('yes\nyes\n')
  await visitor.open(mira)
  await visitor.register('mira')
  await run.says(/Type yes/)
  run.type('\n')
  assert.match(String(await run.failed), /not confirmed/)
})

const ADMINISTRATORS = ['ana', 'bo', 'rey', 'cy']
/** Runbooks whose first so many of four people are administrators. */
const administeredBy = (t: TestContext, count: number) => {
  const four = changed('directory.yaml', 'administrators: [ana]', `administrators: [${ADMINISTRATORS.slice(0, count)}]`)
  const directory = String(four['directory.yaml']).replace('  bo: { name: Bo }\n', '  bo: { name: Bo }\n  cy: { name: Cy }\n')
  return runbookFolder(t, { ...four, 'directory.yaml': directory })
}

for (const [count, pinned] of [
  [2, ['ana', 'bo']],
  [3, ['ana', 'bo', 'rey']],
] as const)
  test(`${count} roots register by ${count} links; each is compared, and all are pinned in the order of the directory`, async (t) => {
    const run = await start(t, [], { RUNBOOKS_DIR: await administeredBy(t, count) })
    const links = await run.links()
    assert.deepEqual(Object.keys(links).sort(), pinned)
    for (const person of pinned.toReversed()) {
      const visitor = run.visitor()
      await visitor.open(links[person] ?? '')
      await visitor.register(person)
      await run.says(new RegExp(`\\(${person}\\) registered a key[^]*Type yes[^\n]*$`))
      assert.ok(!existsSync(run.env.TRUST_ROOTS ?? ''), 'nothing is pinned before the last yes')
      run.type('yes\n')
    }
    await run.ended
    const roots = await readTrustRoots(run.env.TRUST_ROOTS ?? '')
    assert.deepEqual(
      roots.roots.map(({ person }) => person),
      pinned,
    )
    const started = await startChain(roots, nodeCrypto)
    assert.ok(started.ok)
    assert.deepEqual([...started.state.administrators].sort(), pinned, 'each of them administers')
  })

test('four roots are refused before anything listens, and three of the four may be named', async (t) => {
  const RUNBOOKS_DIR = await administeredBy(t, 4)
  const named = (...ids: readonly string[]) => ids.flatMap((id) => ['--person', id])
  for (const args of [[], named(...ADMINISTRATORS)]) {
    const { failed, env, written } = await start(t, args, { RUNBOOKS_DIR }, 50)
    assert.equal(
      refused(await failed),
      'at most 3 people can be roots: name them with --person; they enrol the others afterwards',
    )
    assert.equal(written(), '')
    assert.ok(!existsSync(env.TRUST_ROOTS ?? '') && !existsSync(env.KEYS_DIR ?? ''))
  }
  const run = await start(t, named('ana', 'bo', 'cy'), { RUNBOOKS_DIR }, 50)
  assert.deepEqual(Object.keys(await run.links()).sort(), ['ana', 'bo', 'cy'])
  assert.match(String(await run.failed), /the time ran out/)
})

test('links that nobody used in time end the bootstrap with nothing written', async (t) => {
  const run = await start(t, ['--person', 'mira'], {}, 50)
  assert.match(String(await run.failed), /the time ran out/)
  assert.ok(!existsSync(run.env.TRUST_ROOTS ?? '') && !existsSync(run.env.KEYS_DIR ?? ''))
})

test('existing roots are never written over', async (t) => {
  const env = bootstrapEnvironment(t)
  writeFileSync(env.TRUST_ROOTS ?? '', 'the roots of a living deployment')
  const { failed } = await start(t, ['--person', 'mira'], env as Record<string, string>)
  assert.match(refused(await failed), /trust-roots\.json exists/)
  assert.equal(readFileSync(env.TRUST_ROOTS ?? '', 'utf8'), 'the roots of a living deployment')
})

test('roots that appear while the bootstrap runs are not written over either', async (t) => {
  const run = await start(t, ['--person', 'mira'])
  const visitor = run.visitor()
  await visitor.open((await run.links())['mira'] ?? '')
  await visitor.register('mira')
  await run.says(/Type yes/)
  writeFileSync(run.env.TRUST_ROOTS ?? '', 'another bootstrap was faster')
  run.type('yes\n')
  assert.match(String(await run.failed), /exists/)
  assert.equal(readFileSync(run.env.TRUST_ROOTS ?? '', 'utf8'), 'another bootstrap was faster')
})

test('keys that lie there already belong to a realm that is not this one', async (t) => {
  const env = bootstrapEnvironment(t)
  mkdirSync(env.KEYS_DIR ?? '', { mode: 0o755 })
  writeFileSync(`${env.KEYS_DIR}/log.json`, '{}')
  const { failed } = await start(t, ['--person', 'mira'], env as Record<string, string>)
  const problems = refused(await failed)
  assert.match(problems, /is not empty/)
  assert.match(problems, /is open to others/)
})

for (const [what, args, problem] of [
  ['somebody who is no administrator', ['--person', 'rey'], /rey is not one of `administrators`/],
  ['somebody whom the directory does not know', ['--person', 'eve'], /eve is not one of `people`/],
  ['one person twice', ['--person', 'mira', '--person', 'mira'], /named twice/],
  ['a realm of no kind', ['--new-realm', 'test'], /neither prod nor sandbox/],
  ['an unknown option', ['--force'], /--force/],
  ['a sandbox realm on a public host', ['--new-realm', 'sandbox'], /localhost only/],
] as const) {
  test(`refused before anything listens: ${what}`, async (t) => {
    const { failed } = await start(t, args)
    assert.match(refused(await failed), problem)
  })
}

test('a production realm is not bootstrapped over plain http', async (t) => {
  const { failed } = await start(t, [], { ISSUER_URL: 'http://issuer.example.com' })
  assert.match(refused(await failed), /ISSUER_URL must begin with https/)
})

test('everything that is in the way is told at once', async (t) => {
  const dir = await runbookFolder(t, changed('restart.md', 'ask: [on-call]', 'ask: [oncall]'))
  const { failed } = await start(t, [], {
    RUNBOOKS_DIR: dir,
    ISSUER_URL: 'http://issuer.example.com',
    TRUST_ROOTS: '/no/such/place/roots.json',
  })
  const problems = refused(await failed)
  for (const each of [/must begin with https/, /`oncall` is not a group/, /\/no\/such\/place cannot be written to/])
    assert.match(problems, each)
})
