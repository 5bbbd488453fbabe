// The console's pages in Chromium: axe finds nothing in either scheme nor in forced colours, nothing goes sideways on a small phone, each button says of which request it is, and all
// of it is reached by Tab alone, without a script.

import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { openBrowser } from '../../support/chromium.ts'
import { type Jar, openConsole, PUBLIC } from '../../support/console.ts'
import { look, lookForced } from '../../support/issuer-pages.ts'
import { until } from '../../support/until.ts'
import { ask, claim, confirm, decide, newHolder } from '../../support/world.ts'

const { world, app, go, signIn } = await openConsole({ after })

/** Rey has asked for three: one to confirm, one that waits, one in use. */
async function asked(jar: Jar): Promise<void> {
  await ask(world)
  for (const service of ['ledger-api', 'checkout-web']) {
    const { intent } = await ask(world, { parameters: { service } })
    const place = await newHolder()
    assert.ok((await confirm(world, intent, place)).ok)
    if (service === 'ledger-api') continue
    assert.ok((await decide(world, intent, 'ana')).ok)
    assert.ok((await claim(world, intent, place)).ok)
  }
  await until('all of it to be told', async () => (await go(jar, 'GET', '/')).body.includes('Access is active until'))
}

test('the overview, a form and the log, for whoever may see them', async (t) => {
  const people = { rey: await signIn('rey'), ana: await signIn('ana'), theo: await signIn('theo') }
  await asked(people.rey.jar)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const browser = await openBrowser(t, [`--host-resolver-rules=MAP ${new URL(PUBLIC).host} 127.0.0.1:${port}`])
  if (!browser) return
  const pageOf = async (who: keyof typeof people, path: string) => {
    const context = await browser.newContext({ baseURL: PUBLIC, viewport: { width: 1280, height: 900 } })
    await context.addCookies([...people[who].jar].map(([name, value]) => ({ name, value, url: PUBLIC })))
    const page = await context.newPage()
    assert.equal((await page.goto(path))?.status(), 200)
    await look(page, `console ${who} ${path}`)
    await lookForced(page, `console ${who} ${path}`)
    return page
  }
  for (const who of ['rey', 'ana'] as const) {
    const page = await pageOf(who, '/')
    const names = await page.locator('main').locator('a, button').allInnerTexts()
    assert.ok(names.length > 3)
    assert.equal(new Set(names).size, names.length, `two of these do not say what they are: ${names}`)
    const reached: string[] = []
    for (let stop = 0; stop < 40 && reached.at(-1) !== names.at(-1); stop += 1) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate<string>('document.activeElement.innerText'))
    }
    assert.deepEqual(
      reached.filter((name) => names.includes(name)),
      names,
      'in the order in which they stand',
    )
    await page.context().close()
  }
  await (await pageOf('rey', '/ask?action=service.restart')).context().close()
  const log = await pageOf('theo', '/audit')
  const long = log.locator('details').filter({ hasText: 'lease_seconds' }).first()
  assert.equal(await long.locator('pre').isVisible(), false, 'a long entry is folded')
  await long.locator('summary').focus()
  await log.keyboard.press('Enter')
  await long.locator('pre').waitFor()
})
