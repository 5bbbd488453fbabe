import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { sql } from 'kysely'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after }, { migrated: false })
const owner = database.connect('owner')

test('a bigint comes back as a number when that is exact, and not at all otherwise', async () => {
  const { rows } = await sql`select 9007199254740991::int8 as n`.execute(owner)
  assert.deepEqual(rows, [{ n: 9007199254740991 }])
  await assert.rejects(sql`select 9007199254740993::int8 as n`.execute(owner), /not exact in JavaScript: 9007199254740993/)
  assert.deepEqual((await sql`select 1 as n`.execute(owner)).rows, [{ n: 1 }], 'the connection is still of use')
})

test('a time comes back as the same instant, whatever the zone of this machine', async () => {
  const { rows } = await sql<{ at: Date }>`select timestamptz '2026-03-29T02:30:00.123+02' as at`.execute(owner)
  assert.equal(rows[0]?.at.toISOString(), '2026-03-29T00:30:00.123Z')
})

test('a transaction that waits for another one gives up after its lock timeout', async () => {
  const impatient = database.connect('owner', { lockTimeoutMs: 50 })
  await sql`create table contended (n int)`.execute(owner)
  await owner.transaction().execute(async (trx) => {
    await sql`lock table contended`.execute(trx)
    await assert.rejects(sql`select n from contended`.execute(impatient), { code: '55P03' })
  })
})

test('a pool whose idle connection is cut reports it and goes on with a new one', async () => {
  const lost = Promise.withResolvers<void>()
  const pool = database.connect('issuer', {
    max: 1,
    log: { info: () => undefined, warn: () => lost.resolve(), error: () => undefined },
  })
  const pid = async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(pool)).rows[0]?.pid
  const before = await pid()
  await sql`select pg_terminate_backend(${before})`.execute(database.connect('issuer'))
  await lost.promise
  assert.notEqual(await pid(), before)
})

test('a connection that is cut between two statements of a transaction fails that transaction, and not the process', async () => {
  const lost = Promise.withResolvers<void>()
  const pool = database.connect('issuer', {
    max: 1,
    log: { info: () => undefined, warn: () => lost.resolve(), error: () => undefined },
  })
  const pid = sql<{ pid: number }>`select pg_backend_pid() as pid`
  const transaction = pool.transaction().execute(async (trx) => {
    const [own] = (await pid.execute(trx)).rows
    await sql`select pg_terminate_backend(${own?.pid})`.execute(database.connect('issuer'))
    await lost.promise
    await pid.execute(trx)
  })
  await assert.rejects(transaction)
  assert.equal((await pid.execute(pool)).rows.length, 1, 'the pool goes on')
})

test('where the server gives no more connections, queries wait for those that there are', async (t) => {
  const own = await createTestDatabase(t, { migrated: false })
  await sql`alter database ${sql.id(own.name)} connection limit 3`.execute(owner)
  const [one, other] = [own.connect('owner'), own.connect('owner')]
  const ask = async (pool: typeof owner) => (await sql<{ n: number }>`select 1 as n, pg_sleep(0.01)`.execute(pool)).rows[0]?.n
  await ask(one)
  await ask(other)
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => ask(at % 2 === 0 ? one : other)))
  assert.deepEqual(new Set(answers), new Set([1]))
})

test('a server that gives no connection at all is told of, with its own error', async (t) => {
  const own = await createTestDatabase(t, { migrated: false })
  await sql`alter database ${sql.id(own.name)} connection limit 0`.execute(owner)
  await assert.rejects(sql`select 1`.execute(own.connect('owner', { connectTimeoutMs: 1000 })), { code: '53300' })
})
