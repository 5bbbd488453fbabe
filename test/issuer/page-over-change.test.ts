// An approver's page that is open while what it stands on changes, and hears of nothing: his tap is refused, he reads why, and the page shows what is so now.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { findKnown } from '../../src/db/requests.ts'
import { openPages, plugIn } from '../support/issuer-pages.ts'
import { changeAsAdministrator } from '../support/sign-change.ts'
import { ask, confirm, newHolder } from '../support/world.ts'

const pages = openPages()
before(() => pages.ready)

/** Rewrites a file of the issuer's runbooks and has it read, as long as `during` lasts. */
async function withFile(file: string, change: (text: string) => string, during: () => Promise<void>): Promise<void> {
  const { runbooksDir, issuer } = pages.world()
  const path = join(runbooksDir, file)
  const as = readFileSync(path, 'utf8')
  const bent = change(as)
  assert.notEqual(bent, as)
  writeFileSync(path, bent)
  try {
    await issuer.reload()
    await during()
  } finally {
    writeFileSync(path, as)
    await issuer.reload()
  }
}

async function whileBoSuspended(during: () => Promise<void>): Promise<void> {
  const world = pages.world()
  const key = [...(await world.ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === 'bo')
  const passkeys = [key?.passkey.thumbprint ?? '']
  await changeAsAdministrator(world, { operation: 'suspend', passkeys })
  try {
    await during()
  } finally {
    await changeAsAdministrator(world, { operation: 'reinstate', passkeys })
  }
}

/** A line on which nothing is ever said. */
const DEAF = 'window.EventSource = class { addEventListener() {} close() {} }'

const CHANGES = [
  {
    what: 'the action changed',
    person: 'bo',
    around: (during: () => Promise<void>) =>
      withFile('service.md', (text) => text.replace('Restarts all replicas', 'Restarts and wipes all replicas'), during),
    told: /was made void by a change/,
    shown: 'Nothing for you to do',
    state: 'voided',
  },
  {
    what: 'he left the group',
    person: 'ana',
    around: (during: () => Promise<void>) =>
      withFile('directory.yaml', (text) => text.replace(/(\n {2}service-owners: )\[.*\]/, '$1[bo]'), during),
    told: /Only members of service-owners/,
    shown: 'Nothing for you to do',
    state: 'awaiting_approvers',
  },
  {
    what: 'his key was suspended',
    person: 'bo',
    around: whileBoSuspended,
    told: /No key of this computer is enrolled for you/,
    shown: 'You have no key yet',
    state: 'awaiting_approvers',
  },
] as const

for (const { what, person, around, told, shown, state } of CHANGES)
  test(`${what} under an open page: the tap counts for nothing, and the page is looked at afresh`, async (t) => {
    const world = pages.world()
    const asked = await ask(world)
    assert.ok((await confirm(world, asked.intent, await newHolder())).ok)
    const path = `/r/${await pages.door().link(asked.requestId, person)}`
    const tab = await pages.open(t, path, { before: (page) => page.addInitScript(DEAF) })
    if (!tab) return
    const { page } = tab
    await plugIn(page, world, person)
    const approve = page.getByRole('button', { name: /^Approve/ }).first()
    await approve.waitFor()
    await page.locator('textarea[name=note]').fill('looks right to me')
    await around(async () => {
      await approve.click()
      await page.locator('#alert').getByText(told).waitFor()
      await page.getByRole('heading', { name: shown }).waitFor()
      const known = await findKnown(world.ctx.db, asked.requestId)
      assert.equal(known?.state.state, state)
      assert.deepEqual(known?.state.approved_at, null)
    })
  })
