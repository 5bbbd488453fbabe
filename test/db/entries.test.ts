// The log's rows: appended by two functions only, each with its writer as a constant and its own types, and never changed by anybody.

import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import pg from 'pg'
import type { Schema } from '../../src/db/schema.ts'
import { ENTRY_TYPES } from '../../src/domain/event.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const [bot, issuer, owner] = (['bot', 'issuer', 'owner'] as const).map((role) => database.connect(role)) as [
  Kysely<Schema>,
  Kysely<Schema>,
  Kysely<Schema>,
]
const superuser = new pg.Client({ connectionString: database.superuserUrl })
// The database is dropped with force at the end, and this connection with it.
superuser.on('error', () => undefined)
await superuser.connect()
const REFUSED = { code: '42501' }

const append = (db: Kysely<Schema>, by: 'bot' | 'issuer', type: string, body = '{"v":1}', id: string = randomUUID()) =>
  sql`select ${sql.ref(`append_${by}`)}(${id}::uuid, ${type}, 'r1', 'rey', ${Buffer.from(body)})`.execute(db)
const entries = () => owner.selectFrom('entry').selectAll().orderBy('recorded_at').execute()

test('each process appends every type of its own and none of the other’s', async () => {
  for (const type of ENTRY_TYPES.bot) await append(bot, 'bot', type)
  for (const type of ENTRY_TYPES.issuer) await append(issuer, 'issuer', type)
  const before = await entries()
  assert.equal(before.length, ENTRY_TYPES.bot.length + ENTRY_TYPES.issuer.length)
  for (const type of ENTRY_TYPES.issuer) await assert.rejects(append(bot, 'bot', type), REFUSED)
  for (const type of ENTRY_TYPES.bot) await assert.rejects(append(issuer, 'issuer', type), REFUSED)
  assert.equal((await entries()).length, before.length)
})

test('neither process calls the other’s function, nor the one beneath that takes a writer', async () => {
  await assert.rejects(append(bot, 'issuer', 'request.approved'), REFUSED)
  await assert.rejects(append(issuer, 'bot', 'request.proposed'), REFUSED)
  for (const db of [bot, issuer]) {
    const beneath = sql`select append_entry('issuer', ${randomUUID()}::uuid, 'request.approved', null, null, '{}'::bytea)`
    await assert.rejects(beneath.execute(db), REFUSED)
  }
})

test('what is hashed is a header made by the database and the body as it was given', async () => {
  const id = randomUUID()
  await append(issuer, 'issuer', 'grant.started', '{"v":1,"why":"änderung"}', id)
  const row = (await entries()).find((entry) => entry.id === id)
  assert.ok(row)
  const [header, body] = row.bytes.toString('utf8').split('\n')
  const micros = Number(/^countersign\/1 \S+ \S+ (\d+) \S+$/.exec(header ?? '')?.[1])
  assert.equal(header, `countersign/1 ${id} grant.started ${micros} issuer`)
  assert.equal(Math.floor(micros / 1000), row.recorded_at.getTime())
  assert.equal(body, '{"v":1,"why":"änderung"}')
  const leaf = createHash('sha256')
    .update(Buffer.from([0]))
    .update(row.bytes)
    .digest()
  assert.ok(leaf.equals(row.leaf_hash))
  const pending = await issuer.selectFrom('pending').select('leaf_hash').where('entry_id', '=', id).execute()
  assert.deepEqual(pending, [{ leaf_hash: leaf }])
})

test('a body of two lines, which could pose as another header, is refused', async () => {
  await assert.rejects(append(bot, 'bot', 'wish.made', '{}\ncountersign/1 x request.approved 1 issuer'), { code: '22000' })
})

test('a body that makes an entry over 32 KB is refused', async () => {
  await assert.rejects(append(bot, 'bot', 'wish.made', `"${'x'.repeat(32_768)}"`), { code: '23514' })
})

test('an entry under a known id is refused; the same id of the other process is another entry', async () => {
  const id = randomUUID()
  await append(issuer, 'issuer', 'grant.started', '{}', id)
  await assert.rejects(append(issuer, 'issuer', 'grant.revoked', '{}', id), { code: '23505' })
  await append(bot, 'bot', 'wish.made', '{}', id)
  assert.deepEqual(
    (await entries()).filter((entry) => entry.id === id).map(({ writer }) => writer),
    ['issuer', 'bot'],
  )
})

test('entries are never changed: not by a process, not by the owner, not by a superuser in replication role', async () => {
  await append(issuer, 'issuer', 'grant.started')
  const before = await entries()
  const changes = [`update entry set actor = 'ana'`, 'delete from entry', 'truncate entry', 'truncate entry cascade']
  for (const change of changes) {
    for (const db of [bot, issuer, owner]) await assert.rejects(sql.raw(change).execute(db), REFUSED)
    await assert.rejects(superuser.query(change), REFUSED)
    await superuser.query('set session_replication_role = replica')
    await assert.rejects(superuser.query(change), { code: '42501', message: 'entries are never changed' })
    await superuser.query('reset session_replication_role')
  }
  assert.deepEqual(await entries(), before)
})

test('an entry whose hash is not of its bytes cannot be put in by anybody', async () => {
  const forged = `insert into entry values ('issuer', gen_random_uuid(), 'request.approved', now(), null, null, 'x', sha256('y'))`
  await assert.rejects(superuser.query(forged), { code: '23514' })
})

test('objects of a session’s own do not come between the append functions and the log', async () => {
  // A database that somebody else set up may let every login make temporary objects, as PostgreSQL does by itself.
  await superuser.query(`grant temporary on database ${pg.escapeIdentifier(database.name)} to countersign_bot`)
  const planted = database.connect('bot', { max: 1 })
  for (const statement of [
    `create temporary table entry_type (type text, writer text)`,
    `insert into pg_temp.entry_type values ('request.approved', 'bot')`,
    `create temporary table entry (writer text, id uuid, type text, recorded_at timestamptz, request_id text, actor text, bytes bytea, leaf_hash bytea)`,
    `create temporary table pending (writer text, entry_id uuid, leaf_hash bytea)`,
    `create function pg_temp.sha256(bytea) returns bytea language sql as $$ select '\\x00'::bytea $$`,
    `create function pg_temp.append_entry(text, uuid, text, text, text, bytea) returns void language sql as $$ select $$`,
    `set search_path = pg_temp, public`,
  ])
    await sql.raw(statement).execute(planted)
  await assert.rejects(
    sql`select public.append_bot(gen_random_uuid(), 'request.approved', null, null, '{}'::bytea)`.execute(planted),
    REFUSED,
  )
  const id = randomUUID()
  await sql`select public.append_bot(${id}::uuid, 'wish.made', null, null, '{}'::bytea)`.execute(planted)
  assert.deepEqual((await sql`select from pg_temp.entry`.execute(planted)).rows, [])
  const row = (await entries()).find((entry) => entry.id === id)
  assert.ok(
    row?.leaf_hash.equals(
      createHash('sha256')
        .update(Buffer.from([0]))
        .update(row.bytes)
        .digest(),
    ),
  )
})
