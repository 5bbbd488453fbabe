// A thief with the bot's login, at the database while the issuer works: he locks, holds transactions open, takes advisory locks and squats on
// keys. None of it may stop, delay or change what the issuer does (DESIGN section 4).

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { newId } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { claim, confirm, decide, later, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const MODES = [
  'access share',
  'row share',
  'row exclusive',
  'share update exclusive',
  'share',
  'share row exclusive',
  'exclusive',
  'access exclusive',
] as const
/** How strongly the bot may lock: its own tables wholly, those it may only add to as an insert does, what it reads as a read does. */
const OWN = ['inbox', 'delivery', 'message', 'bot_session', 'bot_outbox', 'reminder']
const ADDED_TO = ['request', 'personal', 'view', 'wish', 'follows']
const READ = [
  'request_state',
  'grant',
  'passkey',
  'statement',
  'evidence',
  'directory',
  'era',
  'passkey_hold',
  'directory_role',
  'rule_set',
  'publication',
  'refused_request',
  'wish_outcome',
  'issuer_outbox',
  'entry',
]
const HIDDEN = [
  'credential',
  'registration',
  'nonce',
  'holder_offer',
  'issuer_session',
  'sign_in_code',
  'watermark',
  'hold_watch',
  'pending_change',
  'pending',
  'entry_type',
]
const strongest = new Map<string, number>([
  ...OWN.map((table) => [table, MODES.length] as const),
  ...ADDED_TO.map((table) => [table, 3] as const),
  ...READ.map((table) => [table, 1] as const),
  ...HIDDEN.map((table) => [table, 0] as const),
])
const REFUSED = '42501'

async function thief(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: world.database.botUrl })
  // The database is dropped with force at the end, and whoever is still connected with it.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function codeOf(client: pg.Client, text: string, values: readonly unknown[] = []): Promise<string> {
  await client.query('begin')
  try {
    await client.query(text, [...values])
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await client.query('rollback')
  }
}

test('no table is missing here', async () => {
  const client = await thief()
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '^kysely'`,
  )
  assert.deepEqual(rows.map(({ name }) => name).sort(), [...strongest.keys()].sort())
})

test('the bot’s login locks no table more strongly than its work needs, and none of the issuer’s beyond reading', async () => {
  const client = await thief()
  for (const [table, allowed] of strongest) {
    const codes: string[] = []
    for (const mode of MODES) codes.push(await codeOf(client, `lock table public."${table}" in ${mode} mode nowait`))
    assert.deepEqual(
      codes,
      MODES.map((_, index) => (index < allowed ? 'done' : REFUSED)),
      table,
    )
  }
})

test('the bot’s login locks no row that the issuer writes or reads', async () => {
  const client = await thief()
  for (const table of [...ADDED_TO, ...READ, ...HIDDEN]) {
    for (const strength of ['update', 'no key update', 'share', 'key share'])
      assert.equal(
        await codeOf(client, `select 1 from public."${table}" for ${strength} nowait`),
        REFUSED,
        `${table} for ${strength}`,
      )
  }
})

/** Transactions of the thief that hold everything he can get hold of, until `letGo`. */
async function siege(request: string, intent: string) {
  const tables = await thief()
  await tables.query('begin')
  for (const [table, allowed] of strongest)
    if (allowed > 0) await tables.query(`lock table public."${table}" in ${MODES[allowed - 1]} mode nowait`)

  const reader = await thief()
  await reader.query('begin isolation level serializable')
  for (const table of [...READ, ...ADDED_TO]) await reader.query(`select count(*) from public."${table}"`)

  const squatter = await thief()
  await squatter.query('begin')
  await squatter.query(`insert into view values ('squat-view', $1, 'bo', now())`, [request])
  await squatter.query(`insert into personal values ($1, 'note', '"x"', 'x')`, [request])
  await squatter.query(`insert into wish values (gen_random_uuid(), $1, 'object', 'bo', now())`, [request])
  await squatter.query(
    `insert into request select $2, intent, 'squat', requester, runbook, action, channel, proposed_at from request where id = $1`,
    [request, newId()],
  )
  const { rows } = await squatter.query<{ id: string }>(`select id from entry where writer = 'issuer'`)
  for (const { id } of rows) await squatter.query(`select append_bot($1, 'wish.made', $2, 'bo', '{}'::bytea)`, [id, request])

  const advisory = await thief()
  await advisory.query('begin')
  const words = [
    request,
    intent,
    ...strongest.keys(),
    'issuer',
    'countersign',
    'sweep',
    'adopt',
    'integrator',
    'log',
    'directory',
  ]
  await advisory.query(
    'select pg_advisory_lock(n), pg_advisory_xact_lock(n, 0), pg_advisory_xact_lock(0, n) from generate_series(-64, 640) n',
  )
  await advisory.query(
    'select pg_advisory_lock(hashtext(w)), pg_advisory_lock(hashtextextended(w, 0)), pg_advisory_lock(0, hashtext(w)) from unnest($1::text[]) w',
    [words],
  )
  await advisory.query(`select pg_advisory_lock(oid::bigint) from pg_class where relnamespace = 'public'::regnamespace`)

  const clients = [tables, reader, squatter, advisory]
  return {
    /** How many transactions are still open and how many locks they hold: a siege that had fallen apart would prove nothing. */
    stands: async () => {
      for (const client of clients) await client.query('select 1')
      const held = await advisory.query<{ count: number }>(
        `select count(*)::int as count from pg_locks where pid = pg_backend_pid()`,
      )
      return held.rows[0]?.count ?? 0
    },
    letGo: async () => {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

const propose = async () => {
  const proposed = await proposeRequest(world.bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'INC-4211: payments time out',
  })
  assert.ok(proposed.ok)
  return proposed
}

test('whatever the bot’s login holds, a whole life goes on: adopted, confirmed, approved, claimed, returned, swept', async (t) => {
  const { requestId, intentDigest: intent } = await propose()
  const held = await siege(requestId, intent)
  t.after(held.letGo)
  const place = await newHolder()

  await adoptProposals(world.ctx)
  assert.ok((await confirm(world, intent, place)).ok)
  assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, intent, place)).ok)
  await makeWish(world.bot, { kind: 'return', person: 'rey', request: requestId })
  await heedWishes(world.ctx)
  await sweep(world.ctx)
  const grant = await findGrant(world.ctx.db, requestId)
  assert.equal(grant?.state, 'revoking')
  await sweep(later(world.ctx, grant.ends_at.getTime() - Date.now() + 1_000))
  assert.equal((await findGrant(world.ctx.db, requestId))?.state, 'returned')
  assert.ok((await held.stands()) > 2_000, 'the siege stood all the while')
})

test('whatever the bot’s login holds, a denial counts at once and an overdue request lapses', async (t) => {
  const [denied, lapsing] = [await propose(), await propose()]
  await adoptProposals(world.ctx)
  const held = await siege(denied.requestId, denied.intentDigest)
  t.after(held.letGo)
  assert.ok((await confirm(world, denied.intentDigest, await newHolder())).ok)
  assert.ok((await decide(world, denied.intentDigest, 'ana', 'deny')).ok)
  await sweep(later(world.ctx, 601_000))
  assert.equal((await findKnown(world.ctx.db, denied.requestId))?.state.state, 'denied')
  assert.equal((await findKnown(world.ctx.db, lapsing.requestId))?.state.state, 'lapsed')
  await held.stands()
})
