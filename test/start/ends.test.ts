// How processes end: what is under way is answered, nothing new is taken, and whoever asks twice does not wait. Signals as systems and terminals send them, to
// the real processes.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { launch, newDeployment } from '../support/deployment.ts'
import { meet, viewIn } from '../support/people.ts'
import {
  childrenOf,
  newPremises,
  type Premises,
  postgresOf,
  postmasterOf,
  type Running,
  startProduct,
  tellOnFailure,
} from '../support/product.ts'
import { slackDriver, wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { newHolder, type TestHolder } from '../support/world.ts'

/** A slow machine takes its time. */
const STILL = 'countersign: still ending; once more ends it at once\n'

test('at SIGTERM a claim under way is answered, event lines end, nobody new gets in, leases are given back, and the exit code is 0', async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  tellOnFailure(t, running)
  const { rey, view, intent, place } = await approved(premises)
  const line = await fetch(`${premises.issuer}/v1/views/${view}/events`)
  const events = line.body?.getReader()
  assert.ok(events)
  await events.read()

  const client = await superuser(t, premises)
  const release = await hold(client)
  const claimed = rey.claim(intent, place)
  await until('the claim to wait for the row', async () => (await waiting(client)) > 0)
  const began = performance.now()
  running.process.kill('SIGTERM')
  for (let over = false; !over; over = (await events.read()).done);
  for (const url of [premises.issuer, premises.bot]) await until(`${url} to be shut`, async () => !(await listens(url)))
  await release()
  assert.match(await claimed, /^ey/)
  assert.equal((await running.ended).code, 0)
  assert.ok(performance.now() - began < 10_000)
  assert.equal(postmasterOf(premises.dataDir), undefined)

  const again = await startProduct(premises)
  const after = await superuser(t, premises)
  const { rows } = await after.query<{ state: string }>('select state from credential')
  assert.deepEqual(rows, [{ state: 'issued' }])
  // A lease that was kept would hold its row back for longer than this waits.
  await until('what was taken to be taken up', async () => {
    const left = await after.query(
      `select from delivery where done_at is null and due_at > now() + interval '1 s' union all
       select from inbox where done_at is null and due_at > now() + interval '1 s'`,
    )
    return left.rowCount === 0
  })
  assert.equal(await again.stop(), 0)
})

test('a second SIGTERM ends everything at once, though something is still under way', async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  tellOnFailure(t, running)
  const { rey, intent, place } = await approved(premises)
  const client = await superuser(t, premises)
  await hold(client)
  const claimed = assert.rejects(rey.claim(intent, place))
  await until('the claim to wait for the row', async () => (await waiting(client)) > 0)
  running.process.kill('SIGTERM')
  await running.says(/still ending; once more ends it at once/)
  const began = performance.now()
  running.process.kill('SIGTERM')
  assert.equal((await running.ended).code, 128 + 15)
  assert.ok(performance.now() - began < 2_000)
  await claimed
  for (const url of [premises.issuer, premises.bot, premises.slack]) assert.equal(await listens(url), false)
})

test('requests whose bodies never come hold an end up for eight seconds and no longer, and nothing of it stays', {
  skip: !existsSync('/proc/self/status') && 'there is no /proc here',
}, async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  const half = (to: string, path: string) => {
    const { host, port, hostname } = new URL(to)
    const socket = connect(Number(port), hostname).on('error', () => undefined)
    t.after(() => void socket.destroy())
    // Who is greeted with 100 is being waited for by a handler.
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n`)
    return new Promise<void>((resolve) => {
      socket.once('data', () => resolve(void socket.write('{"half":')))
      socket.write('Expect: 100-continue\r\n\r\n')
    })
  }
  await Promise.all([half(premises.issuer, '/v1/claims'), half(premises.bot, '/slack/events')])
  const seconds = await endOf(running, premises)
  // A second later their supervisor would have killed them.
  assert.ok(seconds > 7 && seconds < 9, `${seconds} s`)
})

test('a process that does not move any more is killed within ten seconds, and nothing of it stays', {
  skip: !existsSync('/proc/self/status') && 'there is no /proc here',
}, async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  const [issuer] = childrenOf(running.process.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0issuer\0'),
  )
  assert.ok(issuer)
  process.kill(issuer, 'SIGSTOP')
  const seconds = await endOf(running, premises)
  assert.ok(seconds > 8 && seconds < 10, `${seconds} s`)
})

test('a PostgreSQL that does not move any more keeps nobody: after ten seconds everything else has gone, and it goes when it can', async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  const postmaster = postmasterOf(premises.dataDir)
  assert.ok(postmaster)
  process.kill(postmaster, 'SIGSTOP')
  t.after(() => postmasterOf(premises.dataDir) === postmaster && process.kill(postmaster, 'SIGCONT'))
  const began = performance.now()
  running.process.kill('SIGTERM')
  assert.equal((await running.ended).code, 1)
  assert.ok(performance.now() - began < 11_000)
  for (const url of [premises.issuer, premises.bot, premises.slack]) assert.equal(await listens(url), false)
  process.kill(postmaster, 'SIGCONT')
  await until('PostgreSQL to end', async () => postmasterOf(premises.dataDir) === undefined)
})

test('a sandbox whose terminal hangs up ends as if asked, and nothing of it stays', async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  running.process.kill('SIGHUP')
  assert.equal((await running.ended).code, 0)
  assert.equal(running.err().replace(STILL, ''), '')
  assert.equal(postmasterOf(premises.dataDir), undefined)
})

test('a sandbox that is interrupted while it starts, at any moment, leaves nothing and blames nobody', async (t) => {
  const premises = await newPremises(t)
  for (const begun of ['postgres.json', 'trust-roots.json', 'keys/log.json', 'simulated-workspace.json']) {
    const running = premises.run(['start'])
    const { ended } = running
    await Promise.race([ended, until(begun, async () => existsSync(join(premises.dataDir, begun)))])
    running.process.kill('SIGTERM')
    const { code, signal } = await ended
    // Before it could listen to signals there is nothing to take away.
    assert.ok(code === 0 || signal === 'SIGTERM', `${begun}: ${code} ${running.err()}`)
    assert.doesNotMatch(running.out(), /ready/)
    assert.doesNotMatch(running.err(), /cannot be used|did not start/)
    assert.equal(postmasterOf(premises.dataDir), undefined)
  }
})

test('Ctrl-C, which a terminal sends to the whole group and npm once more, ends a sandbox once and in order', {
  skip: !existsSync('/proc/self/status') && 'there is no /proc here',
}, async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  const { pid = 0 } = running.process
  for (const child of [...childrenOf(pid), pid, pid]) process.kill(child, 'SIGINT')
  assert.equal((await running.ended).code, 0)
  assert.equal(running.err().replace(STILL, ''), '')
  assert.equal(postmasterOf(premises.dataDir), undefined)
})

test('SIGHUP to the start of production has the issuer read its runbooks again; SIGTERM ends both with 0', async (t) => {
  const { bot, issuer } = await newDeployment(t)
  const child = launch(['start'], { ...bot, ...issuer, LOG_LEVEL: 'info' })
  t.after(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await until('the start', async () => /countersign: ready/.test(said))
  child.kill('SIGHUP')
  await until('the runbooks to be read again', async () => /the runbooks were read again/.test(said))
  child.kill('SIGTERM')
  assert.equal(await ended, 0, said)
})

/** Ends a product, which must leave nothing within its ten seconds: no process, no port, no PostgreSQL. Gives how long its two processes took. */
async function endOf(running: Running, premises: Premises): Promise<number> {
  const began = performance.now()
  const since = () => (performance.now() - began) / 1000
  const pids = childrenOf(running.process.pid)
  assert.equal(pids.length, 2)
  running.process.kill('SIGTERM')
  for (const pid of pids) await until(`process ${pid} to be gone`, async () => !existsSync(`/proc/${pid}`))
  const seconds = since()
  await running.ended
  assert.ok(since() < 11, `${since()} s`)
  for (const url of [premises.issuer, premises.bot, premises.slack]) assert.equal(await listens(url), false, url)
  await until('PostgreSQL to end', async () => postmasterOf(premises.dataDir) === undefined)
  return seconds
}

/** A request of Rey's that Bo has approved, and the place where Rey will claim. */
async function approved(premises: Premises) {
  const [rey, bo, mira] = [meet(premises, 'rey'), meet(premises, 'bo'), meet(premises, 'mira')]
  await mira.enrol([await rey.register(), await bo.register()])
  const view = await rey.type('service.restart service=payments-api reason="INC-4211: payments refuse cards"')
  await until('the issuer to adopt it', async () => (await rey.see(view)).state === 'awaiting_requester')
  const { intent } = await rey.see(view)
  const place: TestHolder = await newHolder()
  await rey.tap(view, 'request', { role: 'requester', decision: 'confirm', intents: [intent], holder: place.holder })
  const asked = await slackDriver(premises.slack)
    .as('bo')
    .message('direct', ({ blocks }) => /Your decision is asked/.test(wordsOf(blocks)))
  await bo.tap(viewIn(asked.blocks), 'decide', { role: 'approver', decision: 'approve', intents: [intent] })
  return { rey, view, intent, place }
}

async function superuser(t: TestContext, { dataDir }: Premises): Promise<pg.Client> {
  const { port, password } = postgresOf(dataDir)
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'countersign' })
  client.on('error', () => undefined)
  await client.connect()
  t.after(() => client.end().catch(() => undefined))
  return client
}

/** Holds the row of the request, as a slow transaction would; gives the way to let go. */
async function hold(client: pg.Client): Promise<() => Promise<void>> {
  await client.query('begin')
  await client.query('select from request_state for update')
  return async () => void (await client.query('rollback'))
}

async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from pg_locks where not granted')
  return rows[0]?.count ?? 0
}

const listens = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
