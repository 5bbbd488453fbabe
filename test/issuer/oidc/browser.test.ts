// The same in a real browser, whose provider is another site: its own security key, the issuer's own pages and scripts, Strict cookies over the way there
// and back, and the policies of the pages, which let nothing else happen.

import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openBrowser } from '../../support/chromium.ts'
import { plugIn } from '../../support/issuer-pages.ts'
import { openProviderOffice } from '../../support/provider-rounds.ts'
import { ORIGIN } from '../../support/world.ts'

test('a person registers a key, signs in at the provider and has it enrolled; signing in as another enrols nothing', async (t) => {
  const office = await openProviderOffice(t)
  const { app } = office.doors
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const browser = await openBrowser(t, [`--host-resolver-rules=MAP ${new URL(ORIGIN).host} 127.0.0.1:${port}`])
  if (!browser) return
  const context = await browser.newContext({ baseURL: ORIGIN })
  t.after(() => context.close())
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const trouble: string[] = []
  page.on('pageerror', ({ message }) => trouble.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
  })
  await plugIn(page, office.world)
  // Who stands before the provider, to the provider alone.
  let account = 'u-oto'
  await page.route(`${office.real.issuer}/**`, (route) =>
    route.continue({ headers: { ...route.request().headers(), 'x-person': JSON.stringify({ account }) } }),
  )

  await page.goto('/enrol')
  await page.getByLabel('Who are you?').selectOption('nia')
  await page.getByLabel('A name for this key').fill('blue key')
  await page.getByRole('button', { name: 'Register' }).click()
  await page.getByRole('button', { name: 'Show that you hold it' }).click()
  const leave = page.getByRole('button', { name: 'Sign in with 127.0.0.1' })

  await leave.click()
  await page.getByText('you are not the person for whom this key was registered').waitFor()
  assert.equal(new URL(page.url()).search, '', 'the answer stands in no address')
  assert.equal((await office.passkeysOf('nia')).length, 0)
  // The door's 403 is told by the browser, and nothing else is.
  assert.deepEqual(
    trouble.splice(0).filter((text) => !/status of 403/.test(text)),
    [],
  )

  account = 'u-nia'
  await page.getByRole('link', { name: 'Back to your key' }).click()
  await leave.click()
  await page.getByRole('heading', { name: 'Your key is enrolled' }).waitFor()
  assert.equal((await office.passkeysOf('nia')).length, 1)
  assert.deepEqual(trouble, [])

  await page.getByRole('link', { name: 'Your keys' }).click()
  await page.getByRole('button', { name: 'Sign in with security key' }).click()
  await page.getByRole('heading', { name: 'Keys' }).waitFor()
  await page.getByText('blue key', { exact: true }).waitFor()
})
