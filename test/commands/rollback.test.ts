// A database that was put back to an older moment, for real: a copy of it stands in its place. The issuer mints nothing, whether it ran on or was
// restarted, and goes on ending what lives, until an administrator signs for exactly what was lost.

import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import type { IssuerContext } from '../../src/commands/context.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { revokeGrant } from '../../src/commands/revoke-grant.ts'
import { digestOf } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findWatermark } from '../../src/db/watermark.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { lostOf } from '../../src/domain/heads.ts'
import { takeSnapshot } from '../support/put-back.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, sign, type World } from '../support/world.ts'

const BEHIND = /Nothing is issued at the moment: the database is older than what this issuer has already seen/

async function approved(world: World) {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  return { ...asked, place }
}
async function change(world: World, wanted: Wanted, by: IssuerContext = world.ctx) {
  const prepared = await prepareChange(by, wanted)
  assert.ok(prepared.ok, JSON.stringify(prepared))
  const signed = { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change }
  return { signed, outcome: await changeDirectory(by, signed) }
}
async function keyOf(ctx: IssuerContext, person: string) {
  const found = [...(await ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === person)
  return found ?? assert.fail(`${person} has no key`)
}
async function suspend(world: World, person: string, by?: IssuerContext) {
  const { passkey } = await keyOf(by ?? world.ctx, person)
  const { outcome } = await change(world, { operation: 'suspend', passkeys: [passkey.thumbprint] }, by)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome.sequence
}
/** The world with the issuer as it is after a restart. */
async function restarted(world: World): Promise<World> {
  const issuer = await world.reopen()
  return { ...world, issuer, ctx: issuer.ctx }
}
const headsOf = async ({ heads }: World) => lostOf((await heads.read()) ?? assert.fail('there are no heads'))
const entriesOf = async ({ ctx }: World) =>
  (
    await sql<{ body: string }>`
      select split_part(convert_from(bytes, 'UTF8'), chr(10), 2) as body from entry where type = 'directory.changed' order by recorded_at`.execute(
      ctx.db,
    )
  ).rows.map(({ body }) => JSON.parse(body) as Record<string, unknown>)

/** A world whose database was put back after a life that is now gone; its directory has not changed since. */
async function putBack(t: TestContext, meanwhile: (world: World) => Promise<unknown> = async () => undefined) {
  const world = await openWorld(t)
  const [live, waiting] = [await approved(world), await approved(world)]
  assert.ok((await claim(world, live.intent, live.place)).ok)
  await world.ctx.beat()
  const snapshot = await takeSnapshot(t, world.database)
  const lost = await approved(world)
  assert.ok((await claim(world, lost.intent, lost.place)).ok)
  await meanwhile(world)
  await world.ctx.beat()
  const before = await headsOf(world)
  await snapshot.putBack()
  return { world, live, waiting, lost, before, snapshot }
}
/** A recovery that names what is bent, signed by somebody. */
async function bentRecovery(world: World, lost: object, by = 'mira') {
  const { sequence, head } = await world.ctx.chain()
  const bytes = canonicalBytes({
    v: 1,
    realm: world.ctx.realm,
    sequence: sequence + 1,
    previous: head,
    operation: 'recover',
    lost: lost as never,
  })
  return { ...(await signChange(world, by, digestOf('directory', bytes))), change: encodeBase64url(bytes) }
}

describe('a database that was put back', () => {
  test('stops minting though its directory has not changed, in the running issuer and in the next, and nothing else', async (t) => {
    const { world, live, waiting, lost } = await putBack(t)
    refused(await claim(world, lost.intent, lost.place), 'unknown_request', /./)
    for (const issuer of [world, await restarted(world)]) {
      refused(await claim(issuer, waiting.intent, waiting.place), 'minting_stopped', BEHIND)
      refused(await claim(issuer, live.intent, live.place, 2), 'minting_stopped', BEHIND)
      assert.ok((await claim(issuer, live.intent, live.place)).ok, 'what was given is given again')
      const wanted = { operation: 'role', person: 'ana', role: 'administrator', effect: 'grant', passkeys: [] } as const
      refused(await prepareChange(issuer.ctx, wanted), 'minting_stopped', BEHIND)
      assert.equal((await findGrant(world.ctx.db, live.requestId))?.state, 'active', 'stopping is no revocation')
    }
    const more = await approved(world)
    refused(await claim(world, more.intent, more.place), 'minting_stopped', BEHIND)
    const revocation = { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [live.intent] } as const
    assert.ok((await revokeGrant(world.ctx, await sign(world, 'bo', revocation))).ok)
    assert.equal((await findGrant(world.ctx.db, live.requestId))?.state, 'revoking')
  })

  test('is an alarm in the log, once, and once more when it is over', async (t) => {
    const lines: { alarm?: string; msg: string }[] = []
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) })
    const { world } = await putBack(t)
    const { ctx } = await world.reopen({ log })
    for (let beats = 0; beats < 3; beats += 1) {
      ctx.committed()
      await ctx.beat()
    }
    assert.deepEqual(
      lines.map(({ alarm }) => alarm),
      ['database_behind'],
    )
    assert.match(lines[0]?.msg ?? '', /until an administrator signs the recovery at \/keys/)
    assert.ok((await change(world, { operation: 'recover' }, ctx)).outcome.ok)
    ctx.committed()
    await ctx.beat()
    assert.deepEqual(
      lines.slice(1).map(({ alarm, msg }) => alarm ?? msg),
      ['database_recovered', 'the database and its outside heads agree again: minting goes on'],
    )
  })

  test('stays behind however often it beats, and whatever else is committed there', async (t) => {
    const { world, waiting, live, before } = await putBack(t)
    for (let beats = 0; beats < 20; beats += 1) {
      await makeWish(world.bot, { kind: 'return', person: 'rey', request: live.requestId })
      await heedWishes(world.ctx)
      await world.ctx.beat()
    }
    assert.ok(((await findWatermark(world.ctx.db))?.counter ?? 0) < before.watermark)
    assert.deepEqual(await headsOf(world), before)
    refused(await claim(world, waiting.intent, waiting.place), 'minting_stopped', BEHIND)
  })

  test('mints again after an administrator has signed for what was lost, and the log says so', async (t) => {
    const { world, waiting, before } = await putBack(t)
    const other = await restarted(world)
    const { outcome } = await change(world, { operation: 'recover' })
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.ok((await claim(world, waiting.intent, waiting.place)).ok)
    const more = await approved(other)
    assert.ok((await claim(other, more.intent, more.place)).ok, 'in an issuer that did not take the recovery')
    assert.ok((await headsOf(world)).watermark > before.watermark, 'no number of the watermark is used twice')
    const entry = (await entriesOf(world)).at(-1)
    assert.deepEqual([entry?.['operation'], entry?.['subjects'], entry?.['lost']], ['recover', [], before])
    const told = await world.ctx.db
      .selectFrom('issuer_outbox')
      .select('payload')
      .where('topic', '=', 'directory.changed')
      .execute()
    assert.deepEqual(told.at(-1)?.payload, { operation: 'recover', subjects: [], by: 'mira', sequence: 2 })
  })

  test('that lost changes of the directory goes on from what it holds: shorter, and with keys as they were', async (t) => {
    const { world, waiting, before } = await putBack(t, async (w) => {
      await suspend(w, 'theo')
      await suspend(w, 'ana')
    })
    assert.equal((await world.ctx.findLoss())?.changes, 2)
    refused(await claim(world, waiting.intent, waiting.place), 'minting_stopped', BEHIND)
    const { outcome } = await change(world, { operation: 'recover' })
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.equal(outcome.sequence, before.directory.sequence - 1)
    assert.equal((await headsOf(world)).directory.sequence, outcome.sequence)
    assert.equal((await keyOf(world.ctx, 'theo')).status, 'active', 'a suspended key is active again')
    await suspend(world, 'theo')
    for (const each of [world, await restarted(world)]) {
      assert.equal((await keyOf(each.ctx, 'theo')).status, 'suspended')
      assert.equal(await each.ctx.mintingStopped(), undefined)
    }
    assert.ok((await claim(world, waiting.intent, waiting.place)).ok)
  })

  test('and then went another way is behind too, and nobody can say how many changes are gone', async (t) => {
    const { world, waiting } = await putBack(t, (w) => suspend(w, 'theo'))
    const careless: IssuerContext = { ...world.ctx, mintingStopped: async () => undefined, directoryMoved: async () => undefined }
    await suspend(world, 'ana', careless)
    for (const each of [world, await restarted(world)]) {
      refused(await claim(each, waiting.intent, waiting.place), 'minting_stopped', BEHIND)
      const loss = await each.ctx.findLoss()
      assert.ok(loss)
      assert.equal(loss.changes, undefined)
    }
    assert.ok((await change(world, { operation: 'recover' })).outcome.ok)
    assert.equal(await world.ctx.mintingStopped(), undefined)
  })

  test('is not behind once the true one is back', async (t) => {
    const world = await openWorld(t)
    const { intent, place } = await approved(world)
    await world.ctx.beat()
    const early = await takeSnapshot(t, world.database)
    await suspend(world, 'theo')
    const late = await takeSnapshot(t, world.database)
    await early.putBack()
    refused(await claim(world, intent, place), 'minting_stopped', BEHIND)
    assert.equal((await keyOf(world.ctx, 'theo')).status, 'active')
    await late.putBack()
    assert.ok((await claim(world, intent, place)).ok)
    assert.equal((await keyOf(world.ctx, 'theo')).status, 'suspended')
  })
})

describe('a recovery is refused', () => {
  test('while nothing is behind', async (t) => {
    const world = await openWorld(t)
    refused(await prepareChange(world.ctx, { operation: 'recover' }), 'nothing_to_recover', /nothing to recover/)
    const unasked = await bentRecovery(world, await headsOf(world))
    refused(await changeDirectory(world.ctx, unasked), 'nothing_to_recover', /nothing to recover/)
  })

  test('that names another head or another watermark', async (t) => {
    const { world, before } = await putBack(t, (w) => suspend(w, 'theo'))
    const { directory, watermark } = before
    for (const lost of [
      { directory, watermark: watermark + 1 },
      { directory, watermark: watermark - 1 },
      { directory: { ...directory, sequence: directory.sequence + 1 }, watermark },
      { directory: { ...directory, head: directory.head.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) }, watermark },
    ]) {
      refused(await changeDirectory(world.ctx, await bentRecovery(world, lost)), 'recovery_differs', /exactly what was lost/)
    }
    assert.deepEqual(await headsOf(world), before)
    assert.ok((await changeDirectory(world.ctx, await bentRecovery(world, before))).ok)
  })

  test('by somebody who is no administrator', async (t) => {
    const { world, before } = await putBack(t)
    refused(
      await changeDirectory(world.ctx, await bentRecovery(world, before, 'bo')),
      'not_an_administrator',
      /Only an administrator/,
    )
    assert.equal(await world.ctx.mintingStopped().then((why) => typeof why), 'string')
  })

  test('that was signed for an earlier loss, though the database is at that same moment again', async (t) => {
    const { world, waiting, snapshot } = await putBack(t)
    const first = await change(world, { operation: 'recover' })
    assert.ok(first.outcome.ok)
    await world.ctx.beat()
    await snapshot.putBack()
    refused(await claim(world, waiting.intent, waiting.place), 'minting_stopped', BEHIND)
    refused(await changeDirectory(world.ctx, first.signed), 'recovery_differs', /exactly what was lost/)
    const { outcome } = await change(world, { operation: 'recover' })
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.ok((await claim(world, waiting.intent, waiting.place)).ok)
    assert.equal((await changeDirectory(world.ctx, first.signed)).ok, false)
  })
})

describe('a crash between database and outside heads', () => {
  test('after a change of the directory is made good at the next start', async (t) => {
    const world = await openWorld(t)
    const { intent, place } = await approved(world)
    const sequence = await suspend(world, 'theo', { ...world.ctx, directoryMoved: async () => undefined })
    assert.equal((await headsOf(world)).directory.sequence, sequence - 1)
    const again = await restarted(world)
    assert.equal((await headsOf(world)).directory.sequence, sequence)
    assert.ok((await claim(again, intent, place)).ok)
  })

  test('after a recovery is made good by the next heartbeat of any issuer, and at the next start', async (t) => {
    const beaten = async (world: World) => {
      await world.ctx.beat()
      return world
    }
    for (const mend of [beaten, restarted]) {
      const { world, waiting, before } = await putBack(t, async (w) => {
        await suspend(w, 'theo')
        await suspend(w, 'ana')
      })
      const { outcome } = await change(world, { operation: 'recover' }, { ...world.ctx, directoryMoved: async () => undefined })
      assert.ok(outcome.ok, JSON.stringify(outcome))
      assert.deepEqual(await headsOf(world), before)
      const mended = await mend(world)
      assert.equal((await headsOf(world)).directory.sequence, before.directory.sequence - 1)
      assert.ok((await claim(mended, waiting.intent, waiting.place)).ok)
    }
  })
})

test('a change put into the database that no administrator signed stops the next issuer from starting', async (t) => {
  const world = await openWorld(t)
  const superuser = world.database.connect('owner')
  await sql`insert into directory select sequence + 1, 'forged', change, link, accepted_at from directory
    order by sequence desc limit 1`.execute(superuser)
  await assert.rejects(restarted(world), /directory change \d+ does not verify: out_of_sequence/)
  await sql`delete from directory where head = 'forged'`.execute(superuser)
  await restarted(world)
})
