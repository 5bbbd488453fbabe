// A flood: of honest requests in one person's name, and of rows that a thief of the bot's login inserts. Nobody can bury those who decide, fill the log
// or anybody's messages, or keep what came before from having its turn.

import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { MOST_REFUSALS } from '../../src/commands/bound-entries.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { digestOf, newId } from '../../src/crypto.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { readIntent } from '../../src/domain/intent.ts'
import { MOST_OPEN } from '../../src/domain/request.ts'
import { refusalWords } from '../../src/domain/words.ts'
import { later, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { bot, ctx } = world

const propose = (person = 'rey') =>
  proposeRequest(bot, { person, action: 'service.restart', parameters: { service: 'payments-api' }, reason: 'INC-4211' })
const adoptAll = async () => {
  while ((await adoptProposals(ctx)) > 0);
}
beforeEach(async () => {
  await adoptAll()
  await ctx.db.updateTable('request_state').set({ state: 'cancelled' }).where('state', '=', 'awaiting_requester').execute()
})

/** Copies of one honest proposal as the thief inserts them, each with an id of its own and whatever is bent. */
async function plant(count: number, bent: { requester?: string; lease_seconds?: number; proposed_at?: Date } = {}) {
  const proposed = await propose()
  assert.ok(proposed.ok)
  const honest = await bot.db.selectFrom('request').selectAll().where('id', '=', proposed.requestId).executeTakeFirstOrThrow()
  const personal = await bot.db.selectFrom('personal').selectAll().where('request_id', '=', honest.id).execute()
  const read = readIntent(honest.intent)
  assert.ok(read.ok)
  const { requester = honest.requester, lease_seconds = read.value.lease_seconds, proposed_at = honest.proposed_at } = bent
  const rows = Array.from({ length: count }, () => {
    const id = newId()
    const intent = canonicalBytes({ ...read.value, id, requester: { kind: 'person', id: requester }, lease_seconds })
    return { ...honest, id, requester, intent: Buffer.from(intent), intent_digest: digestOf('intent', intent), proposed_at }
  })
  await bot.db.insertInto('request').values(rows).execute()
  await bot.db
    .insertInto('personal')
    .values(rows.flatMap(({ id }) => personal.map((opening) => ({ ...opening, request_id: id }))))
    .execute()
  return rows.map(({ id }) => id)
}
const refusedFor = async (ids: readonly string[]) =>
  (await bot.db.selectFrom('refused_request').select(['request_id', 'reason']).where('request_id', 'in', ids).execute()).map(
    ({ reason }) => reason,
  )
const adopted = async (ids: readonly string[]) =>
  (await bot.db.selectFrom('request_state').select('request_id').where('request_id', 'in', ids).execute()).length
const entriesOf = (type: string, ids: readonly string[]) =>
  bot.db.selectFrom('entry').select('bytes').where('type', '=', type).where('request_id', 'in', ids).execute()

test('a person has only so many requests open, is told so in words, and may ask again when one is over', async () => {
  for (let index = 0; index < MOST_OPEN; index += 1) assert.ok((await propose('ana')).ok)
  const more = await propose('ana')
  assert.ok(!more.ok)
  assert.deepEqual(more.refusal, { reason: 'too_many_open', most: MOST_OPEN })
  assert.match(refusalWords(more.refusal), /20 requests open already\. Cancel one/)
  assert.ok((await propose('rey')).ok, 'another person is not in the way')
  await adoptAll()
  const [one] = await ctx.db
    .selectFrom('request_state')
    .innerJoin('request', 'request.id', 'request_state.request_id')
    .select('request_id')
    .where('request.requester', '=', 'ana')
    .where('state', '=', 'awaiting_requester')
    .execute()
  await ctx.db
    .updateTable('request_state')
    .set({ state: 'lapsed' })
    .where('request_id', '=', one?.request_id ?? '')
    .execute()
  assert.ok((await propose('ana')).ok)
})

test('the issuer counts for itself: what a thief inserts in a person’s name is refused beyond the same number', async () => {
  const ids = await plant(MOST_OPEN + 5)
  await adoptAll()
  assert.equal(await adopted(ids), MOST_OPEN - 1, 'the honest one was there before')
  assert.deepEqual(
    await refusedFor(ids),
    Array.from({ length: 6 }, () => 'too_many_open'),
  )
})

test('one round takes up only so many, the oldest first', async () => {
  const [late] = await plant(1)
  const old = await plant(3, { proposed_at: new Date(Date.now() - 60_000), lease_seconds: 99_999 })
  assert.equal(await adoptProposals(ctx, 3), 3)
  assert.equal((await refusedFor(old)).length, 3)
  assert.equal(await adopted([late ?? '']), 0)
  await adoptAll()
  assert.equal(await adopted([late ?? '']), 1)
})

describe('a flood of what is refused leaves a bounded trace', () => {
  for (const [whose, requester] of [
    ['a known person', 'theo'],
    ['people whom nobody knows', 'nobody'],
  ] as const)
    test(`in the log and in the news, in the name of ${whose}`, async () => {
      const ids = await plant(MOST_REFUSALS + 20, { requester })
      await adoptAll()
      assert.equal((await refusedFor(ids)).length, ids.length, 'each is refused for good')
      const entries = (await entriesOf('request.refused', ids)).map(({ bytes }) =>
        JSON.parse(bytes.toString().split('\n')[1] ?? ''),
      )
      assert.equal(entries.length, MOST_REFUSALS + 1)
      assert.equal(entries.filter(({ last }) => last === true).length, 1, 'one of them says that no more follow')
      const news = await bot.db.selectFrom('issuer_outbox').select('id').where('request_id', 'in', ids).execute()
      assert.equal(news.length, MOST_REFUSALS)
    })

  test('of wishes too', async () => {
    const proposed = await propose()
    assert.ok(proposed.ok)
    await adoptAll()
    const made = Array.from({ length: MOST_REFUSALS + 20 }, () => ({
      id: crypto.randomUUID(),
      request_id: proposed.requestId,
      kind: 'cancel' as const,
      person: 'theo',
      made_at: new Date(),
    }))
    await bot.db.insertInto('wish').values(made).execute()
    while ((await heedWishes(ctx)) > 0);
    const ids = made.map(({ id }) => id)
    const outcomes = await bot.db.selectFrom('wish_outcome').select('outcome').where('wish_id', 'in', ids).execute()
    assert.deepEqual([...new Set(outcomes.map(({ outcome }) => outcome))], ['not_yours'])
    assert.equal(outcomes.length, made.length)
    assert.equal((await entriesOf('wish.refused', [proposed.requestId])).length, MOST_REFUSALS + 1)
  })

  for (const [when, person, made_at] of [
    ['yesterday', 'bo', new Date(Date.now() - 20 * 3_600_000)],
    ['in a hundred years', 'mira', new Date(Date.now() + 100 * 365 * 86_400_000)],
  ] as const)
    test(`of wishes that say they were made ${when}; and an hour later what is refused is recorded again`, async () => {
      const proposed = await propose()
      assert.ok(proposed.ok)
      await adoptAll()
      const wish = { request_id: proposed.requestId, kind: 'cancel' as const, person }
      const made = Array.from({ length: MOST_REFUSALS + 20 }, () => ({ ...wish, id: crypto.randomUUID(), made_at }))
      await bot.db.insertInto('wish').values(made).execute()
      while ((await heedWishes(ctx)) > 0);
      assert.equal((await entriesOf('wish.refused', [proposed.requestId])).length, MOST_REFUSALS + 1)
      const hourLater = later(ctx, 3_700_000)
      await bot.db
        .insertInto('wish')
        .values({ ...wish, id: crypto.randomUUID(), made_at: hourLater.now() })
        .execute()
      while ((await heedWishes(hourLater)) > 0);
      assert.equal((await entriesOf('wish.refused', [proposed.requestId])).length, MOST_REFUSALS + 2)
    })
})
