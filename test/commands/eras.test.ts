// New roots for a deployment that lives: nothing that rests on the keys of before goes on, nothing of before is lost, and nobody brings the old roots back.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { openStandings } from '../../src/commands/end-lost-standing.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeReceipt } from '../../src/commands/make-receipt.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { ROOTS_REPLACED } from '../../src/commands/open-era.ts'
import { readSession, signIn } from '../../src/commands/sign-in.ts'
import { nodeCrypto } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findWaiters } from '../../src/db/issuer-queries/find-waiting.ts'
import { findKnown } from '../../src/db/requests.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { verifyReceipt } from '../../src/evidence/receipt.ts'
import { rootsDigest } from '../../src/issuer/trust-roots.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { enrolPeople, signWith } from '../../src/sandbox/enrol-people.ts'
import { makeRoot } from '../../src/sandbox/key-ring.ts'
import { takeSnapshot } from '../support/put-back.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, sign, type World } from '../support/world.ts'

const PUT_BACK = /of era 1, but this deployment has gone on to a later one: an older file was put back/
const PEOPLE = ['rey', 'ana', 'bo', 'theo']

async function approved(world: World) {
  const asked = await ask(world)
  const place = await newHolder()
  const confirmed = await confirm(world, asked.intent, place)
  assert.ok(confirmed.ok, JSON.stringify(confirmed))
  const decided = await decide(world, asked.intent, 'bo')
  assert.ok(decided.ok, JSON.stringify(decided))
  return { ...asked, place }
}
async function lived(world: World) {
  const made = await approved(world)
  const claimed = await claim(world, made.intent, made.place)
  assert.ok(claimed.ok, JSON.stringify(claimed))
  return made
}
/** The world with an issuer of the next era, whose root is a new key of mira's. */
async function withNewRoots(world: World): Promise<World> {
  const roots = { ...world.roots, era: world.roots.era + 1, roots: [makeRoot(world.ring, world.roots.realm, 'mira')] }
  const issuer = await world.reopen({ roots, pastRoots: [world.roots] })
  return { ...world, roots, issuer, ctx: issuer.ctx }
}
async function change(world: World, wanted: Wanted) {
  const prepared = await prepareChange(world.ctx, wanted)
  assert.ok(prepared.ok, JSON.stringify(prepared))
  return changeDirectory(world.ctx, { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change })
}
function signedIn({ ctx, ring }: World, person: string) {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const statement = { v: 1, realm: ctx.realm, kind: 'sign_in', audience: 'issuer', nonce } as Statement
  return signIn(ctx, signWith(ring, ring.idsOf(person)[0] ?? '', statement))
}
const waiting = async ({ ctx }: World) => (await findWaiters(ctx.db, { most: 100 }, 100)).rows
const offered = async (world: World) => (await waiting(world)).map(({ person }) => person).toSorted()
const entries = async ({ ctx }: World) =>
  (
    await sql<{ body: string }>`
      select split_part(convert_from(bytes, 'UTF8'), chr(10), 2) as body from entry where type = 'roots.pinned' order by recorded_at`.execute(
      ctx.db,
    )
  ).rows.map(({ body }) => JSON.parse(body) as Record<string, unknown>)

describe('new roots', () => {
  test('void what is open, end what lives and every sign-in, and say so in the log and to everybody', async (t) => {
    const world = await openWorld(t)
    const [live, renewed, open] = [await lived(world), await lived(world), await approved(world)]
    const session = await signedIn(world, 'ana')
    assert.ok(session.ok)
    const anew = await withNewRoots(world)

    assert.deepEqual(
      await findKnown(anew.ctx.db, open.requestId).then((known) => [known?.state.state, known?.state.ended_reason]),
      ['voided', ROOTS_REPLACED],
    )
    refused(await claim(anew, open.intent, open.place), 'request_ended', /./)
    refused(await claim(anew, renewed.intent, renewed.place, 2), 'evidence_refused', /./)
    assert.equal(await openStandings(anew.ctx).round(), 1)
    assert.equal((await findGrant(anew.ctx.db, live.requestId))?.state, 'revoking')
    assert.equal(await readSession(anew.ctx, session.token), undefined)
    assert.deepEqual(await anew.ctx.db.selectFrom('issuer_session').selectAll().execute(), [])
    const { roots: pinned } = anew
    assert.deepEqual((await entries(anew)).at(-1), { v: 1, realm: pinned.realm, era: 2, roots: rootsDigest(pinned), offered: 4 })
    const news = await anew.ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'roots.pinned').execute()
    assert.deepEqual(news.at(-1)?.payload, { era: 2, people: ['mira'] })

    const before = await entries(anew)
    await anew.reopen({ roots: pinned })
    assert.deepEqual(await entries(anew), before, 'a restart begins no era')
  })

  test('leave no power to any key of before: no sign-in, no statement, no change of the directory', async (t) => {
    const world = await openWorld(t)
    const { intent } = await ask(world)
    const place = await newHolder()
    const asked = { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: place.holder } as const
    const confirmation = await sign(world, 'rey', asked)
    const stolen = await prepareChange(world.ctx, {
      operation: 'role',
      person: 'ana',
      role: 'administrator',
      effect: 'grant',
      passkeys: [],
    })
    assert.ok(stolen.ok)
    const byOldRoot = { ...(await signChange(world, 'mira', stolen.digest)), change: stolen.change }
    const anew = await withNewRoots(world)
    refused(await signedIn(anew, 'bo'), 'passkey_inactive', /./)
    refused(await acceptStatement(anew.ctx, confirmation), 'passkey_inactive', /./)
    refused(await changeDirectory(anew.ctx, byOldRoot), 'passkey_inactive', /./)
    const chain = await anew.ctx.chain()
    assert.deepEqual([chain.era, chain.sequence, chain.head], [2, 0, rootsDigest(anew.roots)])
    assert.deepEqual(
      [...chain.passkeys.values()].map(({ passkey }) => passkey.person),
      ['mira'],
    )
    const roles = await anew.ctx.db.selectFrom('directory_role').select('person').distinct().execute()
    assert.deepEqual(roles, [{ person: 'mira' }])
    const active = await anew.ctx.db.selectFrom('passkey').select(['person', 'era']).where('status', '=', 'active').execute()
    assert.deepEqual(active, [{ person: 'mira', era: 2 }])
  })

  test('begin a chain of their own beside the old one, over which people live again and an issuer starts again', async (t) => {
    const anew = await withNewRoots(await openWorld(t))
    await enrolPeople(anew.ctx, anew.ring, PEOPLE)
    await lived(anew)
    const rows = await anew.ctx.db
      .selectFrom('directory')
      .select(['era', 'sequence'])
      .orderBy('era')
      .orderBy('sequence')
      .execute()
    assert.deepEqual(rows, [
      { era: 1, sequence: 1 },
      { era: 2, sequence: 1 },
    ])
    await anew.ctx.beat()
    const heads = await anew.heads.read()
    assert.deepEqual([heads?.era, heads?.directory.sequence], [2, 1])
    const again = { ...anew, ctx: (await anew.reopen({ roots: anew.roots })).ctx }
    assert.equal(await again.ctx.mintingStopped(), undefined, 'a directory that begins at 0 is no database that was put back')
    await lived(again)
  })

  test('offer keys of before to be enrolled again in one tap, but none that was suspended, held or an administrator’s', async (t) => {
    const world = await openWorld(t)
    const keys = (await world.ctx.chain()).passkeys
    const theos = [...keys.values()].find(({ passkey }) => passkey.person === 'theo')?.passkey.thumbprint ?? assert.fail()
    assert.ok((await change(world, { operation: 'suspend', passkeys: [theos] })).ok)
    await makeWish(world.bot, { kind: 'not_me', person: 'ana', about: { sequence: 1 } })
    await heedWishes(world.ctx)
    const anew = await withNewRoots(world)
    assert.deepEqual(await offered(anew), ['bo', 'rey'])
    const registrations = (await waiting(anew)).map(({ thumbprint }) => thumbprint)
    const enrolled = await change(anew, { operation: 'enrol', registrations })
    assert.ok(enrolled.ok, JSON.stringify(enrolled))
    assert.deepEqual(await offered(anew), [])
    await lived(anew)
  })

  test('take a press about a change of before for nothing, though a change stands at the same place', async (t) => {
    const anew = await withNewRoots(await openWorld(t))
    await enrolPeople(anew.ctx, anew.ring, PEOPLE)
    await makeWish(anew.bot, { kind: 'not_me', person: 'ana', about: { sequence: 1 } })
    await heedWishes(anew.ctx)
    const held = () => anew.ctx.db.selectFrom('passkey_hold').select(['era', 'sequence', 'person']).execute()
    assert.deepEqual(await held(), [])
    await makeWish(anew.bot, { kind: 'not_me', person: 'ana', about: { sequence: 1, era: 2 } })
    await heedWishes(anew.ctx)
    assert.deepEqual(await held(), [{ era: 2, sequence: 1, person: 'ana' }])
  })

  test('are nothing new to a database that was served before there were eras', async (t) => {
    const world = await openWorld(t)
    const open = await approved(world)
    await sql`delete from era`.execute(world.database.connect('owner'))
    const before = await entries(world)
    const again = { ...world, ctx: (await world.reopen()).ctx }
    assert.deepEqual(await entries(again), before)
    assert.ok((await claim(again, open.intent, open.place)).ok)
  })
})

describe('old roots', () => {
  test('stop minting in an issuer that still runs with them, and refuse the next start, also over a database that was put back', async (t) => {
    const world = await openWorld(t)
    const snapshot = await takeSnapshot(t, world.database)
    const anew = await withNewRoots(world)
    await enrolPeople(anew.ctx, anew.ring, PEOPLE)
    assert.match((await world.ctx.mintingStopped()) ?? '', /replaced by those of a later era/)
    const wanted = { operation: 'role', person: 'ana', role: 'auditor', effect: 'grant', passkeys: [] } as const
    refused(await prepareChange(world.ctx, wanted), 'minting_stopped', /replaced/)
    const heads = await world.heads.read()
    world.ctx.committed()
    await world.ctx.beat()
    assert.deepEqual(await world.heads.read(), heads, 'it moves no heads')
    await assert.rejects(world.reopen(), PUT_BACK)
    await snapshot.putBack()
    await assert.rejects(world.reopen(), PUT_BACK)
  })

  test('a database put back to before the new roots stops minting under them until one of them signs for what was lost', async (t) => {
    const world = await openWorld(t)
    const snapshot = await takeSnapshot(t, world.database)
    const anew = await withNewRoots(world)
    await enrolPeople(anew.ctx, anew.ring, PEOPLE)
    await anew.ctx.beat()
    await snapshot.putBack()
    const again = { ...anew, ctx: (await anew.reopen({ roots: anew.roots })).ctx }
    assert.match((await again.ctx.mintingStopped()) ?? '', /older than what this issuer has already seen/)
    const recovered = await change(again, { operation: 'recover' })
    assert.ok(recovered.ok, JSON.stringify(recovered))
    assert.equal(await again.ctx.mintingStopped(), undefined)
  })

  test('that were exchanged while their era stayed are refused', async (t) => {
    const world = await openWorld(t)
    const roots = { ...world.roots, roots: [makeRoot(world.ring, world.roots.realm, 'ana')] }
    await assert.rejects(world.reopen({ roots }), /does not verify|not the file with which era 1 began/)
    const anew = await withNewRoots(world)
    const other = { ...anew.roots, roots: [makeRoot(world.ring, world.roots.realm, 'ana')] }
    await assert.rejects(anew.reopen({ roots: other }), /not the file with which era 2 began/)
  })
})

test('a receipt of an earlier era verifies with the roots of then, is given where they are kept, and holds under no others', async (t) => {
  const world = await openWorld(t)
  const { requestId } = await lived(world)
  const wanted = { request: requestId, number: 1, opened: true }
  const before = await makeReceipt(world.ctx, wanted)
  assert.ok(before.ok, JSON.stringify(before))
  const anew = await withNewRoots(world)
  await enrolPeople(anew.ctx, anew.ring, PEOPLE)
  assert.deepEqual(await makeReceipt(anew.ctx, wanted, await anew.ctx.chain()), before)
  refused(await makeReceipt({ ...anew.ctx, pastRoots: [] }, wanted), 'no_receipt', /roots that have been replaced/)
  const { receipt } = before
  assert.ok((await verifyReceipt(receipt, world.roots, nodeCrypto)).ok)
  const under = await verifyReceipt(receipt, anew.roots, nodeCrypto)
  assert.equal(under.ok, false)

  const later = await lived(anew)
  const own = await makeReceipt(anew.ctx, { ...wanted, request: later.requestId }, await anew.ctx.chain())
  assert.ok(own.ok && own.verdict.rules === 'proven', JSON.stringify(own))
  assert.equal((await verifyReceipt(own.receipt, world.roots, nodeCrypto)).ok, false)
})
