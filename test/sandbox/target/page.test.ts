// The target's page in a real Chromium: an effect is seen as it happens, with who did it; axe finds nothing; reset brings all back.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { startSandbox, TARGET_AUDIENCE } from '../../../src/sandbox/main.ts'
import { openBrowser } from '../../support/chromium.ts'
import { issuerOfTest } from './issuer-of-test.ts'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

test('a restart is seen on the page while it happens, with person, request and credential', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const issuer = await issuerOfTest(t, TARGET_AUDIENCE)
  const sandbox = await startSandbox({
    port: 0,
    botUrl: 'http://127.0.0.1:9',
    signingSecret: 's',
    botToken: 't',
    issuerUrl: issuer.url,
  })
  t.after(() => sandbox.close())
  const { url } = sandbox
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(`${url}/target`)
  await page.getByText('failing', { exact: true }).waitFor()
  const use = (path: string, token: string) =>
    fetch(url + path, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  await use('/target/api/services/ledger-api/restart', await issuer.token())
  await page.getByText(/refused\. The token was approved for/).waitFor()
  await use('/target/api/services/payments-api/restart', await issuer.token())
  await page.getByText('restarting', { exact: true }).waitFor()
  await page.getByText('by rey · request r-1 · credential credential-1').first().waitFor()
  await page.getByText(/^healthy, restarted/).waitFor()
  await page.evaluate(axe)
  const found = await page.evaluate<string[]>('axe.run().then((all) => all.violations.map((each) => each.id))')
  assert.deepEqual(found, [])
  await page.getByRole('button', { name: 'Reset everything' }).click()
  await page.getByText('failing', { exact: true }).waitFor()
  assert.deepEqual(errors, [])
})
