// What comes soon after other news is one message for administrators and one for the security channel; whom it concerns is told at once, and what may not
// wait never does. A channel that others share, or that does not take the app, hears nothing, and administrators hear that.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { lastFirst } from '../support/last-first.ts'
import { ownKeys } from '../support/own-keys.ts'
import { wordsOf } from '../support/slack-driver.ts'
import { openStand } from '../support/slack-worker.ts'

const stand = await openStand(lastFirst(after))
const { changed, enrolled, notMe, registered } = ownKeys(stand.world)
stand.start()

const SECURITY = 'C0SECURITY0'
const short = (key: { readonly thumbprint: string }) => key.thumbprint.slice(0, 8)
const about = async (person: string, where: string, ...shorts: readonly string[]) =>
  (await stand.slack.as(person).messages(where)).filter(({ blocks }) => shorts.some((each) => wordsOf(blocks).includes(each)))

const unplanned = async () =>
  (
    await stand.ctx.db
      .selectFrom('issuer_outbox as o')
      .select('o.id')
      .where((eb) => eb.not(eb.exists(eb.selectFrom('delivery as d').select('d.id').whereRef('d.source', '=', 'o.id'))))
      .execute()
  ).length

test('several changes within a minute are one message for administrators and channel, and one for each owner', async () => {
  await stand.told()
  stand.pass(120_000)
  const minute = () => Math.floor(stand.ctx.now().getTime() / 60_000)
  const began = minute()
  const keys: (Awaited<ReturnType<typeof enrolled>> & { readonly person: string })[] = []
  for (const person of ['rey', 'ana', 'bo', 'theo']) keys.push({ person, ...(await enrolled(person)) })
  // Time stands still but for the clock on the wall until each is planned: a message is for the minute in which it was.
  await stand.until('every change planned', async () => (await unplanned()) === 0)
  const begun = minute() - began
  const shorts = keys.map(({ key }) => short(key))
  await stand.until(
    'the owners told',
    async () => {
      const told = await Promise.all(keys.map(({ person, key }) => about(person, 'direct', short(key))))
      return told.every((own) => own.length > 0)
    },
    500,
  )
  await stand.told()
  for (const [person, where] of [
    ['mira', 'direct'],
    ['theo', SECURITY],
  ] as const) {
    const told = await about(person, where, ...shorts)
    const all = told.map(({ blocks }) => wordsOf(blocks)).join(' ')
    for (const each of shorts) assert.ok(all.includes(each), `${person} is told of every key`)
    assert.ok(
      told.length <= 3 + begun,
      `${told.length} messages of four changes, each of which has told of a key that waits before`,
    )
    assert.match(all, /\d+ changes of keys, roles and rules/)
  }
})

test('whoever was told that a key waits reads in that message that it was enrolled or turned down', async () => {
  for (const [outcome, words] of [
    ['enrolled', /was enrolled/],
    ['turned down', /was turned down/],
  ] as const) {
    stand.pass(120_000)
    const key = await registered('rey')
    await stand.told()
    const places = [
      ['mira', 'direct'],
      ['theo', SECURITY],
      ['rey', 'direct'],
    ] as const
    const before = await Promise.all(places.map(([person, where]) => about(person, where, short(key))))
    for (const [first] of before) assert.match(wordsOf(first?.blocks ?? []), /was registered .* and waits until/)
    if (outcome === 'enrolled') await changed({ operation: 'enrol', registrations: [key.thumbprint] })
    else assert.equal(await notMe('rey', { registration: key.thumbprint }), 'done')
    stand.pass(120_000)
    await stand.told()
    for (const [at, [person, where]] of places.entries()) {
      const told = await about(person, where, short(key))
      for (const { blocks } of told) assert.doesNotMatch(wordsOf(blocks), /and waits until/, `${person}, ${outcome}`)
      assert.match(wordsOf(told.find(({ ts }) => ts === before[at]?.[0]?.ts)?.blocks ?? []), words)
    }
  }
})

test('what is held is told at once, and does not wait for the minute to end', async () => {
  const { key, sequence } = await enrolled('bo')
  assert.equal(await notMe('bo', { sequence }), 'done')
  // Others' news are of this minute, too, and wait for its end.
  const { db } = stand.ctx
  const planned = () =>
    db
      .selectFrom('delivery')
      .innerJoin('issuer_outbox', 'issuer_outbox.id', 'delivery.source')
      .select(['place', 'delivery.request_id', 'issuer_outbox.id'])
      .where('topic', '=', 'passkey.held')
      .execute()
  await stand.until('the hold to be planned', async () => (await planned()).length === 3, 500)
  const rows = await planned()
  assert.deepEqual(rows.map(({ place }) => place).sort(), ['admin/mira', 'own/bo', 'security/#security'])
  for (const { request_id, id } of rows) assert.equal(request_id, `notice/${id}`, 'a message of its own')
  await stand.told()
  const told = await about('theo', SECURITY, short(key))
  assert.ok(told.some(({ blocks }) => /Somebody said: this was not me/.test(wordsOf(blocks))))
})

test('a security channel that is shared, or closed to the app, hears nothing, and administrators hear that', async () => {
  await stand.told()
  await stand.slack.changeChannel(SECURITY, { externallyShared: true })
  stand.pass(120_000)
  const before = (await stand.slack.as('theo').messages(SECURITY)).length
  const { key } = await enrolled('ana')
  await stand.told()
  assert.equal((await stand.slack.as('theo').messages(SECURITY)).length, before)
  assert.deepEqual(await about('theo', SECURITY, short(key)), [])
  const told = await stand.slack.as('mira').messages('direct')
  assert.equal(told.filter(({ blocks }) => /security channel takes no messages/.test(wordsOf(blocks))).length, 1)
  await stand.slack.changeChannel(SECURITY, { externallyShared: false })
})
