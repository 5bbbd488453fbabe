// What people do at the screens of a running product, step by step, by what the screens offer and by nothing else. Each step waits for what the
// screen says next, so that a test reads as the story that it tells.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { openBrowser } from './chromium.ts'
import { type Device, describe, go, message, modal, type, type Visitor, visit } from './pages.ts'
import { hasPassed, newPremises, type Premises, type Running, startProduct, tellOnFailure } from './product.ts'

const shell = promisify(execFile)

export type Stage = {
  readonly premises: () => Premises
  readonly product: () => Running
  /** People at their browsers, in the order of the names; undefined when there is no browser, which was told. */
  readonly open: (t: TestContext, devices: { readonly [handle: string]: Device }) => Promise<Visitor[] | undefined>
  /** Every credential that anybody has seen here. */
  readonly handedOut: Set<string>
}

/** One product for all tests of a file; it says as much as it can. */
export function openStage(): Stage {
  const cleanups: (() => Promise<void>)[] = []
  let premises: Premises | undefined
  let product: Running | undefined
  before(async () => {
    premises = await newPremises({ after: (work) => void cleanups.push(work) })
    product = await startProduct(premises, { LOG_LEVEL: 'trace' })
  })
  after(async () => {
    for (const work of cleanups) await work()
  })
  const there = <T>(thing: T | undefined): T => {
    assert.ok(thing, 'the product was not started')
    return thing
  }
  return {
    premises: () => there(premises),
    product: () => there(product),
    handedOut: new Set(),
    open: async (t, devices) => {
      tellOnFailure(t, there(product))
      const visitors: Visitor[] = []
      // Hooks run in order: this one still finds the browser open.
      t.after(async () => {
        if (!hasPassed(t)) for (const visitor of visitors) console.error(await describe(visitor))
      })
      const browser = await openBrowser(t)
      if (!browser) return undefined
      const opened = Object.entries(devices).map(([handle, device]) => visit(browser, there(premises), handle, device))
      visitors.push(...(await Promise.all(opened)))
      return visitors
    },
  }
}

/** Nothing that a page did was refused, failed or broke a rule of its own. */
export const assertNoTrouble = (visitors: readonly Visitor[]): void =>
  assert.deepEqual(
    visitors.flatMap(({ trouble }) => trouble),
    [],
    'a page complained',
  )

/** The check code that stands in a part of a page. */
export async function codeIn(part: Locator): Promise<string> {
  const code = /Check code ([0-9A-Z-]{12,})/i.exec(await part.innerText())?.[1]
  assert.ok(code, 'no check code stands there')
  return code
}

/** Asks by one typed line; gives the answer, which only the asker sees. */
export async function ask(asker: Visitor, line: string): Promise<Locator> {
  const answers = asker.slack.getByRole('listitem').filter({ hasText: 'Confirm with your key' })
  const before = await answers.count()
  await type(asker, line)
  await answers.nth(before).waitFor()
  return answers.nth(before)
}

/** Follows "Confirm with your key" and signs on the page, where the same code must stand; the page stays open as the waiting room. */
export async function confirm(asker: Visitor, from: Locator): Promise<{ readonly page: Page; readonly code: string }> {
  const link = from.getByRole('link', { name: 'Confirm with your key' })
  await link.waitFor()
  const code = await codeIn(from)
  const page = await asker.follow(link)
  assert.equal(await page.locator('.code code').textContent(), code, 'Slack and the page show the same code')
  await asker.tap(page, 'Confirm')
  await page.getByRole('heading', { name: 'Your part is done' }).waitFor()
  return { page, code }
}

/** Goes to the direct message that asks for a decision, and from there to the page where it is signed. */
export async function review(approver: Visitor, code: string): Promise<Page> {
  await go(approver, 'Countersign')
  return approver.follow(message(approver, code).getByRole('link', { name: 'Review & decide' }))
}

/** Decides on the page, with a note if one is given. */
export async function decide(approver: Visitor, page: Page, label: 'Approve' | 'Deny', note?: string): Promise<void> {
  if (note !== undefined) await page.getByLabel(/^Note/).fill(note)
  await approver.tap(page, label)
  await page.getByRole('heading', { name: label === 'Approve' ? 'You approved this' : 'You denied this' }).waitFor()
}

/** Shows the credential on the page in full, as who needs it does. */
export async function reveal(page: Page, { handedOut }: Stage): Promise<string> {
  await page.getByText(/^ey\w{4}····/).waitFor()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  const credential = (await page.locator('#secret').textContent()) ?? ''
  assert.match(credential, /^ey[\w-]+\.ey[\w-]+\.[\w-]{300,}$/)
  handedOut.add(credential)
  return credential
}

/** Copies the command from the page and runs it as it stands; gives what it printed. */
export async function useCommand(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copy the command' }).click()
  await page.getByText('The command is copied').waitFor()
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  assert.equal(copied, await page.locator('[data-command]').textContent(), 'what is copied is what is shown')
  return (await shell('sh', ['-c', copied])).stdout
}

/** Closes the modal on top. */
export const closeModal = (visitor: Visitor): Promise<void> =>
  modal(visitor).getByRole('button', { name: 'Close' }).first().click()

/** The payload of a token, unverified. */
export const payloadOf = (credential: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(credential.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
