// The other ways a request goes, at the screens: two who must approve, a value that is personal, a no, and a terminal as the place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { go, look, message, modal, signInAs, tapWith, type, type Visitor } from '../support/pages.ts'
import { ask, assertNoTrouble, closeModal, confirm, decide, openStage, reveal, review, useCommand } from '../support/steps.ts'
import { dumpDatabases, findTraces, readFiles, readOutput, readSlack } from '../support/traces.ts'

const stage = openStage()
const { premises } = stage
const CUSTOMER = 'c-2001'

test('a quorum of two waits for both: one approval is not enough, the second opens it', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', ana: 'simulated', bo: 'simulated' })
  const [rey, ana, bo] = people ?? []
  if (!rey || !ana || !bo) return
  const line = '/elevate vector-db.drop-collection collection=product-search-v1 reason="v2 has served everything for a day"'
  const { page, code } = await confirm(rey, await ask(rey, line))
  await decide(ana, await review(ana, code), 'Approve')
  await page.locator('.badge').getByText('Waits for approval: 1 of 2').waitFor()
  await look(page, 'quorum-one-of-two')
  assert.equal(await page.getByRole('button', { name: 'Get the credential' }).count(), 0)
  await decide(bo, await review(bo, code), 'Approve')
  await page.getByRole('button', { name: 'Get the credential' }).click()
  await reveal(page, stage)
  assert.match(await useCommand(page), /"collection":"product-search-v1"/)
  assertNoTrouble([rey, ana, bo])
})

test('a personal value is shown to who must sign or has signed in, never in Slack, and stands in no table but its own', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', ana: 'simulated' })
  const [rey, ana] = people ?? []
  if (!rey || !ana) return
  await type(rey, '/elevate customer.read-record')
  const form = modal(rey)
  await form.getByLabel('Customer number').fill('c-10')
  await form.getByLabel('Why?').fill('Ticket 7719: charged twice')
  await form.getByRole('button', { name: 'Next' }).click()
  await form.locator('.wrong').filter({ hasText: 'Customer number' }).locator('.field-error').waitFor()
  await look(rey.slack, 'personal-field-error')
  await form.getByLabel('Customer number').fill(CUSTOMER)
  await form.getByRole('button', { name: 'Next' }).click()
  const { page, code } = await confirm(rey, form)
  await closeModal(rey)

  const decision = await review(ana, code)
  const document = decision.getByRole('article', { name: 'What is signed' })
  await document.getByText(CUSTOMER).first().waitFor()
  await look(decision, 'personal-shown')
  await decide(ana, decision, 'Approve')
  await forwarded(ana, decision.url())
  await page.getByRole('button', { name: 'Get the credential' }).click()
  await reveal(page, stage)
  assert.match(await useCommand(page), new RegExp(`"id":"${CUSTOMER}".*Yuki Hoshino`))

  const tables = await dumpDatabases(premises())
  assert.deepEqual(findTraces(CUSTOMER, tables), ['table countersign public.personal'])
  assert.deepEqual(findTraces(CUSTOMER, await readSlack(premises()), readOutput(stage.product())), [])
  assertNoTrouble([rey, ana])
})

/** Somebody opens a link that was forwarded, after its owner has decided: it shows nothing personal until its owner signs in. */
async function forwarded(owner: Visitor, link: string): Promise<void> {
  const context = await owner.context.browser()?.newContext()
  const page = await context?.newPage()
  assert.ok(page)
  await page.goto(link)
  const document = page.getByRole('article', { name: 'What is signed' })
  assert.doesNotMatch(await document.innerText(), new RegExp(CUSTOMER))
  await document.getByText('Hidden until you sign in').first().waitFor()
  await look(page, 'personal-hidden')
  await tapWith(page, 'Sign in to read', 'simulated')
  await document.getByText(CUSTOMER).first().waitFor()
}

test('a denial ends the request, and its note reaches who asked', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', bo: 'simulated' })
  const [rey, bo] = people ?? []
  if (!rey || !bo) return
  const { page, code } = await confirm(rey, await ask(rey, '/elevate service.restart service=ledger-api reason="it feels slow"'))
  await decide(bo, await review(bo, code), 'Deny', 'The booking run is on until 02:20.')
  await page.getByText('This request was denied. Nothing was handed out.').waitFor()
  await page.getByText('The booking run is on until 02:20.').waitFor()
  await look(page, 'denied')
  assert.equal(await page.getByRole('button', { name: 'Get the credential' }).count(), 0)
  await go(rey, 'incident-4211')
  await message(rey, code)
    .getByText(/Bo Tanaka.* denied at/)
    .waitFor()
  assertNoTrouble([rey, bo])
})

test('a terminal as the place: the code typed on the page names it, and only it gets the credential', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', bo: 'simulated' })
  const [rey, bo] = people ?? []
  if (!rey || !bo) return
  const terminal = premises().run(['claim', '--issuer', premises().issuer, '--name', 'laptop of Rey'])
  const typed = await terminal.says(/^ {4}([0-9a-z]{4}(?:-[0-9a-z]{4}){3})$/m)
  const answer = await ask(rey, '/elevate service.restart service=checkout-web reason="stale assets since the rollback"')
  const page = await rey.follow(answer.getByRole('link', { name: 'Confirm with your key' }))
  await page.getByText('In a terminal', { exact: true }).click()
  await page.getByLabel('Code that the terminal shows').fill(typed.toUpperCase())
  await page.getByRole('button', { name: 'Find the terminal' }).click()
  await page.getByText('laptop of Rey').waitFor()
  await look(page, 'terminal')
  await rey.tap(page, 'Confirm')
  await page.getByRole('heading', { name: 'Your part is done' }).waitFor()
  const code = (await page.locator('.code code').textContent()) ?? ''
  await decide(bo, await review(bo, code), 'Approve')

  assert.equal((await terminal.ended).code, 0)
  const credential = terminal.out().trim()
  stage.handedOut.add(credential)
  const used = await fetch(`${premises().slack}/target/api/services/checkout-web/restart`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}` },
  })
  assert.equal(used.status, 200)
  await page.getByText('It was fetched in the place you named').waitFor()
  await look(page, 'terminal-fetched')
  await rey.tap(page, 'End the access now')
  await page.getByRole('heading', { name: 'Given back' }).waitFor()
  assertNoTrouble([rey, bo])
})

test('an access is ended on the page of who approved it, and by an administrator who finds it on the console', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', bo: 'simulated', mira: 'simulated' })
  const [rey, bo, mira] = people ?? []
  if (!rey || !bo || !mira) return
  const first = await inUse(rey, bo, 'ledger-api')
  await bo.tap(first.decision, 'End the access now')
  await first.page.getByRole('heading', { name: 'Ended early' }).waitFor()

  const second = await inUse(rey, bo, 'checkout-web')
  const page = await mira.context.newPage()
  await page.goto(premises().bot)
  await page.getByRole('link', { name: 'Sign in with your key' }).click()
  await signInAs(page, 'Mira Castellanos')
  await page.getByRole('button', { name: `Open ${second.code}` }).click()
  await page.getByRole('heading', { name: 'You can end it' }).waitFor()
  await look(page, 'administrator-ends')
  await mira.tap(page, 'End the access now')
  await page.getByRole('heading', { name: 'Nothing for you to do' }).waitFor()
  await second.page.getByRole('heading', { name: 'Ended early' }).waitFor()
  await look(second.page, 'ended-by-administrator')
  assertNoTrouble([rey, bo, mira])
})

/** An access that lives, with the pages of who asked and of who approved. */
async function inUse(rey: Visitor, bo: Visitor, service: string) {
  const { page, code } = await confirm(rey, await ask(rey, `/elevate service.restart service=${service} reason="it hangs again"`))
  const decision = await review(bo, code)
  await decide(bo, decision, 'Approve')
  await page.getByRole('button', { name: 'Get the credential' }).click()
  await reveal(page, stage)
  return { page, code, decision }
}

test('nothing of what was handed out here stands in any table, file, output or message', async () => {
  const places = [
    await dumpDatabases(premises()),
    readFiles(premises()),
    readOutput(stage.product()),
    await readSlack(premises()),
  ]
  for (const credential of stage.handedOut)
    for (const secret of [credential, ...credential.split('.').slice(1)]) assert.deepEqual(findTraces(secret, ...places), [])
})
