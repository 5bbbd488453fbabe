// Asking after another request, in Slack: again by its requester, the same by a colleague; what approvers see of open requests for the same; and words for
// an objection. The new request is always one of its own.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ActOutcome, MessageView } from '../../src/sandbox/slack/wire.ts'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { requestFrom } from '../support/request-from.ts'
import { actionsOf, on, wordsOf } from '../support/slack-driver.ts'
import { confirm, decide, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))

const INCIDENT = 'C0INCIDENT42'
const holds = (code: string) => (message: MessageView) => wordsOf(message.blocks).includes(code)
const has = (message: MessageView, action: string) => actionsOf(message.blocks).some(({ action_id }) => action_id === action)

/** Asks by a typed line, and has it confirmed: those who decide are asked. */
const asked = (person = 'rey', line = 'service.restart service=payments-api reason="INC-4211: payments time out"') =>
  confirmed(person, () => bot.slack.as(person).say(INCIDENT, `/elevate ${line}`))
async function confirmed(person: string, act: () => Promise<ActOutcome>) {
  const of = await requestFrom(bot.world.bot.db, act)
  await adopted(of.id)
  assert.ok((await confirm(bot.world, of.intent, await newHolder(), person)).ok)
  const message = await bot.slack.as('mira').message(INCIDENT, holds(of.code), 'the channel message')
  return { ...of, message }
}
async function adopted(id: string): Promise<void> {
  const deadline = Date.now() + 10_000
  const { db } = bot.world.bot
  while (!(await db.selectFrom('request_state').select('state').where('request_id', '=', id).executeTakeFirst())) {
    assert.ok(Date.now() < deadline, 'the issuer did not look within ten seconds')
    await delay(10)
  }
}
const followsOf = async (id: string) =>
  bot.world.bot.db.selectFrom('follows').select(['earlier', 'how']).where('request_id', '=', id).executeTakeFirst()

test('a requester asks again after a denial with what he asked before, and the new request says so', async () => {
  const rey = bot.slack.as('rey')
  const first = await asked()
  assert.ok((await decide(bot.world, first.intent, 'bo', 'deny')).ok)
  const told = await rey.message('direct', (m) => holds(first.code)(m) && has(m, 'request.again'), 'the end, with Ask again')
  assert.ok((await rey.press(on(told), 'request.again')).ok)
  const form = await rey.modal((m) => m.blocks.some(({ block_id }) => block_id === 'service.restart/service'))
  const shown = JSON.stringify(form.blocks)
  assert.match(wordsOf(form.blocks), new RegExp(`As you asked in ${first.code}`))
  assert.match(shown, /"initial_option":\{[^}]*"text":\{[^}]*"payments-api"/)
  assert.match(shown, /"initial_value":"INC-4211: payments time out"/)
  const again = await confirmed('rey', rey.submit)
  assert.notEqual(again.id, first.id)
  assert.deepEqual(await followsOf(again.id), { earlier: first.id, how: 'again' })
  assert.match(wordsOf(again.message.blocks), new RegExp(`Asked again after: +${first.code}`))
  await rey.close(true)
  await rey.press(on(again.message), 'request.cancel')
})

test('Ask again is for who asked; somebody else is told so, with the way in', async () => {
  const first = await asked()
  const rey = bot.slack.as('rey')
  const ana = bot.slack.as('ana')
  await rey.press(on(first.message), 'request.cancel')
  const over = await ana.message(INCIDENT, (m) => holds(first.code)(m) && has(m, 'request.again'), 'the end')
  await ana.press(on(over), 'request.again')
  const no = await ana.message(INCIDENT, (m) => m.ephemeral && /Only the person who asked/.test(wordsOf(m.blocks)), 'the refusal')
  assert.match(JSON.stringify(no.blocks), new RegExp(`"url":"${bot.publicUrl}"`))
})

test('a colleague asks for the same: a request of her own, with what is personal left to be typed', async () => {
  const { code, id } = await askedPersonal()
  const ana = bot.slack.as('ana')
  const message = await ana.message('C0ACCESSREQS', holds(code))
  assert.ok((await ana.press(on(message), 'request.same')).ok)
  const form = await ana.modal((m) => m.blocks.some(({ block_id }) => block_id === 'customer.read-record/customer'))
  assert.match(wordsOf(form.blocks), /The same as Rey Okafor asked in .*but yours.*Customer number is personal: type it again\./)
  assert.doesNotMatch(JSON.stringify(form.blocks), /c-3777/, 'the value of another stands nowhere in Slack')
  await ana.fill({ 'customer.read-record/customer': 'c-2001' })
  const own = await requestFrom(bot.world.bot.db, ana.submit)
  assert.equal(own.requester, 'ana')
  assert.deepEqual(await followsOf(own.id), { earlier: id, how: 'same' })
  await ana.close(true)
})

async function askedPersonal() {
  const rey = bot.slack.as('rey')
  assert.ok((await rey.say(INCIDENT, '/elevate customer.read-record')).ok)
  await rey.modal((m) => m.blocks.some(({ block_id }) => block_id === 'customer.read-record/customer'))
  await rey.fill({ 'customer.read-record/customer': 'c-3777', reason: 'Ticket 7719' })
  const of = await requestFrom(bot.world.bot.db, rey.submit)
  await rey.modal((m) => actionsOf(m.blocks).some(({ action_id }) => action_id === 'link.confirm'))
  await rey.close(true)
  await adopted(of.id)
  assert.ok((await confirm(bot.world, of.intent, await newHolder())).ok)
  return of
}

test('somebody who may not ask for an action does not get it as the same', async () => {
  const first = await asked()
  const bo = bot.slack.as('bo')
  await bo.press(on(await bo.message(INCIDENT, holds(first.code))), 'request.same')
  await bo.message(
    INCIDENT,
    (m) => m.ephemeral && /Only members of on-call may ask for this/.test(wordsOf(m.blocks)),
    'the refusal',
  )
  assert.equal((await bo.snapshot()).modal, null)
  await bot.slack.as('rey').press(on(first.message), 'request.cancel')
})

test('an approver is told of open requests for the same, and no longer when they are over', async () => {
  const bo = bot.slack.as('bo')
  const first = await asked('rey', 'service.restart service=ledger-api reason="ledger lags"')
  const alone = (m: MessageView) => holds(first.code)(m) && !/This action is asked for/.test(wordsOf(m.blocks))
  await bo.message('direct', alone, 'the question about the first alone')
  const second = await asked('ana', 'service.restart service=checkout-web reason="checkout too"')
  const beside = (m: MessageView) => holds(first.code)(m) && /This action is asked for/.test(wordsOf(m.blocks))
  await bo.message('direct', beside, 'the other one beside the first')
  await bo.message('direct', (m) => holds(second.code)(m) && /One tap on the page can decide up to eight/.test(wordsOf(m.blocks)))
  const ana = bot.slack.as('ana')
  const hers = await ana.message('direct', holds(first.code))
  assert.doesNotMatch(wordsOf(hers.blocks), /This action is asked for/, 'her own is none that she may decide about')
  assert.ok((await decide(bot.world, second.intent, 'bo')).ok)
  await bo.message('direct', alone, 'the first alone again')
})

test('an objection counts at once, and its reason follows in words that everybody reads', async () => {
  const first = await asked()
  const bo = bot.slack.as('bo')
  await bo.press(on(first.message), 'request.object')
  const held = await bo.message(INCIDENT, (m) => m.ephemeral && has(m, 'objection.explain'), 'the way to say why')
  await bo.press(on(held), 'objection.explain')
  await bo.modal((m) => m.blocks.some(({ block_id }) => block_id === 'why'))
  await bo.fill({ why: '\u202eno' })
  assert.match(JSON.stringify(await bo.submit()), /U\+202E/)
  await bo.fill({ why: 'A booking run is on <!channel>' })
  assert.ok((await bo.submit()).ok)
  const said = (m: MessageView) =>
    holds(first.code)(m) && /objected: nothing can be claimed for now.*A booking run is on <!channel>/.test(wordsOf(m.blocks))
  await bot.slack.as('rey').message(INCIDENT, said, 'why')
  const entries = await bot.world.bot.db.selectFrom('entry').select('bytes').where('type', '=', 'objection.explained').execute()
  assert.equal(entries.length, 1)
  assert.doesNotMatch(entries[0]?.bytes.toString() ?? '', /booking/, 'the log holds a commitment')
  const theo = bot.slack.as('theo')
  await theo.press(on(first.message), 'request.lift')
  await theo.message(INCIDENT, (m) => m.ephemeral && /Only the person who objected/.test(wordsOf(m.blocks)), 'the refusal')
})
