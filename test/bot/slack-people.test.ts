import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { on, wordsOf } from '../support/slack-driver.ts'
import { deliver } from '../support/slack-requests.ts'
import { CHANNEL, openStand } from '../support/slack-worker.ts'
import { ask, claim, confirm, decide, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))

/** Everybody whom the directory does not know, and what each is told. */
const STRANGERS = [
  ['luca', 'a guest of several channels', /Guests of this workspace cannot use Countersign/],
  ['nora', 'a guest of one channel', /Guests of this workspace cannot use Countersign/],
  ['pat', 'somebody from another organisation', /only members of its own workspace/],
  ['deploys', 'another app', /answers people only/],
  ['handover', 'a workflow', /answers people only/],
] as const

for (const [handle, who, words] of STRANGERS)
  test(`${who} who types a command or presses a button is told why not, where only they see it, and nothing happens`, async () => {
    const { intent, checkCode } = await ask(bot.world)
    assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
    await bot.slack.setMember(CHANNEL, handle, true)
    const person = bot.slack.as(handle)
    const told = async () => (await person.messages(CHANNEL)).filter((m) => m.ephemeral && words.test(wordsOf(m.blocks))).length
    const outcome = await person.say(CHANNEL, '/elevate service.restart service=payments-api reason="mine please"')
    assert.ok(outcome.ok, outcome.error)
    await person.until('why not', async () => (await told()) === 1)
    const message = await person.message(CHANNEL, (m) => wordsOf(m.blocks).includes(checkCode))
    for (const [index, action] of ['request.open', 'request.object', 'request.cancel'].entries()) {
      const pressed = await person.press(on(message), action)
      assert.ok(pressed.ok, pressed.error)
      await person.until(`why not ${action}`, async () => (await told()) >= index + 2)
    }
    assert.equal(
      (await bot.slack.as('rey').messages(CHANNEL)).filter((m) => m.ephemeral && words.test(wordsOf(m.blocks))).length,
      0,
    )
    const asked = await bot.world.bot.db.selectFrom('request').select('requester').execute()
    assert.deepEqual([...new Set(asked.map(({ requester }) => requester))], ['rey'])
    assert.deepEqual(await bot.world.bot.db.selectFrom('wish').select('person').execute(), [])
  })

test('somebody who was deactivated can act no more, and what was under way from them is answered by no', async () => {
  await assert.rejects(bot.slack.as('dana').say(CHANNEL, '/elevate'), /deactivated/)
  const body = new URLSearchParams({
    command: '/elevate',
    text: 'help',
    team_id: 'T0SANDBOX',
    user_id: 'U0LEFTDANA0',
    channel_id: CHANNEL,
    api_app_id: 'A0COUNTERSIGN',
    trigger_id: 'trigger.of.dana',
    response_url: `${bot.slackUrl}/hooks/none`,
  }).toString()
  const answer = await deliver(bot.bot.app, body, { host: new URL(bot.publicUrl).host })
  assert.match(JSON.stringify(answer.json()), /deactivated/)
})

const NAMED = [
  ['deactivated', { deactivated: true }, /Bo Tanaka\s+could not be reached: the Slack account is deactivated/],
  ['a guest', { guest: true }, /Bo Tanaka\s+could not be reached: the Slack account is a guest’s/],
  ['a guest of one channel', { guest: true, singleChannel: true }, /the Slack account is a guest’s/],
  ['of another organisation', { external: true }, /belongs to another organisation/],
  ['a bot', { bot: true }, /is an app’s/],
  ['a workflow', { bot: true, workflow: true }, /is an app’s/],
] as const

test('an approver whose account is no full member’s is not written to; the requester is told whom nothing reached, the others are asked', async (t) => {
  const stand = await openStand(t)
  stand.start()
  for (const [what, flags, words] of NAMED) {
    await stand.slack.changePerson('bo', {
      deactivated: false,
      guest: false,
      singleChannel: false,
      external: false,
      bot: false,
      workflow: false,
    })
    const before = (await stand.calls('chat.postMessage')).length
    await stand.slack.changePerson('bo', flags)
    stand.pass(301_000)
    const { checkCode } = await stand.confirmed()
    await stand.told()
    const posts = (await stand.calls('chat.postMessage')).slice(before)
    assert.equal(posts.filter(({ body }) => body['channel'] === 'U0BOTANAKA0').length, 0, what)
    assert.equal((await stand.seen('ana', 'direct', checkCode)).length, 1, what)
    const [notice, ...more] = await stand.seen('rey', 'direct', checkCode)
    assert.match(wordsOf(notice?.blocks ?? []), words, what)
    assert.match(wordsOf(notice?.blocks ?? []), /Everybody else who may decide was asked/, what)
    assert.deepEqual(more, [], what)
  }
})

test('an approver who is not there at all keeps nobody from being asked, and is not asked for ever', async (t) => {
  const stand = await openStand(t)
  stand.forget('U0BOTANAKA0')
  stand.start()
  const { checkCode } = await stand.confirmed()
  await stand.told()
  const [notice] = await stand.seen('rey', 'direct', checkCode)
  assert.match(wordsOf(notice?.blocks ?? []), /Bo Tanaka\s+could not be reached: there is no such Slack account/)
  const tries = (await stand.calls('users.info')).length
  stand.pass(3_600_000)
  await stand.told()
  assert.equal((await stand.calls('users.info')).length, tries)
})

const CLOSED = [
  ['archived', (stand) => stand.slack.changeChannel(CHANNEL, { archived: true }), /it is archived/],
  ['left by the bot', (stand) => stand.slack.setApp(CHANNEL, false), /not in it, or it is gone/],
  ['deleted', (stand) => stand.slack.deleteChannel(CHANNEL), /not in it, or it is gone/],
  [
    'shared with another organisation',
    (stand) => stand.slack.changeChannel(CHANNEL, { externallyShared: true }),
    /shared with another organisation/,
  ],
] as const satisfies readonly (readonly [string, (stand: Awaited<ReturnType<typeof openStand>>) => Promise<void>, RegExp])[]

for (const [what, close, words] of CLOSED)
  test(`a channel that is ${what} is not written to: the requester is told privately, approvers are asked by direct message`, async (t) => {
    const stand = await openStand(t)
    await close(stand)
    stand.start()
    const { checkCode } = await stand.confirmed()
    await stand.told()
    for (const handle of ['ana', 'bo']) assert.equal((await stand.seen(handle, 'direct', checkCode)).length, 1, handle)
    const [notice, ...more] = await stand.seen('rey', 'direct', checkCode)
    assert.match(wordsOf(notice?.blocks ?? []), words)
    assert.match(wordsOf(notice?.blocks ?? []), /Those who decide were asked directly/)
    assert.deepEqual(more, [])
    const posts = (await stand.calls('chat.postMessage')).filter(({ body, answer }) => answer?.ok && body['channel'] === CHANNEL)
    assert.deepEqual(posts, [])
  })

for (const [what, close, words] of CLOSED.slice(0, 3))
  test(`a channel that is ${what} after the message was posted is given up: the requester is told once, nothing loops, and the request goes on`, async (t) => {
    const stand = await openStand(t)
    stand.start()
    const { checkCode, requestId, intent, place } = await stand.confirmed()
    await stand.told()
    assert.equal((await stand.seen('ana', CHANNEL, checkCode)).length, 1)
    await close(stand)
    const there = async () =>
      (await stand.slack.calls()).filter(({ method, body }) => /^chat\./.test(method) && body['channel'] === CHANNEL).length
    const before = await there()
    const change = async (kind: 'object' | 'lift') => {
      stand.pass(61_000)
      await makeWish(stand.ctx, { kind, person: 'mira', request: requestId })
      assert.equal(await heedWishes(stand.world.ctx), 1)
      await stand.told()
    }
    const notices = async () => (await stand.seen('rey', 'direct', checkCode)).filter((m) => words.test(wordsOf(m.blocks)))
    await change('object')
    assert.equal((await notices()).length, 1, 'told once')
    const tries = (await there()) - before
    assert.ok(tries <= 2, `${tries} calls for a message and a line in its thread`)
    stand.pass(3_600_000)
    await stand.settled()
    assert.equal((await there()) - before, tries, 'nothing is tried again by itself')
    await change('lift')
    assert.ok((await notices()).length <= 1)
    assert.ok((await there()) - before <= 2 * tries)

    assert.ok((await decide(stand.world, intent, 'bo')).ok)
    await stand.told()
    const told = (await stand.seen('rey', 'direct', checkCode)).map(({ blocks }) => wordsOf(blocks))
    assert.equal(told.filter((text) => /approved at/.test(text)).length, 1)
    assert.ok(!told.some((text) => /Waits for|was not told/.test(text)), 'and none still says what was')
    assert.ok((await claim(stand.world, intent, place)).ok)
  })

test('without the right to see what channels are, nothing is posted in one: it might be shared', async (t) => {
  const stand = await openStand(t, { without: ['channels:read', 'groups:read'] })
  stand.start()
  const { checkCode } = await stand.confirmed()
  await stand.told()
  assert.deepEqual(await stand.seen('ana', CHANNEL, checkCode), [])
  assert.equal((await stand.seen('ana', 'direct', checkCode)).length, 1)
  const [notice] = await stand.seen('rey', 'direct', checkCode)
  assert.match(wordsOf(notice?.blocks ?? []), /the Slack app lacks a permission/)
})

test('a channel that is shared after the message was posted keeps nothing of it', async (t) => {
  const stand = await openStand(t)
  stand.start()
  const { checkCode, requestId } = await stand.confirmed()
  await stand.told()
  const [message] = await stand.seen('ana', CHANNEL, checkCode)
  assert.ok(message)
  await stand.slack.changeChannel(CHANNEL, { externallyShared: true })
  stand.pass(61_000)
  await stand.changed(requestId)
  await stand.told()
  const there = (await stand.slack.as('ana').messages(CHANNEL)).find(({ ts }) => ts === message.ts)
  assert.match(wordsOf(there?.blocks ?? []), /shared with another organisation now/)
  assert.ok(!wordsOf(there?.blocks ?? []).includes(checkCode))
  assert.doesNotMatch(wordsOf(there?.blocks ?? []), /payments|INC-4211/)
})
