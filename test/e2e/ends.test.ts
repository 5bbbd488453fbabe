// Ends as they come in the world: the two processes killed as a machine kills them, a target that does not listen, and clocks that nobody shifts. PostgreSQL, the
// simulated workspace and the target stay, as a database, Slack and somebody else's system would.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import { connect } from '../../src/db/connect.ts'
import type { Schema } from '../../src/db/schema.ts'
import { type Prepared, prepareSandbox } from '../../src/sandbox/prepare.ts'
import { freePort } from '../support/free-port.ts'
import { meet, viewIn } from '../support/people.ts'
import { FLAGS } from '../support/product.ts'
import { slackDriver, wordsOf } from '../support/slack-driver.ts'
import { newHolder, type TestHolder } from '../support/world.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const quiet = pino({ level: 'silent' })
type Name = 'bot' | 'issuer'
type Place = { readonly dataDir: string; readonly prepared: Prepared; readonly db: Kysely<Schema> }

const running = new Map<Name, ChildProcess>()
let place: Place | undefined
let people: { readonly rey: ReturnType<typeof meet>; readonly bo: ReturnType<typeof meet> } | undefined
const there = <T>(thing: T | undefined): T => thing ?? assert.fail('nothing was started')

before(async () => {
  const above = mkdtempSync(join(tmpdir(), 'countersign-ends-'))
  chmodSync(above, 0o711)
  const dataDir = join(above, 'data')
  mkdirSync(dataDir, { mode: 0o711 })
  const [port, issuerPort, sandboxPort] = [await freePort(), await freePort(), await freePort()]
  const prepared = await prepareSandbox({ port, issuerPort, sandboxPort, dataDir, logLevel: 'warn' }, quiet)
  const db = connect(prepared.issuer['ISSUER_DATABASE_URL'] ?? '', { applicationName: 'test', max: 2, log: quiet })
  place = { dataDir, prepared, db }
  await Promise.all([begin('issuer'), begin('bot')])
  const premises = { dataDir, ...prepared.urls } as unknown as Parameters<typeof meet>[0]
  const [rey, bo, mira] = [meet(premises, 'rey'), meet(premises, 'bo'), meet(premises, 'mira')]
  await mira.enrol([await rey.register(), await bo.register()])
  people = { rey, bo }
})

after(async () => {
  await Promise.all([...running.keys()].map(kill))
  await place?.db.destroy()
  await place?.prepared.close()
  if (place) rmSync(join(place.dataDir, '..'), { recursive: true, force: true })
})

/** Starts one process and waits until it answers. */
async function begin(name: Name): Promise<void> {
  const { prepared } = there(place)
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [...FLAGS, 'src/main.ts', name], {
    cwd: ROOT,
    env: { PATH, HOME, ...prepared[name] },
    stdio: 'ignore',
  })
  running.set(name, child)
  const up = () =>
    fetch(`${prepared.urls[name]}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await eventually(`the ${name}`, up, 60_000)
}
/** As a machine that loses its power. */
async function kill(name: Name): Promise<void> {
  const child = there(running.get(name))
  running.delete(name)
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** A grant that lives, asked for in Slack, approved by key. */
async function live(
  lease: string,
): Promise<{ readonly intent: string; readonly id: string; readonly holder: TestHolder; readonly token: string }> {
  const { rey, bo } = there(people)
  const slack = slackDriver(there(place).prepared.urls.slack)
  const asked = await rey.type(`service.restart service=payments-api reason="INC-4211: payments refuse cards" lease=${lease}`)
  const { intent } = await eventually('the issuer to adopt it', async () => {
    const seen = await rey.see(asked)
    return seen.state === 'awaiting_requester' && seen
  })
  const holder = await newHolder()
  await rey.tap(asked, 'request', { role: 'requester', decision: 'confirm', intents: [intent], holder: holder.holder })
  const waits = await slack.as('bo').message('direct', ({ blocks }) => /Your decision is asked/.test(wordsOf(blocks)))
  await bo.tap(viewIn(waits.blocks), 'decide', { role: 'approver', decision: 'approve', intents: [intent] })
  const token = await rey.claim(intent, holder)
  const row = await there(place)
    .db.selectFrom('request_state')
    .select('request_id')
    .where('intent_digest', '=', intent)
    .executeTakeFirstOrThrow()
  return { intent, id: row.request_id, holder, token }
}
const grantOf = (id: string) =>
  there(place).db.selectFrom('grant').selectAll().where('request_id', '=', id).executeTakeFirstOrThrow()
const entryOf = (id: string, type: string) =>
  there(place)
    .db.selectFrom('entry')
    .select(['recorded_at', 'bytes'])
    .where('request_id', '=', id)
    .where('type', '=', type)
    .executeTakeFirst()
const target = (path: string, token?: string) =>
  fetch(`${there(place).prepared.urls.slack}/target/${path}`, {
    method: 'POST',
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  })
const restart = async (token: string) => (await target('api/services/payments-api/restart', token)).status

/** Asks until there is an answer. */
async function eventually<T>(what: string, look: () => Promise<T | false>, patience = 30_000): Promise<T> {
  for (const late = Date.now() + patience; Date.now() < late; await wait(50)) {
    const seen = await look()
    if (seen !== false) return seen
  }
  assert.fail(`waited in vain for ${what}`)
}

test('a grant ends on its second with the bot killed, and the bot tells it when it is back', async () => {
  const { id, token } = await live('30s')
  assert.equal(await restart(token), 200)
  await kill('bot')
  const { ends_at } = await grantOf(id)
  const ended = await eventually('the end', async () => (await entryOf(id, 'grant.expired')) ?? false, 60_000)
  const late = ended.recorded_at.getTime() - ends_at.getTime()
  assert.ok(late >= 0 && late < 1_000, `the entry came ${late} ms after the end`)
  assert.equal((await grantOf(id)).state, 'expired')
  assert.equal(await restart(token), 401)
  await begin('bot')
  const slack = slackDriver(there(place).prepared.urls.slack)
  await slack.as('ana').message('incident-4211', ({ blocks }) => /Ended at/.test(wordsOf(blocks)), 'the end in the channel')
})

test('killed between the end and the target’s word, the issuer goes on when it is back; meanwhile nobody is told that it is over', async () => {
  const { rey } = there(people)
  const slack = slackDriver(there(place).prepared.urls.slack)
  await target('receiver/down')
  const { intent, id, holder, token } = await live('10m')
  await rey.giveBack(intent, holder)
  assert.equal((await grantOf(id)).state, 'revoking')
  await slack
    .as('ana')
    .message('incident-4211', ({ blocks }) => /Given back.*has not confirmed it yet/.test(wordsOf(blocks)), 'that it waits')
  assert.equal(await restart(token), 200, 'a target that heard nothing takes the token')
  await kill('issuer')
  await target('receiver/up')
  assert.equal((await grantOf(id)).state, 'revoking')
  assert.equal(await restart(token), 200)
  await begin('issuer')
  await eventually('the target’s word', async () => (await grantOf(id)).state === 'returned')
  const entry = await entryOf(id, 'credential.revoked')
  assert.match(entry?.bytes.toString() ?? '', /"by":"target"/)
  assert.equal(await restart(token), 401)
  await slack
    .as('ana')
    .message('incident-4211', ({ blocks }) => /Given back.*the target confirmed it/.test(wordsOf(blocks)), 'the target’s word')
})
