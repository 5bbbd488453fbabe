// People at the pages of keys: each has one browser for the whole of a test, signed in and with his own key plugged in, since a key counts on.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { startSession } from '../../src/commands/sign-in.ts'
import { keysOf } from './directory-world.ts'
import { type Pages, plugIn } from './issuer-pages.ts'
import { ORIGIN } from './world.ts'

/** `touched` counts what the key has signed there. */
export type Desk = { readonly page: Page; readonly touched: () => number }

/** Sits somebody down at a path: where he sat before, if he did. All browsers end with the test. */
export function desksOf(pages: Pages, t: TestContext): (person: string, path?: string) => Promise<Desk> {
  const desks = new Map<string, Desk>()
  return async (person, path = '/keys') => {
    const known = desks.get(person)
    if (known) {
      await known.page.goto(path)
      return known
    }
    const tab = await pages.open(t, 'about:blank')
    assert.ok(tab)
    const { ctx } = pages.world()
    const [key = ''] = await keysOf(pages.world(), person)
    const value = await startSession(ctx, ctx.db, person, key)
    await tab.context.addCookies([{ name: 'countersign-issuer-3001', value, url: ORIGIN }])
    await tab.page.goto(path)
    const { session } = await plugIn(tab.page, pages.world(), person)
    let touches = 0
    session.on('WebAuthn.credentialAsserted', () => {
      touches += 1
    })
    const desk = { page: tab.page, touched: () => touches }
    desks.set(person, desk)
    return desk
  }
}

/** Waits until a page has said something. */
export const status = (page: Page, words: string | RegExp): Promise<void> => page.locator('#status').getByText(words).waitFor()
