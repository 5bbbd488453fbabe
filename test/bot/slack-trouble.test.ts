import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallFault } from '../../src/sandbox/slack/faults.ts'
import { wordsOf } from '../support/slack-driver.ts'
import { CHANNEL, openStand, type Stand } from '../support/slack-worker.ts'
import { ask, claim, confirm, decide, newHolder } from '../support/world.ts'

const ONCE: readonly CallFault[] = [
  { kind: 'limited', retryAfter: 5 },
  { kind: 'limited_in_body', retryAfter: 3 },
  { kind: 'status', status: 503 },
  { kind: 'error', error: 'internal_error' },
  { kind: 'dropped_before' },
  { kind: 'dropped_after' },
  { kind: 'delayed', ms: 40 },
]
/** Every place says the truth, once. */
async function assertOnce(stand: Stand, code: string, what: RegExp, note: string): Promise<void> {
  for (const [handle, where] of [
    ['ana', CHANNEL],
    ['ana', 'direct'],
    ['bo', 'direct'],
  ] as const) {
    const seen = (await stand.seen(handle, where, code)).filter(({ threadTs }) => threadTs === null)
    assert.equal(seen.length, 1, `${note}: ${handle} in ${where}`)
    assert.match(wordsOf(seen[0]?.blocks ?? []), what, `${note}: ${handle} in ${where}`)
  }
}

for (const does of ONCE) {
  const name = 'retryAfter' in does ? `${does.kind} for ${does.retryAfter} s` : does.kind
  test(`${name}, three times in each method: every message is told once and ends true`, async (t) => {
    const stand = await openStand(t)
    const { intent, checkCode } = await stand.confirmed()
    for (const on of ['chat.postMessage', 'chat.update', 'users.info', 'conversations.info', 'users.conversations'])
      await stand.slack.faults.add({ direction: 'call', on, times: 3, does })
    stand.start()
    await stand.told()
    await assertOnce(stand, checkCode, /[Ww]aits for 1 more/, 'asked')
    assert.ok((await decide(stand.world, intent, 'bo', 'deny')).ok)
    await stand.told()
    await stand.settled()
    await assertOnce(stand, checkCode, /[Dd]enied/, 'decided')
    const [news, ...more] = (await stand.seen('rey', 'direct', checkCode)).filter(({ blocks }) =>
      /[Dd]enied/.test(wordsOf(blocks)),
    )
    assert.ok(news)
    assert.deepEqual(more, [])
  })
}

test('a limit is waited for to the second, and then the latest state is told, not what it was', async (t) => {
  const stand = await openStand(t)
  const holder = await newHolder()
  const { intent, checkCode } = await ask(stand.world)
  assert.ok((await confirm(stand.world, intent, holder)).ok)
  stand.start()
  await stand.told()
  const calls = async () => (await stand.calls('chat.update')).length
  await stand.slack.faults.add({ direction: 'call', on: 'chat.update', times: 1, does: { kind: 'limited', retryAfter: 600 } })
  assert.ok((await decide(stand.world, intent, 'ana')).ok)
  await stand.until('the limit', async () => (await calls()) > 0)
  // Others may be under way when the first one is limited.
  const open = stand.ctx.db.selectFrom('delivery').select('last_error').where('kind', '=', 'slack').where('done_at', 'is', null)
  await stand.until('all that is open to be put off', async () => {
    const all = await open.execute()
    return all.length > 0 && all.every(({ last_error }) => last_error === 'limited')
  })
  const before = await calls()
  assert.ok((await claim(stand.world, intent, holder)).ok)
  stand.pass(590_000)
  // Another request is asked in full meanwhile: what is limited holds up no other method.
  const other = await stand.confirmed()
  await stand.until('the other request', async () => (await stand.seen('bo', 'direct', other.checkCode)).length === 1)
  assert.equal(await calls(), before, 'not one call before its time')
  stand.pass(11_000)
  await stand.told()
  const [message, ...more] = (await stand.seen('ana', CHANNEL, checkCode)).filter(({ threadTs }) => threadTs === null)
  assert.match(wordsOf(message?.blocks ?? []), /Active until/)
  assert.deepEqual(more, [])
  const updates = (await stand.calls('chat.update')).filter(
    ({ body, fault }) => body['ts'] === message?.ts && fault === undefined,
  )
  assert.equal(updates.length, 1, 'what changed meanwhile is told in one')
})

test('a post whose answer is lost is found by its metadata and not posted again, in channels and in direct messages', async (t) => {
  const stand = await openStand(t)
  const { checkCode } = await stand.confirmed()
  await stand.slack.faults.add({ direction: 'call', on: 'chat.postMessage', times: 3, does: { kind: 'dropped_after' } })
  stand.start()
  await stand.told()
  await assertOnce(stand, checkCode, /[Ww]aits for 1 more/, 'after the loss')
  const posts = (await stand.calls('chat.postMessage')).filter(({ body }) => /asked|waits/.test(String(body['text'])))
  assert.equal(posts.length, 3, 'each was posted by one call')
  assert.ok(
    posts.every(({ body }) => !/payments|INC-/.test(String(body['metadata']))),
    'metadata holds ids only',
  )
})

test('an ask whose answer was lost does not go on asking when the decision came before it was found', async (t) => {
  const stand = await openStand(t)
  const { intent, checkCode } = await stand.confirmed()
  await stand.slack.faults.add({ direction: 'call', on: 'chat.postMessage', times: 3, does: { kind: 'dropped_after' } })
  stand.start()
  await stand.until('both to be asked', async () => {
    const asked = await Promise.all(['ana', 'bo'].map((handle) => stand.seen(handle, 'direct', checkCode)))
    return asked.every(({ length }) => length === 1)
  })
  assert.ok((await decide(stand.world, intent, 'bo', 'deny')).ok)
  await stand.told()
  await stand.settled()
  await assertOnce(stand, checkCode, /[Dd]enied/, 'decided')
})

test('a process that dies between Slack’s yes and its note leaves one message, not two', async (t) => {
  const stand = await openStand(t, { patienceMs: 60_000 })
  const { checkCode } = await stand.confirmed()
  // The first process posts and never hears of it: what it has leased comes free when the lease ends.
  const { id } = await stand.slack.faults.add({ direction: 'call', on: 'chat.postMessage', times: 3, does: { kind: 'held' } })
  const first = stand.start()
  await stand.until('three calls under way', async () => (await stand.slack.faults.list())[0]?.holding === 3)
  await stand.ctx.db.updateTable('delivery').set({ due_at: stand.ctx.now() }).where('done_at', 'is', null).execute()
  await stand.slack.faults.add({ direction: 'call', on: 'conversations.history', times: 3, does: { kind: 'held' } })
  stand.start()
  await stand.until('the second to look', async () => (await stand.slack.faults.list())[1]?.holding === 3)
  await stand.slack.faults.remove(id)
  await stand.until('what the first posted', async () => (await stand.seen('bo', 'direct', checkCode)).length === 1)
  await stand.slack.faults.remove()
  await stand.told()
  await stand.settled()
  await first.stop()
  await assertOnce(stand, checkCode, /[Ww]aits for 1 more/, 'after the crash')
})

test('a post that Slack carries out after it was given up is taken away again, and a late change is said over', async (t) => {
  const stand = await openStand(t, { patienceMs: 300 })
  const { intent, checkCode } = await stand.confirmed()
  const { id } = await stand.slack.faults.add({ direction: 'call', on: 'chat.postMessage', times: 3, does: { kind: 'held' } })
  stand.start()
  await stand.told()
  await stand.slack.faults.remove(id)
  await stand.until('the strays', async () => (await stand.seen('bo', 'direct', checkCode)).length === 2)
  await stand.settled()
  await assertOnce(stand, checkCode, /[Ww]aits for 1 more/, 'after the second look')

  const late = await stand.slack.faults.add({ direction: 'call', on: 'chat.update', times: 2, does: { kind: 'held' } })
  assert.ok((await decide(stand.world, intent, 'ana')).ok)
  await stand.told()
  await stand.slack.faults.remove(late.id)
  await stand.settled()
  await assertOnce(stand, checkCode, /approved/i, 'after the late change')
})

test('without the scope to read a channel’s history its message may stand twice, but no direct message does', async (t) => {
  const stand = await openStand(t, { without: ['channels:history', 'groups:history'] })
  const { checkCode } = await stand.confirmed()
  await stand.slack.faults.add({ direction: 'call', on: 'chat.postMessage', times: 3, does: { kind: 'dropped_after' } })
  stand.start()
  await stand.told()
  await stand.settled()
  assert.equal((await stand.seen('ana', CHANNEL, checkCode)).length, 2)
  for (const handle of ['ana', 'bo']) assert.equal((await stand.seen(handle, 'direct', checkCode)).length, 1)
})

test('after a minute of silence each place says the latest, in one message, and no stage that is over is told', async (t) => {
  const stand = await openStand(t, { patienceMs: 200 })
  const holder = await newHolder()
  const { intent, checkCode } = await ask(stand.world)
  await stand.slack.faults.add({ direction: 'call', seconds: 60, does: { kind: 'silence' } })
  stand.start()
  assert.ok((await confirm(stand.world, intent, holder)).ok)
  assert.ok((await decide(stand.world, intent, 'ana')).ok)
  assert.ok((await claim(stand.world, intent, holder)).ok)
  await stand.until('attempts in the silence', async () => (await stand.slack.calls()).length >= 3)
  stand.pass(61_000)
  await stand.told()
  await stand.settled()
  const [channel, ...more] = (await stand.seen('ana', CHANNEL, checkCode)).filter(({ threadTs }) => threadTs === null)
  assert.match(wordsOf(channel?.blocks ?? []), /Active until/)
  assert.deepEqual(more, [])
  for (const handle of ['ana', 'bo'])
    assert.deepEqual(await stand.seen(handle, 'direct', checkCode), [], 'nobody is asked for what is over')
  const news = await stand.seen('rey', 'direct', checkCode)
  assert.equal(news.length, 1)
  assert.match(wordsOf(news[0]?.blocks ?? []), /Active until/)
})

test('a message that was removed is said anew with the next change', async (t) => {
  const stand = await openStand(t)
  const { intent, checkCode } = await stand.confirmed()
  stand.start()
  await stand.told()
  for (const [handle, where] of [
    ['ana', CHANNEL],
    ['bo', 'direct'],
  ] as const) {
    const [message] = await stand.seen(handle, where, checkCode)
    await stand.slack.deleteMessage(message?.channel ?? '', message?.ts ?? '')
    assert.deepEqual(await stand.seen(handle, where, checkCode), [])
  }
  assert.ok((await decide(stand.world, intent, 'ana')).ok)
  await stand.told()
  await assertOnce(stand, checkCode, /approved/i, 'after the removal')
})
