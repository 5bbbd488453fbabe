// Pages that fit slow lines, all eyes and all hands: how much is transferred, what can be read without JavaScript, a life by keyboard alone, colours that
// the system forces, no motion, and names written from right to left.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { axeOf, lookForced, openPages, photograph, plugIn } from '../support/issuer-pages.ts'
import { ask, confirm, decide, newHolder, ORIGIN } from '../support/world.ts'

const pages = openPages()
const LIMIT = 30_000
const confirmed = async (over: Record<string, unknown> = {}) => {
  const asked = await ask(pages.world(), over)
  assert.ok((await confirm(pages.world(), asked.intent, await newHolder(), String(over['person'] ?? 'rey'))).ok)
  return asked
}

/** Bytes that come over the wire, headers with them, until a page can be used. */
async function transferred(page: Page, path: string): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  let bytes = 0
  // Where a page took seconds to load, it looks whether something changed meanwhile: that is another page by then.
  const looks = new Set<string>()
  session.on('Network.requestWillBeSent', ({ requestId, type }) => {
    if (type === 'XHR') looks.add(requestId)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (!looks.has(requestId)) bytes += encodedDataLength
  })
  await page.goto(path)
  await page.locator('body[data-alive]').waitFor()
  await page.waitForLoadState('load')
  await session.detach()
  return bytes
}

test('every page comes in under 30 KB, with all it loads and its headers', async (t) => {
  const asked = await ask(pages.world())
  const toDecide = await confirmed()
  const used = await confirmed()
  assert.ok((await decide(pages.world(), used.intent, 'ana')).ok)
  const links: Record<string, string> = {
    'to confirm': `/r/${asked.viewId}`,
    'to decide': `/r/${await pages.door().link(toDecide.requestId, 'bo')}`,
    'to fetch': `/r/${used.viewId}`,
    'to register': '/enrol',
    'to sign in': '/keys',
  }
  for (const [name, path] of Object.entries(links)) {
    const tab = await pages.open(t, 'about:blank')
    if (!tab) return
    const bytes = await transferred(tab.page, path)
    t.diagnostic(`the page ${name}: ${bytes} bytes transferred`)
    assert.ok(bytes > 5_000 && bytes < LIMIT, `the page ${name}: ${bytes}`)
  }
  // Requests beside are shown in full, so each makes the page longer by what there is to read.
  for (let n = 0; n < 7; n += 1) await confirmed()
  const tab = await pages.open(t, 'about:blank')
  if (!tab) return
  const bytes = await transferred(tab.page, links['to decide'] ?? '')
  t.diagnostic(`the page to decide about eight: ${bytes} bytes transferred`)
  assert.ok(bytes < LIMIT + 7 * 5_000, `${bytes}`)
  assert.deepEqual(await axeOf(tab.page), [])
})

test('axe finds nothing on the other pages, for whoever looks and in whatever colours, and none goes sideways at 320 px', async (t) => {
  const { world } = pages.door()
  const { viewId } = await ask(world)
  const own = (person: string) => pages.door().signIn(person)
  const looks: readonly (readonly [path: string, who?: string])[] = [
    ['/enrol'],
    ['/enrol', 'mira'],
    ['/keys'],
    ['/keys', 'rey'],
    ['/keys', 'mira'],
    ['/verify'],
    ['/nothing-is-here'],
    [`/r/${viewId}?browser=other`],
  ]
  for (const [path, who] of looks) {
    const tab = await pages.open(t, 'about:blank', { reducedMotion: 'no-preference' })
    if (!tab) return
    const { page, context } = tab
    const [name = '', value = ''] = who === undefined ? [] : (await own(who)).split('=')
    if (name !== '') await context.addCookies([{ name, value, url: ORIGIN }])
    await page.goto(path)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      assert.deepEqual(await axeOf(page), [], `${path} ${who} ${colorScheme}`)
      await photograph(page, `${path.replace(viewId, 'link')} ${who ?? 'anybody'} ${colorScheme}`)
    }
    await lookForced(page, `${path.replace(viewId, 'link')} ${who ?? 'anybody'}`)
    await page.setViewportSize({ width: 320, height: 900 })
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 320, `${path} ${who} scrolls sideways`)
    await photograph(page, `${path.replace(viewId, 'link')} ${who ?? 'anybody'} 320`)
    await context.close()
  }
})

test('without JavaScript everything can be read, and the page says that signing needs it', async (t) => {
  const { requestId } = await confirmed({ reason: 'INC-5: to be read by all' })
  const view = await pages.door().link(requestId, 'bo')
  const tab = await pages.open(t, `/r/${view}`, { javaScriptEnabled: false })
  if (!tab) return
  const text = await tab.page.locator('body').innerText()
  for (const each of [
    'INC-5: to be read by all',
    'Rey Okafor',
    'payments-api',
    '15 minutes',
    'What it gives',
    'Check code',
    'Restarts all replicas',
    'Where it stands',
    'Signing needs JavaScript',
  ])
    assert.ok(text.includes(each), each)
  await tab.page.getByText('Exactly what is signed').first().click()
  await tab.page.locator('.exact pre').first().getByText('"v":1').waitFor()
})

test('under forced colours and without motion the page says the same: states by sign and text, controls with borders, nothing that moves', async (t) => {
  const { viewId } = await confirmed()
  const tab = await pages.open(t, `/r/${viewId}`, { forcedColors: 'active', reducedMotion: 'reduce' })
  if (!tab) return
  const { page } = tab
  const styles = (selector: string, property: string) =>
    page
      .locator(selector)
      .first()
      .evaluate(
        (element, wanted) =>
          (globalThis as unknown as { getComputedStyle: (of: unknown) => Record<string, string> }).getComputedStyle(element)[
            wanted
          ],
        property,
      )
  assert.equal(await styles('.pulse span', 'animationName'), 'none')
  assert.notEqual(await styles('.badge', 'borderTopStyle'), 'none')
  assert.notEqual(await styles('button[data-do]', 'borderTopStyle'), 'none')
  assert.match(await page.locator('.badge').innerText(), /Waits for approval/)
  assert.deepEqual(await axeOf(page), [])
  const moves = await page.evaluate<number>('document.getAnimations().length')
  assert.equal(moves, 0)
})

test('the roles that a screen reader goes by: one heading of the page, named regions, one place for what is urgent', async (t) => {
  const { requestId } = await confirmed()
  const tab = await pages.open(t, `/r/${await pages.door().link(requestId, 'bo')}`)
  if (!tab) return
  const { page } = tab
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1)
  assert.equal(await page.getByRole('main').count(), 1)
  for (const name of ['What you can do', 'Where it stands']) await page.getByRole('region', { name }).waitFor()
  await page.getByRole('article', { name: 'What is signed' }).waitFor()
  assert.deepEqual(await page.locator('[role=alert]').count(), 1)
  assert.deepEqual(await page.locator('[role=status]').count(), 2)
  await page
    .getByRole('checkbox', { name: /^Decide about this one as well [a-z0-9-]{14}, Rey Okafor$/ })
    .first()
    .waitFor()
})

test('a value written from right to left turns no text around it, on the page and in the title of the tab', async (t) => {
  const { issuer, runbooksDir } = pages.world()
  const path = join(runbooksDir, 'service.md')
  const before = await readFile(path, 'utf8')
  const hebrew = '\u05EA\u05E9\u05DC\u05D5\u05DD 7'
  await writeFile(path, before.replaceAll('ledger-api', hebrew))
  await issuer.reload()
  t.after(async () => {
    await writeFile(path, before)
    await issuer.reload()
  })
  const { viewId } = await ask(pages.world(), { parameters: { service: hebrew } })
  const tab = await pages.open(t, `/r/${viewId}`)
  if (!tab) return
  const { page } = tab
  assert.equal(await page.title(), `Restart a service (\u2068${hebrew}\u2069)`)
  const value = page.locator('h1 bdi', { hasText: hebrew })
  const [question, end] = [await page.locator('h1').boundingBox(), await value.boundingBox()]
  assert.ok(question && end)
  // The bracket and the question mark stay to the right of it, as they are written.
  const after = await page.locator('h1').evaluate((h1) => {
    const { document } = globalThis as unknown as {
      document: {
        createRange: () => {
          setStart: (n: unknown, at: number) => void
          setEnd: (n: unknown, at: number) => void
          getBoundingClientRect: () => { x: number }
        }
      }
    }
    const last = [...(h1 as unknown as { childNodes: { textContent: string }[] }).childNodes].findLast(({ textContent }) =>
      textContent.includes(')'),
    )
    const range = document.createRange()
    range.setStart(last, 0)
    range.setEnd(last, 1)
    return range.getBoundingClientRect().x
  })
  assert.ok(after >= end.x + end.width - 1, `the bracket stands at ${after}, the value ends at ${end.x + end.width}`)
})

// Last: the keys of both are in browsers from here on, whose counts are ahead of those that the world signs with.
test('a whole life by keyboard alone, and the focus is where the next thing is', async (t) => {
  const { viewId, requestId } = await ask(pages.world(), { parameters: { service: 'checkout-web' } })
  const asker = await pages.open(t, `/r/${viewId}`)
  if (!asker) return
  const decider = await pages.open(t, `/r/${await pages.door().link(requestId, 'ana')}`)
  if (!decider) return
  await plugIn(asker.page, pages.world(), 'rey')
  await plugIn(decider.page, pages.world(), 'ana')

  await press(asker.page, 'Confirm with security key')
  await asker.page.getByRole('heading', { name: 'Your part is done' }).waitFor()
  await focusIs(asker.page, 'h1')

  await decider.page.getByRole('heading', { name: 'Decide' }).waitFor()
  await tabTo(decider.page, 'Note optional; the requester reads it')
  await decider.page.keyboard.type('Go ahead')
  await press(decider.page, 'Approve with security key')
  await decider.page.getByRole('heading', { name: 'You approved this' }).waitFor()
  await focusIs(decider.page, 'h1')

  await asker.page.getByText('Go ahead').waitFor()
  await press(asker.page, 'Get the credential')
  await asker.page.getByRole('heading', { name: 'Your credential' }).waitFor()
  await press(asker.page, 'Show')
  await asker.page.getByRole('button', { name: 'Hide' }).waitFor()
  await press(asker.page, 'I’m done')
  await asker.page.getByRole('heading', { name: 'Given back' }).waitFor()
  await focusIs(asker.page, 'h1')
  assert.deepEqual([...asker.trouble, ...decider.trouble], [])
})

/** Goes on with Tab, from wherever one is, until a control of this name has the focus; each stop on the way must be seen. */
async function tabTo(page: Page, name: string): Promise<void> {
  await page.bringToFront()
  const seen: string[] = []
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate<{ name: string; outline: string; visible: boolean }>(`(() => {
      const at = document.activeElement
      const label = at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? ''
      return { name: label.replace(/\\s+/g, ' ').trim(), outline: getComputedStyle(at).outlineStyle, visible: at === document.body || at.checkVisibility() }
    })()`)
    seen.push(at.name)
    assert.ok(at.visible, `the focus went to something unseen after ${seen.join(' > ')}`)
    if (at.name !== '') assert.notEqual(at.outline, 'none', `the focus cannot be seen on ${at.name}`)
    if (at.name === name) return
  }
  assert.fail(`${name} cannot be reached by Tab: ${seen.join(' > ')}`)
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).waitFor()
  await tabTo(page, name)
  await page.keyboard.press('Enter')
}

const focusIs = (page: Page, selector: string): Promise<unknown> =>
  page.waitForFunction(`document.activeElement?.matches(${JSON.stringify(selector)})`)
