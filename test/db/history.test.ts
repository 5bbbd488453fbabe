// What bots and issuers ask many times a second must cost the same after years as on the first day: it reads what is open, never what is over. Held by the
// rows that PostgreSQL says it read, with plans made while the tables were empty and nobody has analysed them since: so it is after a crash.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { findUnheard, findUntold, takeDeliveries } from '../../src/db/bot-queries/deliveries.ts'
import { takeInbox } from '../../src/db/bot-queries/inbox.ts'
import { findAccessOf, findRunning, findWaitingFor } from '../../src/db/bot-queries/own-work.ts'
import { takeReminders } from '../../src/db/bot-queries/reminders.ts'
import { isTooEarly } from '../../src/db/bot-queries/steps.ts'
import { findTwins } from '../../src/db/bot-queries/twins.ts'
import { countEntries, countOpen } from '../../src/db/floods.ts'
import { countLiveGrants, findPastEnd, findStaleIssuing } from '../../src/db/grants.ts'
import { takeRecalls } from '../../src/db/recalls.ts'
import { findOpen, findOverdue, findProposals } from '../../src/db/requests.ts'
import { findLiveGrants } from '../../src/db/standings.ts'
import { findWishes } from '../../src/db/wishes.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const owner = database.connect('owner', { max: 1 })
const bot = database.connect('bot', { max: 1 })
const issuer = database.connect('issuer', { max: 1 })
const OVER = 4_000
const FEW = 100
const now = () => new Date()
const recently = () => new Date(Date.now() - 60_000)
const REQUEST = '0'.repeat(26)
const lasting = { now: now(), until: now(), furthest: now() }

const ASKED: { readonly [name: string]: () => Promise<unknown> } = {
  'deliveries to tell': () => takeDeliveries(bot, now(), now(), 8),
  'whether a line is too early': () => isTooEarly(bot, REQUEST, '00000000-0000-7000-8000-000000000000'),
  'what a request’s people have not heard': () => findUnheard(bot, REQUEST),
  'news to plan': () => findUntold(bot, recently(), 100),
  'what Slack sent': () => takeInbox(bot, now(), now(), 8),
  'reminders that are due': () => bot.transaction().execute((trx) => takeReminders(trx, now(), 50)),
  'requests of one action beside each other': () => findTwins(bot, { id: REQUEST, runbook: 'r', action: 'a' }, 8),
  'what waits for a person': () => findWaitingFor(bot, 'bo', 20),
  'what a person holds': () => findAccessOf(bot, 'bo', 20),
  'what is running': () => findRunning(bot, 'bo', 200),
  'proposals to adopt': () => findProposals(issuer, recently(), 50),
  'wishes to heed': () => findWishes(issuer, recently(), 50),
  'what is past its end': () => findPastEnd(issuer, now(), 100),
  'what is overdue': () => findOverdue(issuer, now(), 100),
  'credentials that were never made': () => findStaleIssuing(issuer, now(), 100),
  'recalls that are due': () => takeRecalls(issuer, lasting, { perTarget: 5, all: 20, busy: [] }),
  'grants that live': () => findLiveGrants(issuer, '', 500),
  'how many grants live': () => countLiveGrants(issuer),
  'open requests': () => findOpen(issuer),
  'how many requests of one person are open': () => countOpen(issuer, 'rey'),
  'how often one person signed in of late': () => countEntries(issuer, 'session.signed_in', 'rey', 61),
  'how often strangers tried of late': () => countEntries(issuer, 'passkey.vouch_refused', undefined, 101),
}

// The plans are made now, and kept: a server that has just recovered from a crash knows no better.
for (const ask of Object.values(ASKED)) for (let time = 0; time < 8; time += 1) await ask()
await fill()

/** Only what is known of the tables says that these look for a small part of them: an empty one is read whole as cheaply as by an index. */
const BY_TIME = ['news to plan', 'what is running', 'proposals to adopt', 'wishes to heed', 'credentials that were never made']
for (const [name, ask] of Object.entries(ASKED))
  if (!BY_TIME.includes(name)) test(`${name}: nothing of ${OVER} lives that are over is read`, () => readsLittle(ask))

test('once the tables are analysed, as a server does by itself, nobody reads what is over', async (t) => {
  await sql`analyze`.execute(owner)
  for (const [name, ask] of Object.entries(ASKED)) await t.test(name, () => readsLittle(ask))
})

async function readsLittle(ask: () => Promise<unknown>): Promise<void> {
  const before = await rowsRead()
  await ask()
  const read = (await rowsRead()) - before
  assert.ok(read < FEW, `${read} rows were read`)
}

async function rowsRead(): Promise<number> {
  // Also what filled the tables: its counts would come later.
  for (const db of [owner, bot, issuer]) await sql`select pg_stat_force_next_flush()`.execute(db)
  const { rows } = await sql<{ read: string }>`
    select sum(seq_tup_read) + (select sum(idx_tup_read) from pg_stat_user_indexes) as read from pg_stat_user_tables`.execute(
    owner,
  )
  return Number(rows[0]?.read)
}

/** Lives that are over, an hour ago. */
async function fill(): Promise<void> {
  const id = sql`lpad(n::text, 26, '0')`
  const all = sql`generate_series(1, ${sql.lit(OVER)}) n`
  const then = sql`now() - interval '1 hour'`
  for (const each of [
    sql`insert into request select ${id}, '{}', ${id}, 'rey', 'r', 'a', 'C1', ${then} from ${all}`,
    sql`insert into view select 'v' || n, ${id}, 'bo', ${then} from ${all}`,
    sql`insert into inbox (id, kind, payload, received_at, due_at, done_at) select n, 'event', '{}', ${then}, ${then}, ${then} from ${all}`,
    sql`insert into reminder select ${id}, 'bo', ${then}, ${then} from ${all}`,
    sql`insert into wish select gen_random_uuid(), ${id}, 'cancel', 'rey', ${then} from ${all}`,
    sql`insert into wish_outcome select id, 'done', made_at from wish`,
    sql`insert into issuer_outbox select gen_random_uuid(), 'request.changed', ${id}, '{}', ${then} from ${all}`,
    sql`insert into delivery (id, source, kind, place, request_id, payload, created_at, due_at, attempts, done_at)
      select gen_random_uuid(), id, 'slack', place, request_id, '{}', created_at, created_at, 1, created_at
      from issuer_outbox, unnest(array['channel', 'ask/bo', 'tell/ended/rey']) place`,
    sql`insert into request_state (request_id, intent_digest, state, confirm_by, decide_by, claim_by, ends_no_later_than, first_seen_at, confirmed_at, rule_set, updated_at)
      select id, id, 'claimed', ${then}, ${then}, ${then}, ${then}, ${then}, ${then}, 'x', ${then} from request`,
    sql`insert into "grant" (request_id, state, person, lease_seconds, started_at, ends_at, updated_at)
      select id, 'expired', 'bo', 60, ${then}, ${then}, ${then} from request`,
    sql`insert into credential (id, request_id, number, state, kind, holder, encrypt, material, created_at, expires_at)
      select id, id, 1, 'expired', 'jwt', 'h', 'e', '{}', ${then}, ${then} from request`,
  ])
    await each.execute(owner)
}
