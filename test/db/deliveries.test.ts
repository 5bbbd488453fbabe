// Two bots take from one table: whatever order their deliveries become visible in, one place is told by one of them at a time.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { newId } from '../../src/crypto.ts'
import { delayDelivery, findUntold, finishDeliveries, takeDeliveries } from '../../src/db/bot-queries/deliveries.ts'
import { keepMessage } from '../../src/db/bot-queries/messages.ts'
import { isTooEarly } from '../../src/db/bot-queries/steps.ts'
import { uuidv7 } from '../../src/log/entry-id.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const db = database.connect('bot')
const noon = Date.UTC(2026, 0, 5, 12)
const at = (seconds: number) => new Date(noon + seconds * 1000)
const LEASE_SECONDS = 30

/** Plans one delivery, made at this time. */
async function plan(request: string, seconds: number, place = 'channel'): Promise<string> {
  const [id, made] = [uuidv7(at(seconds)), at(seconds)]
  const row = { id, source: uuidv7(made), kind: 'slack', place, request_id: request, payload: '{}', created_at: made }
  await db
    .insertInto('delivery')
    .values({ ...row, due_at: made })
    .execute()
  return id
}
const take = async (request: string, seconds: number, on = db): Promise<string[]> =>
  (await takeDeliveries(on, at(seconds), at(seconds + LEASE_SECONDS), 8))
    .filter(({ request_id }) => request_id === request)
    .map(({ id }) => id)

test('a delivery that another bot committed late, though it is older, waits for the one that is being told', async () => {
  const request = newId()
  const told = await plan(request, 2)
  assert.deepEqual(await take(request, 3), [told])
  const late = await plan(request, 1)
  assert.deepEqual(await take(request, 4), [])
  await finishDeliveries(db, [told], at(5))
  assert.deepEqual(await take(request, 6), [late])
  await finishDeliveries(db, [late], at(7))
})

test('whoever tried to tell a place tries again before an older delivery is told there', async () => {
  const request = newId()
  const tried = await plan(request, 2)
  assert.deepEqual(await take(request, 3), [tried])
  await delayDelivery(db, { id: tried, due_at: at(3 + LEASE_SECONDS) }, at(10), 'http_503', true)
  const late = await plan(request, 1)
  assert.deepEqual(await take(request, 4), [])
  assert.deepEqual(await take(request, 11), [tried])
  await finishDeliveries(db, [tried, late], at(12))
})

test('a delivery that was not tried leaves its place to an older one', async () => {
  const request = newId()
  const held = await plan(request, 2)
  assert.deepEqual(await take(request, 3), [held])
  await delayDelivery(db, { id: held, due_at: at(3 + LEASE_SECONDS) }, at(10), 'limited', false)
  const late = await plan(request, 1)
  assert.deepEqual(await take(request, 11), [late])
  await finishDeliveries(db, [held, late], at(12))
})

test('who stalls until his lease is over does not put off what another tells by then', async () => {
  const request = newId()
  const taken = await plan(request, 2)
  assert.deepEqual(await take(request, 3), [taken])
  assert.deepEqual(await take(request, 4 + LEASE_SECONDS), [taken], 'another’s by now')
  await delayDelivery(db, { id: taken, due_at: at(3 + LEASE_SECONDS) }, at(35), 'http_503', true)
  assert.deepEqual(await take(request, 36), [], 'still the other’s')
  await delayDelivery(db, { id: taken, due_at: at(4 + 2 * LEASE_SECONDS) }, at(40), 'http_503', true)
  assert.deepEqual(await take(request, 41), [taken])
  await finishDeliveries(db, [taken], at(42))
})

test('two bots that take at the same moment never both get one place', async () => {
  const request = newId()
  const seen = await plan(request, 2)
  const other = database.connect('bot')
  let late: string | undefined
  let taking: Promise<string[]> | undefined
  await db.transaction().execute(async (trx) => {
    assert.deepEqual(await take(request, 3, trx), [seen])
    const made = at(1)
    late = uuidv7(made)
    await sql`insert into delivery (id, source, kind, place, request_id, payload, created_at, due_at)
      values (${late}, ${uuidv7(made)}, 'slack', 'channel', ${request}, '{}', ${made}, ${made})`.execute(other)
    taking = take(request, 3, other)
    await untilWaiting()
  })
  assert.deepEqual(await taking, [])
  assert.deepEqual(await take(request, 4), [])
  await finishDeliveries(db, [seen], at(5))
  assert.deepEqual(await take(request, 6), [late])
})

test('news of a bot whose clock is ahead put what is written now out of nobody’s sight', async () => {
  const ahead = new Date(Date.now() + 600_000)
  const [ids, old] = [[crypto.randomUUID(), crypto.randomUUID()], crypto.randomUUID()]
  const row = { topic: 'request.changed', request_id: newId(), payload: '{}' }
  const written = new Date()
  const owner = database.connect('issuer')
  await db
    .insertInto('bot_outbox')
    .values({ ...row, id: ids[1] ?? '', created_at: ahead })
    .execute()
  await owner
    .insertInto('issuer_outbox')
    .values([
      { ...row, id: ids[0] ?? '', created_at: written },
      { ...row, id: old, created_at: new Date(written.getTime() - 600_000) },
    ])
    .execute()
  const found = await findUntold(db, new Date(ahead.getTime() - 60_000), 100)
  assert.deepEqual(
    found.map(({ id }) => id),
    ids,
  )
})

test('a line of a thread waits for the one before it, and not for a second look at it', async () => {
  const request = newId()
  const [first, second] = [await enter(request), await enter(request)]
  const told = await plan(request, 1, `thread/${first}`)
  assert.equal(await isTooEarly(db, request, second), true)
  await keepMessage(db, { request_id: request, place: `thread/${first}`, channel: 'C1', ts: '1.0', shown: '' })
  const again = { id: uuidv7(at(31)), place: `thread/${first}`, at: at(31), again: true }
  await finishDeliveries(db, [told], at(2), null, again)
  assert.equal(await isTooEarly(db, request, second), false)
  await finishDeliveries(db, [again.id], at(32))
})

/** Puts an entry about a request into the log; its id. */
async function enter(request: string): Promise<string> {
  const id = uuidv7(new Date())
  await sql`select append_bot(${id}::uuid, 'request.proposed', ${request}, 'rey', ${Buffer.from('{"v":1}')})`.execute(db)
  return id
}

/** Somebody waits for a lock here, or has ended: what was taken is told either way. */
async function untilWaiting(): Promise<void> {
  const owner = database.connect('owner')
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; await delay(5)) {
    const { rows } = await sql`select 1 from pg_locks where not granted and locktype = 'transactionid'`.execute(owner)
    if (rows.length > 0) return
  }
  assert.fail('nobody waited')
}
