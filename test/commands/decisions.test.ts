// Confirmations and decisions that are refused, each with the sentence its person reads. Keys, assertions and database are real; the attacker
// posts what he could have got hold of.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { commit } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { openKeyRing } from '../../src/sandbox/key-ring.ts'
import { refused } from '../support/refused.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld, sha256, sign, type World } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const MINUTE = 60_000

const approval = (intent: string) =>
  ({ kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] }) as const satisfies Parameters<typeof sign>[2]
const stateOf = async (request: string) => (await findKnown(ctx.db, request))?.state.state
const entriesOf = async (request: string) =>
  (await ctx.db.selectFrom('entry').select('type').where('request_id', '=', request).orderBy('recorded_at').execute()).map(
    ({ type }) => type,
  )

/** A request that rey confirmed, or somebody else. */
async function confirmed(over: Parameters<typeof ask>[1] = {}) {
  const asked = await ask(world, over)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place, String(over['person'] ?? 'rey'))).ok)
  return { ...asked, place }
}
const dropCollection = { action: 'vector-db.drop-collection', parameters: { collection: 'product-search-v1' } }

describe('who decides', () => {
  test('the requester is not an approver, though he is in the group, and the try is an entry', async () => {
    const { intent, requestId } = await confirmed({ person: 'ana' })
    refused(await decide(world, intent, 'ana'), 'self_approval', /asked for this yourself.*Somebody else/)
    assert.equal(await stateOf(requestId), 'awaiting_approvers')
    assert.ok((await entriesOf(requestId)).includes('statement.refused'))
    assert.ok((await decide(world, intent, 'bo')).ok)
  })

  test('nobody outside the groups of the rules decides, be it an administrator', async () => {
    const { intent } = await confirmed()
    for (const person of ['mira', 'theo'])
      refused(await decide(world, intent, person, 'deny'), 'not_an_approver', /Only members of service-owners decide/)
  })

  test('one person does not fill two rules, though he stands in both groups, and cannot decide twice', async () => {
    const { intent, requestId } = await confirmed(dropCollection)
    const once = await decide(world, intent, 'ana')
    assert.deepEqual(once.ok && once.effects, [{ request: requestId, state: 'awaiting_approvers' }])
    refused(await decide(world, intent, 'ana'), 'already_decided', /approved this already.*object/)
    assert.equal(await stateOf(requestId), 'awaiting_approvers')
    refused(await claim(world, intent, await newHolder()), 'foreign_holder_key', /did not name this place/)
    const twice = await decide(world, intent, 'bo')
    assert.deepEqual(twice.ok && twice.effects, [{ request: requestId, state: 'approved' }])
  })

  test('only the person who asked confirms', async () => {
    const { intent } = await ask(world)
    refused(await confirm(world, intent, await newHolder(), 'bo'), 'not_yours', /Only the person who asked/)
  })
})

describe('when a decision counts', () => {
  test('not before the requester has confirmed', async () => {
    const { intent } = await ask(world)
    refused(await decide(world, intent, 'bo'), 'not_confirmed', /requester has not confirmed/)
  })

  test('not after its time, and not once the request has lapsed', async () => {
    const { intent } = await confirmed()
    const late = { ...world, ctx: later(ctx, 71 * MINUTE) }
    refused(await decide(late, intent, 'bo'), 'too_late', /time for this ended at \d\d:\d\d UTC/)
    await sweep(late.ctx)
    refused(await decide(world, intent, 'bo'), 'request_ended', /ran out of time\. Ask again/)
  })

  test('a denial wins over approvals, ends the request and cannot be undone', async () => {
    const { intent, requestId, place } = await confirmed(dropCollection)
    assert.ok((await decide(world, intent, 'ana')).ok)
    const denied = await decide(world, intent, 'bo', 'deny')
    assert.deepEqual(denied.ok && denied.effects, [{ request: requestId, state: 'denied' }])
    refused(await decide(world, intent, 'bo'), 'already_decided', /denied this already/)
    refused(await confirm(world, intent, place), 'request_ended', /was denied/)
    refused(await claim(world, intent, place), 'request_ended', /was denied/)
  })

  test('a denial after the quorum and before the claim still ends it', async () => {
    const { intent, requestId, place } = await confirmed()
    assert.ok((await decide(world, intent, 'bo')).ok)
    assert.equal(await stateOf(requestId), 'approved')
    assert.ok((await decide(world, intent, 'ana', 'deny')).ok)
    refused(await claim(world, intent, place), 'request_ended', /was denied/)
  })

  test('not after the claim: then there is something to end, and nothing to decide', async () => {
    const { intent, place } = await confirmed()
    assert.ok((await decide(world, intent, 'bo')).ok)
    assert.ok((await claim(world, intent, place)).ok)
    refused(await decide(world, intent, 'ana', 'deny'), 'already_claimed', /already been used/)
  })

  test('two approvers who press at once both count, and one quorum is reached once', async () => {
    const { intent, requestId } = await confirmed(dropCollection)
    const outcomes = await Promise.all([decide(world, intent, 'ana'), decide(world, intent, 'bo')])
    const states = outcomes.flatMap((outcome) =>
      outcome.ok ? outcome.effects.map((effect) => 'state' in effect && effect.state) : [],
    )
    assert.deepEqual(states.sort(), ['approved', 'awaiting_approvers'])
    assert.equal((await entriesOf(requestId)).filter((type) => type === 'request.approved').length, 1)
  })
})

describe('an assertion stands for', () => {
  test('one statement once: the same post again is refused and changes nothing', async () => {
    const { intent, requestId } = await confirmed()
    const signed = await sign(world, 'bo', approval(intent))
    assert.ok((await acceptStatement(ctx, signed)).ok)
    const before = await entriesOf(requestId)
    refused(await acceptStatement(ctx, signed), 'nonce_used', /was used already\. Nothing was recorded twice/)
    assert.deepEqual(await entriesOf(requestId), before)
  })

  test('one statement once, also when ten posts of it come together', async () => {
    const { intent, requestId } = await confirmed()
    const signed = await sign(world, 'bo', approval(intent))
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => acceptStatement(ctx, signed)))
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
    assert.equal((await entriesOf(requestId)).filter((type) => type === 'statement.accepted').length, 2)
  })

  test('one person: another’s key signs nothing in his name', async () => {
    const { intent } = await confirmed()
    const [ana, bo] = [await sign(world, 'ana', approval(intent)), await sign(world, 'bo', approval(intent))]
    const swapped = await acceptStatement(ctx, { statement: bo.statement, response: ana.response })
    refused(swapped, 'unknown_passkey', /not enrolled for you here/)
    const posing = await sign(world, 'ana', approval(intent), { signer: { ...signerOf(ana), person: 'bo' } })
    refused(await acceptStatement(ctx, posing), 'unknown_passkey', /not enrolled for you here/)
    const dressed = { statement: bo.statement, response: { ...ana.response, id: bo.response.id, rawId: bo.response.rawId } }
    const refusal = refused(await acceptStatement(ctx, dressed), 'assertion_refused', /does not stand for this page/)
    assert.equal(refusal.check, 'user_handle')
  })

  test('one request: the assertion over another is refused', async () => {
    const [one, other] = [await confirmed(), await confirmed()]
    const signed = await sign(world, 'bo', approval(one.intent))
    const wanted = await sign(world, 'bo', approval(other.intent))
    const outcome = await acceptStatement(ctx, { statement: wanted.statement, response: signed.response })
    assert.equal(refused(outcome, 'assertion_refused', /does not stand for this page and this request/).check, 'challenge')
    assert.equal(await stateOf(other.requestId), 'awaiting_approvers')
  })

  test('one decision: an assertion over deny does not approve', async () => {
    const { intent, requestId } = await confirmed()
    const nonce = makeNonce(ctx.nonceKey, ctx.now())
    const deny = await sign(world, 'bo', approval(intent), { decision: 'deny', nonce })
    const approve = await sign(world, 'bo', approval(intent), { nonce })
    const outcome = await acceptStatement(ctx, { statement: approve.statement, response: deny.response })
    assert.equal(refused(outcome, 'assertion_refused', /Nothing was recorded/).check, 'challenge')
    assert.equal(await stateOf(requestId), 'awaiting_approvers')
  })

  test('this origin: one made on another port of the same host is refused', async () => {
    const { intent, requestId } = await confirmed()
    const elsewhere: World = {
      ...world,
      ring: openKeyRing({ rpId: 'localhost', origin: 'http://localhost:3002' }, world.ringFile),
    }
    const outcome = await acceptStatement(ctx, await sign(elsewhere, 'bo', approval(intent)))
    assert.equal(refused(outcome, 'assertion_refused', /does not stand for this page/).check, 'origin')
    assert.equal(await stateOf(requestId), 'awaiting_approvers')
    assert.ok((await decide(world, intent, 'bo')).ok, 'the same key on the right origin')
  })

  test('one copy of a key: a counter that does not grow is refused', async () => {
    const [one, two] = [await confirmed(), await confirmed()]
    const [first, second] = [await sign(world, 'bo', approval(one.intent)), await sign(world, 'bo', approval(two.intent))]
    assert.ok((await acceptStatement(ctx, second)).ok)
    assert.equal(refused(await acceptStatement(ctx, first), 'assertion_refused', /Nothing was recorded/).check, 'counter')
    assert.equal(await stateOf(one.requestId), 'awaiting_approvers')
  })
})

describe('a nonce', () => {
  const withNonce = async (nonce: string) => {
    const { intent } = await confirmed()
    return acceptStatement(ctx, await sign(world, 'bo', approval(intent), { nonce }))
  }
  test('of six minutes ago is dead', async () => {
    const nonce = makeNonce(ctx.nonceKey, new Date(Date.now() - 6 * MINUTE))
    refused(await withNonce(nonce), 'nonce_stale', /longer than five minutes.*press the button again/)
  })

  test('from the future is not waited for', async () => {
    refused(await withNonce(makeNonce(ctx.nonceKey, new Date(Date.now() + MINUTE))), 'nonce_stale', /Nothing was recorded/)
  })

  test('that this issuer did not make is refused', async () => {
    refused(await withNonce(makeNonce(new Uint8Array(32), ctx.now())), 'nonce_forged', /not begun here/)
    const honest = makeNonce(ctx.nonceKey, ctx.now())
    const bent = (honest.startsWith('A') ? 'B' : 'A') + honest.slice(1)
    refused(await withNonce(bent), 'nonce_forged', /Reload the page/)
  })

  test('serves one statement, whoever signs the second', async () => {
    const { intent } = await confirmed(dropCollection)
    const nonce = makeNonce(ctx.nonceKey, ctx.now())
    assert.ok((await acceptStatement(ctx, await sign(world, 'ana', approval(intent), { nonce }))).ok)
    refused(await acceptStatement(ctx, await sign(world, 'bo', approval(intent), { nonce })), 'nonce_used', /used already/)
  })
})

describe('a statement', () => {
  test('of another realm, about nothing known, or of another kind is refused', async () => {
    const { intent } = await confirmed()
    const foreign = await sign(world, 'bo', approval(intent), { realm: `sandbox:${'0'.repeat(26)}` })
    refused(await acceptStatement(ctx, foreign), 'foreign_realm', /signed for another Countersign/)
    const unknown = await sign(world, 'bo', approval(sha256('nothing')))
    refused(await acceptStatement(ctx, unknown), 'unknown_request', /no such request/)
    const revoke = await sign(world, 'bo', { ...approval(intent), kind: 'revoke', decision: 'revoke' })
    refused(await acceptStatement(ctx, revoke), 'malformed', /not in the form that is signed here/)
  })

  test('with one byte more, or another spelling, is not read', async () => {
    const { intent } = await confirmed()
    const signed = await sign(world, 'bo', approval(intent))
    const text = Buffer.from(signed.statement, 'base64url').toString()
    for (const bent of [`${text} `, text.replace('{', '{ '), text.replace('"v":1', '"v":1,"w":1')])
      refused(
        await acceptStatement(ctx, { ...signed, statement: Buffer.from(bent).toString('base64url') }),
        'malformed',
        /not in the form/,
      )
    refused(await acceptStatement(ctx, { ...signed, statement: `${signed.statement}=` }), 'malformed', /not in the form/)
  })

  test('about two requests decides each by itself', async () => {
    const [mine, other] = [await confirmed({ person: 'ana' }), await confirmed()]
    const signed = await sign(world, 'ana', { ...approval(mine.intent), intents: [mine.intent, other.intent] })
    const outcome = await acceptStatement(ctx, signed)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.deepEqual(outcome.effects, [
      { request: mine.requestId, refusal: { reason: 'self_approval' } },
      { request: other.requestId, state: 'approved' },
    ])
    assert.equal(await stateOf(mine.requestId), 'awaiting_approvers')
    assert.ok((await claim(world, other.intent, other.place)).ok)
  })

  test('about several lifts no objection, which may be newer than the page that was read; a denial needs no second look', async () => {
    const [mine, other] = [await confirmed(), await confirmed()]
    const intents = [mine.intent, other.intent]
    await makeWish(world.bot, { kind: 'object', request: other.requestId, person: 'ana' })
    await heedWishes(ctx)
    const outcome = await acceptStatement(ctx, await sign(world, 'bo', { ...approval(mine.intent), intents }))
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.deepEqual(outcome.effects, [
      { request: other.requestId, refusal: { reason: 'held', by: 'ana' } },
      { request: mine.requestId, state: 'approved' },
    ])
    refused(await claim(world, other.intent, other.place), 'not_approved', /nothing to claim yet/)
    assert.equal((await findKnown(ctx.db, other.requestId))?.state.held_by, 'ana')
    const alone = await decide(world, other.intent, 'bo')
    assert.deepEqual(alone.ok && alone.effects, [{ request: other.requestId, state: 'approved' }])

    const third = await confirmed()
    const fourth = await confirmed()
    await makeWish(world.bot, { kind: 'object', request: fourth.requestId, person: 'ana' })
    await heedWishes(ctx)
    const both = { ...approval(third.intent), decision: 'deny', intents: [third.intent, fourth.intent] }
    const denied = await acceptStatement(ctx, await sign(world, 'bo', both))
    assert.ok(denied.ok && denied.effects.every((effect) => 'state' in effect && effect.state === 'denied'))
  })

  test('that names one request twice is refused', async () => {
    const { intent, requestId } = await confirmed()
    const signed = await sign(world, 'bo', { ...approval(intent), intents: [intent, intent] })
    refused(await acceptStatement(ctx, signed), 'evidence_refused', /do not add up.*intent_named_twice/)
    assert.equal(await stateOf(requestId), 'awaiting_approvers')
  })

  test('keeps its note out of the log, and takes no other note than the one committed to', async () => {
    const { intent, requestId } = await confirmed()
    const { commitment, opening } = commit('only until the deploy is through')
    const signed = await sign(world, 'bo', { ...approval(intent), note: commitment })
    refused(await acceptStatement(ctx, { ...signed, note: { ...opening, value: 'whenever' } }), 'malformed', /not in the form/)
    refused(await acceptStatement(ctx, signed), 'malformed', /not in the form/)
    assert.ok((await acceptStatement(ctx, { ...signed, note: opening })).ok)
    const entries = await ctx.db.selectFrom('entry').select('bytes').where('request_id', '=', requestId).execute()
    const log = entries.map(({ bytes }) => bytes.toString()).join()
    assert.ok(log.includes(commitment.commitment) && !log.includes('until the deploy'))
  })
})

test('the shortest lease that an approver gave is the lease', async () => {
  const { intent, requestId, place } = await confirmed(dropCollection)
  assert.ok((await decide(world, intent, 'ana', 'approve', { lease_seconds: 120 })).ok)
  assert.ok((await decide(world, intent, 'bo', 'approve', { lease_seconds: 3_600 })).ok)
  const given = await claim(world, intent, place)
  assert.ok(given.ok, JSON.stringify(given))
  const grant = await findGrant(ctx.db, requestId)
  assert.equal(grant?.lease_seconds, 120)
  assert.equal(given.endsAt.getTime() - grant.started_at.getTime(), 120_000)
})

function signerOf(signed: { readonly statement: string }): { readonly person: string; readonly passkey: string } {
  return JSON.parse(Buffer.from(signed.statement, 'base64url').toString()).signer
}
