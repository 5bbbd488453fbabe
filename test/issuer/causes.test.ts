// Every way in which a key does not sign has its sentence: what became of it, and what to do. The table is walked here; what Chromium's virtual security
// key can bring about is brought about.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Cause, CEREMONY_MS, causeOf, causeWords, hindrance, type Seen } from '../../src/issuer/static/causes.ts'
import { openPages, plugIn } from '../support/issuer-pages.ts'
import { ask } from '../support/world.ts'

const usual: Seen = { asked: 'get', name: 'NotAllowedError', afterMs: 4_000, pressed: true, focused: true, keys: [] }

/** Web Authentication level 3, sections 5.1.3, 5.1.4 and 6.3: the names that a ceremony may end with, and a condition that tells causes of one name apart. */
const TABLE: readonly (readonly [given: Partial<Seen>, cause: Cause])[] = [
  [{}, 'turned_down'],
  [{ afterMs: 999 }, 'blocked'],
  [{ afterMs: 999, pressed: false }, 'press_lost'],
  [{ afterMs: 999, focused: false }, 'out_of_focus'],
  [{ afterMs: 999, focused: false, pressed: false }, 'out_of_focus'],
  [{ afterMs: 1_000 }, 'turned_down'],
  [{ afterMs: 1_000, pressed: false, focused: false }, 'turned_down'],
  [{ afterMs: CEREMONY_MS - 2_001 }, 'turned_down'],
  [{ afterMs: CEREMONY_MS - 2_000 }, 'time_up'],
  [{ afterMs: CEREMONY_MS + 500 }, 'time_up'],
  [{ name: 'TimeoutError' }, 'time_up'],
  [{ name: 'AbortError' }, 'aborted'],
  [{ name: 'InvalidStateError', asked: 'create' }, 'already_registered'],
  [{ name: 'InvalidStateError', asked: 'get' }, 'busy'],
  [{ name: 'OperationError' }, 'busy'],
  [{ name: 'ConstraintError', asked: 'create' }, 'no_verification'],
  [{ name: 'SecurityError' }, 'wrong_address'],
  [{ name: 'NotSupportedError', asked: 'create' }, 'too_old'],
  [{ name: 'NotReadableError' }, 'unreadable'],
  [{ name: 'UnknownError' }, 'unreadable'],
  [{ name: 'EncodingError' }, 'unknown'],
  [{ name: 'DataError' }, 'unknown'],
  [{ name: 'TypeError' }, 'unknown'],
  [{ name: 'SomethingOfTheYear2030' }, 'unknown'],
  [{ name: '' }, 'nothing'],
]

test('each exception and condition leads to its cause', () => {
  for (const [given, cause] of TABLE) assert.equal(causeOf({ ...usual, ...given }), cause, JSON.stringify(given))
})

test('what stands in the way is found before a key is asked: a frame first, since it may be a trap', () => {
  const fit = { secure: true, framed: false, hasKeys: true }
  assert.equal(hindrance(fit), undefined)
  assert.equal(hindrance({ ...fit, hasKeys: false }), 'unsupported')
  assert.equal(hindrance({ ...fit, secure: false, hasKeys: false }), 'insecure')
  assert.equal(hindrance({ ...fit, framed: true, hasKeys: false, secure: false }), 'framed')
})

test('every cause has words that say what to do, without a name of an exception; only what the person stopped is silent', () => {
  const causes = new Set<Cause>([...TABLE.map(([, cause]) => cause), 'unsupported', 'insecure', 'framed'])
  for (const cause of causes) {
    const words = causeWords(cause, ['blue key'])
    if (cause === 'aborted') {
      assert.equal(words, undefined)
      continue
    }
    assert.ok(words && words.length > 30 && words.length < 220, `${cause}: ${words}`)
    assert.doesNotMatch(words, /Error|exception|WebAuthn|credential|undefined/i)
    assert.match(words, /\b(?:again|once more|Open|Use|open)\b/, `${cause} says what to do: ${words}`)
  }
  assert.match(causeWords('turned_down', ['blue key']) ?? '', /“blue key”/)
})

const pages = openPages()
const alert = (page: Page, words: string): Promise<void> => page.getByRole('alert').filter({ hasText: words }).waitFor()
const toConfirm = async () => `/r/${(await ask(pages.world())).viewId}`
const CONFIRM = { name: 'Confirm with security key' }
/** Bends the answer of a door on its way to the page. */
const bend = (page: Page, change: (body: Record<string, unknown>) => Record<string, unknown>) =>
  page.route('**/v1/ceremonies', async (route) => {
    const answer = await pages.door().post('/v1/ceremonies', route.request().postData() ?? '')
    await route.fulfill({ status: answer.statusCode, json: change(answer.json() as Record<string, unknown>) })
  })

test('Chromium: PIN not given, then cancelled by the person, then given: the page says so, is silent, and goes on', async (t) => {
  const tab = await pages.open(t, await toConfirm())
  if (!tab) return
  const { page } = tab
  const { session, id } = await plugIn(page, pages.world(), 'rey')
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false })
  await page.getByRole('button', CONFIRM).click()
  await page
    .getByRole('alert')
    .filter({ hasText: /^Nothing was sent/ })
    .waitFor()

  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: true })
  await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: false })
  await page.getByRole('button', CONFIRM).click()
  await page.getByText('Touch your key').waitFor()
  // A second press while the key is awaited begins nothing.
  await page.getByRole('button', CONFIRM).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'hidden' })
  assert.equal(await page.getByRole('alert').textContent(), '')

  await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: true })
  await page.getByRole('button', CONFIRM).click()
  await page.getByRole('heading', { name: 'Your part is done' }).waitFor()
  assert.deepEqual(tab.trouble, [])
})

test('Chromium: a page for another host gets no signature, and says that it is not on its proper address', async (t) => {
  const tab = await pages.open(t, await toConfirm())
  if (!tab) return
  await plugIn(tab.page, pages.world(), 'rey')
  await bend(tab.page, (body) => ({ ...body, rpId: 'elsewhere.example' }))
  await tab.page.getByRole('button', CONFIRM).click()
  await alert(tab.page, 'not on its proper address')
})

test('Chromium: a signature that is none, and one over an old nonce, are refused in the server’s words', async (t) => {
  const tab = await pages.open(t, await toConfirm())
  if (!tab) return
  const { page } = tab
  const { session, id } = await plugIn(page, pages.world(), 'rey')
  await session.send('WebAuthn.setResponseOverrideBits', { authenticatorId: id, isBogusSignature: true })
  await page.getByRole('button', CONFIRM).click()
  await alert(page, 'does not stand for this page and this request')
  await session.send('WebAuthn.setResponseOverrideBits', { authenticatorId: id, isBogusSignature: false })
  await bend(page, (body) => ({ ...body, nonce: `${'A'.repeat(10)}${String(body['nonce']).slice(10)}` }))
  await page.getByRole('button', CONFIRM).click()
  await page
    .getByRole('alert')
    .filter({ hasText: /not begun here|longer than five minutes/ })
    .waitFor()
})

test('Chromium: a fault of the server is told with its reference, and nothing of it', async (t) => {
  const tab = await pages.open(t, await toConfirm())
  if (!tab) return
  await plugIn(tab.page, pages.world(), 'rey')
  await tab.page.route('**/v1/statements', (route) =>
    route.fulfill({
      status: 500,
      json: { reason: 'fault', reference: 'ab12', words: 'Something went wrong here (reference ab12). Try again.' },
    }),
  )
  await tab.page.getByRole('button', CONFIRM).click()
  await alert(tab.page, 'reference ab12')
})

test('Chromium: registering a key that is there already, or that has no PIN', async (t) => {
  const cases: readonly (readonly [
    Record<string, unknown>,
    (creation: Record<string, unknown>) => Record<string, unknown>,
    RegExp,
  ])[] = [
    [{}, (creation) => creation, /registered already/],
    [
      { hasUserVerification: false, isUserVerified: false },
      ({ excludeCredentials: _, ...creation }) => creation,
      /PIN|Nothing was sent/,
    ],
  ]
  for (const [options, change, words] of cases) {
    const tab = await pages.open(t, '/enrol')
    if (!tab) return
    const { page } = tab
    await plugIn(page, pages.world(), 'rey', options)
    await bend(page, (body) => ({ ...body, creation: change(body['creation'] as Record<string, unknown>) }))
    await page.getByLabel('Who are you?').selectOption('rey')
    await page.getByLabel(/A name for this key/).fill('another')
    await page.getByRole('button', { name: /^Register/ }).click()
    await page.getByRole('alert').filter({ hasText: words }).waitFor()
  }
})

test('Chromium: a browser without keys is led elsewhere, with the link to copy and as a code, and reload tells the same', async (t) => {
  const path = await toConfirm()
  const tab = await pages.open(t, path, {
    before: (page) => page.addInitScript('delete window.PublicKeyCredential'),
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  if (!tab) return
  const { page } = tab
  for (let look = 0; look < 2; look += 1) {
    await page.getByRole('heading', { name: 'Open this page in another browser' }).waitFor()
    assert.equal(await page.getByRole('button', CONFIRM).count(), 0)
    await page.getByRole('img', { name: 'QR code of the link' }).waitFor()
    await page.reload()
  }
  await page.getByRole('button', { name: 'Copy the link' }).click()
  await page.getByText('The link is copied.').waitFor()
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), `http://localhost:3001${path}`)
})

test('Chromium: in another app’s browser the way out is offered beside the act', async (t) => {
  const userAgent =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148'
  const tab = await pages.open(t, await toConfirm(), { userAgent })
  if (!tab) return
  await tab.page.getByRole('heading', { name: 'Better in your own browser' }).waitFor()
  await tab.page.getByRole('button', CONFIRM).waitFor()
})

test('Chromium: a browser that will not open its window is asked once more, and then led elsewhere', async (t) => {
  const tab = await pages.open(t, await toConfirm(), {
    before: (page) =>
      page.addInitScript(
        `navigator.credentials.get = () => Promise.reject(new DOMException('The operation is not allowed.', 'NotAllowedError'))`,
      ),
  })
  if (!tab) return
  await tab.page.getByRole('button', CONFIRM).click()
  await alert(tab.page, 'did not open the key window')
  await tab.page.getByRole('button', CONFIRM).click()
  await tab.page.getByRole('heading', { name: 'Open this page in another browser' }).waitFor()
  await tab.page.getByRole('link', { name: 'Try here anyway' }).click()
  await tab.page.getByRole('button', CONFIRM).waitFor()
})
