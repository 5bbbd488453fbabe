// Every table × login × verb against the table of DESIGN section 4, written out by hand: what the catalogue says is granted, and what really
// happens when the login tries. A thief of the bot has its login; whatever is not in this table he must not get.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const logins = { bot: database.connect('bot', { max: 1 }), issuer: database.connect('issuer', { max: 1 }) }
const owner = database.connect('owner')
type Login = keyof typeof logins

const VERBS = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain'] as const
const WRITES = ['select', 'insert', 'update', 'delete']
const ADDS = ['select', 'insert']
const READS = ['select']
const NOTHING: readonly string[] = []
const LIVES = ['select', 'insert', 'update']

/** What each process may do; the columns of `credential` that the bot may read are a test of their own. */
const TABLE: Readonly<Record<string, Readonly<Record<Login, readonly string[]>>>> = {
  inbox: { bot: WRITES, issuer: NOTHING },
  delivery: { bot: WRITES, issuer: NOTHING },
  message: { bot: WRITES, issuer: NOTHING },
  bot_session: { bot: WRITES, issuer: NOTHING },
  bot_outbox: { bot: WRITES, issuer: NOTHING },

  request: { bot: ADDS, issuer: READS },
  personal: { bot: ADDS, issuer: READS },
  view: { bot: ADDS, issuer: READS },
  wish: { bot: ADDS, issuer: READS },
  follows: { bot: ADDS, issuer: NOTHING },
  reminder: { bot: WRITES, issuer: NOTHING },

  request_state: { bot: READS, issuer: LIVES },
  grant: { bot: READS, issuer: LIVES },
  credential: { bot: NOTHING, issuer: LIVES },
  passkey: { bot: READS, issuer: LIVES },
  registration: { bot: NOTHING, issuer: LIVES },
  statement: { bot: READS, issuer: ADDS },
  evidence: { bot: READS, issuer: ADDS },
  directory: { bot: READS, issuer: ADDS },
  passkey_hold: { bot: READS, issuer: LIVES },
  passkey_held: { bot: READS, issuer: READS },
  hold_watch: { bot: NOTHING, issuer: ['select', 'update'] },
  era: { bot: READS, issuer: ADDS },
  directory_role: { bot: READS, issuer: WRITES },
  pending_change: { bot: NOTHING, issuer: WRITES },
  watermark: { bot: NOTHING, issuer: LIVES },
  rule_set: { bot: READS, issuer: ADDS },
  publication: { bot: READS, issuer: ADDS },
  refused_request: { bot: READS, issuer: ADDS },
  wish_outcome: { bot: READS, issuer: ADDS },
  issuer_outbox: { bot: READS, issuer: WRITES },

  nonce: { bot: NOTHING, issuer: WRITES },
  holder_offer: { bot: NOTHING, issuer: WRITES },
  issuer_session: { bot: NOTHING, issuer: WRITES },
  sign_in_code: { bot: NOTHING, issuer: WRITES },

  entry: { bot: READS, issuer: READS },
  pending: { bot: NOTHING, issuer: ['select', 'delete'] },
  entry_type: { bot: NOTHING, issuer: NOTHING },
  kysely_migration: { bot: READS, issuer: READS },
  kysely_migration_lock: { bot: NOTHING, issuer: NOTHING },
}

test('every table of the database stands in the table of this test', async () => {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`.execute(
    owner,
  )
  assert.deepEqual(rows.map(({ name }) => name).sort(), Object.keys(TABLE).sort())
})

test('no table that the issuer writes is written by the bot', () => {
  const writes = (may: readonly string[]) => may.some((verb) => verb !== 'select')
  assert.deepEqual(
    Object.entries(TABLE).filter(([, { bot, issuer }]) => writes(bot) && writes(issuer)),
    [],
  )
})

for (const login of ['bot', 'issuer'] as const) {
  describe(`the ${login}’s login may do only this with`, () => {
    for (const [table, { [login]: may }] of Object.entries(TABLE)) {
      const allowed = may.length === 0 ? 'nothing' : may.join(', ')
      test(`${table}: ${allowed}`, async () => {
        assert.deepEqual(await granted(login, table), may, 'what the catalogue grants')
        const tried = await attempts(login, table)
        const succeeded = Object.entries(tried).flatMap(([verb, code]) => (REFUSALS.has(code) ? [] : [verb]))
        assert.deepEqual(succeeded, may, `what happened: ${JSON.stringify(tried)}`)
      })
    }
  })
}

const REFUSED = '42501'
/** And what becomes of a view, which is no table and takes no write. */
const REFUSALS: ReadonlySet<string> = new Set([REFUSED, '55000', '42809'])

async function granted(login: Login, table: string): Promise<string[]> {
  const { rows } = await sql<{ verb: string; may: boolean }>`
    select verb, has_table_privilege(current_user, ${sql.lit(`public."${table}"`)}, verb) as may
    from unnest(${sql.lit(`{${VERBS.join(',')}}`)}::text[]) with ordinality v(verb, n) order by n`.execute(logins[login])
  return rows.flatMap(({ verb, may }) => (may ? [verb] : []))
}

/** Tries each verb for real, in a transaction that is taken back: the code of what came of it. Permission is asked before any constraint. */
async function attempts(login: Login, table: string): Promise<Readonly<Record<string, string>>> {
  const { rows } = await sql<{ column: string }>`
    select attname as column from pg_attribute where attrelid = ${sql.lit(`public."${table}"`)}::regclass and attnum > 0
    order by attnum desc limit 1`.execute(owner)
  const name = sql.table(`public.${table}`)
  const statements = {
    select: sql`select * from ${name}`,
    insert: sql`insert into ${name} default values`,
    update: sql`update ${name} set ${sql.ref(rows[0]?.column ?? '')} = null where false`,
    delete: sql`delete from ${name} where false`,
    truncate: sql`truncate ${name} cascade`,
    'alter table': sql`alter table ${name} add column planted text`,
    'drop table': sql`drop table ${name} cascade`,
    'create trigger': sql`create trigger planted before insert on ${name} execute function refuse_change()`,
    'create index': sql`create index planted on ${name} ((1))`,
  }
  const codes: Record<string, string> = {}
  for (const [verb, statement] of Object.entries(statements)) codes[verb] = await codeOf(login, statement)
  return codes
}

async function codeOf(login: Login, ...statements: readonly ReturnType<typeof sql>[]): Promise<string> {
  let code = 'done'
  const taken = logins[login].transaction().execute(async (trx) => {
    try {
      for (const statement of statements) await statement.execute(trx)
    } catch (error) {
      code = (error as { code?: string }).code ?? String(error)
    }
    throw new Error('taken back')
  })
  await taken.catch(() => undefined)
  return code
}

test('of a credential the bot reads what people are told, and neither ciphertext nor holder', async () => {
  const { rows } = await sql<{ column: string; may: boolean }>`
    select attname as column, has_column_privilege(current_user, attrelid, attnum, 'select') as may
    from pg_attribute where attrelid = 'credential'::regclass and attnum > 0 and not attisdropped order by attnum`.execute(
    logins.bot,
  )
  const hidden = rows.filter(({ may }) => !may).map(({ column }) => column)
  assert.deepEqual(hidden, ['holder', 'encrypt', 'material', 'ciphertext', 'recall_target', 'recall_due_at'])
  for (const column of hidden) assert.equal(await codeOf('bot', sql`select ${sql.ref(column)} from credential`), REFUSED)
  for (const { column } of rows.filter(({ may }) => may))
    assert.equal(await codeOf('bot', sql`select ${sql.ref(column)} from credential`), 'done')
  for (const way of [
    sql`select c from credential c`,
    sql`select count(*) from credential where ciphertext like 'eyJ%'`,
    sql`table credential`,
  ])
    assert.equal(await codeOf('bot', way), REFUSED)
})

describe('each login', () => {
  for (const login of ['bot', 'issuer'] as const) {
    test(`of the ${login} is a member of its own role alone and owns nothing`, async () => {
      const { rows } = await sql<{ role: string }>`
        select rolname as role from pg_roles where rolname <> current_user and pg_has_role(current_user, oid, 'member')`.execute(
        logins[login],
      )
      assert.deepEqual(rows, [{ role: `countersign_${login}` }])
      const owned = await sql`
        select oid from pg_class where pg_has_role(current_user, relowner, 'usage')
        union all select oid from pg_proc where pg_has_role(current_user, proowner, 'usage')
        union all select oid from pg_namespace where pg_has_role(current_user, nspowner, 'usage')
        union all select oid from pg_database where pg_has_role(current_user, datdba, 'usage')`.execute(logins[login])
      assert.deepEqual(owned.rows, [])
    })

    test(`of the ${login} makes nothing of its own in the database`, async () => {
      const made = [
        sql`create table planted (n int)`,
        sql`create temporary table planted (n int)`,
        sql`create view planted as select 1`,
        sql`create sequence planted`,
        sql`create schema planted`,
        sql`create type planted as enum ('a')`,
        sql`create domain planted as text`,
        sql`create function planted() returns int language sql as 'select 1'`,
        sql`create function pg_temp.planted() returns int language sql as 'select 1'`,
        sql`create operator public.|| (leftarg = bytea, rightarg = bytea, function = byteacat)`,
        sql`create extension pgcrypto`,
        sql`create role planted`,
        sql`create publication planted`,
        sql`create rule planted as on insert to request do instead nothing`,
        sql`create policy planted on request`,
      ]
      for (const statement of made) assert.equal(await codeOf(login, statement), REFUSED)
    })

    test(`of the ${login} becomes nobody else and cannot reach the machine or the other process`, async () => {
      const other = login === 'bot' ? 'issuer' : 'bot'
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(logins[other])
      const pid = rows[0]?.pid ?? 0
      const ways = [
        sql.raw(`set role countersign_${other}`),
        sql.raw(`set role countersign_${other}_login`),
        sql`set role countersign_owner_login`,
        sql.raw(`set session authorization countersign_${other}_login`),
        sql`set session_replication_role = replica`,
        sql.raw(`grant countersign_${other} to countersign_${login}_login`),
        sql.raw(`alter role countersign_${login}_login superuser`),
        sql.raw(`alter role countersign_${login}_login connection limit -1`),
        sql`copy request to program 'true'`,
        sql`copy request to '/tmp/planted'`,
        sql`select pg_read_file('postgresql.conf')`,
        sql`select pg_terminate_backend(${pid})`,
        sql`select pg_cancel_backend(${pid})`,
      ]
      for (const way of ways) assert.equal(await codeOf(login, way), REFUSED)
    })
  }

  test('calls its own functions and no other function of ours', async () => {
    const { rows } = await sql<{ name: string; bot: boolean; issuer: boolean }>`
      select proname as name, has_function_privilege('countersign_bot_login', oid, 'execute') as bot,
        has_function_privilege('countersign_issuer_login', oid, 'execute') as issuer
      from pg_proc where pronamespace = 'public'::regnamespace order by proname`.execute(owner)
    assert.deepEqual(rows, [
      { name: 'append_bot', bot: true, issuer: false },
      { name: 'append_entry', bot: false, issuer: false },
      { name: 'append_issuer', bot: false, issuer: true },
      { name: 'drop_registrations', bot: false, issuer: true },
      { name: 'refuse_change', bot: false, issuer: false },
    ])
  })

  test('cannot turn the sequence of publications', async () => {
    for (const login of ['bot', 'issuer'] as const) {
      for (const way of [sql`select nextval('publication_sequence_seq')`, sql`select setval('publication_sequence_seq', 9)`])
        assert.equal(await codeOf(login, way), REFUSED)
    }
  })
})
