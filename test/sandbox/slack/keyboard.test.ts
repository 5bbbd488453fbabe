// The simulated workspace without a mouse, in a real Chromium before a real Bolt app: everything that a life needs is reached by Tab, chosen by arrows and
// done by Enter, Space or Escape; and the focus stays where the person works, whatever is drawn anew around it.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../../support/chromium.ts'
import { until } from '../../support/until.ts'
import { BUTTONS, input, option, plain } from './blocks.ts'
import { type Stage, stage } from './bolt-app.ts'

const INCIDENT = 'C0INCIDENT42'
const FORM = {
  type: 'modal',
  callback_id: 'ask',
  title: plain('Ask for access'),
  submit: plain('Ask'),
  blocks: [
    input('action', 'Action', { type: 'external_select', min_query_length: 0 }),
    input('service', 'Service', { type: 'static_select', options: [option('ledger'), option('payments')] }),
    input('lease', 'How long', { type: 'radio_buttons', options: [option('15', '15 minutes'), option('60', '1 hour')] }),
    input('why', 'Reason', { type: 'plain_text_input', multiline: true }),
  ],
}
const card = (text: string) => [
  { type: 'section', text: plain(text) },
  {
    type: 'actions',
    elements: [
      ...BUTTONS,
      { type: 'overflow', action_id: 'more', options: [option('first', 'The first'), option('second', 'The second')] },
    ],
  },
]

/** Asks by a form and shows a card; an objection changes the card, as ours does. */
function offer({ bolt }: Stage): void {
  bolt.command('/elevate', async ({ ack, client, command }) => {
    await ack()
    await client.views.open({ trigger_id: command.trigger_id, view: FORM as never })
  })
  bolt.options('action', async ({ ack }) => ack({ options: [option('database.read'), option('service.restart')] }))
  bolt.view('ask', async ({ ack, view, client }) => {
    const { action, service, lease, why } = view.state.values
    if (why?.['why']?.value === 'no') return ack({ response_action: 'errors', errors: { why: 'Say more.' } })
    await ack()
    const chosen = [action?.['action'], service?.['service'], lease?.['lease']].map((each) => each?.selected_option?.value)
    const text = `${chosen.join(' ')}: ${why?.['why']?.value}`
    await client.chat.postMessage({ channel: INCIDENT, text, blocks: card(text) as never })
  })
  bolt.action('object', async ({ ack, respond, body, client }) => {
    await ack()
    await respond({ text: 'You object.', replace_original: false })
    const { ts = '' } = (body as { message?: { ts: string } }).message ?? {}
    await client.chat.update({ channel: INCIDENT, ts, text: 'x', blocks: card('It is held.') as never })
  })
  bolt.action('more', async ({ ack, respond, action }) => {
    await ack()
    const { selected_option: chosen } = action as { selected_option?: { value: string } }
    await respond({ text: `You chose ${chosen?.value}.`, replace_original: false })
  })
}

/** A person without a mouse: where the focus is, by the name that a screen reader says, and the way to somewhere else. */
function keyboard(page: Page) {
  const press = (key: string) => page.keyboard.press(key)
  const focused = () =>
    page.evaluate<string>(`(() => {
      const at = document.activeElement
      if (!at || at === document.body) return ''
      const named = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent
      return named.replace(/\\s+/g, ' ').trim()
    })()`)
  return {
    press,
    type: (text: string) => page.keyboard.type(text),
    focused,
    /** Presses Tab until the focus is there. */
    to: async (name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab') => {
      const passed: string[] = []
      for (let presses = 0; presses < 60; presses += 1) {
        const at = await focused()
        if (name.test(at)) return
        passed.push(at)
        await press(key)
      }
      assert.fail(`${name} is not reached by ${key}, which passes ${passed.join(' | ')}`)
    },
    stays: (name: RegExp, when: string) => until(`the focus to be on ${name} ${when}`, async () => name.test(await focused())),
  }
}

async function seat(t: TestContext, query: string) {
  const browser = await openBrowser(t)
  if (!browser) return undefined
  const staged = await stage(t)
  offer(staged)
  const page = await browser.newPage({ viewport: { width: 1100, height: 760 } })
  await page.goto(`${staged.slack.url}/?${query}`)
  await page.getByRole('textbox', { name: /^Message/ }).waitFor()
  return { ...staged, page, keys: keyboard(page) }
}

test('a command, a form with its mistakes, and a card with its confirmation, without a mouse', async (t) => {
  const seated = await seat(t, `as=rey&channel=${INCIDENT}`)
  if (!seated) return
  const { page, keys } = seated
  await keys.to(/^Try:/, 'Shift+Tab')
  await keys.press('Enter')
  await keys.stays(/^Message/, 'where the command was written')
  await keys.press('Control+A')
  await keys.type('/el')
  await page.getByRole('option', { name: /\/elevate/ }).waitFor()
  await keys.press('Enter')
  await keys.press('Enter')

  const form = page.getByRole('dialog', { name: 'Ask for access' })
  await form.waitFor()
  await keys.stays(/^Action/, 'in the first field')
  await keys.to(/^Ask$/)
  await keys.press('Enter')
  await form.getByText('Please complete this required field.').nth(3).waitFor()
  await keys.stays(/^Action/, 'in the first field that is wrong')
  await keys.press('ArrowDown')
  await form.getByRole('option', { name: 'service.restart' }).waitFor()
  await keys.press('ArrowDown')
  await keys.press('Enter')
  await keys.to(/^Service/)
  await keys.press('ArrowDown')
  await keys.press('ArrowDown')
  await keys.to(/^15 minutes/)
  await keys.press('ArrowDown')
  await keys.to(/^Reason/)
  await keys.type('no')
  await keys.to(/^Ask$/)
  await keys.press('Enter')
  await form.getByText('Say more.').waitFor()
  await keys.stays(/^Reason/, 'in the field that is wrong')
  await keys.press('Control+A')
  await keys.type('cards fail')
  await keys.to(/^Ask$/)
  await keys.press('Enter')
  await form.waitFor({ state: 'hidden' })
  await keys.stays(/^Message/, 'where the command was typed')

  await page.getByText('service.restart payments 60: cards fail').waitFor()
  await keys.to(/^Review/, 'Shift+Tab')
  await keys.to(/^Object/)
  await keys.press('Enter')
  await page.getByRole('dialog', { name: 'Hold it?' }).waitFor()
  await keys.to(/^No$/)
  await keys.press('Enter')
  await keys.stays(/^Object/, 'after No')
  await keys.press('Enter')
  await keys.press('Escape')
  await keys.stays(/^Object/, 'after Escape')
  await keys.press('Enter')
  await keys.to(/^Yes, hold$/)
  await keys.press('Enter')
  await page.getByText('You object.').waitFor()
  await page.getByText('It is held.').waitFor()
  await keys.stays(/^Object/, 'though the card was drawn anew')
  await keys.to(/^More actions/)
  await keys.press('Enter')
  await keys.press('ArrowDown')
  await keys.press('Enter')
  await page.getByText('You chose second.').waitFor()
  await keys.stays(/^More actions/, 'after the choice')
})

test('places, a thread, and being somebody else, without a mouse, and though something comes in meanwhile', async (t) => {
  const seated = await seat(t, `as=ana&channel=${INCIDENT}`)
  if (!seated) return
  const { page, keys, bolt } = seated
  const comes = async (text: string) => {
    await bolt.client.chat.postMessage({ channel: INCIDENT, text })
    await page.getByText(text).first().waitFor()
  }
  await comes('something new')
  await keys.to(/^Reply/, 'Shift+Tab')
  await keys.press('Enter')
  await page.getByRole('heading', { name: 'Thread' }).waitFor()
  await keys.stays(/^Reply…/, 'where the reply is written')
  await keys.type('looking')
  await keys.press('Enter')
  await page.getByRole('complementary').getByText('looking').waitFor()
  await keys.to(/^Close thread/, 'Shift+Tab')
  await keys.press('Enter')
  await keys.stays(/^Message/, 'back in the channel')

  await keys.to(/general/, 'Shift+Tab')
  await comes('and one more')
  await keys.stays(/general/, 'though the places were drawn anew')
  await keys.press('Enter')
  await page.getByRole('heading', { name: '# general' }).waitFor()
  await keys.to(/You are Ana/, 'Shift+Tab')
  await bolt.client.chat.postMessage({ channel: INCIDENT, text: 'unread' })
  await page.getByRole('button', { name: /incident-4211.*1 unread/ }).waitFor()
  await keys.stays(/You are Ana/, 'though the bar was drawn anew')
  await keys.press('Enter')
  await keys.to(/Bo Tanaka ?approver$/)
  await keys.press('Enter')
  await page.getByText('You are Bo').waitFor()
})
