// The tables that the bot writes put back to an older copy, all of them or one, as a thief of its login and of its backups would, or an operator in good
// faith: what has come of them since stands in the issuer's tables. Nothing is granted twice and nothing that is over comes alive again.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import pg from 'pg'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { findGrant } from '../../src/db/grants.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld, type TestHolder } from '../support/world.ts'

const world = await openWorld({ after })
const { bot, ctx } = world
/** What the bot writes, in the order in which rows refer to one another. */
const TABLES = [
  'request',
  'personal',
  'view',
  'wish',
  'follows',
  'reminder',
  'inbox',
  'bot_outbox',
  'delivery',
  'message',
  'bot_session',
]
const place: TestHolder = await newHolder()
let gains: Gains
/** One request for each thing that can become of one after the copy was taken. */
const was = {} as Record<'cancelled' | 'denied' | 'lifted' | 'held' | 'claimed' | 'returned' | 'voided' | 'refused', Asked>
type Asked = Awaited<ReturnType<typeof ask>>

async function asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: world.database.superuserUrl })
  await client.connect()
  return work(client).finally(() => client.end())
}
const wish = (kind: 'cancel' | 'object' | 'lift' | 'return', person: string, { requestId: request }: Asked) =>
  makeWish(bot, { kind, person, request })
const rounds = async () => {
  while ((await adoptProposals(ctx)) > 0);
  while ((await heedWishes(ctx)) > 0);
  await sweep(ctx)
}
const stateOf = async ({ requestId }: Asked) => {
  const row = await ctx.db
    .selectFrom('request_state')
    .select(['state', 'held_by'])
    .where('request_id', '=', requestId)
    .executeTakeFirstOrThrow()
  return row.held_by === null ? row.state : `${row.state}, held by ${row.held_by}`
}
const states = async () =>
  Object.fromEntries(await Promise.all(Object.entries(was).map(async ([name, asked]) => [name, await stateOf(asked)])))
/** Puts tables back to the copy, past every check of the database. */
const putBack = (tables: readonly string[]) =>
  asSuperuser(async (client) => {
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    for (const table of tables) {
      await client.query(`delete from public."${table}"`)
      await client.query(`insert into public."${table}" select * from copied."${table}"`)
    }
    await client.query('commit')
  })

before(async () => {
  for (const name of ['cancelled', 'denied', 'lifted', 'held', 'claimed', 'returned', 'voided', 'refused'] as const) {
    was[name] = await ask(world, { reason: `INC-4211: ${name}` })
    assert.ok((await confirm(world, was[name].intent, place)).ok)
  }
  await wish('object', 'bo', was.lifted)
  await heedWishes(ctx)
  await asSuperuser(async (client) => {
    await client.query('create schema copied')
    for (const table of TABLES) await client.query(`create table copied."${table}" as select * from public."${table}"`)
  })
  for (const name of ['claimed', 'returned', 'voided', 'lifted'] as const)
    assert.ok((await decide(world, was[name].intent, name === 'lifted' ? 'ana' : 'bo')).ok)
  for (const name of ['claimed', 'returned'] as const) assert.ok((await claim(world, was[name].intent, place)).ok)
  assert.ok((await decide(world, was.denied.intent, 'ana', 'deny')).ok)
  assert.ok((await decide(world, was.refused.intent, 'bo', 'deny')).ok)
  await wish('cancel', 'rey', was.cancelled)
  await wish('object', 'bo', was.held)
  await wish('return', 'rey', was.returned)
  await wish('cancel', 'rey', was.voided)
  await heedWishes(ctx)
  gains = await watchGains(world)
})
afterEach(() => gains.nothingGained())

for (const tables of [TABLES, ...TABLES.map((table) => [table])])
  test(`${tables.length > 1 ? 'all that the bot writes' : `${tables[0]} alone`}, put back: every request stays what it had become`, async () => {
    const before = await states()
    await putBack(tables)
    await rounds()
    assert.deepEqual(await states(), before)
    // What was made is given again to the place that it was made for, from the same row; what is over is over.
    const again = await claim(world, was.claimed.intent, place)
    assert.ok(again.ok && (await findGrant(ctx.db, was.claimed.requestId))?.state === 'active')
    for (const name of ['cancelled', 'denied', 'held', 'returned', 'voided', 'refused'] as const)
      assert.equal((await claim(world, was[name].intent, place)).ok, false, name)
    for (const name of ['cancelled', 'denied', 'returned', 'voided', 'refused'] as const)
      for (const person of ['ana', 'bo']) assert.equal((await decide(world, was[name].intent, person)).ok, false, name)
    assert.equal((await confirm(world, was.cancelled.intent, place)).ok, false)
  })

test('requests taken away altogether: nothing is minted for what nobody can read, and what lives ends on time', async (t) => {
  const approved = await gains.honestly(async () => {
    const asked = await ask(world)
    assert.ok((await confirm(world, asked.intent, place)).ok)
    assert.ok((await decide(world, asked.intent, 'bo')).ok)
    return asked
  })
  await asSuperuser(async (client) => {
    await client.query('create table copied.whole as select * from request')
    await client.query('set session_replication_role = replica')
    await client.query('delete from request')
  })
  t.after(() =>
    asSuperuser(async (client) => {
      await client.query('set session_replication_role = replica')
      await client.query('insert into request select * from copied.whole on conflict do nothing')
    }),
  )
  assert.equal((await claim(world, approved.intent, place)).ok, false)
  const ends = (await findGrant(ctx.db, was.claimed.requestId))?.ends_at.getTime() ?? Number.NaN
  await sweep(later(ctx, ends - Date.now() + 1_000))
  assert.equal((await findGrant(ctx.db, was.claimed.requestId))?.state, 'expired')
})

test('a request put back under the same id with other bytes is not what people signed', async () => {
  const { row } = await gains.honestly(async () => {
    const asked = await ask(world)
    assert.ok((await confirm(world, asked.intent, place)).ok)
    assert.ok((await decide(world, asked.intent, 'bo')).ok)
    return { row: asked }
  })
  await asSuperuser((client) =>
    client.query(
      `update request set intent = convert_to(replace(convert_from(intent, 'UTF8'), '"lease_seconds":900', '"lease_seconds":901'), 'UTF8') where id = $1`,
      [row.requestId],
    ),
  )
  assert.equal((await claim(world, row.intent, place)).ok, false)
})
