// The pages of keys in Chromium, as two administrators and the owners of keys use them: what a page shows is what is signed, one signature of two changes
// nothing, and an owner adds and stops his own keys without asking anybody.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { findPending } from '../../src/commands/pending-change.ts'
import { holdsRole } from '../../src/evidence/chain-state.ts'
import { keyWords } from '../../src/issuer/key-words.ts'
import { desksOf, status } from '../support/desks.ts'
import { editDirectory, keysOf, registeredKey } from '../support/directory-world.ts'
import { look, openPages, plugIn } from '../support/issuer-pages.ts'
import { ask, confirm, newHolder } from '../support/world.ts'

const pages = openPages()
before(async () => {
  await pages.ready
  const { runbooksDir, issuer } = pages.world()
  editDirectory(runbooksDir, (text) =>
    text
      .replace('administrators: [mira]', 'administrators: [mira, ana, theo]')
      .replace('service-owners: [ana, bo]', 'service-owners: [ana, bo, nils]')
      .replace('\ngroups:', '  nils: { name: Nils Aas, slack: [T0SANDBOX/U0NILSAAS00] }\n\ngroups:'),
  )
  await issuer.reload()
})

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `${name} with security key` }).click()
  await page.locator('body:not([data-busy])').waitFor()
  assert.equal(await page.locator('#alert').textContent(), '', name)
}
const chain = () => pages.world().ctx.chain()

test('two administrators and the owners of keys', async (t) => {
  if (!(await pages.open(t, 'about:blank'))) return
  const deskOf = desksOf(pages, t)
  const visit = async (person: string, path: string): Promise<Page> => (await deskOf(person, path)).page
  await t.test('one administrator is told that he alone can change everything; with his signature there are two', async () => {
    const page = await visit('mira', '/keys')
    await page.getByText('One administrator alone can change every key and every role.').waitFor()
    const own = page.locator('#role option').filter({ hasText: 'Mira Castellanos' })
    const offered = () => own.evaluate((option) => !(option as unknown as { disabled: boolean }).disabled)
    assert.equal(await offered(), false, 'nobody signs for a role of his own')
    await page.getByLabel('Take away').check()
    assert.equal(await offered(), true, 'and everybody can give one up')
    await page.locator('#role select[name=person]').selectOption('mira')
    await page.getByLabel('Give', { exact: true }).check()
    assert.equal(await offered(), false)
    assert.equal(await page.locator('#role select[name=person]').inputValue(), '')
    // The world's people came in by one administrator, who was all there were: their keys are in full.
    for (const who of ['ana', 'theo']) {
      await page.locator('#role select[name=person]').selectOption(who)
      await page.locator('#role select[name=role]').selectOption('administrator')
      await press(page, who === 'ana' ? 'Sign the role' : 'Sign the role as the first of two')
      await status(page, who === 'ana' ? 'The role is changed' : 'second administrator')
    }
    assert.deepEqual([...(await chain()).administrators].sort(), ['ana', 'mira'])
    await page.getByText('There are two administrators.').waitFor()
    await page.getByText('You have signed it.').waitFor()
    await page.getByText('Make Theo Brandt an administrator').waitFor()
    await look(page, 'keys waits for another')
    await page.getByRole('button', { name: 'Withdraw this change' }).click()
    await status(page, 'Withdrawn')
    assert.equal(await findPending(pages.world().ctx), undefined)
  })

  await t.test(
    'an approver’s first key comes in when two administrators have compared its words, and he is asked for a second one at once',
    async () => {
      const nils = await pages.open(t, '/enrol')
      if (!nils) return
      await plugIn(nils.page, pages.world())
      await nils.page.getByLabel('Who are you?').selectOption('nils')
      await nils.page.getByLabel('A name for this key').fill('blue key')
      await press(nils.page, 'Register')
      await press(nils.page, 'Show that you hold it')
      await nils.page.getByRole('heading', { name: 'Now compare these words' }).waitFor()
      const words = await nils.page.locator('#registered .words li').allTextContents()
      assert.equal(words.length, 8)
      await registeredKey(pages.world(), 'rey')

      const mira = await visit('mira', '/enrol')
      await mira.getByText('Nils Aas, as approver').or(mira.getByText(', as approver')).first().waitFor()
      await look(mira, 'enrol for administrators')
      await mira.getByRole('button', { name: 'Tick all with a role (1)' }).click()
      await press(mira, 'I compared the words: enrol')
      await status(mira, 'Now a second administrator has to sign it, too.')
      assert.equal(holdsRole(await chain(), 'nils', 'approver'), false)

      const ana = await visit('ana', '/enrol')
      const panel = ana.locator('#pending')
      await panel.getByText('Enrol Nils Aas’s key “blue key”, as approver').waitFor()
      assert.deepEqual(await panel.locator('.words li').allTextContents(), words)
      await look(ana, 'enrol second signature')
      await press(ana, 'I compared the words: sign as the second')
      await status(ana, 'Signed by two. The change is made.')
      assert.equal(holdsRole(await chain(), 'nils', 'approver'), true)
      await nils.page.getByRole('heading', { name: 'It is enrolled. Now a second one' }).waitFor()
      await look(nils.page, 'enrol asks for a second')
    },
  )

  await t.test('an owner makes a second key and signs for it with the first, and stops one that is lost', async () => {
    const page = await visit('bo', '/keys')
    await page.getByText('You have one key.').waitFor()
    await look(page, 'keys with one')
    // Another security key, in a tab of its own: on the one that holds the first key a browser makes no second.
    const other = await page.context().newPage()
    await other.goto('/keys')
    await plugIn(other, pages.world())
    await other.getByLabel('A name for this key').fill('red key')
    await press(other, 'Make the key')
    await press(other, 'Show that you hold it')
    await other.locator('#own-waiting').waitFor()
    const words = await other.locator('#registered .words li').allTextContents()
    assert.deepEqual(await other.locator('#own-waiting .words li').allTextContents(), words)
    await look(other, 'keys to add')
    await other.close()
    await page.reload()
    await press(page, 'These are the words: add this key')
    await status(page, 'Added.')
    const own = await keysOf(pages.world(), 'bo')
    assert.equal(own.length, 2)
    assert.deepEqual(keyWords(own[1] ?? ''), words)
    assert.equal((await chain()).passkeys.get(own[1] ?? '')?.inFull, true, 'it serves what the first serves')
    assert.equal(await page.getByText('You have one key.').count(), 0)

    await page.locator('#keys li').filter({ hasText: 'red key' }).getByRole('checkbox').check()
    await page.locator('#own').getByLabel('Key').selectOption({ label: 'simulated key' })
    await press(page, 'Take the ticked keys out of use')
    await page.locator('#keys li.suspended').filter({ hasText: 'red key' }).waitFor()

    const { runbooksDir, issuer } = pages.world()
    const asksFor = async (from: number, to: number) => {
      editDirectory(runbooksDir, (text) => text.replace(`approver_keys: ${from}`, `approver_keys: ${to}`))
      await issuer.reload()
    }
    await asksFor(1, 2)
    await page.reload()
    await page.getByText('You have 1 key, and approvers need 2 here. Add another one now.').waitFor()
    await look(page, 'keys too few')
    await asksFor(2, 1)
  })

  await t.test('a change that another one went past is said to be stale, and is signed anew by one tap', async () => {
    const page = await visit('mira', '/keys')
    await page.locator('#role select[name=person]').selectOption('rey')
    await page.locator('#role select[name=role]').selectOption('auditor')
    await press(page, 'Sign the role as the first of two')
    await page.getByText('You have signed it.').waitFor()
    const { ctx } = pages.world()
    const ana = await visit('ana', '/keys')
    await ana.getByText('Waits for a second administrator').waitFor()
    await ana.locator('#keys li').filter({ hasText: 'Theo Brandt' }).getByRole('checkbox').check()
    await press(ana, 'Sign the change')
    await ana.locator('#keys li.suspended').filter({ hasText: 'Theo Brandt' }).waitFor()
    // The page was open over it: it says so, and shows how things stand now without being asked.
    await page.locator('#keys li').filter({ hasText: 'Rey Okafor' }).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Sign the change with security key' }).click()
    await page.getByText('The directory was changed in the meantime').waitFor()
    await page.locator('#pending').getByText('Has to be signed anew').waitFor()
    await look(page, 'keys stale')
    await press(page, 'Sign it anew')
    await page.getByText('Waits for a second administrator').waitFor()
    assert.equal((await findPending(ctx))?.isStale, false)
  })

  await t.test('an approver whose role was taken reads on his page that he can only deny, and why, and denies', async () => {
    const mira = await visit('mira', '/keys')
    await mira.getByRole('button', { name: 'Withdraw this change' }).click()
    await status(mira, 'Withdrawn')
    await mira.locator('#role select[name=person]').selectOption('bo')
    await mira.locator('#role select[name=role]').selectOption('approver')
    await mira.getByLabel('Take away').check()
    await press(mira, 'Sign the role as the first of two')
    const ana = await visit('ana', '/keys')
    await ana.getByText('Take from Bo Tanaka the role of approver').waitFor()
    await press(ana, 'Sign as the second')
    const asked = await ask(pages.world())
    assert.ok((await confirm(pages.world(), asked.intent, await newHolder())).ok)
    const bo = await visit('bo', `/r/${await pages.door().link(asked.requestId, 'bo')}`)
    await bo.getByRole('heading', { name: 'You cannot approve yet' }).waitFor()
    await bo.getByText('two administrators have to sign for that').waitFor()
    assert.equal(await bo.getByRole('button', { name: /^Approve/ }).count(), 0)
    await look(bo, 'request not yet')
    await press(bo, 'Deny')
    await bo.getByText('You denied this').waitFor()
  })
})
