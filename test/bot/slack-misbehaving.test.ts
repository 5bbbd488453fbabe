import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { requestFrom } from '../support/request-from.ts'
import { on, wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { ask, claim, confirm, decide, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))
afterEach(() => bot.slack.faults.remove())

const CHANNEL = 'C0INCIDENT42'
const COMMAND = '/elevate service.restart service=payments-api reason="INC-4211: payments time out"'
const TRIGGER_MS = 3000

const requests = async (): Promise<number> => (await bot.world.bot.db.selectFrom('request').select('id').execute()).length
const wishes = async (kind: 'cancel' | 'object' | 'deactivated') =>
  (await bot.world.bot.db.selectFrom('wish').select('id').where('kind', '=', kind).execute()).length
/** A request that others see, and its message in the channel. */
async function shown() {
  const { intent, checkCode } = await ask(bot.world)
  const place = await newHolder()
  assert.ok((await confirm(bot.world, intent, place)).ok)
  const seen = await bot.slack.as('ana').message(CHANNEL, (m) => wordsOf(m.blocks).includes(checkCode), 'the channel message')
  return { intent, checkCode, place, message: seen }
}
const answered = (handle: string, words: RegExp, where = CHANNEL) =>
  bot.slack.as(handle).message(where, (m) => words.test(wordsOf(m.blocks)) || words.test(m.text), String(words))

test('a form that Slack limits is not waited for: the person is told at once', async () => {
  await bot.slack.faults.add({ direction: 'call', on: 'views.open', times: 1, does: { kind: 'limited', retryAfter: 60 } })
  const began = performance.now()
  await bot.slack.as('rey').say(CHANNEL, '/elevate')
  await answered('rey', /did not open the form/)
  assert.ok(performance.now() - began < TRIGGER_MS)
  assert.equal(
    (await bot.slack.calls()).filter(({ method, fault }) => method === 'views.open' && fault).length,
    1,
    'no second try',
  )
})

test('who somebody is, when Slack does not say in time, lets nobody in and says so', async () => {
  await bot.slack.faults.add({ direction: 'call', on: 'users.info', times: 1, does: { kind: 'silence' } })
  await bot.slack.as('theo').say(CHANNEL, '/elevate help')
  await answered('theo', /did not confirm your account/)
})

test('an answer that its own address does not take comes by direct message', async () => {
  const { message } = await shown()
  await bot.slack.faults.add({ direction: 'call', on: 'response_url', times: 1, does: { kind: 'status', status: 500 } })
  await bot.slack.as('bo').press(on(message), 'request.open')
  await answered('bo', /What you decide is signed/, 'direct')
})

test('a command that Slack sends three times makes one request, and its person reads the answer', async () => {
  const before = await requests()
  await bot.slack.faults.add({ direction: 'delivery', on: 'command', times: 1, does: { kind: 'duplicated', copies: 2 } })
  await bot.slack.as('rey').say(CHANNEL, COMMAND)
  await answered('rey', /Confirm with your key/)
  assert.equal(await requests(), before + 1)
})

test('a form that is sent twice makes one request, and goes on to the next step', async () => {
  const before = await requests()
  const rey = bot.slack.as('rey')
  await rey.say(CHANNEL, '/elevate service.restart service=payments-api')
  await rey.modal()
  await rey.fill({ reason: 'INC-4211: payments time out' })
  await bot.slack.faults.add({ direction: 'delivery', on: 'view_submission', times: 1, does: { kind: 'duplicated' } })
  const outcome = await rey.submit()
  assert.ok(outcome.ok, JSON.stringify(outcome))
  await rey.modal((modal) => wordsOf(modal.blocks).includes('Confirm with your key'), 'the next step')
  assert.equal(await requests(), before + 1)
})

test('a click that is sent twice is one wish, and answered once', async () => {
  const { message, checkCode } = await shown()
  const before = await wishes('cancel')
  await bot.slack.faults.add({ direction: 'delivery', on: 'block_actions', times: 1, does: { kind: 'duplicated', copies: 2 } })
  await bot.slack.as('rey').press(on(message), 'request.cancel')
  await bot.slack
    .as('ana')
    .until('the end', async () => /[Cc]ancelled/.test(wordsOf((await at('ana', message.ts))?.blocks ?? [])))
  assert.equal(await wishes('cancel'), before + 1)
  const seen = (await bot.slack.as('ana').messages(CHANNEL)).filter(
    (m) => m.threadTs === null && wordsOf(m.blocks).includes(checkCode),
  )
  assert.equal(seen.length, 1)
})

test('an event that comes four times, and one that comes after a later one, end in what is true', async () => {
  const theo = async () =>
    (await bot.world.bot.db.selectFrom('wish').select('person').where('kind', '=', 'deactivated').execute()).filter(
      ({ person }) => person === 'theo',
    ).length
  await bot.slack.faults.add({ direction: 'delivery', on: 'user_change', times: 1, does: { kind: 'duplicated', copies: 3 } })
  await bot.slack.changePerson('theo', { deactivated: true })
  await until('the wish', async () => (await theo()) === 1)
  // The way back overtakes the way out: who was deactivated in between has lost what he held, and is let in again.
  await bot.slack.faults.add({ direction: 'delivery', on: 'user_change', times: 1, does: { kind: 'behind_next' } })
  await bot.slack.changePerson('theo', { deactivated: true })
  await bot.slack.changePerson('theo', { deactivated: false })
  await until('both', async () => (await theo()) === 2)
  await bot.slack.as('theo').say(CHANNEL, '/elevate help')
  await answered('theo', /may ask for|no action/)
})

test('a command whose answer Slack lost has still asked, and asks nobody twice', async () => {
  const before = await requests()
  await bot.slack.faults.add({ direction: 'delivery', on: 'command', times: 1, does: { kind: 'dropped_after' } })
  const { code } = await requestFrom(bot.world.bot.db, async () => {
    await bot.slack.as('rey').say(CHANNEL, COMMAND)
    return undefined
  })
  assert.equal(await requests(), before + 1)
  const asks = (await bot.slack.as('ana').messages('direct')).filter((m) => wordsOf(m.blocks).includes(code))
  assert.equal(asks.length, 0, 'nobody is asked before the tap, so typing it again costs nobody anything')
})

test('a form that is asked for too late for Slack is told to be asked for again, and tried once', async () => {
  const opened = async () => (await bot.slack.calls()).filter(({ method }) => method === 'views.open').length
  const before = await opened()
  await bot.slack.faults.add({ direction: 'delivery', on: 'command', times: 1, does: { kind: 'delayed', ms: TRIGGER_MS + 200 } })
  const told = await toldTimes('rey', /did not open the form/)
  await bot.slack.as('rey').say(CHANNEL, '/elevate')
  await until('what happened', async () => (await toldTimes('rey', /did not open the form/)) === told + 1)
  assert.equal(await opened(), before + 1)
})

test('what is typed or pressed in a silence of Slack’s has not happened, its person is told, and afterwards it happens once', async () => {
  const { message } = await shown()
  const [asked, objected] = [await requests(), await wishes('object')]
  await bot.slack.faults.add({ direction: 'delivery', seconds: 600, does: { kind: 'silence' } })
  const [ana, rey] = [bot.slack.as('ana'), bot.slack.as('rey')]
  const told = await toldTimes('rey', /could not be reached/)
  assert.match((await ana.press(on(message), 'request.object')).error ?? '', /could not be reached/)
  await rey.say(CHANNEL, COMMAND)
  assert.equal(await toldTimes('rey', /could not be reached/), told + 1)
  await bot.slack.faults.remove()
  assert.deepEqual([await requests(), await wishes('object')], [asked, objected])
  await rey.say(CHANNEL, COMMAND)
  await ana.press(on(message), 'request.object')
  await ana.until('the objection', async () => isHeld(message.ts))
  assert.deepEqual([await requests(), await wishes('object')], [asked + 1, objected + 1])
})

test('an objection that arrives after its own lifting holds again, as everybody sees, until it is lifted once more', async () => {
  const { message, intent, place } = await shown()
  // An approval after an objection would lift it, too.
  assert.ok((await decide(bot.world, intent, 'bo')).ok)
  const ana = bot.slack.as('ana')
  const hold = () => bot.slack.faults.add({ direction: 'delivery', on: 'block_actions', times: 1, does: { kind: 'held' } })
  const holding = async () => (await bot.slack.faults.list()).some((fault) => fault.holding === 1)
  const lift = async () => {
    const now = await at('ana', message.ts)
    assert.ok(now)
    return ana.press(on(now), 'request.lift')
  }
  await hold()
  const late = ana.press(on(message), 'request.object')
  await until('it to be under way', holding)
  await ana.press(on(message), 'request.object')
  await ana.until('the objection', async () => isHeld(message.ts))
  await lift()
  await ana.until('its lifting', async () => !(await isHeld(message.ts)))
  await bot.slack.faults.remove()
  assert.ok((await late).ok)
  await ana.until('the objection again', async () => isHeld(message.ts))
  const claimed = await claim(bot.world, intent, place)
  assert.ok(!claimed.ok && claimed.refusal.reason === 'held', JSON.stringify(claimed))

  // And a lifting that arrives when it has happened already changes nothing and says so.
  await hold()
  const again = lift()
  await until('it to be under way', holding)
  await lift()
  await ana.until('its lifting', async () => !(await isHeld(message.ts)))
  const told = await toldTimes('ana', /./)
  await bot.slack.faults.remove()
  assert.ok((await again).ok)
  await until('the answer', async () => (await toldTimes('ana', /./)) > told)
  assert.equal(await isHeld(message.ts), false)
  assert.ok((await claim(bot.world, intent, place)).ok)
})

// The last of this file: what Slack limits here stays limited for five minutes.
test('while every message is limited for minutes, forms open, commands and clicks are answered within three seconds', async () => {
  const { message } = await shown()
  for (const method of ['chat.postMessage', 'chat.update'])
    await bot.slack.faults.add({ direction: 'call', on: method, seconds: 600, does: { kind: 'limited', retryAfter: 300 } })
  await shownInVain()
  const rey = bot.slack.as('rey')
  const within = async (what: string, run: () => Promise<unknown>) => {
    const began = performance.now()
    await run()
    assert.ok(performance.now() - began < TRIGGER_MS, `${what} took ${performance.now() - began} ms`)
  }
  await within('the form', async () => {
    await rey.say(CHANNEL, '/elevate')
    await rey.modal(() => true, 'the form')
  })
  await rey.close(true)
  await within('a typed command', async () => {
    await rey.say(CHANNEL, '/elevate help')
    await answered('rey', /You may ask for/)
  })
  await within('a click', async () => {
    await bot.slack.as('ana').press(on(message), 'request.open')
    await answered('ana', /What you decide is signed/)
  })
})

/** Something that the worker tries to tell in vain, so that a limit is on. */
async function shownInVain(): Promise<void> {
  const { intent } = await ask(bot.world)
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  const limited = async () => (await bot.slack.calls()).some(({ fault }) => fault === 'limited')
  await until('a limited call', limited)
}

const isHeld = async (ts: string) => /objected/.test(wordsOf((await at('ana', ts))?.blocks ?? []))
/** How often a person was told something that nobody else sees. */
const toldTimes = async (handle: string, words: RegExp) =>
  (await bot.slack.as(handle).messages(CHANNEL)).filter((m) => m.ephemeral && words.test(wordsOf(m.blocks) || m.text)).length
const at = async (handle: string, ts: string) =>
  (await bot.slack.as(handle).messages(CHANNEL)).find((message) => message.ts === ts)
