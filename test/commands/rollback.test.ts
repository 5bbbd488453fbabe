// A database that was put back behind what the issuer has seen: it mints nothing until that is mended, and goes on ending what lives. The last
// head of the directory is kept outside the database.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import type { IssuerContext } from '../../src/commands/context.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { findGrant } from '../../src/db/grants.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const superuser = new pg.Client({ connectionString: world.database.superuserUrl })
// The database is dropped with force at the end, and this connection with it.
superuser.on('error', () => undefined)
await superuser.connect()

async function approved() {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  return { ...asked, place }
}
async function keyChange(operation: 'suspend' | 'reinstate', by: IssuerContext = world.ctx) {
  const [theo] = [...(await by.chain()).passkeys.values()].filter(({ passkey }) => passkey.person === 'theo')
  assert.ok(theo)
  const prepared = await prepareChange(by, { operation, passkeys: [theo.passkey.thumbprint] })
  assert.ok(prepared.ok)
  const changed = await changeDirectory(by, { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change })
  assert.ok(changed.ok, JSON.stringify(changed))
  return changed.sequence
}
/** The world with the issuer as it is after a restart. */
async function restarted() {
  const issuer = await world.reopen()
  return { ...world, issuer, ctx: issuer.ctx }
}
const BEHIND = /Nothing is issued at the moment: the database is older than what this issuer has already seen/

test('a directory change lost from the database stops minting, in the running issuer and in the next, and nothing else', async () => {
  const [live, waiting] = [await approved(), await approved()]
  assert.ok((await claim(world, live.intent, live.place)).ok)
  const sequence = await keyChange('suspend')
  assert.equal((await world.ctx.chain()).sequence, sequence, 'the running issuer has read it and keeps it in memory')
  const { rows } = await superuser.query(`delete from directory where sequence = $1 returning *`, [sequence])
  assert.equal(rows.length, 1)

  for (const issuer of [world, await restarted()]) {
    refused(await claim(issuer, waiting.intent, waiting.place), 'minting_stopped', BEHIND)
    refused(await claim(issuer, live.intent, live.place, 2), 'minting_stopped', BEHIND)
    refused(
      await prepareChange(issuer.ctx, { operation: 'role', person: 'ana', role: 'administrator', effect: 'grant' }),
      'minting_stopped',
      BEHIND,
    )
    assert.equal((await findGrant(world.ctx.db, live.requestId))?.state, 'active', 'stopping is no revocation')
  }
  await makeWish(world.bot, { kind: 'return', person: 'rey', request: live.requestId })
  await heedWishes(world.ctx)
  const end = (await findGrant(world.ctx.db, live.requestId))?.ends_at.getTime() ?? 0
  await sweep(later(world.ctx, end - Date.now() + 1_000))
  assert.equal((await findGrant(world.ctx.db, live.requestId))?.state, 'returned')

  const { head, change, link, accepted_at } = rows[0]
  await superuser.query('insert into directory values ($1, $2, $3, $4, $5)', [
    sequence,
    head,
    change,
    JSON.stringify(link),
    accepted_at,
  ])
  assert.ok((await claim(await restarted(), waiting.intent, waiting.place)).ok)
  await keyChange('reinstate')
})

test('another head under the same number stops minting too', async () => {
  const { intent, place } = await approved()
  const sequence = await keyChange('suspend')
  await superuser.query(`update directory set head = 'x' || head where sequence = $1`, [sequence])
  refused(await claim(world, intent, place), 'minting_stopped', BEHIND)
  await superuser.query(`update directory set head = substr(head, 2) where sequence = $1`, [sequence])
  assert.ok((await claim(world, intent, place)).ok)
  await keyChange('reinstate')
})

test('a change put into the database that no administrator signed stops the next issuer from starting', async () => {
  const { rows } = await superuser.query(`insert into directory select sequence + 1, 'forged', change, link, accepted_at
    from directory order by sequence desc limit 1 returning sequence`)
  await assert.rejects(restarted(), /directory change \d+ does not verify: out_of_sequence/)
  await superuser.query('delete from directory where sequence = $1', [rows[0].sequence])
  await restarted()
})

test('a database that is ahead of the outside head, as after a crash between commit and swap, is made good at the next start', async () => {
  const { intent, place } = await approved()
  const crashing: IssuerContext = { ...world.ctx, directoryMoved: async () => undefined }
  const sequence = await keyChange('suspend', crashing)
  assert.equal((await world.heads.read())?.directory.sequence, sequence - 1)
  const again = await restarted()
  assert.equal((await world.heads.read())?.directory.sequence, sequence)
  assert.ok((await claim(again, intent, place)).ok)
})
