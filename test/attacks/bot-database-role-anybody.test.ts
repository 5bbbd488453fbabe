// A thief with the bot's login at the database, and what PostgreSQL lets anybody do who is let in: roundabout ways to what is not granted, objects and
// settings of his own, messages between sessions. Locks are in test/commands/hostile-login.test.ts, the plain grants in test/db/roles.test.ts.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const REFUSED = '42501'
let gains: Gains
let thief: pg.Client

/** A whole life; its request has been claimed. */
async function live(): Promise<void> {
  const { intent } = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, intent, place)).ok)
  assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, intent, place)).ok)
}
before(async () => {
  await live()
  thief = new pg.Client({ connectionString: world.database.botUrl })
  thief.on('error', () => undefined)
  await thief.connect()
  gains = await watchGains(world)
})
afterEach(() => gains.nothingGained())

/** What the server answers: that it is done, or the code of its refusal. */
async function tries(text: string): Promise<string> {
  try {
    gains.hear((await thief.query(text)).rows)
    return 'done'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}
const done = async (text: string) => assert.equal(await tries(text), 'done', text)

const HIDDEN = 'select ciphertext from credential'
const WAYS: { readonly [what: string]: readonly string[] } = {
  'reads what is hidden by a roundabout way': [
    HIDDEN,
    `copy (${HIDDEN}) to stdout`,
    `select query_to_xml('${HIDDEN}', true, false, '')`,
    `select table_to_xml('credential', true, false, '')`,
    `select ts_stat('select ciphertext::tsvector from credential')`,
    `do $$ begin perform ciphertext from credential; end $$`,
    `select * from nonce`,
    `select * from issuer_session`,
    `select * from sign_in_code`,
    `select * from holder_offer`,
    `select * from registration`,
    `select * from pending`,
    `select stavalues1 from pg_statistic`,
    `select rolpassword from pg_authid`,
    `select * from pg_hba_file_rules`,
    `select pg_read_binary_file('global/pg_control')`,
    `select lo_import('/etc/hostname')`,
    `create table planted as ${HIDDEN}`,
    `explain analyze ${HIDDEN}`,
  ],
  'writes where he may not by a roundabout way': [
    `with w as (insert into request_state default values returning 1) select * from w`,
    `explain analyze update "grant" set ends_at = 'infinity'`,
    `do $$ begin update passkey set status = 'active'; end $$`,
    `merge into request r using (select 1) s on true when matched then update set requester = 'ana'`,
    `insert into request select * from request on conflict (id) do update set requester = 'ana'`,
    `insert into personal select * from personal on conflict (request_id, name) do update set value = '1'`,
    `insert into view select * from view on conflict (id) do update set person = 'mira'`,
    `insert into wish select * from wish on conflict (id) do update set kind = 'cancel'`,
    `update entry set actor = 'ana'`,
    `delete from entry`,
    `truncate entry`,
    `alter table entry disable trigger all`,
    `drop function append_bot`,
    `create or replace function append_bot(uuid, text, text, text, bytea) returns void language sql as 'select'`,
    `insert into entry_type values ('credential.issued', 'bot')`,
    `delete from kysely_migration`,
    `create temp table credential (id text)`,
    `create function pg_temp.sha256(bytea) returns bytea language sql as 'select $1'`,
    `create schema planted`,
    `alter database postgres set search_path = pg_temp`,
    `alter role countersign_issuer_login set search_path = pg_temp`,
    `alter role countersign_issuer_login set statement_timeout = 1`,
    `alter role countersign_issuer_login password 'his'`,
    `alter system set statement_timeout = 1`,
    `comment on table entry is 'nothing to see'`,
    `cluster entry using entry_time`,
    `reindex table entry`,
    `create subscription planted connection '' publication p`,
    `select pg_create_logical_replication_slot('planted', 'pgoutput')`,
    `select pg_reload_conf()`,
    `select pg_switch_wal()`,
    `select lo_export(0, '/tmp/planted')`,
  ],
}
for (const [what, ways] of Object.entries(WAYS))
  for (const way of ways)
    test(`a thief ${what}: ${way}`, async () => {
      assert.equal(await tries(way), REFUSED)
    })

test('a thief leaves a transaction prepared that would hold its locks for ever: the server keeps none', async () => {
  await done('begin')
  await done('lock table request in row exclusive mode')
  assert.equal(await tries(`prepare transaction 'planted'`), '55000')
  await tries('rollback')
})

test('a thief makes large objects, notifies, and changes his own login’s settings and password: the issuer goes on', async () => {
  await done(`select lo_from_bytea(0, 'x')`)
  await done('listen issuer')
  await done(`notify issuer, 'approve'`)
  await done('unlisten *')
  const name = new URL(world.database.botUrl).username
  for (const setting of [`search_path = pg_temp`, `statement_timeout = 1`, `default_transaction_isolation = 'serializable'`])
    await done(`alter role ${name} in database ${world.database.name} set ${setting}`)
  for (const reset of ['search_path', 'statement_timeout', 'default_transaction_isolation'])
    await done(`alter role ${name} in database ${world.database.name} reset ${reset}`)
  await gains.honestly(live)
})

test('a thief turns his own session about before he calls what runs with another’s rights: his entry is his', async () => {
  await done(`set search_path = pg_temp, public`)
  const id = '01890000-0000-7000-8000-00000000000a'
  await done(`select public.append_bot('${id}', 'wish.made', null, 'bo', '{}')`)
  await done('reset search_path')
  const { rows } = await sql<{ writer: string }>`select writer from entry where id = ${id}`.execute(world.ctx.db)
  assert.deepEqual(rows, [{ writer: 'bot' }])
})
