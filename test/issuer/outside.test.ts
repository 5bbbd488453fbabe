// The heads outside the database when something else goes wrong: a store that is away, swaps whose answer is lost, a store that was itself put back.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findWatermark } from '../../src/db/watermark.ts'
import { canonicalText } from '../../src/domain/canonical.ts'
import type { HeadStore, Heads } from '../../src/domain/heads.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { startClockwork } from '../../src/issuer/clockwork.ts'
import { openSharedHeadStore } from '../../src/issuer/head-store-shared.ts'
import { createTestDatabase } from '../support/database.ts'
import { anotherIssuer, openSharedWorld } from '../support/issuers.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { until } from '../support/until.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, type World } from '../support/world.ts'

const AWAY = /the head store, which keeps what this issuer has already seen, does not answer/
const silent = pino({ level: 'silent' })

async function approved(world: World) {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  return { ...asked, place }
}
async function suspendTheo(world: World) {
  const found = [...(await world.ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === 'theo')
  const prepared = await prepareChange(world.ctx, { operation: 'suspend', passkeys: [found?.passkey.thumbprint ?? ''] })
  if (!prepared.ok) return prepared
  return changeDirectory(world.ctx, { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change })
}

/** A gate before a store: shut, nothing comes through. */
function gated(store: HeadStore) {
  const gate = { shut: false }
  const through = async <T>(work: () => Promise<T>): Promise<T> => {
    if (gate.shut) throw new Error('connect ECONNREFUSED')
    return work()
  }
  const heads: HeadStore = {
    ...store,
    read: () => through(() => store.read()),
    swap: (old, next) => through(() => store.swap(old, next)),
  }
  return { gate, heads }
}

/** A world with a second issuer, whose way to the shared store has a gate. */
async function openGated(t: TestContext) {
  const { world, headsUrl } = await openSharedWorld(t)
  const store = await openSharedHeadStore(headsUrl, world.ctx.realm, silent)
  t.after(() => store.close())
  const { gate, heads } = gated(store)
  const issuer = await anotherIssuer(world, heads)
  return { world: issuer, gate, store, headsUrl }
}

/** A connection past the store; it ends with its database. */
async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

test('while the head store is away nothing is minted and no key is changed; decisions, ends and what was given go on, and it comes back by itself', async (t) => {
  const { world, gate } = await openGated(t)
  const clockwork = startClockwork(world.ctx)
  t.after(() => clockwork.stop())
  const app = buildIssuerApp({ ctx: world.ctx, keys: world.keys, publicUrl: 'http://localhost:3000' })
  t.after(() => app.close())
  const readiness = async () => (await app.inject({ url: '/readyz', headers: { host: '10.0.0.7' } })).json()
  const live = await approved(world)
  const first = await claim(world, live.intent, live.place)
  assert.ok(first.ok)
  const next = await approved(world)

  gate.shut = true
  const { minting } = await readiness()
  assert.equal(minting.ready, false)
  assert.match(minting.words, AWAY)
  refused(await claim(world, next.intent, next.place), 'minting_stopped', AWAY)
  refused(await suspendTheo(world), 'minting_stopped', AWAY)
  const again = await claim(world, live.intent, live.place)
  assert.ok(again.ok && again.ciphertext === first.ciphertext, 'what was given is given again')
  await approved(world)
  await makeWish(world.bot, { kind: 'return', person: 'rey', request: live.requestId })
  await until('the return is heeded', async () => (await findGrant(world.ctx.db, live.requestId))?.state !== 'active')

  gate.shut = false
  await until('minting goes on', async () => (await readiness()).minting.ready)
  assert.ok((await claim(world, next.intent, next.place)).ok)
})

test('a swap whose answer is lost is neither done twice nor taken for a loss', async (t) => {
  const { world, store } = await openGated(t)
  const before = (await store.read()) ?? assert.fail()
  const { swap } = world.heads
  let lost = 0
  const losing: HeadStore = {
    ...world.heads,
    swap: async (old: Heads | undefined, heads: Heads) => {
      const done = await swap(old, heads)
      if (lost++ === 0) throw new Error('Connection terminated unexpectedly')
      return done
    },
  }
  const third = await anotherIssuer(world, losing).catch((error: Error) => error.message)
  assert.match(String(third), /terminated unexpectedly/, 'a start says so')
  const outside = (await store.read()) ?? assert.fail()
  assert.equal(outside.watermark, (before.watermark ?? 0) + 1, 'what the database had moved by then is outside')
  await world.ctx.directoryMoved()
  assert.equal((await store.read())?.watermark, (await findWatermark(world.ctx.db))?.counter)
  assert.equal(await world.ctx.mintingStopped(), undefined)
})

test('a change of the directory is told as taken though the store went away between commit and swap, and the heads follow', async (t) => {
  const { world, gate, store } = await openGated(t)
  const { directoryMoved } = world.ctx
  const taken = await suspendTheo({
    ...world,
    ctx: {
      ...world.ctx,
      directoryMoved: async () => {
        gate.shut = true
        await directoryMoved()
      },
    },
  })
  assert.ok(taken.ok, JSON.stringify(taken))
  gate.shut = false
  assert.ok(((await store.read())?.directory.sequence ?? 0) < taken.sequence)
  await until('a heartbeat moves the heads', async () => {
    await world.ctx.beat()
    return (await store.read())?.directory.sequence === taken.sequence
  })
})

test('a store that was itself put back is behind the database, hides nothing from the issuer that runs, and is made good', async (t) => {
  const { world, store, headsUrl } = await openGated(t)
  const early = (await store.read()) ?? assert.fail()
  assert.ok((await suspendTheo(world)).ok)
  const client = await connectTo(headsUrl)
  await client.query('update countersign_head set heads = $1', [canonicalText(early)])
  assert.equal(await world.ctx.mintingStopped(), undefined)
  await world.ctx.directoryMoved()
  assert.equal((await store.read())?.directory.sequence, (await world.ctx.chain()).sequence)
})

test('heads that cannot be read stop minting, and are never taken for none', async (t) => {
  const { world, headsUrl } = await openGated(t)
  const client = await connectTo(headsUrl)
  const { rows } = await client.query('select heads from countersign_head')
  await client.query(`update countersign_head set heads = '{}'`)
  assert.match((await world.ctx.mintingStopped()) ?? '', AWAY)
  await client.query('update countersign_head set heads = $1', [rows[0].heads])
  assert.equal(await world.ctx.mintingStopped(), undefined)
})

test('a store that may not make its table says what its owner must run', async (t) => {
  const database = await createTestDatabase(t as never, { migrated: false })
  await assert.rejects(
    openSharedHeadStore(database.issuerUrl, 'sandbox:x', silent),
    /CREATE TABLE countersign_head[\s\S]*GRANT SELECT, INSERT, UPDATE ON countersign_head TO countersign_issuer_login/,
  )
})

test('a store that is not there at the start is told in words', async () => {
  await assert.rejects(
    openSharedHeadStore('postgres://x:y@127.0.0.1:9/none', 'sandbox:x', silent),
    /the head store at 127\.0\.0\.1:9 cannot be used \(nothing listens there\): start it, or correct the variable\./,
  )
})

test('an issuer that commits moves the watermark at its next beat, and an idle one does not with each', async (t) => {
  const world = await openWorld(t)
  const counter = async () => (await findWatermark(world.ctx.db))?.counter ?? assert.fail()
  await world.ctx.beat()
  const before = await counter()
  for (let beats = 0; beats < 5; beats += 1) await world.ctx.beat()
  assert.equal(await counter(), before)
  await ask(world)
  await heedWishes(world.ctx)
  await world.ctx.beat()
  assert.equal(await counter(), before + 1)
  assert.equal((await world.heads.read())?.watermark, before + 1)
})
