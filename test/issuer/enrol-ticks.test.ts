// `/enrol` in Chromium while what a key would be enrolled for changes under an administrator's hand: who may change the rules, or another administrator, makes
// more of a person whose key is ticked already, and has somebody else change the directory, so that the list is looked at afresh and signed with one more tap.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { changeDirectory } from '../../src/commands/change-directory.ts'
import { startSession } from '../../src/commands/sign-in.ts'
import { holdsRole } from '../../src/evidence/chain-state.ts'
import { keysOf, registeredKey } from '../support/directory-world.ts'
import { axeOf, openPages, plugIn } from '../support/issuer-pages.ts'
import { ownKeys } from '../support/own-keys.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'
import { ORIGIN } from '../support/world.ts'

const pages = openPages()
let reys: RogueKey
let miras: RogueKey
before(async () => {
  await pages.ready
  const world = pages.world()
  const { enrolled, registered, prepared } = ownKeys(world)
  reys = (await enrolled('rey')).key
  miras = await registered('mira')
  const { change, digest } = await prepared({ operation: 'add', registration: miras.thumbprint })
  const done = await changeDirectory(world.ctx, { ...(await signChange(world, 'mira', digest, { role: 'owner' })), change })
  assert.ok(done.ok, JSON.stringify(done))
})

const boxOf = (page: Page, { thumbprint }: { readonly thumbprint: string }) =>
  page.locator(`input[name=registration][value="${thumbprint}"]`)
const rowOf = (page: Page, key: { readonly thumbprint: string }) => page.locator('#waiting li').filter({ has: boxOf(page, key) })
const note = 'No longer ticked: what this key is enrolled for has changed since.'
const enrol = async (page: Page) => {
  await page.getByRole('button', { name: 'I compared the words: enrol' }).click()
  await page.locator('body:not([data-busy])').waitFor()
}
const serves = async (person: string) => holdsRole(await pages.world().ctx.chain(), person, 'approver')
const isEnrolled = async ({ thumbprint }: { readonly thumbprint: string }) =>
  (await pages.world().ctx.chain()).passkeys.has(thumbprint)

/** What the administrator signs elsewhere, with another key. */
async function makeApprover(person: string): Promise<void> {
  const { ctx } = pages.world()
  const wanted = { operation: 'role', person, role: 'approver', effect: 'grant', passkeys: [] } as const
  const { change, digest } = await ownKeys(pages.world()).prepared(wanted)
  const signed = miras.sign('directory', { role: 'administrator', decision: 'change', change: digest })
  const done = await changeDirectory(ctx, { ...signed, change })
  assert.ok(done.ok, JSON.stringify(done))
}

/** The administrator's own list. */
async function vouching(t: Parameters<typeof pages.open>[0]) {
  const world = pages.world()
  const tab = await pages.open(t, 'about:blank')
  if (!tab) return undefined
  const [key = ''] = await keysOf(world, 'mira')
  const value = await startSession(world.ctx, world.ctx.db, 'mira', key)
  await tab.context.addCookies([{ name: 'countersign-issuer-3001', value, url: ORIGIN }])
  await tab.page.goto('/enrol')
  await plugIn(tab.page, world, 'mira')
  return tab.page
}

test('who changes the rules has nobody enrolled as an approver by a tap that was meant for less: the tick goes, and says why', async (t) => {
  const world = pages.world()
  const [rey, theo] = [await registeredKey(world, 'rey'), await registeredKey(world, 'theo')]
  const page = await vouching(t)
  if (!page) return
  await boxOf(page, rey).check()
  await boxOf(page, theo).check()

  const file = join(world.runbooksDir, 'directory.yaml')
  const rules = readFileSync(file, 'utf8')
  assert.ok(rules.includes('service-owners: [ana, bo]'))
  writeFileSync(file, rules.replace('service-owners: [ana, bo]', 'service-owners: [ana, bo, rey]'))
  await world.issuer.reload()
  await ownKeys(world).added('rey', reys)

  await enrol(page)
  await page.locator('#alert').getByText('Rey Okafor added a key. Look again, then sign.').waitFor()
  await rowOf(page, rey).getByText(', as approver').waitFor()
  await rowOf(page, rey).getByText(note).waitFor()
  await page.getByRole('status').getByText('No longer ticked: one key').waitFor()
  assert.deepEqual([await boxOf(page, rey).isChecked(), await boxOf(page, theo).isChecked()], [false, true])
  assert.equal(await rowOf(page, theo).getByText(note).isVisible(), false)
  assert.deepEqual(await axeOf(page), [])
  await enrol(page)
  await page.getByRole('status').getByText('Enrolled: one key.').waitFor()
  assert.deepEqual([await isEnrolled(theo), await isEnrolled(rey), await serves('rey')], [true, false, false])

  await boxOf(page, rey).check()
  assert.equal(await rowOf(page, rey).getByText(note).isVisible(), false)
  await enrol(page)
  await page.getByRole('status').getByText('Enrolled: one key.').waitFor()
  assert.deepEqual([await isEnrolled(rey), await serves('rey')], [true, true], 'seen, and ticked once more')

  // A role of its person’s that he had before is served by the key as well.
  const another = await registeredKey(world, 'theo')
  await page.reload()
  await boxOf(page, another).check()
  await makeApprover('theo')
  await enrol(page)
  await rowOf(page, another).getByText(', already approver').waitFor()
  await rowOf(page, another).getByText(note).waitFor()
  await enrol(page)
  await page.getByText('Tick the keys whose words you compared.').waitFor()
  assert.equal(await isEnrolled(another), false)
})
