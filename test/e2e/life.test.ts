// The main job as people meet it: real processes, a real Chromium, and nothing but what the screens offer.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { go, look, message, modal, signInAs, tapWith, type Visitor } from '../support/pages.ts'
import {
  assertNoTrouble,
  closeModal,
  confirm,
  decide,
  openStage,
  payloadOf,
  reveal,
  review,
  useCommand,
} from '../support/steps.ts'
import { dumpDatabases, findTraces, readFiles, readOutput, readSlack } from '../support/traces.ts'

const stage = openStage()
const { premises } = stage

test('a whole life with security keys of the browser: registered, enrolled after comparing words, and then every signature', async (t) => {
  const people = await stage.open(t, { rey: 'computer', bo: 'computer', mira: 'simulated' })
  const [rey, bo, mira] = people ?? []
  if (!rey || !bo || !mira) return
  await enrol(mira, [
    [rey, await register(rey)],
    [bo, await register(bo)],
  ])
  await live(rey, bo)
  assertNoTrouble([rey, bo, mira])
})

test('the same life with the simulated keys, and the auditor reads its story in the log', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', bo: 'simulated', theo: 'simulated' })
  const [rey, bo, theo] = people ?? []
  if (!rey || !bo || !theo) return
  await readLog(theo, await live(rey, bo))
  assertNoTrouble([rey, bo, theo])
})

test('no credential that was handed out stands in any table, file, output or message', async () => {
  const places = [
    await dumpDatabases(premises()),
    readFiles(premises()),
    readOutput(stage.product()),
    await readSlack(premises()),
  ]
  const names = places.flatMap((each) => [...each.keys()])
  for (const expected of [/^table countersign public\.credential$/, /^file .*postgres\.log$/, /^output$/, /^calls to Slack$/])
    assert.ok(
      names.some((name) => expected.test(name)),
      `${expected} was not looked at`,
    )
  assert.ok(findTraces('INC-4211: payments refuse cards', ...places).length > 3, 'what does stand there is found')
  for (const credential of stage.handedOut) {
    const [, payload = '', signature = ''] = credential.split('.')
    for (const secret of [credential, payload, signature]) assert.deepEqual(findTraces(secret, ...places), [])
  }
})

/** Registers a key that the browser makes; gives the words by which it is recognised. */
async function register({ handle, tab, tap }: Visitor): Promise<string[]> {
  assert.ok(tab)
  await tab.goto(`${premises().issuer}/enrol`)
  await look(tab, `enrol-${handle}`)
  await tab.getByLabel('Who are you?').selectOption(handle)
  await tab.getByLabel(/A name for this key/).fill(`${handle}’s own key`)
  await tap(tab, 'Register')
  await tap(tab, 'Show that you hold it')
  await tab.getByRole('heading', { name: 'Now compare these words' }).waitFor()
  await look(tab, `enrol-words-${handle}`)
  const words = await tab.locator('[data-words] li').allTextContents()
  assert.equal(words.length, 8)
  return words
}

/** The administrator compares each waiting key's words with what its owner reads aloud, and signs. */
async function enrol({ context }: Visitor, registered: readonly (readonly [Visitor, readonly string[]])[]): Promise<void> {
  const page = await context.newPage()
  await page.goto(`${premises().issuer}/enrol`)
  await page.getByRole('link', { name: 'Sign in as an administrator' }).click()
  await look(page, 'sign-in')
  await signInAs(page, 'Mira Castellanos')
  await page.getByText('Compare the words with the person').waitFor()
  for (const [{ handle }, words] of registered) {
    const row = page.locator('#waiting .waiting > li').filter({ hasText: `${handle}’s own key` })
    assert.deepEqual(await row.locator('.words li').allTextContents(), words)
    await row.getByRole('checkbox').check()
  }
  await look(page, 'enrol-administrator')
  await tapWith(page, 'I compared the words: enrol', 'simulated')
  await page.getByText('No key waits to be enrolled.').waitFor()
  await page.goto(`${premises().issuer}/keys`)
  for (const [{ handle }] of registered) await page.getByText(`${handle}’s own key`).waitFor()
  await look(page, 'keys')
}

/** From the composer to the end in the channel; gives the id of the request. */
async function live(rey: Visitor, bo: Visitor): Promise<string> {
  const { slack, device } = rey
  await slack.bringToFront()
  await look(slack, `slack-first-${device}`)
  await slack.getByRole('button', { name: /^Try:/ }).click()
  await slack.keyboard.press('Enter')
  const form = modal(rey)
  await form.getByLabel('Service').selectOption('payments-api')
  await form.getByRole('button', { name: 'Next' }).click()
  await form.getByText('Please complete this required field.').waitFor()
  await look(slack, `slack-form-${device}`)
  await form.getByLabel('Why?').fill(`INC-4211: payments refuse cards since 14:02 (${device})`)
  await form.getByRole('button', { name: 'Next' }).click()
  await form.getByRole('link', { name: 'Confirm with your key' }).waitFor()
  await look(slack, `slack-confirm-${device}`)

  const { page, code } = await confirm(rey, form)
  await look(page, `request-waiting-${device}`)
  await closeModal(rey)

  const decision = await review(bo, code)
  await look(bo.slack, `slack-asked-${device}`)
  await look(decision, `request-decide-${device}`)
  await decide(bo, decision, 'Approve', 'Go ahead, I watch the error rate.')
  await look(decision, `request-decided-${device}`)

  await page.getByText('Go ahead, I watch the error rate.').waitFor()
  await look(page, `request-approved-${device}`)
  await page.getByRole('button', { name: 'Get the credential' }).click()
  const credential = await reveal(page, stage)
  await look(page, `request-credential-${device}`)
  await page.reload()
  assert.equal(await reveal(page, stage), credential, 'the same number brings the same credential')
  await watchTarget(rey, page)

  await page.getByRole('button', { name: 'I’m done' }).click()
  await page.getByRole('heading', { name: 'Given back' }).waitFor()
  await look(page, `request-over-${device}`)
  await go(rey, 'incident-4211')
  await message(rey, code)
    .getByText(/Given back .*the target confirmed it/)
    .waitFor()
  await look(slack, `slack-over-${device}`)
  await go(rey, 'Countersign home')
  await slack.getByRole('main').getByText(code).waitFor()
  await look(slack, `slack-home-${device}`)
  return String(payloadOf(credential)['txn'])
}

/** Runs the page's command beside the target's page, which shows what it does. */
async function watchTarget({ context, device }: Visitor, page: Page): Promise<void> {
  const target = await context.newPage()
  await target.goto(`${premises().slack}/target`)
  const uses = target.locator('#uses li.done')
  await target.locator('#uses li').first().waitFor()
  const before = await uses.count()
  assert.match(await useCommand(page), /"service":"payments-api"/)
  await uses.nth(before).waitFor()
  assert.match((await uses.first().textContent()) ?? '', /Restart payments-api.*by rey/)
  await target.locator('#services').getByText('restarting').waitFor()
  await look(target, `target-${device}`)
}

/** The auditor signs in with a key at the issuer and reads one request's story in the bot's log. */
async function readLog({ context }: Visitor, request: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(premises().bot)
  await look(page, 'bot-sign-in')
  await page.getByRole('link', { name: 'Sign in with your key' }).click()
  await signInAs(page, 'Theo Brandt')
  await page.getByRole('link', { name: 'Log' }).click()
  await page.getByLabel('Request').fill(request)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('cell', { name: /^grant\.returned/ }).waitFor()
  const types = await page.locator('tbody tr td:nth-child(2)').allTextContents()
  await look(page, 'audit')
  const story = types.map((text) => text.replace(/\s*(bot|issuer)$/, '')).toReversed()
  assert.deepEqual(story, [
    'request.proposed',
    'request.adopted',
    'statement.accepted',
    'request.confirmed',
    'statement.accepted',
    'request.approved',
    'grant.started',
    'credential.issuing',
    'grant.activated',
    'credential.issued',
    'grant.ending',
    'credential.revoked',
    'grant.returned',
  ])
}
