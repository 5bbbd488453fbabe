// The page of a bootstrap link in a real browser: a key made and proved under its policies, and the words on both sides.

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { bootstrapRealm } from '../../src/issuer/bootstrap.ts'
import { readTrustRoots } from '../../src/issuer/trust-roots.ts'
import { bootstrapEnvironment } from '../support/bootstrap.ts'
import { openBrowser } from '../support/chromium.ts'
import { freePort } from '../support/free-port.ts'

test('a person registers the first key by two touches and reads the words that the terminal shows', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const port = String(await freePort())
  const url = `http://localhost:${port}`
  const env = bootstrapEnvironment(t, { ISSUER_PORT: port, ISSUER_URL: url, PUBLIC_URL: 'http://localhost:3000' })
  const input = new PassThrough()
  let written = ''
  const output = { write: (text: string) => (written += text) }
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2',
    transport: 'usb',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
  } as const
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options })

  const ended = bootstrapRealm(['--new-realm', 'sandbox', '--person', 'mira'], env, { input, output })
  const [link] = await until(() => /http:\/\/localhost:\d+\/bootstrap\/\S+/.exec(written), ended)
  await page.goto(link)
  await page.getByRole('button', { name: /^Register/ }).click()
  await page.getByRole('button', { name: /^Show that you hold it/ }).click()
  await page.locator('#registered li').first().waitFor()
  const words = await page.locator('#registered li').allTextContents()
  await until(() => /Type yes/.exec(written), ended)
  assert.equal(words.length, 8)
  assert.ok(written.includes(`  ${words.join(' ')}\n`), written)
  await page.reload()
  assert.deepEqual(await page.locator('.words li').allTextContents(), words)
  assert.deepEqual(errors, [])
  input.write('yes\n')
  await ended
  assert.equal((await readTrustRoots(env.TRUST_ROOTS ?? '')).roots[0]?.person, 'mira')
})

/** Looks again at every turn of the event loop until there is something to see, or the bootstrap has failed. */
async function until<T>(look: () => T | null, ended: Promise<void>): Promise<T> {
  let failed: unknown
  ended.catch((error: unknown) => {
    failed = error
  })
  for (;;) {
    const seen = look()
    if (seen !== null) return seen
    if (failed) throw failed
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
