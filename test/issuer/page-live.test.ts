// A page that waits stays true: when the line breaks, when the issuer restarts, with many tabs, when it is taken out of the drawer again, and without
// losing what somebody has begun to write.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { openPages, plugIn } from '../support/issuer-pages.ts'
import { ask, confirm, decide, newHolder } from '../support/world.ts'

const pages = openPages()
const TWO = { action: 'vector-db.drop-collection', parameters: { collection: 'product-search-v1' } }
const confirmed = async (over: Record<string, unknown> = {}) => {
  const asked = await ask(pages.world(), over)
  assert.ok((await confirm(pages.world(), asked.intent, await newHolder())).ok)
  return asked
}
const approve = async (intent: string, person = 'ana'): Promise<void> =>
  assert.ok((await decide(pages.world(), intent, person)).ok)
const shows = (page: Page, state: string): Promise<void> => page.locator('.badge').filter({ hasText: state }).waitFor()
const OFFLINE = 'No connection to Countersign.'

test('a change is shown without reload, is said aloud, and moves no focus of who was not acting', async (t) => {
  const { viewId, intent } = await confirmed(TWO)
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const { page } = tab
  await page.getByText('Exactly what is signed').focus()
  await approve(intent)
  await shows(page, 'Waits for approval: 1 of 2')
  await page.getByRole('status').filter({ hasText: 'Waits for approval: 1 of 2' }).waitFor()
  assert.equal(await page.evaluate('document.activeElement.tagName'), 'SUMMARY')
  await approve(intent, 'bo')
  await shows(page, 'Approved')
  assert.match(await page.title(), /^\(Approved\) /)
  assert.deepEqual(tab.trouble, [])
})

test('what an approver has begun stays: the note, the shorter lease, the ticks, what was unfolded, and where he stood', async (t) => {
  const mine = await confirmed(TWO)
  const beside = await confirmed(TWO)
  const view = await pages.door().link(mine.requestId, 'bo')
  const tab = await pages.open(t, `/r/${view}`)
  if (!tab) return
  const { page } = tab
  const twin = page.locator('article.twin')
  await twin.getByText('Exactly what is signed').click()
  await twin.getByRole('checkbox').check()
  await page.getByText(/^One tap decides about 2 requests/).waitFor()
  await page.getByLabel('At most for').selectOption({ index: 1 })
  await page.getByLabel('Note').fill('Only while I')
  await approve(mine.intent)
  await shows(page, '1 of 2')
  // One more comes beside: what was ticked stays ticked, what comes is not.
  const third = await confirmed(TWO)
  await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
  await page.locator('article.twin').nth(1).waitFor()
  assert.deepEqual(
    await page
      .locator('article.twin input')
      .evaluateAll((boxes) => (boxes as unknown as { checked: boolean }[]).map(({ checked }) => checked)),
    [true, false],
  )
  assert.equal(await page.locator('article.twin details').first().getAttribute('open'), '')
  assert.equal(await page.getByLabel('Note').inputValue(), 'Only while I')
  assert.notEqual(await page.getByLabel('At most for').inputValue(), '')
  assert.equal(await page.evaluate('document.activeElement.name'), 'note')
  // What was decided meanwhile goes away, and with it the tick.
  assert.ok((await decide(pages.world(), beside.intent, 'ana', 'deny')).ok)
  await page.locator('article.twin').nth(1).waitFor({ state: 'detached' })
  await page.getByText(/^One tap decides about/).waitFor({ state: 'hidden' })
  assert.deepEqual(tab.trouble, [], third.requestId)
})

test('a text that was changed on the page after it was read is not signed', async (t) => {
  const mine = await confirmed()
  const beside = await confirmed()
  const view = await pages.door().link(mine.requestId, 'ana')
  const tab = await pages.open(t, `/r/${view}`)
  if (!tab) return
  const { page } = tab
  await page.locator(`article.twin[data-request="${beside.requestId}"]`).getByRole('checkbox').check()
  await page.locator(`article.twin[data-request="${beside.requestId}"] .exact pre`).evaluate((pre) => {
    const shown = pre as unknown as { textContent: string }
    shown.textContent = shown.textContent.replace('payments-api', 'ledger-api')
  })
  await page.getByRole('button', { name: 'Approve with security key' }).click()
  await page
    .getByRole('alert')
    .filter({ hasText: /is not the one of the request it stands on/ })
    .waitFor()
})

test('without a network the page says so, keeps everything, and is true again when it comes back', async (t) => {
  const { viewId, intent } = await confirmed(TWO)
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const { page, context } = tab
  await context.setOffline(true)
  await page.getByText(OFFLINE).waitFor()
  await approve(intent)
  await context.setOffline(false)
  await shows(page, '1 of 2')
  await page
    .getByText(OFFLINE)
    .waitFor({ state: 'detached' })
    .catch(() => undefined)
  assert.equal(await page.locator('#offline').textContent(), '')
})

test('a restart in between loses nothing, also where a proxy answers for the issuer meanwhile', async (t) => {
  const { viewId, intent } = await confirmed(TWO)
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const { page } = tab
  const lines: number[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/events')) lines.push(Date.now())
  })
  await pages.stop()
  // A line that is answered by an error ends for good, as far as the browser is concerned.
  await page.route('**/events', (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }))
  await page.route('**/r/*', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<p>Bad Gateway' }))
  await page.getByText(OFFLINE).waitFor()
  await page.getByRole('heading', { name: 'Your part is done' }).waitFor()
  await approve(intent)
  await pages.start()
  await page.unroute('**/events')
  await page.unroute('**/r/*')
  await shows(page, '1 of 2')
  await page.waitForFunction('document.getElementById("offline").textContent === ""')
  assert.ok(lines.length >= 1)
  // And it hears again, not only looks.
  await approve(intent, 'bo')
  await shows(page, 'Approved')
})

test('ten tabs of one browser all stay true, and leave it connections to act with', async (t) => {
  const { viewId, intent } = await confirmed(TWO)
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const tabs = [tab.page]
  for (let n = 1; n < 10; n += 1) {
    const page = await tab.context.newPage()
    await page.goto(`/r/${viewId}`)
    tabs.push(page)
  }
  const held = await tab.page.evaluate<number>('navigator.locks.query().then(({ held }) => held.length)')
  assert.equal(held, 4)
  await approve(intent)
  for (const page of tabs) await shows(page, '1 of 2')
  // A line that becomes free is taken by another tab.
  await tabs[0]?.close()
  await tabs[9]?.waitForFunction('navigator.locks.query().then(({ held }) => held.length === 4)')
})

test('a page that one comes back to shows what became of it meanwhile', async (t) => {
  const { viewId, intent } = await confirmed(TWO)
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const { page } = tab
  await page.goto('/enrol')
  await approve(intent)
  await page.goBack()
  await shows(page, '1 of 2')
  await approve(intent, 'bo')
  await shows(page, 'Approved')
})

test('a page that was opened before the request was checked becomes the page of the request', async (t) => {
  const { world } = pages.door()
  const proposed = await proposeRequest(world.bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'INC-4211',
  } as Parameters<typeof proposeRequest>[1])
  assert.ok(proposed.ok)
  const tab = await pages.open(t, `/r/${proposed.viewId}`)
  if (!tab) return
  await tab.page.getByRole('heading', { name: 'This request is still being checked' }).waitFor()
  await adoptProposals(world.ctx)
  await tab.page.getByRole('button', { name: 'Confirm with security key' }).waitFor()
  assert.deepEqual(tab.trouble, [])
})

test('a page put aside whole and taken out again asks anew and opens its line again', async (t) => {
  const { viewId, intent } = await confirmed(TWO)
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const { page } = tab
  // What a browser tells a page that it puts into its drawer and takes out: the events are made here, since headless Chromium keeps none.
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))')
  await page.waitForFunction('navigator.locks.query().then(({ held }) => held.length === 0)')
  await approve(intent)
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  await shows(page, '1 of 2')
  await approve(intent, 'bo')
  await shows(page, 'Approved')
})

// Last: Bo's key is in a browser from here on, whose count is ahead of the one that the world signs with.
test('one tap over two requests decides both, and says of each what became of it', async (t) => {
  const mine = await confirmed()
  const beside = await confirmed()
  const gone = await confirmed()
  const view = await pages.door().link(mine.requestId, 'bo')
  const tab = await pages.open(t, `/r/${view}`)
  if (!tab) return
  const { page } = tab
  await plugIn(page, pages.world(), 'bo')
  for (const each of [beside, gone]) {
    const article = page.locator(`article.twin[data-request="${each.requestId}"]`)
    await article.getByRole('checkbox').check()
  }
  // Decided in the moment between reading and touching: the page may not have heard of it.
  await page.route('**/v1/ceremonies', async (route) => {
    assert.ok((await decide(pages.world(), gone.intent, 'ana', 'deny')).ok)
    await route.continue()
  })
  await page.getByRole('button', { name: 'Approve with security key' }).click()
  await page.getByRole('heading', { name: 'You approved this' }).waitFor()
  await page
    .getByRole('alert')
    .filter({ hasText: /^Approved 2 of 3\. [a-z0-9-]{14}: This request was denied/ })
    .waitFor()
  assert.equal(await page.locator('article.twin').count(), 0)
  const { ctx } = pages.world()
  const states = await ctx.db
    .selectFrom('request_state')
    .select(['request_id', 'state'])
    .where(
      'request_id',
      'in',
      [mine, beside, gone].map(({ requestId }) => requestId),
    )
    .execute()
  assert.deepEqual(
    new Map(states.map(({ request_id, state }) => [request_id, state])),
    new Map([
      [mine.requestId, 'approved'],
      [beside.requestId, 'approved'],
      [gone.requestId, 'denied'],
    ]),
  )
})
