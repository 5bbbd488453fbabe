// One whole life over Slack's protocols with a real Bolt app: slash command, modal, field errors, update, message, press, change, response URL.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { types } from '@slack/bolt'
import { MODAL, on, wordsOf } from '../../support/slack-driver.ts'
import { plain } from './blocks.ts'
import { stage } from './bolt-app.ts'

const modal = (title: string): types.ModalView => ({
  type: 'modal',
  callback_id: 'ask',
  private_metadata: 'C0INCIDENT42',
  title: plain(title),
  submit: plain('Ask'),
  blocks: [
    {
      type: 'input',
      block_id: 'service',
      label: plain('Service'),
      dispatch_action: true,
      element: {
        type: 'static_select',
        action_id: 'service.choose',
        options: ['payments-api', 'ledger'].map((name) => ({ text: plain(name), value: name })),
      },
    },
    {
      type: 'input',
      block_id: 'why',
      label: plain('Why'),
      element: { type: 'plain_text_input', action_id: 'why', min_length: 5 },
    },
  ],
})

test('a command opens a form; its errors stand at the field; submitted, it becomes a message that a press changes', async (t) => {
  const { bolt, slack } = await stage(t)
  const chosen: unknown[] = []
  bolt.command('/elevate', async ({ ack, client, command }) => {
    await ack()
    await client.views.open({ trigger_id: command.trigger_id, view: modal(`Ask ${command.text}`) })
  })
  bolt.action('service.choose', async ({ ack, body, action, client }) => {
    await ack()
    chosen.push(action, (body as { view?: { state: unknown } }).view?.state)
    const { id = '', hash = '' } = (body as { view?: { id: string; hash: string } }).view ?? {}
    await client.views.update({ view_id: id, hash, view: modal('Ask again') })
  })
  bolt.view('ask', async ({ ack, view, body, client }) => {
    const why = view.state.values['why']?.['why']?.value ?? ''
    if (!why.includes('4211')) return ack({ response_action: 'errors', errors: { why: 'Name the incident.' } })
    await ack({ response_action: 'update', view: { type: 'modal', title: plain('Confirm'), blocks: [{ type: 'divider' }] } })
    await client.chat.postMessage({
      channel: view.private_metadata,
      text: 'A request',
      blocks: [
        { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: why }] }] },
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'request.object', text: plain('Object'), value: body.user.id }],
        },
      ],
    })
  })
  bolt.action('request.object', async ({ ack, body, client, respond, action }) => {
    await ack()
    const { channel, message } = body as { channel: { id: string }; message: { ts: string } }
    await client.chat.update({ channel: channel.id, ts: message.ts, text: `Held by ${body.user.id}`, blocks: [] })
    await respond({
      text: `You object to ${'value' in action ? action.value : ''}`,
      response_type: 'ephemeral',
      replace_original: false,
    })
  })

  const rey = slack.as('rey')
  assert.deepEqual(await rey.say('C0INCIDENT42', '/elevate service.restart'), { ok: true })
  assert.equal((await rey.modal()).title, 'Ask service.restart')
  assert.deepEqual((await rey.submit()).errors, {
    service: 'Please complete this required field.',
    why: 'Please complete this required field.',
  })
  await rey.press(MODAL, 'service.choose', 'ledger')
  const updated = await rey.modal((form) => form.title === 'Ask again', 'the updated form')
  assert.equal(
    updated.values['service']?.['service.choose']?.selected_option?.value,
    'ledger',
    'an update keeps what was entered',
  )
  assert.equal((chosen[0] as { selected_option: { value: string } }).selected_option.value, 'ledger')
  assert.ok(JSON.stringify(chosen[1]).includes('"why":{"why":{"type":"plain_text_input","value":null}}'))
  await rey.fill({ why: 'it hangs' })
  assert.deepEqual((await rey.submit()).errors, { why: 'Name the incident.' })
  await rey.fill({ why: 'it hangs, 4211' })
  assert.deepEqual(await rey.submit(), { ok: true })
  assert.equal((await rey.modal()).title, 'Confirm')

  const ana = slack.as('ana')
  const card = await ana.message('incident-4211', (message) => message.text === 'A request')
  assert.equal(wordsOf(card.blocks), 'it hangs, 4211 Object')
  assert.deepEqual(await ana.press(on(card), 'request.object'), { ok: true })
  const note = await ana.message('incident-4211', (message) => message.ephemeral)
  assert.equal(note.text, 'You object to U0REYOKAFOR')
  const [seenByRey] = (await rey.messages('incident-4211')).filter((message) => message.ts === card.ts)
  assert.equal(seenByRey?.text, 'Held by U0ANALINDQV')
  assert.deepEqual(seenByRey?.blocks, [])
  assert.ok(
    (await rey.messages('incident-4211')).every((message) => !message.ephemeral),
    'an ephemeral message is seen by one person',
  )
})
