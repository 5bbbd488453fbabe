import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { childrenOf, newPremises, postgresOf, postmasterOf, startProduct, tellOnFailure } from './support/product.ts'
import { slackDriver, wordsOf } from './support/slack-driver.ts'

test('an empty folder is ready with addresses that answer and what to do first; asked to end, nothing of it stays', async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  tellOnFailure(t, running)
  for (const url of [premises.slack, `${premises.slack}/target`, premises.bot, premises.issuer])
    assert.match(running.out(), new RegExp(`${url}\\s`))
  assert.match(running.out(), /\/elevate service\.restart/)
  for (const url of [`${premises.slack}/`, `${premises.slack}/target`, `${premises.bot}/readyz`, `${premises.issuer}/readyz`])
    assert.equal((await fetch(url)).status, 200, url)
  assert.equal(running.err(), '', 'a start without trouble says nothing else')
  if (existsSync('/proc/self/environ'))
    for (const pid of childrenOf(running.process.pid))
      assert.doesNotMatch(
        readFileSync(`/proc/${pid}/environ`, 'utf8'),
        /xoxb-|postgres:\/\//,
        'a login or a token for all to read',
      )

  assert.equal(await running.stop(), 0)
  for (const url of [premises.slack, premises.bot, premises.issuer])
    assert.equal(await listens(Number(new URL(url).port)), false, `${url} still listens`)
  assert.equal(postmasterOf(premises.dataDir), undefined)
  assert.equal(await listens(postgresOf(premises.dataDir).port), false)
})

test('a second start on a folder in use is refused in a sentence, and the first goes on', async (t) => {
  const premises = await newPremises(t)
  const first = await startProduct(premises)
  const second = premises.run(['start'])
  const { code } = await second.ended
  assert.equal(code, 78)
  assert.equal(second.out(), '')
  assert.match(
    second.err(),
    new RegExp(`^countersign: The database in \\S+ is in use by process ${first.process.pid}: [^\\n]+\\.\\n$`),
  )
  assert.equal((await fetch(`${premises.issuer}/readyz`)).status, 200)
  assert.equal((await fetch(`${premises.bot}/readyz`)).status, 200)
})

for (const [name, place] of [
  ['PORT', 'bot'],
  ['ISSUER_PORT', 'issuer'],
  ['SANDBOX_PORT', 'slack'],
] as const) {
  test(`a taken ${name} is named, and nothing of that start stays`, async (t) => {
    const premises = await newPremises(t)
    const port = Number(new URL(premises[place]).port)
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    t.after(() => void other.close())
    const running = premises.run(['start'])
    const { code } = await running.ended
    assert.equal(code, 78)
    assert.match(running.err(), new RegExp(`^countersign: Port ${port} is taken\\. `, 'm'))
    assert.doesNotMatch(running.err(), /^\s+at /m, 'no stack')
    assert.equal(postmasterOf(premises.dataDir), undefined)
  })
}

test('killed hard, its children end by themselves; the next start takes over the orphaned PostgreSQL and goes on', async (t) => {
  const premises = await newPremises(t)
  const first = await startProduct(premises)
  first.process.kill('SIGKILL')
  assert.equal((await first.ended).signal, 'SIGKILL')
  assert.notEqual(postmasterOf(premises.dataDir), undefined, 'PostgreSQL outlives its owner')
  for (const url of [premises.slack, premises.bot, premises.issuer])
    assert.equal(await listens(Number(new URL(url).port)), false, `${url} still listens`)

  const second = await startProduct(premises)
  tellOnFailure(t, second)
  const rey = slackDriver(premises.slack).as('rey')
  await rey.say('C0INCIDENT42', '/elevate service.restart service=payments-api reason="INC-4211: again"')
  await rey.message('C0INCIDENT42', ({ blocks }) => /Check code/.test(wordsOf(blocks)), 'the answer')
  assert.equal(await second.stop(), 0)
  assert.equal(postmasterOf(premises.dataDir), undefined)
})

test('one variable of production is not the sandbox: the start stops and names the missing ones', async (t) => {
  const premises = await newPremises(t)
  const running = premises.run(['start'], { DATABASE_URL: 'postgres://bot:secret@127.0.0.1/db' })
  assert.equal((await running.ended).code, 78)
  assert.equal(running.out(), '')
  for (const name of [
    'ISSUER_DATABASE_URL',
    'PUBLIC_URL',
    'ISSUER_URL',
    'RUNBOOKS_DIR',
    'TRUST_ROOTS',
    'KEYS_DIR',
    'SLACK_TEAM_IDS',
  ])
    assert.match(running.err(), new RegExp(`\\b${name}\\b`))
  assert.doesNotMatch(running.err(), /:secret|^\s+at /m)
})

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
