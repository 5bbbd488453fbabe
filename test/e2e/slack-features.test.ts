// What Slack shows beyond the plain life, at the screens: asking again, the same for a colleague, an objection with its reason, less time with a note, the
// thread. Each is looked at as narrow as a small phone.

import { test } from 'node:test'
import { go, look, message, modal } from '../support/pages.ts'
import { ask, assertNoTrouble, codeIn, confirm, decide, openStage } from '../support/steps.ts'

const stage = openStage()
const LINE = '/elevate service.restart service=payments-api reason="INC-4211: payments time out"'

test('objected with a reason, asked the same by a colleague, the objection lifted, approved for less with a note, told in the thread, asked again', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', ana: 'simulated', bo: 'simulated' })
  const [rey, ana, bo] = people ?? []
  if (!rey || !ana || !bo) return
  const answer = await ask(rey, LINE)
  await look(rey.slack, 'slack-confirm')
  const { code } = await confirm(rey, answer)
  await message(rey, 'Confirmed with your key').waitFor()
  await look(rey.slack, 'slack-confirmed')

  await go(bo, 'incident-4211')
  await message(bo, code).getByRole('button', { name: 'Object', exact: true }).click()
  await bo.slack.getByRole('dialog').getByRole('button', { name: 'Object', exact: true }).click()
  await message(bo, 'Your objection holds').getByRole('button', { name: 'Say why' }).click()
  await modal(bo).getByLabel('Why do you object?').fill('A booking run is on until 02:20.')
  await look(bo.slack, 'slack-say-why')
  await modal(bo).getByRole('button', { name: 'Tell them' }).click()
  await message(bo, 'A booking run is on until 02:20.').first().waitFor()
  await look(bo.slack, 'slack-held')

  await go(ana, 'incident-4211')
  await message(ana, code).getByRole('button', { name: 'Same for me' }).click()
  await modal(ana).getByText('The same as Rey Okafor').waitFor()
  await look(ana.slack, 'slack-same')
  await modal(ana).getByRole('button', { name: 'Next' }).click()
  const form = modal(ana)
  await form.getByText('Nobody has been asked yet').waitFor()
  const same = await codeIn(form)
  const page = await ana.follow(form.getByRole('link', { name: 'Confirm with your key' }))
  await ana.tap(page, 'Confirm')
  await page.getByRole('heading', { name: 'Your part is done' }).waitFor()
  await modal(ana).getByRole('button', { name: 'Close' }).first().click()
  await message(bo, same).waitFor()

  await go(bo, 'Countersign')
  // What is held is named beside no other.
  await message(bo, `Check code ${code}`).getByRole('button', { name: 'Lift objection' }).click()
  await message(bo, `Check code ${code}`).getByText('This action is asked for').waitFor()
  await look(bo.slack, 'slack-beside')
  const decision = await bo.follow(message(bo, `Check code ${code}`).getByRole('link', { name: 'Review & decide' }))
  await decide(bo, decision, 'Approve', 'Only once, please.')
  await go(rey, 'Countersign')
  await message(rey, 'Only once, please.').waitFor()
  await look(rey.slack, 'slack-approved-with-note')
  await go(rey, 'incident-4211')
  await look(rey.slack, 'slack-channel')
  await message(rey, `Check code ${code}`).getByRole('button', { name: 'Cancel', exact: true }).click()
  await rey.slack.getByRole('dialog').getByRole('button', { name: 'Cancel it' }).click()
  await go(rey, 'Countersign')
  await message(rey, 'Cancelled by the requester').getByRole('button', { name: 'Ask again' }).click()
  await modal(rey).getByText('As you asked in').waitFor()
  await look(rey.slack, 'slack-again')
  await modal(rey).getByRole('button', { name: 'Close' }).first().click()
  await go(rey, 'Countersign home')
  await rey.slack.getByText('All of this without Slack').waitFor()
  await look(rey.slack, 'slack-home')
  assertNoTrouble([rey, ana, bo])
})
