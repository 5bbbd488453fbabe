// Triggers, deadlines, response URLs, the stack of modals, suggestions: what Slack gives an app little of, and what it takes away in time.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MODAL, on } from '../../support/slack-driver.ts'
import { plain } from './blocks.ts'
import { stage } from './bolt-app.ts'

const INCIDENT = 'C0INCIDENT42'
const view = (title: string, extra: object = {}) =>
  ({ type: 'modal', title: plain(title), blocks: [{ type: 'divider' }], ...extra }) as never
const button = (action_id: string, extra: object = {}) =>
  ({ type: 'actions', elements: [{ type: 'button', action_id, text: plain('Press'), ...extra }] }) as never
const code = (error: string) => (thrown: { data?: { error?: string } }) => thrown.data?.error === error

/** A stage whose clock the test moves. */
async function timed(t: TestContext, options: { ackMs?: number } = {}) {
  let time = Date.now()
  const staged = await stage(t, { ...options, now: () => time })
  return { ...staged, pass: (ms: number) => (time += ms) }
}

test('a trigger opens one modal, within three seconds', async (t) => {
  const { bolt, slack, pass } = await timed(t)
  const triggers: string[] = []
  bolt.command('/elevate', async ({ ack, command }) => {
    triggers.push(command.trigger_id)
    await ack()
  })
  const rey = slack.as('rey')
  await rey.say(INCIDENT, '/elevate')
  await rey.say(INCIDENT, '/elevate')
  const [first = '', second = ''] = triggers
  await assert.rejects(bolt.client.views.open({ trigger_id: first, view: view('x'.repeat(25)) }), code('invalid_arguments'))
  await bolt.client.views.open({ trigger_id: first, view: view('One') })
  await assert.rejects(bolt.client.views.open({ trigger_id: first, view: view('Two') }), code('exchanged_trigger_id'))
  pass(3001)
  await assert.rejects(bolt.client.views.open({ trigger_id: second, view: view('Three') }), code('expired_trigger_id'))
  await assert.rejects(bolt.client.views.open({ trigger_id: 'made.up', view: view('Four') }), code('invalid_trigger_id'))
  assert.equal((await rey.modal()).title, 'One')
})

test('an app that does not answer in time: the person reads so, and an open form stays', async (t) => {
  const { bolt, slack } = await timed(t, { ackMs: 60 })
  bolt.command('/elevate', async ({ client, command }) => {
    await client.views.open({ trigger_id: command.trigger_id, view: view('Form', { submit: plain('Send') }) })
  })
  bolt.view('', async () => undefined)
  const rey = slack.as('rey')
  await rey.say(INCIDENT, '/elevate now')
  const notice = await rey.message(INCIDENT, (message) => message.ephemeral)
  assert.match(notice.text, /did not answer within three seconds.*operation_timeout/)
  await rey.modal()
  const outcome = await rey.submit()
  assert.match(outcome.error ?? '', /operation_timeout/)
  assert.equal((await rey.snapshot()).modal?.title, 'Form')
})

test('an app with another signing secret refuses everything, and the person reads that', async (t) => {
  const { slack, received } = await stage(t, { signingSecret: 'not the one the app has' })
  await slack.as('rey').say(INCIDENT, '/elevate')
  const notice = await slack.as('rey').message(INCIDENT, (message) => message.ephemeral)
  assert.match(notice.text, /refused.*http_client_error/)
  assert.match(String(received[0]?.headers['x-slack-signature']), /^v0=[0-9a-f]{64}$/)
  assert.equal(await slack.verifyUrl(), false)
})

test('the request URL is verified by its challenge', async (t) => {
  const { slack } = await stage(t)
  assert.equal(await slack.verifyUrl(), true)
})

test('a command that nobody offers is answered by the workspace, not sent', async (t) => {
  const { slack, received } = await stage(t)
  await slack.as('rey').say(INCIDENT, '/launch now')
  assert.match((await slack.as('rey').messages(INCIDENT))[0]?.text ?? '', /not a command here/)
  assert.equal(received.length, 0)
})

test('a response URL serves five times within half an hour, and replaces or deletes an ephemeral message', async (t) => {
  const { bolt, slack, pass } = await timed(t)
  const urls: string[] = []
  bolt.command('/elevate', async ({ ack, command }) => {
    urls.push(command.response_url)
    await ack({ text: 'Only you', blocks: [button('again')] })
  })
  bolt.action('again', async ({ ack, respond, body }) => {
    urls.push((body as { response_url: string }).response_url)
    await ack()
    await respond({ text: 'Replaced', replace_original: true })
  })
  const rey = slack.as('rey')
  await rey.say(INCIDENT, '/elevate')
  const shown = await rey.message(INCIDENT, (message) => message.ephemeral)
  await rey.press(on(shown), 'again')
  const replaced = await rey.message(INCIDENT, (message) => message.text === 'Replaced')
  assert.equal(replaced.ts, shown.ts)
  const post = (url: string | undefined, body: unknown) =>
    fetch(url ?? '', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  assert.equal((await post(urls[1], { delete_original: true })).status, 200)
  assert.deepEqual(await rey.messages(INCIDENT), [])
  for (let use = 1; use <= 5; use += 1)
    assert.equal((await post(urls[0], { text: `answer ${use}`, response_type: 'in_channel' })).status, 200)
  const used = await post(urls[0], { text: 'one more' })
  assert.deepEqual([used.status, await used.json()], [404, { ok: false, error: 'used_url' }])
  pass(30 * 60_000 + 1)
  assert.deepEqual(await (await post(urls[1], { text: 'late' })).json(), { ok: false, error: 'expired_url' })
})

test('modals stack to three; an update under an old hash is refused; closing tells the app that asked', async (t) => {
  const { bolt, slack } = await stage(t)
  const closed: string[] = []
  const pushes: string[] = []
  const hashes: string[] = []
  const pushable = (title: string) => view(title, { callback_id: 'any', notify_on_close: true, blocks: [button('push')] })
  bolt.command('/elevate', async ({ ack, client, command }) => {
    await ack()
    const opened = await client.views.open({ trigger_id: command.trigger_id, view: pushable('1') })
    hashes.push(opened.view?.hash ?? '', opened.view?.id ?? '')
  })
  bolt.action('push', async ({ ack, client, body }) => {
    const { trigger_id } = body as { trigger_id: string }
    const pushed = client.views.push({ trigger_id, view: pushable(String(pushes.length + 2)) })
    pushes.push(
      await pushed.then(
        () => 'ok',
        (error: { data: { error: string } }) => error.data.error,
      ),
    )
    await ack()
  })
  bolt.view({ type: 'view_closed', callback_id: 'any' }, async ({ ack, view: gone, body }) => {
    await ack()
    closed.push(`${gone.title?.text} ${(body as { is_cleared?: boolean }).is_cleared}`)
  })
  const rey = slack.as('rey')
  // The app has answered by then and its form comes later: whoever presses waits for it.
  await slack.faults.add({ direction: 'call', on: 'views.open', does: { kind: 'delayed', ms: 300 }, times: 1 })
  await rey.say(INCIDENT, '/elevate')
  await rey.press(MODAL, 'push')
  await rey.modal((form) => form.title === '2')
  await rey.press(MODAL, 'push')
  await rey.modal((form) => form.title === '3')
  await rey.press(MODAL, 'push')
  assert.deepEqual(pushes, ['ok', 'ok', 'push_limit_reached'])
  const [hash = '', view_id = ''] = hashes
  await bolt.client.views.update({ view_id, hash, view: pushable('1b') })
  await assert.rejects(bolt.client.views.update({ view_id, hash, view: pushable('1c') }), code('hash_conflict'))
  await rey.close()
  assert.equal((await rey.modal()).title, '2')
  await rey.close(true)
  assert.equal((await rey.snapshot()).modal, null)
  assert.deepEqual(closed, ['3 false', '1b true', '2 true'])
  await assert.rejects(bolt.client.views.update({ view_id, view: pushable('gone') }), code('not_found'))
})

test('a person can choose only what was offered, by the form or by the app', async (t) => {
  const { bolt, slack } = await stage(t)
  bolt.command('/elevate', async ({ ack, client, command }) => {
    await ack()
    const element = { type: 'external_select', action_id: 'action', min_query_length: 1 }
    const blocks = [{ type: 'input', block_id: 'a', label: plain('Action'), element }]
    await client.views.open({ trigger_id: command.trigger_id, view: view('Choose', { submit: plain('Go'), blocks }) })
  })
  bolt.options('action', async ({ ack, payload }) => {
    await ack({ options: [{ text: plain(`${payload.value} found`), value: `value-${payload.value}` }] })
  })
  const rey = slack.as('rey')
  await rey.say(INCIDENT, '/elevate')
  await assert.rejects(rey.fill({ action: 'value-x' }), /does not offer/)
  const offered = await rey.suggest(MODAL, 'action', 'x')
  assert.deepEqual(
    offered.options.map((option) => option.value),
    ['value-x'],
  )
  await rey.fill({ action: 'value-x' })
  assert.equal((await rey.modal()).values['a']?.['action']?.selected_option?.text.text, 'x found')
  await assert.rejects(rey.fill({ nothing: 'x' }), /no field "nothing"/)
})

test('a link button gives its address and tells the app as well', async (t) => {
  const { bolt, slack } = await stage(t)
  let told = 0
  bolt.action('open', async ({ ack }) => {
    told += 1
    await ack()
  })
  await bolt.client.chat.postMessage({
    channel: INCIDENT,
    text: 'x',
    blocks: [button('open', { url: 'http://localhost:3001/r/1' })],
  })
  const [message] = await slack.as('ana').messages(INCIDENT)
  assert.ok(message)
  assert.deepEqual(await slack.as('ana').press(on(message), 'open'), { ok: true, url: 'http://localhost:3001/r/1' })
  assert.equal(told, 1)
  assert.match((await slack.as('ana').press(on(message), 'other')).error ?? '', /no longer there/)
})

test('opening the home and leaving the company reach the app as events; the home is what it published', async (t) => {
  const { bolt, slack } = await stage(t)
  bolt.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [{ type: 'header', text: plain('Hello') }] },
    })
  })
  bolt.event('user_change', async ({ event, client }) => {
    if (event.user.deleted) await client.chat.postMessage({ channel: 'U0REYOKAFOR', text: `${event.user.id} is gone` })
  })
  const rey = slack.as('rey')
  await rey.openHome()
  const home = await rey.until('a home', async () => (await rey.snapshot()).home)
  assert.equal(home.blocks[0]?.text?.text, 'Hello')
  await assert.rejects(
    bolt.client.views.publish({ user_id: 'U0REYOKAFOR', hash: 'old', view: { type: 'home', blocks: [] } }),
    code('hash_conflict'),
  )
  await slack.changePerson('bo', { deactivated: true })
  await rey.message('direct', (message) => message.text === 'U0BOTANAKA0 is gone')
})

test('a global shortcut gives a trigger; one that the app does not have is refused', async (t) => {
  const { bolt, slack } = await stage(t)
  bolt.shortcut('request.open', async ({ ack, client, shortcut }) => {
    await ack()
    await client.views.open({ trigger_id: shortcut.trigger_id, view: view('From anywhere') })
  })
  const rey = slack.as('rey')
  assert.deepEqual(await rey.shortcut('request.open'), { ok: true })
  assert.equal((await rey.modal()).title, 'From anywhere')
  assert.equal((await rey.shortcut('other')).ok, false)
})
