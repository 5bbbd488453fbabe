import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { requestFrom } from '../support/request-from.ts'
import { actionsOf, HOME, MODAL, on, wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { claim, confirm, decide, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))

const COMMAND = '/elevate service.restart service=payments-api reason="INC-4211: payments time out"'
const CHANNEL = 'C0INCIDENT42'

/** Asks by a typed command and waits until the issuer has adopted it. */
async function asked() {
  const of = await requestFrom(bot.world.bot.db, () => bot.slack.as('rey').say('C0INCIDENT42', COMMAND))
  const page = await bot.slack.as('rey').message('C0INCIDENT42', (m) => wordsOf(m.blocks).includes(of.code), 'the answer')
  await adopted(of.id)
  return { ...of, answer: page }
}

const adopted = (id: string): Promise<void> => until('what was done to be seen', async () => (await stateOf(id)) !== undefined)

test('one life in Slack: asked, confirmed, decided, claimed, given back; one channel message follows it all', async () => {
  const { intent, code, answer } = await asked()
  const rey = bot.slack.as('rey')
  const ana = bot.slack.as('ana')
  const confirmButton = actionsOf(answer.blocks).find(({ action_id }) => action_id === 'link.confirm')
  assert.match(String(confirmButton?.url), /^http:\/\/localhost:3001\/r\/[0-7][0-9a-hjkmnp-tv-z]{25}$/)
  const seen = [...(await ana.messages(CHANNEL)), ...(await directOf('ana'))]
  assert.equal(seen.filter((m) => wordsOf(m.blocks).includes(code)).length, 0, 'nobody is asked before the tap')

  const holder = await newHolder()
  assert.ok((await confirm(bot.world, intent, holder)).ok)
  const message = await ana.message(CHANNEL, (m) => wordsOf(m.blocks).includes(code), 'the channel message')
  assert.match(wordsOf(message.blocks), /[Ww]aits for 1 more of service-owners/)
  assert.match(wordsOf(message.blocks), /INC-4211: payments time out/)
  const asks = await ana.until('a direct message', async () =>
    (await directOf('ana')).find((m) => wordsOf(m.blocks).includes(code)),
  )
  const review = actionsOf(asks.blocks).find(({ action_id }) => action_id === 'link.review')
  assert.match(String(review?.url), /\/r\//)
  assert.notEqual(review?.url, confirmButton?.url, 'each person has a link of their own')

  assert.ok((await decide(bot.world, intent, 'ana')).ok)
  await ana.until('the message of approval', async () => shows(CHANNEL, message.ts, /approved at/))
  await rey.until('the news', async () =>
    (await directOf('rey')).find((m) => actionsOf(m.blocks).some((a) => a.action_id === 'link.open')),
  )
  const bo = await bot.slack
    .as('bo')
    .until('the changed ask', async () => (await directOf('bo')).find((m) => wordsOf(m.blocks).includes(code)))
  await bot.slack
    .as('bo')
    .until('no button any more', async () => actionsOf((await at('bo', bo.channel, bo.ts)).blocks).length === 0)

  assert.ok((await claim(bot.world, intent, holder)).ok)
  await ana.until('the active grant', async () => shows(CHANNEL, message.ts, /Active until/))
  const done = await rey.press(on(await at('rey', CHANNEL, message.ts)), 'request.return')
  assert.ok(done.ok, done.error)
  await ana.until('the end', async () =>
    shows(CHANNEL, message.ts, /Given back.*(has not confirmed it yet|the target confirmed it)/),
  )
  const said = await rey.message(CHANNEL, (m) => m.ephemeral === true && /Given back\./.test(wordsOf(m.blocks)), 'the answer')
  assert.ok(said)
  assert.equal((await ana.messages(CHANNEL)).filter((m) => wordsOf(m.blocks).includes(code)).length, 1, 'one message per request')
})

test('somebody who may not decide is told why, where only he sees it', async () => {
  const { intent, code } = await asked()
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  const theo = bot.slack.as('theo')
  const message = await theo.message(CHANNEL, (m) => wordsOf(m.blocks).includes(code))
  await theo.press(on(message), 'request.open')
  await theo.message(
    CHANNEL,
    (m) => m.ephemeral === true && /Only members of service-owners/.test(wordsOf(m.blocks)),
    'the reason',
  )
  await theo.press(on(message), 'request.object')
  await theo.message(CHANNEL, (m) => m.ephemeral === true && /Only people who may approve/.test(wordsOf(m.blocks)), 'the reason')
  await theo.press(on(message), 'request.cancel')
  await theo.message(CHANNEL, (m) => m.ephemeral === true && /Only the person who asked/.test(wordsOf(m.blocks)), 'the reason')
  assert.equal((await bot.slack.as('ana').messages(CHANNEL)).filter((m) => /Only members/.test(wordsOf(m.blocks))).length, 0)
})

test('an approver gets her own link by the button, and her objection holds the request until she lifts it', async () => {
  const { id, intent, code } = await asked()
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  const ana = bot.slack.as('ana')
  const message = await ana.message(CHANNEL, (m) => wordsOf(m.blocks).includes(code))
  await ana.press(on(message), 'request.open')
  const answer = await ana.message(
    CHANNEL,
    (m) => m.ephemeral === true && actionsOf(m.blocks).some((a) => a.action_id === 'link.open'),
  )
  const view = await bot.world.bot.db
    .selectFrom('view')
    .select('id')
    .where('request_id', '=', id)
    .where('person', '=', 'ana')
    .executeTakeFirstOrThrow()
  assert.equal(actionsOf(answer.blocks)[0]?.url, `http://localhost:3001/r/${view.id}`)
  await ana.press(on(message), 'request.object')
  await ana.until('the objection', async () => shows(CHANNEL, message.ts, /objected: nothing can be claimed/))
  await ana.press(on(await at('ana', CHANNEL, message.ts)), 'request.lift')
  await ana.until('its lifting', async () => {
    const now = await at('ana', CHANNEL, message.ts)
    return !/objected/.test(wordsOf(now.blocks)) && now
  })
})

test('the form follows the chosen action, says what is wrong at the field, and turns into the next step', async () => {
  const rey = bot.slack.as('rey')
  assert.ok((await rey.say('C0INCIDENT42', '/elevate')).ok)
  const empty = await rey.modal((m) => actionsOf(m.blocks).some((a) => a.action_id === 'action.choose'))
  assert.equal(
    empty.blocks.some((block) => block.block_id === 'service.restart/service'),
    false,
  )
  await rey.press(MODAL, 'action.choose', 'service.restart')
  await rey.modal((m) => m.blocks.some((block) => block.block_id === 'service.restart/service'), 'the inputs of the action')
  await rey.fill({ 'service.restart/service': 'payments-api', reason: '\u202ehidden reason' })
  const wrong = await rey.submit()
  assert.match(JSON.stringify(wrong), /U\+202E/)
  await rey.fill({ reason: 'INC-4211 again' })
  const { id, intent, code } = await requestFrom(bot.world.bot.db, rey.submit)
  const next = await rey.modal((m) => actionsOf(m.blocks).some((a) => a.action_id === 'link.confirm'), 'the next step')
  assert.match(wordsOf(next.blocks), new RegExp(code))
  await adopted(id)
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  const asks = await rey.modal((m) => /[Ww]aits for 1 more of service-owners/.test(wordsOf(m.blocks)), 'the form left open')
  assert.doesNotMatch(wordsOf(asks.blocks), /Nobody has been asked yet/)
  await rey.close(true)
  assert.ok((await decide(bot.world, intent, 'bo')).ok)
  await rey.message('direct', (m) => wordsOf(m.blocks).includes(code), 'news after the form was closed')
})

test('a command that lacks something opens the form with what was typed', async () => {
  const rey = bot.slack.as('rey')
  assert.ok((await rey.say('C0INCIDENT42', '/elevate service.restart service=payments-api')).ok)
  const modal = await rey.modal((m) => m.blocks.some((block) => block.block_id === 'service.restart/service'))
  assert.match(JSON.stringify(modal.blocks), /"initial_option":\{"text":\{[^}]*"text":"payments-api"/)
  await rey.close(true)
})

test('an unknown action names the nearest one; a guest and somebody outside the directory are told so', async () => {
  const rey = bot.slack.as('rey')
  await rey.say('C0INCIDENT42', '/elevate service.restrat service=payments-api reason="typing"')
  await rey.message('C0INCIDENT42', (m) => /Did you mean “service\.restart”/.test(wordsOf(m.blocks)), 'the nearest action')
  const luca = bot.slack.as('luca')
  await luca.say('C0GENERAL00', '/elevate')
  await luca.message('C0GENERAL00', (m) => /Guests of this workspace cannot/.test(wordsOf(m.blocks)), 'the reason')
})

test('a person who is deactivated in Slack loses what is open, and coming back gives nothing back', async () => {
  const { id } = await asked()
  await bot.slack.changePerson('rey', { deactivated: true })
  await until('what was done to be seen', async () => (await stateOf(id)) === 'voided')
  await bot.slack.changePerson('rey', { deactivated: false })
  assert.equal(await stateOf(id), 'voided')
})

test('the Home tab shows what waits for its reader', async () => {
  const { code } = await asked()
  const rey = bot.slack.as('rey')
  await rey.openHome()
  await rey.until('the Home tab', async () => {
    const { home } = await rey.snapshot()
    return home && wordsOf(home.blocks).includes(code)
  })
  const opened = await rey.press(HOME, 'link.open')
  assert.match(String(opened.url), /^http:\/\/localhost:3001\/r\//)
})

test('no token, link of another person or personal value stands in anything that was sent to Slack', async () => {
  const sent = JSON.stringify((await bot.slack.calls()).map(({ body }) => body))
  assert.doesNotMatch(sent, /xoxb-|eyJ[A-Za-z0-9_-]{20}/)
})

const at = async (handle: string, channel: string, ts: string) => {
  const found = (await bot.slack.as(handle).messages(channel)).find((m) => m.ts === ts)
  assert.ok(found)
  return found
}
const shows = async (channel: string, ts: string, words: RegExp) => words.test(wordsOf((await at('ana', channel, ts)).blocks))
const directOf = async (handle: string) => {
  const { channels } = await bot.slack.as(handle).snapshot()
  return channels.some(({ kind }) => kind === 'direct') ? bot.slack.as(handle).messages('direct') : []
}
const stateOf = async (id: string) =>
  (await bot.world.bot.db.selectFrom('request_state').select('state').where('request_id', '=', id).executeTakeFirst())?.state
