// An enrolled approver who works alone: his key signs whatever he likes, and he registers as many more as he likes. One approval is one, of one person, by one
// key that an administrator enrolled, about another person's request.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { prepareChange } from '../../src/commands/change-directory.ts'
import { newSalt } from '../../src/crypto.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { rogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, claimOf, confirm, decide, newHolder, sign } from '../support/world.ts'

// Ana may ask for a restart and owns services: she approves others', and here she wants her own.
const THIEF = 'ana'
const ends = lastFirst(after)
let door: Door
let gains: Gains
const place = await newHolder()
type Asked = Awaited<ReturnType<typeof ask>>
/** Hers and another's that wait; one that takes two approvals; one that is approved, and one that lives. */
const at = {} as Record<'own' | 'waiting' | 'double' | 'unconfirmed' | 'approved' | 'live', Asked>

before(async () => {
  door = await openDoors(ends, { extras: async () => undefined })
  const { world } = door
  const drop = { action: 'vector-db.drop-collection', parameters: { collection: 'product-search-v1' } }
  at.own = await ask(world, { person: THIEF })
  assert.ok((await confirm(world, at.own.intent, place, THIEF)).ok)
  at.waiting = await ask(world)
  at.double = await ask(world, drop)
  at.unconfirmed = await ask(world)
  at.approved = await ask(world)
  at.live = await ask(world)
  for (const { intent } of [at.waiting, at.double, at.approved, at.live]) assert.ok((await confirm(world, intent, place)).ok)
  for (const { intent } of [at.approved, at.live]) assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, at.live.intent, place)).ok)
  gains = await watchGains(world, [THIEF])
})
afterEach(() => gains.nothingGained())

const post = async (url: string, body: unknown) => gains.hear(await door.post(url, body))
type Answer = Awaited<ReturnType<typeof post>>
const isRefused = ({ statusCode, body }: Answer, what = ''): void =>
  assert.ok(statusCode >= 400 && statusCode < 500, `${what}: ${statusCode} ${body}`)
const decides = (over: Record<string, unknown>, bent: Record<string, unknown> = {}) =>
  sign(
    door.world,
    THIEF,
    { kind: 'decide', role: 'approver', decision: 'approve', intents: [at.waiting.intent], ...over } as never,
    bent,
  )
const stateOf = async ({ requestId }: Asked) =>
  (
    await door.world.ctx.db
      .selectFrom('request_state')
      .select('state')
      .where('request_id', '=', requestId)
      .executeTakeFirstOrThrow()
  ).state
const keyOf = async (person: string) =>
  [...(await door.world.ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === person)?.passkey ?? assert.fail()

describe('an approver alone', () => {
  test('approves his own request: by itself, among others, and in another’s name', async () => {
    isRefused(await post('/v1/statements', await decides({ intents: [at.own.intent] })))
    const passkey = (await keyOf('bo')).thumbprint
    isRefused(await post('/v1/statements', await decides({ intents: [at.own.intent] }, { signer: { person: 'bo', passkey } })))
    const own = (await keyOf(THIEF)).thumbprint
    isRefused(
      await post('/v1/statements', await decides({ intents: [at.own.intent] }, { signer: { person: 'bo', passkey: own } })),
    )
    assert.equal(await stateOf(at.own), 'awaiting_approvers')
  })

  test('fills two rules by one tap, by two taps, and by a tap that names the request twice', async () => {
    const one = await post('/v1/statements', await decides({ intents: [at.double.intent, at.own.intent] }))
    assert.equal(one.statusCode, 200, one.body)
    assert.equal(
      one.json().requests.find(({ request }: { request: string }) => request === at.own.requestId)?.reason,
      'self_approval',
    )
    isRefused(await post('/v1/statements', await decides({ intents: [at.double.intent] })), 'again')
    isRefused(await post('/v1/statements', await decides({ intents: [at.double.intent, at.double.intent] })), 'twice')
    assert.equal(await stateOf(at.double), 'awaiting_approvers', 'one of two')
    isRefused(await post('/v1/claims', await claimOf(door.world, at.double.intent, place)), 'a claim')
  })

  test('approves ten times at once: he counts once', async () => {
    const taps = await Promise.all(Array.from({ length: 10 }, () => decides({ intents: [at.double.intent] })))
    const answers = await Promise.all(taps.map((tap) => post('/v1/statements', tap)))
    assert.ok(answers.every(({ statusCode }) => statusCode >= 400))
    assert.equal(await stateOf(at.double), 'awaiting_approvers')
  })

  test('registers a second key, and one in a colleague’s name, and approves with them', async () => {
    for (const person of [THIEF, 'bo', 'rey']) {
      const key = rogueKey(door.world, person)
      assert.equal((await post('/v1/registrations', key.registration)).statusCode, 200)
      const proof = key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key })
      assert.equal((await post('/v1/statements', proof)).statusCode, 200)
      const approval = { role: 'approver', decision: 'approve', intents: [at.double.intent] }
      isRefused(await post('/v1/statements', key.sign('decide', approval)), person)
      isRefused(await post('/v1/statements', key.sign('sign_in', { audience: 'issuer' })), person)
    }
  })

  test('signs changes of the directory: his second key, his role, the end of an administrator’s', async () => {
    const { world } = door
    const mira = (await keyOf('mira')).thumbprint
    const bo = (await keyOf('bo')).thumbprint
    for (const wanted of [
      { operation: 'role', person: THIEF, role: 'administrator', effect: 'grant', passkeys: [] },
      { operation: 'role', person: 'mira', role: 'administrator', effect: 'withdraw', passkeys: [] },
      { operation: 'suspend', passkeys: [mira] },
      { operation: 'revoke', passkeys: [bo] },
    ] as const) {
      const prepared = await prepareChange(world.ctx, wanted)
      if (!prepared.ok) continue
      isRefused(await post('/v1/statements', { ...(await signChange(world, THIEF, prepared.digest)), change: prepared.change }))
      const signer = { person: 'mira', passkey: mira }
      isRefused(
        await post('/v1/statements', {
          ...(await signChange(world, THIEF, prepared.digest, { signer })),
          change: prepared.change,
        }),
      )
    }
  })

  test('confirms another’s request for a place of his own, and claims there', async () => {
    const mine = await newHolder()
    for (const asked of [at.unconfirmed, at.approved]) {
      const said = {
        kind: 'request',
        role: 'requester',
        decision: 'confirm',
        intents: [asked.intent],
        holder: mine.holder,
      } as const
      isRefused(await post('/v1/statements', await sign(door.world, THIEF, said)), 'his key')
      const signer = { person: 'rey', passkey: (await keyOf('rey')).thumbprint }
      isRefused(await post('/v1/statements', await sign(door.world, THIEF, said, { signer })), 'in the requester’s name')
      isRefused(await post('/v1/claims', await claimOf(door.world, asked.intent, mine)), 'a claim')
    }
  })

  test('approves before anybody confirmed', async () => {
    isRefused(await post('/v1/statements', await decides({ intents: [at.unconfirmed.intent] })))
    assert.equal(await stateOf(at.unconfirmed), 'awaiting_requester')
  })

  test('says more than a decision says: another role or decision, a longer lease, a holder, another realm, another’s note', async () => {
    for (const bent of [
      { role: 'administrator' },
      { role: 'requester' },
      { decision: 'confirm' },
      { decision: 'approve_all' },
      { lease_seconds: 999_999 },
      { holder: place.holder },
      { realm: 'prod:00000000000000000000000000' },
      { note: { commitment: 'A'.repeat(43) } },
      { quorum: 0 },
      { v: 2 },
    ])
      isRefused(await post('/v1/statements', await decides({}, bent)), JSON.stringify(bent))
    const note = { value: 'ok', salt: newSalt() }
    isRefused(await post('/v1/statements', { ...(await decides({})), note }), 'a note that was not committed to')
    assert.equal(await stateOf(at.waiting), 'awaiting_approvers')
  })

  test('uses a sign-in, a revocation or a register tap of his where a decision is asked, and the other way round', async () => {
    const { world } = door
    const { ctx, ring } = world
    const [id = ''] = ring.idsOf(THIEF)
    const about = { v: 1, realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()) } as const
    const entered = signWith(ring, id, { ...about, kind: 'sign_in', audience: 'issuer' })
    const approval = await decides({ intents: [at.waiting.intent] })
    isRefused(await post('/v1/statements', { ...approval, response: entered.response }), 'a sign-in as approval')
    isRefused(await post('/v1/statements', { ...entered, response: approval.response }), 'an approval as sign-in')
    isRefused(await post('/v1/revocations', approval), 'an approval as revocation')
  })

  test('ends another’s grant as the requester or an administrator would', async () => {
    for (const role of ['requester', 'administrator'] as const) {
      const said = { kind: 'revoke', role, decision: 'revoke', intents: [at.live.intent] } as const
      isRefused(await post('/v1/revocations', await sign(door.world, THIEF, said)), role)
    }
  })
})
