// People at their browsers: each a context of their own, as on a computer of their own, with Slack in one tab. A person signs with the simulated key or
// with the browser's virtual authenticator, which belongs to one tab; then links are followed there. What a page complains of (an exception, a broken
// rule of its CSP, a request that fails) is kept, and a test ends by finding nothing there.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import type { Premises } from './product.ts'
import { VIRTUAL_KEY } from './virtual-authenticator.ts'

const PATIENCE_MS = 15_000
const SIZE = { width: 1280, height: 900 }
const NARROW = { width: 320, height: 900 }

export type Device = 'simulated' | 'computer'
export type Visitor = {
  readonly handle: string
  readonly device: Device
  readonly context: BrowserContext
  readonly slack: Page
  /** The tab that has the virtual authenticator; none with the simulated key. */
  readonly tab: Page | undefined
  /** Follows a link button of Slack to where this person signs. */
  readonly follow: (link: Locator) => Promise<Page>
  /** Presses a button of a ceremony: the one of this person's device. */
  readonly tap: (page: Page, label: string) => Promise<void>
  /** What the pages complained of. */
  readonly trouble: readonly string[]
}

/** Opens a browser for a person, at Slack. */
export async function visit(browser: Browser, premises: Premises, handle: string, device: Device): Promise<Visitor> {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light' })
  context.setDefaultTimeout(PATIENCE_MS)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: premises.issuer })
  const trouble: string[] = []
  context.on('page', (page) => listen(page, `${handle}: `, trouble))
  const slack = await context.newPage()
  await slack.goto(`${premises.slack}/?as=${handle}`)
  await slack.getByRole('navigation', { name: 'Places' }).waitFor()
  const tab = device === 'computer' ? await withAuthenticator(context) : undefined
  return {
    handle,
    device,
    context,
    slack,
    tab,
    trouble,
    follow: async (link) => {
      if (tab) {
        await link.waitFor()
        await tab.bringToFront()
        await tab.goto((await link.getAttribute('href')) ?? '')
        return tab
      }
      const [page] = await Promise.all([context.waitForEvent('page'), link.click()])
      await page.waitForLoadState()
      return page
    },
    tap: (page, label) => tapWith(page, label, device),
  }
}

/** Presses a button of a ceremony with a device of the sandbox. */
export async function tapWith(page: Page, label: string, device: Device): Promise<void> {
  // As people do; and a tab behind others is drawn once a second only.
  await page.bringToFront()
  const by = device === 'computer' ? 'this computer’s key' : 'the simulated security key (sandbox)'
  await press(page, `${label} with ${by}`)
}

/** Signs in with the simulated key of a person, on the issuer's page for that. */
export const signInAs = (page: Page, name: string): Promise<void> => press(page, name)

async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name })
  await button.waitFor()
  // Before that the page's script does not hear it.
  await page.waitForLoadState()
  await button.click()
}

/** A tab whose security key is Chromium's own: everything but the touch is real. */
async function withAuthenticator(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', { options: VIRTUAL_KEY })
  return page
}

function listen(page: Page, whose: string, trouble: string[]): void {
  page.on('pageerror', (error) => trouble.push(`${whose}${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(`${whose}${message.text()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) trouble.push(`${whose}${response.status()} ${response.url()}`)
  })
}

/** Goes to a place of the rail: a channel, `Countersign` for its direct messages, `Countersign home`. */
export async function go({ slack }: Visitor, place: string): Promise<void> {
  await slack.bringToFront()
  const places = slack.getByRole('navigation', { name: 'Places' }).getByRole('button')
  await places.filter({ has: slack.locator('.place-name').getByText(place, { exact: true }) }).click()
}

/** Types into the composer, as it stands, and sends. */
export async function type({ slack }: Visitor, text: string): Promise<void> {
  await slack.bringToFront()
  const composer = slack.getByRole('main').getByRole('textbox')
  await composer.fill(text)
  await composer.press('Enter')
}

/** The message that shows this, the newest if there are several. */
export const message = ({ slack }: Visitor, text: string | RegExp): Locator =>
  slack.getByRole('main').getByRole('listitem').filter({ hasText: text }).last()

/** The modal on top. */
export const modal = ({ slack }: Visitor): Locator => slack.getByRole('dialog')

/** What a person's tabs show and complained of, for whoever must find out why a test failed. */
export async function describe({ handle, context, trouble }: Visitor): Promise<string> {
  const tabs = await Promise.all(
    context.pages().map(async (page) => {
      const words = await page
        .locator('body')
        .innerText({ timeout: 1_000 })
        .catch(() => '(closed)')
      return `${page.url()}\n${words.replaceAll(/\n+/g, '\n').slice(0, 3_000)}`
    }),
  )
  return [`── what ${handle} sees ──`, ...tabs, ...trouble].join('\n\n')
}

/** Looks at a page as narrow as a small phone, where nothing may push it sideways; photographs it so, light and dark, if SHOTS names a folder. */
export async function look(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOTS']
  const take = async (how: string) => {
    if (folder) await page.screenshot({ path: join(folder, `${name}-${how}.png`), fullPage: true })
  }
  await take('light')
  await page.setViewportSize(NARROW)
  const width = await page.evaluate<number>('document.documentElement.scrollWidth')
  await take('320')
  await page.setViewportSize(SIZE)
  assert.ok(width <= NARROW.width, `${name} scrolls sideways at ${NARROW.width} px: it is ${width} px wide`)
  if (!folder) return
  await page.emulateMedia({ colorScheme: 'dark' })
  await take('dark')
  await page.emulateMedia({ colorScheme: 'light' })
}
