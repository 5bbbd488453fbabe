// A clock that is wrong or steps: minting stops, ending does not, and no step brings back what has ended or does anything twice. Where issuer and database
// share a host their clocks step together, so only what was recorded before tells.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import type { Wanted } from '../../src/commands/change-directory.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { registerPasskey, rejectRegistration } from '../../src/commands/register-passkey.ts'
import { revokeGrant } from '../../src/commands/revoke-grant.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import type { RuleSet } from '../../src/domain/action.ts'
import { approvesFrom } from '../../src/evidence/approver.ts'
import { passkeysOf } from '../../src/evidence/chain-state.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { refused } from '../support/refused.ts'
import { rogueKey } from '../support/rogue-key.ts'
import { changeAsAdministrator } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, sign, type World } from '../support/world.ts'

const HOUR = 3_600_000
const BACK = /clock has stepped back behind what it has recorded/

/** A world whose issuer has a clock that can be set. */
async function openClocked(t: TestContext) {
  const world = await openWorld(t)
  const clock = { ahead: 0 }
  const now = () => new Date(Date.now() + clock.ahead)
  const restart = async (): Promise<World> => {
    const issuer = await world.reopen({ now })
    return { ...world, issuer, ctx: issuer.ctx }
  }
  return { world: await restart(), clock, restart }
}
async function approved(world: World) {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  return { ...asked, place }
}
/** Has the issuer record something now, whatever its clock says. */
async function record(world: World): Promise<void> {
  const { requestId } = await ask(world)
  await makeWish(world.bot, { kind: 'cancel', person: 'rey', request: requestId })
  await heedWishes(world.ctx)
}
const countOf = async ({ ctx }: World, type: string, request?: string) => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from entry
    where type = ${type} and (${request ?? null}::text is null or request_id = ${request ?? null})`.execute(ctx.db)
  return rows[0]?.count
}

test('an issuer whose clock stepped back mints nothing, also after a restart, and says so; it revokes, returns and goes on by itself', async (t) => {
  const { world, clock, restart } = await openClocked(t)
  const [live, other, waiting] = [await approved(world), await approved(world), await approved(world)]
  assert.ok((await claim(world, live.intent, live.place)).ok)
  assert.ok((await claim(world, other.intent, other.place)).ok)
  const stepBack = async (): Promise<void> => {
    clock.ahead = 10_000
    await record(world)
    clock.ahead = 0
  }

  for (const open of [() => world, restart]) {
    // Each time anew, since the clock catches up meanwhile.
    await stepBack()
    const issuer = await open()
    refused(await claim(issuer, waiting.intent, waiting.place), 'minting_stopped', BACK)
    refused(await claim(issuer, live.intent, live.place, 2), 'minting_stopped', BACK)
    const app = buildIssuerApp({ ctx: issuer.ctx, keys: issuer.keys, publicUrl: 'http://localhost:3000' })
    const { minting } = (await app.inject({ url: '/readyz', headers: { host: '10.0.0.7' } })).json()
    assert.equal(minting.ready, false)
    assert.match(minting.words, /stepped back.*goes on by itself.*What was issued is still ended/)
    await app.close()
  }
  assert.equal(await countOf(world, 'clock.stepped_back'), 4)
  const revocation = { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [live.intent] } as const
  assert.ok((await revokeGrant(world.ctx, await sign(world, 'bo', revocation))).ok)
  await makeWish(world.bot, { kind: 'return', person: 'rey', request: other.requestId })
  await heedWishes(world.ctx)
  for (const { requestId } of [live, other]) assert.notEqual((await findGrant(world.ctx.db, requestId))?.state, 'active')

  for (const late = Date.now() + 30_000; ; await delay(100)) {
    const taken = await claim(world, waiting.intent, waiting.place)
    if (taken.ok) break
    refused(taken, 'minting_stopped', BACK)
    assert.ok(Date.now() < late, 'it never caught up')
  }
})

test('a step back that nobody could notice stops nothing', async (t) => {
  const { world, clock } = await openClocked(t)
  const { intent, place } = await approved(world)
  clock.ahead = 1_500
  await record(world)
  clock.ahead = 0
  assert.ok((await claim(world, intent, place)).ok)
})

for (const step of [9_000, -9_000])
  test(`a clock that steps by ${step / 1000} s while a claim is judged mints nothing`, async (t) => {
    const { world, clock } = await openClocked(t)
    const { intent, place, requestId } = await approved(world)
    const mintingStopped: typeof world.ctx.mintingStopped = async (within) => {
      // By now the two clocks have been compared.
      clock.ahead = step
      return world.ctx.mintingStopped(within)
    }
    const during = { ...world, ctx: { ...world.ctx, mintingStopped } }
    refused(await claim(during, intent, place), 'minting_stopped', /clocks .* differ/)
    assert.equal(await countOf(world, 'credential.issuing', requestId), 0)
  })

test('the issuer’s word says when a credential was made, though the clock was set while it was', async (t) => {
  const { world, clock } = await openClocked(t)
  const { intent, place, requestId } = await approved(world)
  const committed = () => {
    clock.ahead = HOUR
    world.ctx.committed()
  }
  assert.ok((await claim({ ...world, ctx: { ...world.ctx, committed } }, intent, place)).ok)
  const [row] = await findCredentials(world.ctx.db, requestId)
  const { judged_at, issued_at } = JSON.parse(String(row?.issued)) as { judged_at: number; issued_at: number }
  assert.ok(issued_at >= judged_at && issued_at < judged_at + HOUR / 2, `${issued_at - judged_at} ms`)
})

test('a proposal that was too long by a clock that was behind is taken up by the right one, wherever it was set right', async (t) => {
  const world = await openWorld(t)
  for (let readings = 1; readings <= 8; readings += 1) {
    const proposed = await proposeRequest(world.bot, {
      person: 'rey',
      action: 'service.restart',
      parameters: { service: 'payments-api' },
      reason: 'INC-4211: payments time out',
    })
    assert.ok(proposed.ok)
    let read = 0
    const now = () => new Date(Date.now() - (++read <= readings ? 9_000 : 0))
    for (let round = 0; round < 10; round += 1) await adoptProposals({ ...world.ctx, now })
    assert.equal((await findKnown(world.ctx.db, proposed.requestId))?.state.state, 'awaiting_requester', `${readings} readings`)
    await makeWish(world.bot, { kind: 'cancel', person: 'rey', request: proposed.requestId })
    await heedWishes(world.ctx)
  }
})

test('a step forward ends what is over by that clock, and stepping back brings nothing of it back and does nothing twice', async (t) => {
  const { world, clock, restart } = await openClocked(t)
  const [live, waiting] = [await approved(world), await approved(world)]
  const first = await claim(world, live.intent, live.place)
  assert.ok(first.ok)
  clock.ahead = 24 * HOUR
  refused(
    await claim(world, waiting.intent, waiting.place, 1, { nonce: makeNonce(world.ctx.nonceKey, world.ctx.now()) }),
    'too_late',
    /./,
  )
  await sweep(world.ctx)
  assert.equal((await findGrant(world.ctx.db, live.requestId))?.state, 'expired')
  assert.equal((await findKnown(world.ctx.db, waiting.requestId))?.state.state, 'lapsed')

  clock.ahead = 0
  for (const issuer of [world, await restart()]) {
    await sweep(issuer.ctx)
    await heedWishes(issuer.ctx)
    refused(await claim(issuer, live.intent, live.place), 'grant_ended', /./)
    refused(await claim(issuer, live.intent, live.place, 2), 'grant_ended', /./)
    assert.equal((await claim(issuer, waiting.intent, waiting.place)).ok, false)
  }
  assert.equal((await findGrant(world.ctx.db, live.requestId))?.state, 'expired')
  assert.equal((await findKnown(world.ctx.db, waiting.requestId))?.state.state, 'lapsed')
  for (const type of ['grant.expired', 'credential.issued', 'grant.started'])
    assert.equal(await countOf(world, type, live.requestId), 1, type)
  assert.equal(await countOf(world, 'request.lapsed', waiting.requestId), 1)
})

test('while a clock has stepped back, what ends by time still ends by it', async (t) => {
  const { world, clock } = await openClocked(t)
  const { intent, requestId, place } = await approved(world)
  assert.ok((await claim(world, intent, place)).ok)
  const end = (await findGrant(world.ctx.db, requestId))?.ends_at.getTime() ?? assert.fail()
  clock.ahead = end - Date.now() + HOUR
  // Something else is recorded there; nothing is swept before the clock goes back to just after the end.
  await ask(world)
  clock.ahead = end - Date.now() + 1_000
  refused(await claim(world, intent, place, 2, { nonce: makeNonce(world.ctx.nonceKey, world.ctx.now()) }), 'grant_ended', /./)
  await sweep(world.ctx)
  assert.equal((await findGrant(world.ctx.db, requestId))?.state, 'expired')
})

test('while a clock has stepped back, what rules newly give waits as long as if it had not', async (t) => {
  const { world, clock } = await openClocked(t)
  const file = join(world.runbooksDir, 'directory.yaml')
  const publish = async (was: string, is: string) => {
    const text = readFileSync(file, 'utf8')
    assert.ok(text.includes(was), `directory.yaml does not say ${was}`)
    writeFileSync(file, text.replace(was, is))
    return (await world.issuer.reload()).ruleSet
  }
  const waits = ({ gained, keys }: RuleSet, who: string) => {
    const one = gained.find(({ person }) => person === who)
    return one && Math.round((one.at * 1000 + keys.gained_hours * HOUR - Date.now()) / HOUR) - 240
  }
  clock.ahead = 240 * HOUR
  assert.deepEqual((await publish('approver_keys: 1', 'approver_keys: 1, cool_down_hours: 12')).gained, [])
  clock.ahead = 192 * HOUR
  assert.equal(waits(await publish('service-owners: [ana, bo]', 'service-owners: [ana, bo, theo]'), 'theo'), 24)
  // Nor do fewer hours, asked for then, count any sooner.
  await publish('approver_keys: 1', 'approver_keys: 1, gained_hours: 0')
  clock.ahead = 241 * HOUR
  assert.equal(waits(await publish('service-owners: [ana, bo, theo]', 'service-owners: [ana, bo, theo, rey]'), 'rey'), 25)
})

test('while a clock has stepped back, a key that comes to serve cools down as long as if it had not', async (t) => {
  const { world, clock } = await openClocked(t)
  const change = async (wanted: Wanted) => {
    await changeAsAdministrator(world, wanted)
    return world.ctx.chain()
  }
  clock.ahead = 240 * HOUR
  await change({ operation: 'endorse', rule_set: world.ctx.published().digest })
  // What came before it in the chain holds a change back; here it is an entry of another kind.
  clock.ahead = 300 * HOUR
  const { thumbprint, registration } = rogueKey(world, 'rey')
  assert.ok((await registerPasskey(world.ctx, registration)).ok)
  assert.ok((await rejectRegistration(world.ctx, 'mira', thumbprint)).ok)
  clock.ahead = 250 * HOUR
  const chain = await change({ operation: 'role', person: 'theo', role: 'approver', effect: 'grant', passkeys: [] })
  const [theo] = passkeysOf(chain, 'theo')
  const { ruleSet } = world.ctx.published()
  const from = approvesFrom(chain, theo ?? assert.fail(), ruleSet, world.ctx.roots)
  assert.equal(Math.round((from - Date.now()) / HOUR), 300 + ruleSet.keys.cool_down_hours)
})
