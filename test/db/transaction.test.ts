import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../src/db/schema.ts'
import { inTransaction, onOneConnection } from '../../src/db/transaction.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after }, { migrated: false })
const owner = database.connect('owner', { max: 2 })
await sql`create table line (n int primary key)`.execute(owner)
beforeEach(() => sql`truncate line`.execute(owner))

const add = (db: Kysely<Schema>, n: number) => sql`insert into line (n) values (${n})`.execute(db)
const lines = async (db: Kysely<Schema> = owner) =>
  (await sql<{ n: number }>`select n from line order by n`.execute(db)).rows.map(({ n }) => n)

test('a write that nobody waits for is there for the next read and for everybody after the commit', async () => {
  const seen = await inTransaction(owner, async (trx, write) => {
    write(add(trx, 1))
    write(add(trx, 2))
    const seen = await lines(trx)
    write(add(trx, 3))
    return seen
  })
  assert.deepEqual(seen, [1, 2])
  assert.deepEqual(await lines(), [1, 2, 3])
})

test('queries asked together are answered each by its own rows', async () => {
  const asked = await inTransaction(owner, (trx) =>
    Promise.all([1, 2, 3].map(async (n) => (await sql<{ n: number }>`select ${n}::int as n`.execute(trx)).rows[0]?.n)),
  )
  assert.deepEqual(asked, [1, 2, 3])
})

test('a write that fails takes the whole transaction back, and its failure is the one that is told', async () => {
  const failing = inTransaction(owner, async (trx, write) => {
    write(add(trx, 1))
    write(add(trx, 1))
    write(add(trx, 2))
  })
  await assert.rejects(failing, { code: '23505' })
  const readAfter = inTransaction(owner, async (trx, write) => {
    write(add(trx, 1))
    write(add(trx, 1))
    await lines(trx)
  })
  await assert.rejects(readAfter, { code: '23505' }, 'not that the read was refused because of it')
  assert.deepEqual(await lines(), [])
})

test('what throws takes back what was sent', async () => {
  const thrown = inTransaction(owner, async (trx, write) => {
    write(add(trx, 1))
    throw new RangeError('no')
  })
  await assert.rejects(thrown, RangeError)
  assert.deepEqual(await lines(), [])
})

test('a failure that was caught on the way is not taken for a commit', async () => {
  const overlooked = inTransaction(owner, async (trx) => {
    await add(trx, 1)
    await add(trx, 1).catch(() => undefined)
  })
  await assert.rejects(overlooked, /overlooked/)
  assert.deepEqual(await lines(), [])
})

test('nothing can be added to a transaction that has ended', async () => {
  let kept: Kysely<Schema> | undefined
  await inTransaction(owner, async (trx) => {
    kept = trx
    await add(trx, 1)
  })
  assert.ok(kept)
  await assert.rejects(add(kept, 2), /after the end/)
  assert.deepEqual(await lines(), [1])
})

test('a connection that is lost fails its transaction and leaves the pool in order', async () => {
  const pool = database.connect('owner', { max: 1 })
  const lost = inTransaction(pool, async (trx, write) => {
    write(add(trx, 1))
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(owner)
    write(add(trx, 2))
  })
  await assert.rejects(lost)
  assert.deepEqual(await lines(pool), [])
})

test('reads that travel together come back each with its own answer, and one that fails fails alone', async () => {
  const db = database.connect('owner', { max: 1 })
  const answers = await onOneConnection(db, (one) =>
    Promise.allSettled([
      sql<{ n: number }>`select 1 as n, pg_backend_pid() as pid`.execute(one),
      sql<{ n: number }>`select 1 / ${0}::int as n`.execute(one),
      sql<{ n: number }>`select 3 as n, pg_backend_pid() as pid`.execute(one),
    ]),
  )
  assert.deepEqual(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.rows[0]?.n : answer.reason.code)),
    [1, '22012', 3],
  )
})
