// A database that was put back under the running product: the administrator is told what happened on the page of the keys, signs the recovery with one
// tap, and credentials are issued again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { createDatabase } from '../../src/db/roles.ts'
import { look, signInAs } from '../support/pages.ts'
import { postgresOf } from '../support/product.ts'
import { ask, assertNoTrouble, confirm, decide, openStage, reveal, review } from '../support/steps.ts'

const stage = openStage()
const { premises } = stage
const LINE = '/elevate service.restart service=payments-api reason="INC-4211: payments time out"'

async function asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { port, password } = postgresOf(premises().dataDir)
  const client = new pg.Client({ connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function shut(client: pg.Client): Promise<void> {
  await client.query('alter database countersign with allow_connections false')
  for (let left = 1; left > 0; ) {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid, 1000) from pg_stat_activity where datname = 'countersign'`,
    )
    left = rowCount ?? 0
  }
}

const copy = () =>
  asSuperuser(async (client) => {
    await shut(client)
    await createDatabase(client, 'copy', 'countersign')
    await client.query('alter database countersign with allow_connections true')
  })
const putBack = () =>
  asSuperuser(async (client) => {
    await shut(client)
    await client.query('drop database countersign')
    await client.query('alter database copy rename to countersign')
    await client.query('grant connect on database countersign to countersign_bot, countersign_issuer')
  })

/** Waits until `/readyz` of the issuer says this of minting. */
async function says(words: RegExp): Promise<void> {
  for (const late = Date.now() + 30_000; ; await delay(50)) {
    const answer = await fetch(`${premises().issuer}/readyz`).then((response) => response.text(), String)
    if (words.test(answer)) return
    assert.ok(Date.now() < late, `the issuer never said ${words}: ${answer}`)
  }
}

test('an administrator signs the recovery on the page of the keys, and credentials are issued again', async (t) => {
  const people = await stage.open(t, { rey: 'simulated', bo: 'simulated', mira: 'simulated' })
  const [rey, bo, mira] = people ?? []
  if (!rey || !bo || !mira) return
  await says(/Credentials are issued/)
  await copy()
  await says(/Credentials are issued/)
  const page = await mira.context.newPage()
  await page.goto(`${premises().issuer}/keys`)
  await signInAs(page, 'Mira')
  await page.getByRole('heading', { name: 'Change the ticked keys' }).waitFor()
  const rows = page.getByRole('listitem').filter({ hasText: 'Theo' })
  await rows.getByRole('checkbox').check()
  await mira.tap(page, 'Sign the change')
  await rows.getByText('Suspended').waitFor()

  await putBack()
  await says(/older than what this issuer has already seen/)
  await page.goto(`${premises().issuer}/keys`)
  await signInAs(page, 'Mira')
  await page.getByRole('heading', { name: 'The database is older' }).waitFor()
  await page.getByText('1 change of keys is gone.').waitFor()
  assert.equal(await page.getByRole('heading', { name: 'Change the ticked keys' }).count(), 0)
  await look(page, 'recovery')
  await mira.tap(page, 'Sign the recovery')
  await page.getByRole('heading', { name: 'Change the ticked keys' }).waitFor()
  assert.equal(await page.getByRole('heading', { name: 'The database is older' }).count(), 0)
  await rows.getByText('Active').waitFor()
  await says(/Credentials are issued/)

  const asked = await confirm(rey, await ask(rey, LINE))
  await decide(bo, await review(bo, asked.code), 'Approve')
  await asked.page.getByRole('button', { name: 'Get the credential' }).click()
  await reveal(asked.page, stage)
  assertNoTrouble([rey, bo])
})
