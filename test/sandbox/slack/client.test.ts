// The browser client in a real Chromium before a real Bolt app: type a command, fill the form, press the button; at 320 px, in both colour schemes
// without a violation that axe finds. Without a mouse: keyboard.test.ts.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../../support/chromium.ts'
import { BUTTONS, input, option, plain } from './blocks.ts'
import { type Stage, stage } from './bolt-app.ts'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const CARD = [
  { type: 'header', text: plain('Restart a service') },
  { type: 'section', fields: [{ type: 'mrkdwn', text: '*Who*\n<@U0REYOKAFOR>' }, plain('payments-api')] },
  {
    type: 'rich_text',
    elements: [{ type: 'rich_text_quote', elements: [{ type: 'text', text: '<!channel> &lt;b&gt; *plain*' }] }],
  },
  { type: 'context', elements: [{ type: 'mrkdwn', text: 'waiting &lt;img src=x&gt;' }] },
  { type: 'actions', elements: BUTTONS },
]
const FORM = {
  type: 'modal',
  callback_id: 'ask',
  title: plain('Ask for access'),
  submit: plain('Ask'),
  blocks: [
    input('action', 'Action', { type: 'external_select', min_query_length: 0 }),
    input('lease', 'How long', { type: 'radio_buttons', options: [option('15', '15 minutes')] }),
    input('why', 'Reason', { type: 'plain_text_input', multiline: true }),
  ],
}

/** An app with one form and one card, and a page at which a person sits. */
async function seat(t: TestContext, query: string, options: { width?: number; dark?: boolean } = {}) {
  const browser = await openBrowser(t)
  if (!browser) return undefined
  const staged = await stage(t)
  offer(staged)
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1100, height: 760 },
    colorScheme: options.dark ? 'dark' : 'light',
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(`${staged.slack.url}/?${query}`)
  await page.locator('nav').waitFor({ state: 'attached' })
  return { ...staged, page, errors }
}

function offer({ bolt }: Stage): void {
  bolt.command('/elevate', async ({ ack, client, command }) => {
    await ack()
    await client.views.open({ trigger_id: command.trigger_id, view: FORM as never })
  })
  bolt.options('action', async ({ ack }) => ack({ options: [{ text: plain('service.restart'), value: 'service.restart' }] }))
  bolt.view('ask', async ({ ack, view, client }) => {
    const { action, why } = view.state.values
    if (why?.['why']?.value === 'no') return ack({ response_action: 'errors', errors: { why: 'Say more.' } })
    await ack()
    const text = `${action?.['action']?.selected_option?.value}: ${why?.['why']?.value}`
    await client.chat.postMessage({
      channel: 'C0INCIDENT42',
      text,
      blocks: [...CARD, { type: 'section', text: plain(text) }] as never,
    })
  })
  bolt.action('object', async ({ ack, respond }) => {
    await ack()
    await respond({ text: 'You object.', replace_original: false })
  })
}

async function violations(page: Page): Promise<string[]> {
  // By the debugger: the page itself runs nothing that did not come with it.
  await page.evaluate(axe)
  const found = await page.evaluate(() =>
    (
      globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe.run(),
  )
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
}

test('a person types a command, fills the form, and presses what comes of it', async (t) => {
  const seated = await seat(t, 'as=rey')
  if (!seated) return
  const { page, errors } = seated
  await page.getByRole('button', { name: /^Try:/ }).click()
  const composer = page.getByRole('textbox', { name: /^Message #incident-4211/ })
  assert.equal(await composer.inputValue(), '/elevate service.restart')
  await composer.fill('/el')
  await page.getByRole('option', { name: /\/elevate/ }).waitFor()
  await page.keyboard.press('Enter')
  assert.equal(await composer.inputValue(), '/elevate ')
  await page.keyboard.press('Enter')

  const form = page.getByRole('dialog', { name: 'Ask for access' })
  await form.getByRole('button', { name: 'Ask', exact: true }).click()
  await form.getByText('Please complete this required field.').nth(2).waitFor()
  await form.getByRole('combobox', { name: 'Action' }).click()
  await form.getByRole('option', { name: 'service.restart' }).waitFor()
  await page.keyboard.press('Enter')
  await form.getByText('15 minutes').click()
  await form.getByLabel('Reason').fill('no')
  await form.getByRole('button', { name: 'Ask', exact: true }).click()
  await form.getByText('Say more.').waitFor()
  await form.getByLabel('Reason').fill('cards fail')
  await form.getByRole('button', { name: 'Ask', exact: true }).click()
  await form.waitFor({ state: 'hidden' })

  await page.getByText('service.restart: cards fail').waitFor()
  await page.getByText('<!channel> &lt;b&gt; *plain*').waitFor()
  await page.getByText('waiting <img src=x>').waitFor()
  assert.equal(await page.locator('img').count(), 0)
  assert.equal(await page.getByRole('link', { name: 'Review' }).getAttribute('href'), 'http://localhost:3001/r/1')
  await page.getByRole('button', { name: 'Object' }).click()
  await page.getByRole('dialog', { name: 'Hold it?' }).getByRole('button', { name: 'No' }).click()
  await page.getByRole('button', { name: 'Object' }).click()
  await page.getByRole('button', { name: 'Yes, hold' }).click()
  await page.getByText('You object.').waitFor()
  await page.getByText('Only visible to you').waitFor()
  assert.deepEqual(errors, [])
})

test('another person sees it live, unread, and one tab can become another person', async (t) => {
  const seated = await seat(t, 'as=ana&channel=C0GENERAL00')
  if (!seated) return
  const { page, bolt, errors } = seated
  await bolt.client.chat.postMessage({ channel: 'C0INCIDENT42', text: 'x', blocks: CARD as never })
  await page.getByRole('button', { name: /incident-4211.*1 unread/ }).click()
  await page.getByRole('heading', { name: 'Restart a service' }).waitFor()
  await page.getByRole('button', { name: 'incident-4211', exact: false }).locator('.badge').waitFor({ state: 'detached' })
  await page.getByText('You are Ana').click()
  await page.getByRole('link', { name: /^Bo Tanaka ?approver$/ }).click()
  await page.getByText('You are Bo').waitFor()
  await page.getByRole('heading', { name: 'Restart a service' }).waitFor()
  assert.deepEqual(errors, [])
})

test('a press is not lost when the list of places changes under it', async (t) => {
  const seated = await seat(t, 'as=ana&channel=C0INCIDENT42')
  if (!seated) return
  const { page, bolt, errors } = seated
  await page.getByRole('button', { name: /general/ }).hover()
  await page.mouse.down()
  await bolt.client.chat.postMessage({ channel: 'C0INCIDENT42', text: 'something new' })
  await page.getByText('something new').waitFor()
  await page.mouse.up()
  await page.getByRole('heading', { name: '# general' }).waitFor()
  await bolt.client.chat.postMessage({ channel: 'C0INCIDENT42', text: 'and afterwards it goes on' })
  await page.getByRole('button', { name: /incident-4211.*1 unread/ }).waitFor()
  assert.deepEqual(errors, [])
})

for (const [name, options] of [
  ['light', {}],
  ['dark', { dark: true }],
  ['320 px', { width: 320 }],
] as const)
  test(`${name}: axe finds nothing, and nothing is wider than the window`, async (t) => {
    const seated = await seat(t, 'as=rey', options)
    if (!seated) return
    const { page, bolt, errors } = seated
    await bolt.client.chat.postMessage({ channel: 'C0INCIDENT42', text: 'x', blocks: CARD as never })
    await page.getByRole('heading', { name: 'Restart a service' }).waitFor()
    assert.deepEqual(await violations(page), [])
    const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    assert.equal(wider, 0)
    await page.locator('summary', { hasText: 'You are' }).click()
    await page.getByRole('heading', { name: 'Not of the staff' }).waitFor()
    assert.deepEqual(await violations(page), [], 'with the list of people open')
    await page.keyboard.press('Escape')
    await page.getByRole('textbox', { name: /^Message/ }).fill('/elevate x')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Ask for access' }).waitFor()
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(errors, [])
  })
