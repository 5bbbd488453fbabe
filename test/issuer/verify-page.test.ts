// The verifier in a browser, as the issuer serves it and saved as one file: a true receipt, a bent one, no network, and that everybody can read and use it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { commit } from '../../src/crypto.ts'
import { receiptText } from '../../src/evidence/receipt.ts'
import { verifierFile } from '../../src/issuer/verifier-file.ts'
import { axeOf, look, lookForced, openPages, photograph } from '../support/issuer-pages.ts'
import { makeOpenWorld, makeReceipt } from '../support/receipt-builder.ts'

const pages = openPages()
const dir = mkdtempSync(join(tmpdir(), 'countersign-receipts-'))
after(() => rmSync(dir, { recursive: true }))

const HOSTILE = '\u202eTrust me\u001b[2J <b>Valid</b>'
const reason = commit(HOSTILE)
const { world, receipt } = await makeReceipt(makeOpenWorld({ intent: { reason: reason.commitment } }))
const good = { ...receipt, openings: { ...receipt.openings, reason: reason.opening } }
const [first, ...others] = good.bundle.statements
assert.ok(first)
const bent = { ...good, bundle: { ...good.bundle, statements: [{ ...first, accepted_at: first.accepted_at + 1 }, ...others] } }
const file = (name: string, text: string): string => {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}
const FILES = {
  good: file('receipt.json', receiptText(good)),
  bent: file('bent.json', receiptText(bent)),
  roots: file('trust-roots.json', JSON.stringify(world.roots, null, 2)),
  page: file('verify.html', verifierFile()),
}

async function judge(page: Page, receipt: string): Promise<string> {
  await page.getByLabel('Receipt', { exact: false }).first().setInputFiles(receipt)
  await page.getByLabel('Trust roots', { exact: false }).setInputFiles(FILES.roots)
  await page.locator('#verdict .badge').waitFor()
  return page.locator('#verdict').innerText()
}
/** What the page asks of the network from now on. */
function asked(page: Page): string[] {
  const urls: string[] = []
  page.on('request', (request) => urls.push(request.url()))
  return urls
}

test('the served page says valid of a true receipt, without network once it is loaded, and shows hostile words as text', async (t) => {
  const tab = await pages.open(t, '/verify')
  if (!tab) return
  const { page, context, trouble } = tab
  await page.locator('body[data-alive]').waitFor()
  await context.setOffline(true)
  const urls = asked(page)
  const words = await judge(page, FILES.good)
  assert.match(words, /Valid\n/)
  assert.match(words, /bo approved for dba/)
  assert.match(words, /Only the read replica, please/)
  assert.ok(words.includes('<U+202E>Trust me<U+001B>[2J <b>Valid</b>'), words)
  assert.equal(await page.locator('#verdict b').count(), 0)
  assert.deepEqual(urls, [])
  assert.deepEqual(trouble, [])
  await look(page, 'verify good')
  await lookForced(page, 'verify good')
})

test('a bent receipt is not valid, and the page says why and where', async (t) => {
  const tab = await pages.open(t, '/verify')
  if (!tab) return
  const words = await judge(tab.page, FILES.bent)
  assert.match(words, /Not valid/)
  assert.match(words, /issued_differs\n/)
  assert.match(words, /\/issued\/body\/statements\/\d\/accepted_at/)
  assert.match(await tab.page.locator('#said').innerText(), /^Not valid\. What the issuer signed/)
  assert.deepEqual(tab.trouble, [])
  await look(tab.page, 'verify bent')
  await lookForced(tab.page, 'verify bent')
})

test('the page fits 320 px, in the dark, and its choice is made by keyboard', async (t) => {
  const tab = await pages.open(t, '/verify', { viewport: { width: 320, height: 800 }, colorScheme: 'dark' })
  if (!tab) return
  const { page } = tab
  await judge(page, FILES.good)
  assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 320)
  assert.deepEqual(await axeOf(page), [])
  await photograph(page, 'verify-320-dark')
  await page.getByLabel('Receipt', { exact: false }).first().focus()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate<string>('document.activeElement?.name'), 'roots')
})

test('the saved file judges the same from a disk, and asks nobody', async (t) => {
  const tab = await pages.open(t, 'about:blank')
  if (!tab) return
  const { page, context, trouble } = tab
  await context.setOffline(true)
  await page.goto(pathToFileURL(FILES.page).href)
  const urls = asked(page)
  assert.match(await judge(page, FILES.good), /Valid\n/)
  await photograph(page, 'verify-saved')
  assert.deepEqual(urls, [])
  assert.deepEqual(trouble, [])
})
