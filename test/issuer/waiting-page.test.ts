// `/enrol` in Chromium while strangers flood it: an administrator finds a key by the words that he hears, signs once more over what he had ticked when somebody
// came first, and a person whose key had to make room reads so.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { startSession } from '../../src/commands/sign-in.ts'
import { dropRegistrations } from '../../src/db/registrations.ts'
import { keyWords } from '../../src/issuer/key-words.ts'
import { keysOf, registeredKey } from '../support/directory-world.ts'
import { look, lookForced, openPages, plugIn } from '../support/issuer-pages.ts'
import { ownKeys } from '../support/own-keys.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { ORIGIN } from '../support/world.ts'

const pages = openPages()
let reys: RogueKey
before(async () => {
  await pages.ready
  reys = (await ownKeys(pages.world()).enrolled('rey')).key
})

test('an administrator finds a key by words, and what was ticked stays ticked when somebody else came first', async (t) => {
  const world = pages.world()
  const { registered, added } = ownKeys(world)
  const honest = await registeredKey(world, 'bo')
  for (let n = 0; n < 4; n += 1) await registered('bo')
  const tab = await pages.open(t, 'about:blank')
  if (!tab) return
  const { page, context } = tab
  const [key = ''] = await keysOf(world, 'mira')
  const value = await startSession(world.ctx, world.ctx.db, 'mira', key)
  await context.addCookies([{ name: 'countersign-issuer-3001', value, url: ORIGIN }])
  await page.goto('/enrol')
  await plugIn(page, world, 'mira')
  const box = page.locator(`input[name=registration][value="${honest.thumbprint}"]`)
  await page.getByText('3 more keys in the name of').waitFor()
  assert.equal(await box.count(), 0)
  assert.equal(await page.getByRole('button', { name: /Tick all/ }).count(), 0, 'of several in one name none is ticked with all')
  await look(page, 'enrol with many')
  await lookForced(page, 'enrol with many')
  const words = keyWords(honest.thumbprint)
  await page.getByLabel('Find a key').fill(words.slice(0, 3).join(' '))
  await page.getByRole('button', { name: 'Find', exact: true }).click()
  await page.getByText('1 key with these words.').waitFor()
  assert.deepEqual(await page.locator('#waiting .waiting .words li').allTextContents(), [...words])
  await look(page, 'enrol with one found')
  await box.check()

  await added('rey', reys)
  const enrol = page.getByRole('button', { name: 'I compared the words: enrol' })
  await enrol.click()
  await page.locator('#alert').getByText('Rey Okafor added a key. Look again, then sign.').waitFor()
  await page.locator('body:not([data-busy])').waitFor()
  assert.equal(await box.isChecked(), true)
  await enrol.click()
  await page.locator('#status').getByText('Enrolled: one key.').waitFor()
  assert.ok((await world.ctx.chain()).passkeys.has(honest.thumbprint))
  await page.getByText('No key with these words waits.').waitFor()
  await page.getByRole('link', { name: 'Show all that wait' }).click()
  await page.getByRole('link', { name: 'show them' }).click()
  await page.getByText('Keys in the name of').waitFor()
  assert.equal(await page.locator('input[name=registration]').count(), 4)
  assert.deepEqual(
    tab.trouble.filter((line) => !line.includes('412')),
    [],
  )
})

test('who had to make room for others reads so, and how to be enrolled at once', async (t) => {
  const tab = await pages.open(t, '/enrol')
  if (!tab) return
  const { page } = tab
  await plugIn(page, pages.world())
  await page.getByLabel('Who are you?').selectOption('theo')
  await page.getByLabel('A name for this key').fill('blue key')
  await page.getByRole('button', { name: 'Register with security key' }).click()
  await page.getByRole('button', { name: 'Show that you hold it' }).click()
  await page.getByRole('heading', { name: 'Now compare these words' }).waitFor()
  await dropRegistrations(pages.world().ctx.db, new Date(), 0)
  await page.getByRole('heading', { name: 'It waits no longer' }).waitFor()
  assert.equal(await page.getByRole('heading', { name: 'Now compare these words' }).isVisible(), false)
  await look(page, 'enrol had to make room')
  await page.getByRole('link', { name: 'register anew' }).click()
  await page.getByRole('button', { name: 'Register with security key' }).waitFor()
})
