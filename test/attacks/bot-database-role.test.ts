// A thief with the bot's login at the database, and everything that the catalogue grants him: each table and verb and each function stands here with what he
// would abuse it for, so that a new grant must be thought of. Rows that are to stop the issuer, floods, older copies of tables, locks, and what
// PostgreSQL lets anybody do have suites of their own.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, describe, test } from 'node:test'
import pg from 'pg'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { searchLog } from '../../src/commands/search-log.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { digestOf, newId } from '../../src/crypto.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { type Intent, readIntent } from '../../src/domain/intent.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { bot, ctx } = world
const REFUSED = '42501'
let gains: Gains
let thief: pg.Client
let open: { requestId: string; intent: string }
let live: { requestId: string; intent: string }

before(async () => {
  open = await ask(world)
  assert.ok((await confirm(world, open.intent, await newHolder())).ok)
  live = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, live.intent, place)).ok)
  assert.ok((await decide(world, live.intent, 'bo')).ok)
  assert.ok((await claim(world, live.intent, place)).ok)
  thief = new pg.Client({ connectionString: world.database.botUrl })
  thief.on('error', () => undefined)
  await thief.connect()
  gains = await watchGains(world)
})
afterEach(async () => {
  // What lies there now is what the issuer finds.
  while ((await adoptProposals(ctx)) > 0);
  while ((await heedWishes(ctx)) > 0);
  await sweep(ctx)
  await gains.nothingGained()
})

/** What the server answers: the rows, or the code of its refusal. */
async function tries(text: string, values: readonly unknown[] = []): Promise<string> {
  try {
    gains.hear((await thief.query(text, [...values])).rows)
    return 'done'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}
const done = async (text: string, values: readonly unknown[] = []) => assert.equal(await tries(text, values), 'done', text)

async function honest() {
  const row = await bot.db.selectFrom('request').selectAll().where('id', '=', open.requestId).executeTakeFirstOrThrow()
  const read = readIntent(row.intent)
  assert.ok(read.ok)
  return { row, intent: read.value }
}
/** A proposal as the thief writes it, openings of the honest one beside it. */
async function plant(bend: (intent: Intent) => object, columns: object = {}): Promise<string> {
  const { row, intent } = await honest()
  const id = newId()
  const bytes = canonicalBytes({ ...intent, id, ...bend(intent) } as never)
  const planted = { ...row, id, intent: Buffer.from(bytes), intent_digest: digestOf('intent', bytes), ...columns }
  await bot.db.insertInto('request').values(planted).execute()
  const openings = await bot.db.selectFrom('personal').selectAll().where('request_id', '=', row.id).execute()
  await bot.db
    .insertInto('personal')
    .values(openings.map((opening) => ({ ...opening, request_id: id })))
    .execute()
  await adoptProposals(ctx)
  return id
}
const isRefused = async (id: string) =>
  (await bot.db.selectFrom('refused_request').select('reason').where('request_id', '=', id).executeTakeFirst()) !== undefined
const wish = (kind: string, person: string, request: string | null) =>
  done(`insert into wish values (gen_random_uuid(), $1, $2, $3, now())`, [request, kind, person])
const stateOf = async (id: string) =>
  (await ctx.db.selectFrom('request_state').select(['state', 'held_by']).where('request_id', '=', id).executeTakeFirst()) ??
  assert.fail()

const BENT: { readonly [what: string]: (intent: Intent) => object } = {
  'a wider right': ({ right }) => ({ right: { ...right, grants: { scope: ['*'] } } }),
  'a right at another target': ({ right }) => ({ right: { ...right, target: 'vault' } }),
  'a lease beyond the action’s': () => ({ lease_seconds: 86_400 }),
  'the rules of an easier action': () => ({ rules_digest: digestOf('rules', canonicalBytes({ requesters: [], approvals: [] })) }),
  'another text of the runbook': () => ({ action_digest: 'A'.repeat(43) }),
  'another action’s name over this right': () => ({ runbook: 'vector-db', action: 'drop-collection' }),
  'another realm': () => ({ realm: `sandbox:${newId()}` }),
  'a year to decide': ({ decide_by }) => ({ decide_by: decide_by + 31_536_000, claim_by: decide_by + 31_536_000 }),
  'somebody who may not ask': () => ({ requester: { kind: 'person', id: 'bo' } }),
  'a workload as requester': () => ({ requester: { kind: 'workload', id: 'ci' } }),
  'break-glass': () => ({ mode: 'break_glass' }),
  'a member that no intent has': () => ({ approved: true }),
  'the id of a request that is approved': () => ({ id: live.requestId }),
}

/** Each verb on each table that the bot's login has, and what a thief does with it. */
const ABUSES: { readonly [grant: string]: { readonly [abuse: string]: () => Promise<void> } } = {
  'inbox insert': {
    'plants a press of an approver that Slack never sent': async () => {
      const press = { type: 'block_actions', user: { id: 'U0BOTANAKA0' }, actions: [{ action_id: 'request.approve' }] }
      await done(`insert into inbox values ('planted', 'click', $1, now(), now())`, [JSON.stringify(press)])
    },
  },
  'inbox update': { 'does everything again': () => done('update inbox set done_at = null, due_at = now()') },
  'inbox delete': { 'drops what Slack sent': () => done('delete from inbox') },
  'bot_outbox insert': {
    'tells everybody that it is approved': () =>
      done(`insert into bot_outbox values (gen_random_uuid(), 'request.changed', $1, '{"state":"approved"}', now())`, [
        open.requestId,
      ]),
  },
  'bot_outbox update': { 'bends what is told': () => done(`update bot_outbox set payload = '{"state":"approved"}'`) },
  'bot_outbox delete': { 'keeps everything from being told': () => done('delete from bot_outbox') },
  'delivery insert': {
    'tells a lie': () =>
      done(
        `insert into delivery values (gen_random_uuid(), gen_random_uuid(), 'message', 'channel', $1, '{}', now(), now(), 0, null, null)`,
        [open.requestId],
      ),
  },
  'delivery update': { 'tells it twice': () => done('update delivery set done_at = null, attempts = 0') },
  'delivery delete': { 'tells nobody of a denial or a key': () => done('delete from delivery') },
  'message insert': {
    'says that a message is ours that is none': () =>
      done(`insert into message values ($1, 'channel', 'C0EVIL', '1.0', '') on conflict do nothing`, [open.requestId]),
  },
  'message update': { 'loses the place of each message': () => done(`update message set ts = '0.0'`) },
  'message delete': { 'forgets every message': () => done('delete from message') },
  'bot_session insert': {
    'begins a session of an administrator at the console': () =>
      done(`insert into bot_session values ('hash-of-his', 'mira', now(), now(), now() + interval '1 year')`),
  },
  'bot_session update': {
    'makes every session an administrator’s, for ever': () =>
      done(`update bot_session set person = 'mira', expires_at = 'infinity'`),
  },
  'bot_session delete': { 'signs everybody out of the console': () => done('delete from bot_session') },
  'reminder insert': {
    reminds: () => done(`insert into reminder values ($1, 'mira', now(), null) on conflict do nothing`, [open.requestId]),
  },
  'reminder update': { 'reminds again': () => done('update reminder set done_at = null') },
  'reminder delete': { 'reminds nobody': () => done('delete from reminder') },
  'follows insert': {
    'says that a request follows another': () =>
      done(`insert into follows values ($1, $2, 'same') on conflict do nothing`, [open.requestId, live.requestId]),
  },
  'view insert': {
    'makes himself links of everybody to everything': () =>
      done(
        `insert into view select gen_random_uuid()::text, id, p, now() from request, unnest('{rey,ana,bo,mira,theo}'::text[]) p on conflict do nothing`,
      ),
  },
  'personal insert': {
    'puts another reason and another note beside what was signed': async () => {
      assert.notEqual(await tries(`insert into personal values ($1, 'reason', '"approved"', 'x')`, [open.requestId]), 'done')
      await done(`insert into personal values ($1, 'note', '"approved"', 'x')`, [open.requestId])
    },
  },
  'request insert': {
    ...Object.fromEntries(
      Object.entries(BENT).map(([what, bend]) => [
        `proposes ${what}`,
        async () => assert.ok(await isRefused(await plant(bend)), 'the issuer does not take it'),
      ]),
    ),
    'proposes one person’s intent in a row of another': async () =>
      assert.ok(await isRefused(await plant(() => ({}), { requester: 'ana' }))),
    'proposes under the digest of what people signed': async () =>
      assert.equal(
        await tries(
          `insert into request select $1, intent, intent_digest, requester, runbook, action, channel, now() from request where id = $2`,
          [newId(), live.requestId],
        ),
        '23505',
      ),
    'proposes the bytes that people signed once more': async () => {
      const id = newId()
      await done(
        `insert into request select $1, intent, $1, requester, runbook, action, channel, now() from request where id = $2`,
        [id, live.requestId],
      )
      await adoptProposals(ctx)
      assert.ok(await isRefused(id))
    },
    'proposes honestly in rey’s name: nobody has signed it, so nothing can be claimed': async () => {
      const id = await plant(() => ({}))
      assert.equal((await stateOf(id)).state, 'awaiting_requester')
    },
  },
  'wish insert': {
    'wishes what no wish may be': async () => {
      for (const kind of ['approve', 'confirm', 'claim', 'enrol', 'extend', 'reinstate', 'uncancel'])
        assert.equal(
          await tries(`insert into wish values (gen_random_uuid(), $1, $2, 'bo', now())`, [open.requestId, kind]),
          '23514',
        )
    },
    'objects and lifts in an approver’s name: the request waits as before, and both are entries': async () => {
      await wish('object', 'bo', open.requestId)
      await heedWishes(ctx)
      assert.equal((await stateOf(open.requestId)).held_by, 'bo')
      await wish('lift', 'ana', open.requestId)
      await heedWishes(ctx)
      assert.equal((await stateOf(open.requestId)).held_by, 'bo', 'nobody lifts another’s objection')
      await wish('lift', 'bo', open.requestId)
      await heedWishes(ctx)
      assert.deepEqual(await stateOf(open.requestId), { state: 'awaiting_approvers', held_by: null })
    },
    'cancels, and a second wish brings nothing back': async () => {
      const { requestId } = await gains.honestly(() => ask(world))
      await wish('cancel', 'rey', requestId)
      await heedWishes(ctx)
      for (const kind of ['lift', 'cancel', 'object', 'return']) await wish(kind, 'rey', requestId)
      await heedWishes(ctx)
      assert.equal((await stateOf(requestId)).state, 'cancelled')
    },
  },
  'append_bot execute': {
    'writes entries of the issuer’s kinds': async () => {
      for (const type of ['credential.issued', 'directory.changed', 'request.approved', 'grant.started', 'roots.pinned'])
        assert.equal(
          await tries(`select append_bot(gen_random_uuid(), $1, $2, 'bo', '{}')`, [type, open.requestId]),
          REFUSED,
          type,
        )
    },
    'writes an entry of two lines, which would look like two': async () =>
      assert.equal(
        await tries(`select append_bot(gen_random_uuid(), 'wish.made', null, 'bo', $1)`, [Buffer.from('{}\ncountersign/1')]),
        '22000',
      ),
    'writes over an entry that stands': async () => {
      const { rows } = await thief.query<{ id: string }>(`select id from entry where writer = 'bot' limit 1`)
      assert.equal(await tries(`select append_bot($1, 'wish.made', null, 'bo', '{}')`, [rows[0]?.id]), '23505')
    },
    'reaches the inner function, and the other one': async () => {
      for (const call of ['append_entry($1, gen_random_uuid()', 'append_issuer(gen_random_uuid()'])
        assert.equal(
          await tries(`select ${call}, 'wish.made', null, null, '{}')`, call.includes('$1') ? ['issuer'] : []),
          REFUSED,
        )
    },
    'writes what nobody can read, and auditors read the rest of the log all the same': async () => {
      const bodies = [
        Buffer.from('not json'),
        Buffer.from([0xff, 0xfe, 0x00, 0x80]),
        Buffer.alloc(0),
        Buffer.from('"\\ud800"'),
        randomBytes(30_000).map((b) => (b === 10 ? 11 : b)),
      ]
      for (const body of bodies)
        await done(`select append_bot(gen_random_uuid(), 'wish.made', '../../', $1, $2)`, ['<b>\u202Emira', body])
      const found = await searchLog(bot, { person: 'theo', roles: ['auditor'] }, {})
      assert.ok(found.ok && found.entries.length > bodies.length)
    },
  },
}

test('every table and function that the login may change or call is thought of here', async () => {
  const { rows } = await thief.query<{ grant: string }>(`
    select relname || ' ' || verb as grant from pg_class, unnest('{insert,update,delete,truncate,references,trigger,maintain}'::text[]) verb
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
      and (has_table_privilege(oid, verb) or (verb in ('insert', 'update', 'references') and has_any_column_privilege(oid, verb)))
    union all
    select proname || ' execute' from pg_proc where pronamespace = 'public'::regnamespace and has_function_privilege(oid, 'execute')
    union all
    select relname || ' turn' from pg_class where relkind = 'S' and (has_sequence_privilege(oid, 'usage') or has_sequence_privilege(oid, 'update'))`)
  assert.deepEqual(rows.map(({ grant }) => grant).sort(), Object.keys(ABUSES).sort())
})

test('nothing that the login may call runs with another’s rights but the append of its own entries', async () => {
  const { rows } = await thief.query<{ name: string; search: string[] }>(
    `select oid::regprocedure::text as name, proconfig as search from pg_proc where prosecdef and has_function_privilege(oid, 'execute')`,
  )
  assert.deepEqual(rows, [{ name: 'append_bot(uuid,text,text,text,bytea)', search: ['search_path=pg_catalog, pg_temp'] }])
})

for (const [grant, abuses] of Object.entries(ABUSES)) {
  describe(`with ${grant} a thief`, () => {
    for (const [abuse, run] of Object.entries(abuses)) test(abuse, run)
  })
}
