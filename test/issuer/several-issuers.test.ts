// Two issuers on two hosts over one database, with the same keys and one head store that they share: whoever takes the statement, the other gives the
// credential, and nothing is given twice. Two with a head store each are told of one another and do not serve together.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { findWatermark } from '../../src/db/watermark.ts'
import { startClockwork } from '../../src/issuer/clockwork.ts'
import { openFileHeadStore, readHeads } from '../../src/issuer/head-store.ts'
import { openHeadStore, retire } from '../../src/issuer/head-store-choice.ts'
import { anotherIssuer, openSharedWorld } from '../support/issuers.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { until } from '../support/until.ts'
import { ask, claim, claimOf, claimPatiently, confirm, decide, newHolder, openWorld, sign, type World } from '../support/world.ts'

const silent = pino({ level: 'silent' })

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'countersign-heads-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}
async function approved(taken: World, decided = taken) {
  const asked = await ask(taken)
  const place = await newHolder()
  assert.ok((await confirm(taken, asked.intent, place)).ok)
  assert.ok((await decide(decided, asked.intent, 'bo')).ok)
  return { ...asked, place }
}
const suspend = async (world: World, person: string) => changeDirectory(world.ctx, await suspension(world, person))
/** Signed, and not yet handed in. */
async function suspension(world: World, person: string) {
  const found = [...(await world.ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === person)
  const prepared = await prepareChange(world.ctx, { operation: 'suspend', passkeys: [found?.passkey.thumbprint ?? ''] })
  assert.ok(prepared.ok, JSON.stringify(prepared))
  return { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change }
}
/** Ages the last word of whoever serves, as if that issuer had gone long ago. */
const fallSilent = (world: World) =>
  sql`update watermark set seen_at = seen_at - interval '1 minute'`.execute(world.database.connect('owner', { max: 1 }))

test('two issuers with one head store do the clockwork together: statements to one, the claim at the other', async (t) => {
  const { world: one, another } = await openSharedWorld(t)
  const two = await another()
  const works = [startClockwork(one.ctx), startClockwork(two.ctx)]
  t.after(async () => {
    for (const work of works) await work.stop()
  })
  // One after the other: keys that count their uses cannot be used twice at the same moment.
  for (const [here, there] of [
    [one, two],
    [two, one],
    [one, two],
    [two, one],
  ] as const) {
    const asked = await proposeRequest(one.bot, {
      person: 'rey',
      action: 'service.restart',
      parameters: { service: 'payments-api' },
      reason: 'INC-4211',
    } as Parameters<typeof proposeRequest>[1])
    assert.ok(asked.ok)
    const { intentDigest: intent, requestId } = asked
    await until('an issuer takes the request up', async () => {
      const row = one.ctx.db.selectFrom('request_state').select('state').where('request_id', '=', requestId)
      return (await row.executeTakeFirst()) !== undefined
    })
    const place = await newHolder()
    assert.ok((await confirm(here, intent, place)).ok)
    assert.ok((await decide(there, intent, 'bo')).ok)
    assert.ok((await claim(here, intent, place)).ok)
    assert.ok((await claim(there, intent, place, 2)).ok, 'a renewal at the other')
    await makeWish(one.bot, { kind: 'return', person: 'rey', request: requestId })
    await until('the return is heeded', async () => (await findGrant(one.ctx.db, requestId))?.state !== 'active')
  }
  const { rows } = await sql<{ request: string; type: string; count: number }>`
    select request_id as request, type, count(*)::int as count from entry where writer = 'issuer' and request_id is not null
    group by 1, 2 having count(*) > 1 order by 1, 2`.execute(one.ctx.db)
  const twice = rows.filter(({ type }) => !['statement.accepted', 'credential.issuing', 'credential.issued'].includes(type))
  assert.deepEqual(twice, [], 'nothing is done twice')
  assert.equal(rows.filter(({ count }) => count > 2).length, 0)
  assert.deepEqual([await one.ctx.mintingStopped(), await two.ctx.mintingStopped()], [undefined, undefined])
})

test('a change of the directory at one is seen at the other, in what it decides and in what it keeps outside', async (t) => {
  const { world: one, another } = await openSharedWorld(t)
  const two = await another()
  const { intent } = await ask(one)
  assert.ok((await confirm(one, intent, await newHolder())).ok)
  assert.ok((await suspend(one, 'bo')).ok)
  refused(await decide(two, intent, 'bo'), 'passkey_inactive', /suspended/)
  assert.equal((await two.ctx.chain()).head, (await one.ctx.chain()).head)
  assert.equal((await two.heads.read())?.directory.head, (await one.ctx.chain()).head)
  assert.ok((await suspend(two, 'theo')).ok, 'and the other goes on from there')
  assert.equal((await one.ctx.chain()).sequence, (await one.heads.read())?.directory.sequence)
})

test('of two changes at one place, one at each issuer at once, one is taken', async (t) => {
  const { world: one, another } = await openSharedWorld(t)
  const two = await another()
  const signed = [await suspension(one, 'theo'), await suspension(two, 'bo')] as const
  const outcomes = await Promise.all([changeDirectory(one.ctx, signed[0]), changeDirectory(two.ctx, signed[1])])
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1, JSON.stringify(outcomes))
  refused(outcomes.find(({ ok }) => !ok) ?? assert.fail(), 'directory_moved', /in the meantime: Mira Castellanos/)
})

test('twenty claims at once over two issuers are one credential with the same bytes', async (t) => {
  const { world: one, another } = await openSharedWorld(t)
  const two = await another()
  const { intent, requestId, place } = await approved(one, two)
  const claims = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const issuer = index % 2 === 0 ? one : two
      return claimPatiently(issuer.ctx, await claimOf(issuer, intent, place))
    }),
  )
  const given = claims.map((outcome) => (outcome.ok ? outcome.ciphertext : JSON.stringify(outcome.refusal)))
  assert.equal(new Set(given).size, 1, given.join('\n'))
  assert.ok(claims[0]?.ok)
  assert.equal((await findCredentials(one.ctx.db, requestId)).length, 1)
})

test('a statement counts once, at whichever issuer it is posted', async (t) => {
  const { world: one, another } = await openSharedWorld(t)
  const two = await another()
  const { intent } = await ask(one)
  assert.ok((await confirm(one, intent, await newHolder())).ok)
  const signed = await sign(one, 'bo', { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] })
  const outcomes = await Promise.all([one, two, one, two].map(({ ctx }) => acceptStatement(ctx, signed)))
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1, JSON.stringify(outcomes))
})

test('issuers that move the watermark at once use no number twice, and the store keeps the highest', async (t) => {
  const { world: one, another } = await openSharedWorld(t)
  const issuers = [one, await another(), await another()]
  const before = (await findWatermark(one.ctx.db))?.counter ?? assert.fail()
  const rounds = Array.from({ length: 8 }, async () => {
    for (const { ctx } of issuers) ctx.committed()
    await Promise.all(issuers.map(({ ctx }) => ctx.directoryMoved()))
  })
  await Promise.all(rounds)
  const { counter } = (await findWatermark(one.ctx.db)) ?? assert.fail()
  assert.equal(counter, before + 24)
  assert.equal((await one.heads.read())?.watermark, counter)
})

test('a second issuer with a file of its own does not start beside a living one, and is told what is missing', async (t) => {
  const world = await openWorld(t)
  const copy = join(await folder(t), 'heads.json')
  await writeFile(copy, JSON.stringify((await world.heads.read()) ?? assert.fail()))
  for (const path of [copy, join(await folder(t), 'heads.json')]) {
    const own = await openFileHeadStore(path)
    await assert.rejects(anotherIssuer(world, own), /More than one issuer needs one shared store.*the same HEAD_STORE_URL/)
    own.close()
  }
  assert.equal(await world.ctx.mintingStopped(), undefined, 'the one that lives goes on')
})

test('of two that start at the same moment with a file each, one serves', async (t) => {
  const world = await openWorld(t)
  await fallSilent(world)
  const known = (await world.heads.read()) ?? assert.fail()
  const starts = await Promise.allSettled(
    Array.from({ length: 4 }, async () => {
      const own = await openFileHeadStore(join(await folder(t), 'heads.json'))
      t.after(() => own.close())
      await own.swap(undefined, known)
      return anotherIssuer(world, own)
    }),
  )
  assert.deepEqual(starts.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected', 'rejected'])
})

test('an issuer whose place another has taken mints no more and says why, and goes on ending', async (t) => {
  const world = await openWorld(t)
  const { intent, requestId, place } = await approved(world)
  assert.ok((await claim(world, intent, place)).ok)
  const own = await openFileHeadStore(join(await folder(t), 'heads.json'))
  t.after(() => own.close())
  await own.swap(undefined, (await world.heads.read()) ?? assert.fail())
  await fallSilent(world)
  const taken = await anotherIssuer(world, own)
  refused(await claim(world, intent, place, 2), 'minting_stopped', /HEAD_STORE_URL/)
  await world.ctx.beat()
  assert.equal((await findWatermark(world.ctx.db))?.store, own.identity, 'it does not take the place back')
  assert.ok((await claim(taken, intent, place, 2)).ok)
  await makeWish(world.bot, { kind: 'return', person: 'rey', request: requestId })
  await heedWishes(world.ctx)
  assert.equal((await findGrant(world.ctx.db, requestId))?.state, 'revoking')
})

test('an empty head store is not taken for one that has seen nothing, until the owner of the database says so', async (t) => {
  const world = await openWorld(t)
  await fallSilent(world)
  const empty = await openFileHeadStore(join(await folder(t), 'heads.json'))
  t.after(() => empty.close())
  await assert.rejects(anotherIssuer(world, empty), /head store is empty.*DELETE FROM watermark/)
  await sql`delete from watermark`.execute(world.database.connect('owner', { max: 1 }))
  assert.equal(await (await anotherIssuer(world, empty)).ctx.mintingStopped(), undefined)
})

test('heads that were taken out of a store are not taken for none, though the store is the same', async (t) => {
  const world = await openWorld(t)
  const file = join(world.dir, 'heads.json')
  const kept = await readFile(file)
  await rm(file)
  await assert.rejects(world.reopen(), /head store is empty.*DELETE FROM watermark/)
  await writeFile(file, kept)
  assert.equal(await (await world.reopen()).ctx.mintingStopped(), undefined)
})

test('a first start that broke off before its heads were kept begins again', async (t) => {
  const world = await openWorld(t)
  const heads = await openFileHeadStore(join(await folder(t), 'heads.json'))
  t.after(() => heads.close())
  await sql`delete from watermark`.execute(world.database.connect('owner', { max: 1 }))
  const broken = { ...heads, swap: () => Promise.reject(new Error('no space left on device')) }
  for (let starts = 0; starts < 3; starts += 1) await assert.rejects(world.reopen({ heads: broken }), /no space left/)
  const { ctx } = await world.reopen({ heads })
  assert.equal(await ctx.mintingStopped(), undefined)
  assert.equal((await heads.read())?.watermark, (await findWatermark(ctx.db))?.counter)
})

test('what the file of one issuer knows is carried into the shared store, and the file is put aside', async (t) => {
  const { world, another } = await openSharedWorld(t)
  const known = (await world.heads.read()) ?? assert.fail()
  const file = join(await folder(t), 'heads.json')
  const ahead = { ...known, watermark: (known.watermark ?? 0) + 50 }
  for (const [heads, kept] of [
    [{ directory: { sequence: 0, head: known.directory.head } }, known],
    [ahead, ahead],
  ] as const) {
    await writeFile(file, JSON.stringify(heads))
    await retire(file, world.heads, silent)
    assert.deepEqual(await world.heads.read(), kept)
    assert.equal(await readHeads(file), undefined)
    assert.deepEqual(await readHeads(`${file}.moved`), heads)
  }
  const two = await another()
  assert.match((await two.ctx.mintingStopped()) ?? '', /older than what this issuer has already seen/)
})

test('a head store in the very cluster that it should guard is refused', async (t) => {
  const { world, headsUrl } = await openSharedWorld(t)
  const options = { keysDir: await folder(t), realm: world.ctx.realm, db: world.ctx.db, log: silent }
  await assert.rejects(openHeadStore({ ...options, headStoreUrl: headsUrl }), /in the cluster of ISSUER_DATABASE_URL/)
  const file = await openHeadStore({ ...options, headStoreUrl: undefined })
  await file.close()
})
