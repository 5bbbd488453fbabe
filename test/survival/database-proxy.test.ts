// The proxy does what the kill table says of it: what is failed never stands in the database, what is persisted does, and neither is heard of.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { connect } from '../../src/db/connect.ts'
import type { Schema } from '../../src/db/schema.ts'
import { inTransaction as transactionOf } from '../../src/db/transaction.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Gate, openDatabaseProxy, type Step } from './database-proxy.ts'

const database = await createTestDatabase({ after }, { migrated: false })
const owner = database.connect('owner')
await sql`create table note (n int primary key)`.execute(owner)
const stands = async (n: number) => (await sql`select n from note where n = ${n}`.execute(owner)).rows.length === 1

async function through(
  t: { after(work: () => Promise<void>): void },
  gate: Partial<Gate>,
): Promise<{ db: Kysely<Schema>; steps: Step[] }> {
  const steps: Step[] = []
  const yes = async () => true
  const url = new URL(database.ownerUrl)
  const proxy = await openDatabaseProxy(Number(url.port), {
    before: async (step) => {
      steps.push(step)
      return (gate.before ?? yes)(step)
    },
    after: gate.after ?? yes,
  })
  url.port = String(proxy.port)
  const db = connect(url.href, { applicationName: 'through', max: 2, log: pino({ level: 'silent' }) })
  t.after(async () => {
    await db.destroy()
    await proxy.close()
  })
  return { db, steps }
}

const no = async () => false
const inTransaction = (db: Kysely<Schema>, n: number) =>
  db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx)
    await sql`insert into note (n) values (${n})`.execute(trx)
  })

test('a transaction that is failed leaves nothing, one that is persisted leaves all, and neither is heard of', async (t) => {
  await assert.rejects(inTransaction((await through(t, { before: no })).db, 1))
  assert.equal(await stands(1), false)
  await assert.rejects(inTransaction((await through(t, { after: no })).db, 2))
  assert.equal(await stands(2), true)
})

test('a write outside of any transaction is failed and persisted alike', async (t) => {
  await assert.rejects(sql`insert into note (n) values (3)`.execute((await through(t, { before: no })).db))
  assert.equal(await stands(3), false)
  await assert.rejects(sql`insert into note (n) values (4)`.execute((await through(t, { after: no })).db))
  assert.equal(await stands(4), true)
})

test('what a process sends without waiting for answers is failed and persisted like the rest', async (t) => {
  const together = async (n: number, gate: Partial<Gate>) => {
    const { db, steps } = await through(t, gate)
    const written = transactionOf(db, async (trx, write) => {
      write(sql`insert into note (n) values (${n})`.execute(trx))
      await sql`select ${'within'}::text`.execute(trx)
    })
    return { written, steps }
  }
  const failed = await together(11, { before: no })
  await assert.rejects(failed.written)
  assert.equal(await stands(11), false)
  const persisted = await together(12, { after: no })
  await assert.rejects(persisted.written)
  assert.equal(await stands(12), true)
  const heard = await together(13, {})
  await heard.written
  assert.deepEqual(heard.steps, [{ changes: ['insert note'], values: ['13', 'within'], rows: [] }])
})

test('a step is told by what it changed; what changes nothing, reads or is refused is none, and passes unchanged', async (t) => {
  const { db, steps } = await through(t, {})
  await inTransaction(db, 5)
  await sql`insert into note (n) values (${6})`.execute(db)
  assert.deepEqual(
    steps.map(({ changes }) => changes),
    [['insert note'], ['insert note']],
  )
  assert.ok(steps[1]?.values.includes('6'))
  assert.equal((await sql`update note set n = 7 where n = 700`.execute(db)).numAffectedRows, 0n)
  assert.deepEqual((await sql`select n from note where n = ${6}`.execute(db)).rows, [{ n: 6 }])
  await assert.rejects(sql`insert into note (n) values (6)`.execute(db), { code: '23505' })
  await assert.rejects(inTransaction(db, 6), { code: '23505' })
  assert.equal((await sql`delete from note where n = 5`.execute(db)).numAffectedRows, 1n)
  assert.deepEqual(
    steps.map(({ changes }) => changes),
    [['insert note'], ['insert note'], ['delete note']],
  )
})
