// The issuer's own pages in a real browser over a test world: the app listens on a free port and Chromium is told that the issuer's origin is there, so
// rpId, Host and Origin are those of the world. A person's key is Chromium's virtual authenticator with the key that the world enrolled.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { buildIssuerApp, type IssuerAppParts } from '../../src/issuer/app.ts'
import { simulatedKey } from '../../src/sandbox/simulated-key.ts'
import { openBrowser } from './chromium.ts'
import { type Door, openDoors, PUBLIC_URL } from './issuer-app.ts'
import { lastFirst } from './last-first.ts'
import { VIRTUAL_KEY } from './virtual-authenticator.ts'
import { ORIGIN, type World } from './world.ts'

const PATIENCE_MS = 15_000
/** What moves is drawn sixty times a second; who looks at how a page looks asks for it. */
const SEEN = { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' } as const

export type Tab = { readonly page: Page; readonly context: BrowserContext; readonly trouble: string[] }
export type Pages = {
  readonly door: () => Door
  readonly world: () => World
  /** Settles when all of it is there: hooks of one file do not wait for each other. */
  readonly ready: Promise<void>
  /** A tab of a browser of its own, at a path; undefined when there is no browser, which was told. */
  readonly open: (
    t: TestContext,
    path: string,
    options?: BrowserContextOptions & { readonly before?: (page: Page) => Promise<unknown> },
  ) => Promise<Tab | undefined>
  /** Ends the issuer as a restart does, and starts it again where it was. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

/** One world, one app and one browser for all tests of a file; `opens` makes world and app where they are not the usual ones. */
export function openPages(
  over: Partial<IssuerAppParts> = {},
  opens: (t: ReturnType<typeof lastFirst>) => Promise<Door> = (t) => openDoors(t, over),
): Pages {
  const hooks = lastFirst(after)
  let door: Door
  let app: { listen: Door['app']['listen']; close: () => Promise<unknown> }
  let port = 0
  let browser: Browser | undefined
  let missing: string | undefined
  const ready = Promise.withResolvers<void>()
  const begin = async (): Promise<void> => {
    door = await opens(hooks)
    app = door.app
    await app.listen({ port: 0, host: '127.0.0.1' })
    port = (door.app.server.address() as AddressInfo).port
    const flags = [`--host-resolver-rules=MAP ${new URL(ORIGIN).host} 127.0.0.1:${port}`]
    const skip = (why?: string): void => {
      missing = why
    }
    browser = await openBrowser({ after: hooks.after, skip } as Parameters<typeof openBrowser>[0], flags)
  }
  before(async () => {
    ready.resolve(begin())
    await ready.promise
  })
  return {
    ready: ready.promise,
    door: () => door,
    world: () => door.world,
    open: async (t, path, { before: prepare, ...options } = {}) => {
      if (!browser) {
        t.skip(missing)
        return undefined
      }
      const context = await browser.newContext({ ...SEEN, baseURL: ORIGIN, ...options })
      t.after(() => context.close())
      context.setDefaultTimeout(PATIENCE_MS)
      const trouble: string[] = []
      const page = await context.newPage()
      page.on('pageerror', (error) => trouble.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
      })
      await prepare?.(page)
      await page.goto(path)
      return { page, context, trouble }
    },
    stop: async () => void (await app.close()),
    start: async () => {
      const { ctx, keys, ring } = door.world
      const again = buildIssuerApp({ ctx, keys, publicUrl: PUBLIC_URL, extras: simulatedKey(ring), ...over })
      hooks.after(() => again.close())
      await again.listen({ port, host: '127.0.0.1' })
      app = again
    },
  }
}

export type Authenticator = { readonly session: CDPSession; readonly id: string }

/** Gives a tab a security key that holds the world's key of a person, if one is named. */
export async function plugIn(
  page: Page,
  world: World,
  person?: string,
  options: Record<string, unknown> = {},
): Promise<Authenticator> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...VIRTUAL_KEY, ...options },
  })
  if (person !== undefined) {
    const held = JSON.parse(readFileSync(world.ringFile, 'utf8')) as { person: string; passkey: Record<string, string> }[]
    const passkey = held.find((each) => each.person === person)?.passkey
    assert.ok(passkey, `${person} has no key`)
    const binary = (text = ''): string => Buffer.from(text, 'base64url').toString('base64')
    await session.send('WebAuthn.addCredential', {
      authenticatorId: id,
      credential: {
        credentialId: binary(passkey['id']),
        isResidentCredential: true,
        rpId: 'localhost',
        privateKey: binary(passkey['private_key']),
        userHandle: binary(passkey['user_handle']),
        // Ahead of whatever the world has signed with it.
        signCount: Number(passkey['sign_count']) + 1_000,
      },
    })
  }
  return { session, id }
}

/** Rules that a page breaks by axe, each with where; loaded by the debugger, past the page's own policy, and only once for each document. */
export async function axeOf(page: Page, only?: 'color-contrast'): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axeSource)
  const rules = only === undefined ? '' : `runOnly: ['${only}'],`
  const found = await page.evaluate<{ id: string; nodes: { target: unknown[]; failureSummary?: string }[] }[]>(
    `axe.run(document, { ${rules} resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) })))`,
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  )
}
const axeSource = readFileSync(new URL(import.meta.resolve('axe-core')), 'utf8')

/** Photographs a whole page, if SHOTS names a folder. */
export async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOTS']
  if (folder) await page.screenshot({ path: join(folder, `${name.replaceAll(/\W+/g, '-')}.png`), fullPage: true })
}

/** Looks at a page in both schemes and as narrow as a small phone: axe finds nothing, and nothing goes sideways. */
export async function look(page: Page, name: string): Promise<void> {
  const wide = page.viewportSize()
  await page.emulateMedia({ colorScheme: 'light' })
  assert.deepEqual(await axeOf(page), [], `${name} light`)
  await photograph(page, `${name} light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  // The same document in other colours.
  assert.deepEqual(await axeOf(page, 'color-contrast'), [], `${name} dark`)
  await photograph(page, `${name} dark`)
  await page.setViewportSize({ width: 320, height: 900 })
  assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 320, `${name} scrolls sideways`)
  await photograph(page, `${name} 320`)
  if (wide) await page.setViewportSize(wide)
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Looks at a page whose colours the system forces: axe finds nothing, and whatever is a control, a sheet or a state has a border or a line under it. */
export async function lookForced(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' })
  assert.deepEqual(await axeOf(page), [], `${name} forced`)
  const bare = await page.evaluate<string[]>(`[...document.querySelectorAll(
    'button, .button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea, .badge, .warning, .document, .panel, .card, .words li, .unseen')]
    .filter((each) => each.checkVisibility())
    .filter((each) => {
      const { borderTopStyle, borderTopWidth, textDecorationLine } = getComputedStyle(each)
      return (borderTopStyle === 'none' || borderTopWidth === '0px') && textDecorationLine !== 'underline'
    })
    .map((each) => each.outerHTML.slice(0, 120))`)
  assert.deepEqual(bare, [], `${name}: not to be seen where the system forces its colours`)
  await photograph(page, `${name} forced`)
  await page.emulateMedia({ colorScheme: 'light', forcedColors: null })
}
