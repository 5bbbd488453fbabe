// Which keys are accepted, as a person at `/enrol` meets it in Chromium: told before the touch, explained after a refusal, and proved by the certificate that the
// browser's own security key brings along. That one is made anew for each key and issued by nobody else, so it is pinned itself, as a model's own.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import type { Page } from 'playwright-core'
import { parse, stringify } from 'yaml'
import { readCertificate } from '../../src/certificates/certificate.ts'
import type { AttestationModel } from '../../src/domain/attestation.ts'
import { modelOf, newMaker } from '../support/attesting.ts'
import { registeredKey } from '../support/directory-world.ts'
import { axeOf, openPages, plugIn } from '../support/issuer-pages.ts'
import { ORIGIN } from '../support/world.ts'

/** What Chromium's virtual security key says it is. */
const CHROMIUM = '01020304-0506-0708-0102-030405060708'
const pages = openPages()
const maker = newMaker()
before(() => pages.ready)

/** Has the issuer read that approvers need hardware, of these models. */
async function listed(models: readonly AttestationModel[]): Promise<void> {
  const { runbooksDir, issuer } = pages.world()
  const file = join(runbooksDir, 'directory.yaml')
  const directory = parse(readFileSync(file, 'utf8')) as { readonly keys?: object }
  writeFileSync(file, stringify({ ...directory, keys: { ...directory.keys, accept: { approvers: 'hardware' } } }))
  writeFileSync(join(runbooksDir, 'attestation.yaml'), stringify({ models }, { aliasDuplicateObjects: false }))
  await issuer.reload()
}
const choose = (page: Page, person: string) => page.getByLabel('Who are you?').selectOption(person)
async function register(page: Page, person: string): Promise<void> {
  await choose(page, person)
  await page.getByLabel('A name for this key').fill('blue key')
  await page.getByRole('button', { name: 'Register with security key' }).click()
}
const registrations = (person: string) =>
  pages
    .world()
    .ctx.db.selectFrom('registration')
    .selectAll()
    .where('person', '=', person)
    .where('nickname', '=', 'blue key')
    .execute()

const focused = (page: Page) => page.evaluate<string>('document.activeElement.innerText')

test('by keyboard alone a key is made, and another is turned down: the focus goes along, and never to the button of somebody else’s key', async (t) => {
  const tab = await pages.open(t, '/enrol')
  if (!tab) return
  const { page } = tab
  await plugIn(page, pages.world())
  const { keyboard } = page
  await page.getByLabel('Who are you?').focus()
  await keyboard.type('Rey')
  await keyboard.press('Tab')
  await keyboard.type('red key')
  await keyboard.press('Tab')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'One more touch' }).waitFor()
  assert.equal(await focused(page), 'One more touch')
  await keyboard.press('Tab')
  await keyboard.press('Enter')
  await page.getByRole('status').getByText('Registered.').waitFor()
  assert.equal(await focused(page), 'Now compare these words')

  for (const person of ['bo', 'theo']) await registeredKey(pages.world(), person)
  const vouching = await pages.open(t, 'about:blank')
  assert.ok(vouching)
  const [name = '', value = ''] = (await pages.door().signIn('mira')).split('=')
  await vouching.context.addCookies([{ name, value, url: ORIGIN }])
  await vouching.page.goto('/enrol')
  const turnDown = vouching.page.getByRole('button', { name: /^Turn this key down/ })
  const names = await turnDown.allInnerTexts()
  assert.equal(names.length, 3)
  assert.equal(new Set(names).size, 3, `each is named by its key: ${names}`)
  await turnDown.first().focus()
  await vouching.page.keyboard.press('Enter')
  await vouching.page.getByRole('status').getByText('Turned down.').waitFor()
  assert.equal(await turnDown.count(), 2)
  assert.equal(await focused(vouching.page), 'Register a key')
})

test('55 an approver is told that the key must stay in one place, and a key that may be copied is turned away with the reason', async (t) => {
  const tab = await pages.open(t, '/enrol')
  if (!tab) return
  const { page } = tab
  const needs = page.getByText('You need a key that stays in one place')
  assert.equal(await needs.isVisible(), false)
  await choose(page, 'rey')
  assert.equal(await needs.isVisible(), false, 'who only asks may have any')
  await choose(page, 'bo')
  await needs.waitFor()
  await plugIn(page, pages.world(), undefined, { defaultBackupEligibility: true, defaultBackupState: true })
  await register(page, 'bo')
  await page.getByText('This key can be copied to other devices. It was not registered.').waitFor()
  assert.deepEqual(await registrations('bo'), [])
  await register(page, 'rey')
  await page.getByRole('heading', { name: 'One more touch' }).waitFor()
  assert.deepEqual(
    (await registrations('rey')).map(({ device_bound }) => device_bound),
    [false],
  )
})

test('48 an approver is told the models, a key of another one is turned away, and once its certificate is pinned it is proved', async (t) => {
  await listed([modelOf(maker)])
  const tab = await pages.open(t, '/enrol', { colorScheme: 'dark', viewport: { width: 320, height: 800 } })
  if (!tab) return
  const { page } = tab
  await plugIn(page, pages.world())
  await choose(page, 'ana')
  await page.getByText('You need a security key of a listed model: Example Key 5.').waitFor()
  await register(page, 'ana')
  await page.getByText('Keys of this model are not on the list. It was not registered.').waitFor()
  assert.deepEqual(await axeOf(page), [])
  assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'), 'nothing goes sideways')
  await page.route('**/v1/registrations', async (route) => {
    const posted = route.request().postDataJSON() as { attestation: { response: { attestationObject: string } } }
    const object = decodeAttestationObject(
      new Uint8Array(Buffer.from(posted.attestation.response.attestationObject, 'base64url')),
    )
    const [der] = object.get('attStmt').get('x5c') ?? []
    const leaf = der && readCertificate(der)
    assert.ok(leaf)
    const own = { aaguid: CHROMIUM, name: 'Chromium', source: 'own', roots: [leaf.x509.toString()], reports: [] } as const
    await listed([modelOf(maker), own])
    await route.continue()
  })
  await register(page, 'ana')
  await page.getByRole('button', { name: 'Show that you hold it' }).click()
  await page.getByRole('heading', { name: 'Now compare these words' }).waitFor()
  const [row] = await registrations('ana')
  assert.deepEqual([row?.proved_aaguid, row?.device_bound, row?.attestation['fmt']], [CHROMIUM, true, 'packed'])
  const vouching = await pages.open(t, 'about:blank')
  assert.ok(vouching)
  const [name = '', value = ''] = (await pages.door().signIn('mira')).split('=')
  await vouching.context.addCookies([{ name, value, url: ORIGIN }])
  await vouching.page.goto('/enrol')
  await vouching.page.getByText('proved to be: Chromium').waitFor()
})
