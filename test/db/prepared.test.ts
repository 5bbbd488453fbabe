import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../src/db/schema.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after }, { migrated: false })
const owner = database.connect('owner')
await sql`create table thing (n int); insert into thing values (1)`.execute(owner)

const prepared = async (db: Kysely<Schema>) =>
  (
    await sql<{
      statement: string
    }>`select statement from pg_prepared_statements where statement not like '%pg_prepared%'`.execute(db)
  ).rows.map(({ statement }) => statement)

test('a text is prepared once, whatever its parameters are', async () => {
  const db = database.connect('owner', { max: 1 })
  for (const n of [1, 2, 3]) await sql`select ${n}::int as n`.execute(db)
  assert.deepEqual(await prepared(db), ['select $1::int as n'])
})

test('what takes no parameters is prepared too, and what only opens or ends a transaction is not', async () => {
  const db = database.connect('owner', { max: 1 })
  for (let turn = 0; turn < 2; turn += 1) await db.transaction().execute((trx) => sql`select 1 as n`.execute(trx))
  assert.deepEqual(await prepared(db), ['select 1 as n'])
})

test('texts without number do not fill the server: those that come late go unprepared and are answered all the same', async () => {
  const db = database.connect('owner', { max: 1 })
  for (let n = 0; n < 600; n += 1) {
    const { rows } = await sql<{ n: number }>`select ${n}::int + ${sql.lit(n)} as n`.execute(db)
    assert.equal(rows[0]?.n, 2 * n)
  }
  assert.equal((await prepared(db)).length, 512)
})

test('a column added under a running process fails one query, not one on every connection', async () => {
  const db = database.connect('owner', { max: 2 })
  const ask = () => sql`select *, pg_sleep(0.01) from thing where n = ${1}`.execute(db)
  await Promise.all([ask(), ask()])
  await sql`alter table thing add column added int`.execute(owner)
  await assert.rejects(ask(), { code: '0A000' })
  for (const { rows } of await Promise.all([ask(), ask()])) assert.equal(rows.length, 1)
})

test('a query that the server refuses is refused again, with its own error, and can be asked once it is right', async () => {
  const db = database.connect('owner', { max: 1 })
  const ask = () => sql`select n from later where n = ${1}`.execute(db)
  await assert.rejects(ask(), { code: '42P01' })
  await assert.rejects(ask(), { code: '42P01' })
  await sql`create table later (n int)`.execute(owner)
  assert.deepEqual((await ask()).rows, [])
})
