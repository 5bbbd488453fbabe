// Early ends and failures: who may end a grant, and that a grant which ends while a credential is being made lets none out.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { IssuerContext } from '../../src/commands/context.ts'
import { giveBack, revokeGrant } from '../../src/commands/revoke-grant.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { thumbprint } from '../../src/crypto.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { tagged } from '../../src/domain/tags.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { refused } from '../support/refused.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld, sign, type TestHolder } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world

async function approved() {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  return { ...asked, place }
}
async function claimed() {
  const made = await approved()
  assert.ok((await claim(world, made.intent, made.place)).ok)
  return made
}
const grantOf = async (request: string) => (await findGrant(ctx.db, request))?.state
const credentialsOf = async (request: string) => (await findCredentials(ctx.db, request)).map(({ state }) => state)
const endOf = async (request: string) => (await findGrant(ctx.db, request))?.ends_at.getTime() ?? 0
const typesOf = async (request: string) =>
  (await ctx.db.selectFrom('entry').select('type').where('request_id', '=', request).orderBy('recorded_at').execute()).map(
    ({ type }) => type,
  )

const revoke = async (intent: string, person: string, role: 'requester' | 'approver' | 'administrator') =>
  revokeGrant(ctx, await sign(world, person, { kind: 'revoke', role, decision: 'revoke', intents: [intent] }))

async function giveBackOf(intent: string, by: TestHolder, bent: Record<string, unknown> = {}) {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const body = { v: 1, realm: ctx.realm, intent, holder: thumbprint(by.holder.sign), nonce, decision: 'return', ...bent }
  const bytes = canonicalBytes(body)
  return { giveBack: encodeBase64url(bytes), signature: await by.sign(tagged('giveBack', bytes)) }
}

describe('a signed revocation', () => {
  for (const [person, role] of [
    ['rey', 'requester'],
    ['ana', 'approver'],
    ['mira', 'administrator'],
  ] as const) {
    test(`by the ${role} ends the grant, with his statement beside the others`, async () => {
      const { intent, requestId } = await claimed()
      const ended = await revoke(intent, person, role)
      assert.equal(ended.ok && ended.state, 'revoking')
      assert.equal(await grantOf(requestId), 'revoking')
      const kept = await ctx.db
        .selectFrom('evidence')
        .select('person')
        .where('request_id', '=', requestId)
        .where('decision', '=', 'revoke')
        .execute()
      assert.deepEqual(kept, [{ person }])
    })
  }

  test('in a role that is not the signer’s is refused', async () => {
    const { intent, requestId } = await claimed()
    for (const [person, role] of [
      ['theo', 'approver'],
      ['theo', 'administrator'],
      ['ana', 'administrator'],
      ['bo', 'requester'],
      ['mira', 'approver'],
    ] as const)
      refused(
        await revoke(intent, person, role),
        'not_permitted',
        /for the requester, people who may approve this, and administrators only/,
      )
    assert.equal(await grantOf(requestId), 'active')
  })

  test('of what was never issued is refused; of what has ended it says how it ended', async () => {
    const { intent } = await approved()
    refused(await revoke(intent, 'ana', 'approver'), 'no_grant', /Nothing has been issued/)
    const past = await claimed()
    await sweep(later(ctx, (await endOf(past.requestId)) - Date.now() + 1_000))
    const late = await revoke(past.intent, 'ana', 'approver')
    assert.equal(late.ok && late.state, 'expired')
    assert.equal(await grantOf(past.requestId), 'expired')
  })

  test('is no decision: neither door takes the other’s statement', async () => {
    const { intent } = await claimed()
    const approve = await sign(world, 'ana', { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] })
    refused(await revokeGrant(ctx, approve), 'malformed', /not in the form/)
  })

  test('serves once', async () => {
    const [{ intent }, signed] = await claimed().then(
      async (made) =>
        [
          made,
          await sign(world, 'ana', { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [made.intent] }),
        ] as const,
    )
    assert.ok((await revokeGrant(ctx, signed)).ok, intent)
    refused(await revokeGrant(ctx, signed), 'nonce_used', /used already/)
  })
})

describe('a give-back', () => {
  test('by the place that holds the credential ends the grant', async () => {
    const { intent, requestId, place } = await claimed()
    const given = await giveBack(ctx, await giveBackOf(intent, place))
    assert.equal(given.ok && given.state, 'revoking')
    await sweep(later(ctx, (await endOf(requestId)) - Date.now() + 1_000))
    assert.equal(await grantOf(requestId), 'returned')
  })

  test('by any other key, for another realm, too old or of the claim’s bytes is refused', async () => {
    const { intent, requestId, place } = await claimed()
    const thief = await newHolder()
    refused(await giveBack(ctx, await giveBackOf(intent, thief)), 'foreign_holder_key', /did not name this place/)
    refused(
      await giveBack(ctx, await giveBackOf(intent, { ...thief, holder: place.holder })),
      'claim_signature',
      /not signed by the key/,
    )
    refused(
      await giveBack(ctx, await giveBackOf(intent, place, { realm: `sandbox:${'0'.repeat(26)}` })),
      'foreign_realm',
      /another Countersign/,
    )
    const stale = makeNonce(ctx.nonceKey, new Date(Date.now() - 360_000))
    refused(await giveBack(ctx, await giveBackOf(intent, place, { nonce: stale })), 'nonce_stale', /five minutes/)
    refused(await giveBack(ctx, await giveBackOf(intent, place, { decision: 'extend' })), 'malformed', /not in the form/)
    assert.equal(await grantOf(requestId), 'active')
  })
})

/** An issuer whose signing waits at a gate: what happens in the world while one credential is being made. */
function atTheGate() {
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow: IssuerContext = {
    ...ctx,
    signer: {
      accessTokenKid: ctx.signer.accessTokenKid,
      sign: async (...asked) => {
        reached.resolve()
        await gate.promise
        return ctx.signer.sign(...asked)
      },
    },
  }
  return { slow: { ...world, ctx: slow }, reached: reached.promise, open: gate.resolve }
}
const broken: IssuerContext = {
  ...ctx,
  signer: {
    accessTokenKid: ctx.signer.accessTokenKid,
    sign: () => Promise.reject(new Error('the key service is away')),
  },
}

describe('while a credential is being made', () => {
  test('an early end lets it not out: nobody gets it, and it is taken back', async () => {
    const { intent, requestId, place } = await approved()
    const { slow, reached, open } = atTheGate()
    const making = claim(slow, intent, place)
    await reached
    assert.ok((await giveBack(ctx, await giveBackOf(intent, place))).ok)
    open()
    refused(await making, 'grant_ended', /has ended \(revoking\)/)
    assert.deepEqual(await credentialsOf(requestId), ['revoking'])
    assert.equal((await findCredentials(ctx.db, requestId))[0]?.ciphertext, null)
    await sweep(later(ctx, (await endOf(requestId)) - Date.now() + 1_000))
    assert.equal(await grantOf(requestId), 'returned')
    assert.deepEqual(await credentialsOf(requestId), ['revoked'])
  })

  test('a crash leaves none behind: it counts as made, is recorded as unknown and taken back with the grant', async () => {
    const { intent, requestId, place } = await approved()
    const { slow, reached, open } = atTheGate()
    const making = claim(slow, intent, place)
    await reached
    await sweep(later(ctx, 29_000))
    assert.deepEqual(await credentialsOf(requestId), ['issuing'], 'it may still come')
    await sweep(later(ctx, 31_000))
    assert.deepEqual(await credentialsOf(requestId), ['revoking'])
    assert.equal(await grantOf(requestId), 'revoking')
    assert.ok((await typesOf(requestId)).includes('credential.issue_unknown'))
    open()
    refused(await making, 'grant_ended', /has ended/)
    assert.deepEqual(await credentialsOf(requestId), ['revoking'], 'the late one changes nothing')
    await sweep(later(ctx, (await endOf(requestId)) - Date.now() + 1_000))
    assert.deepEqual([await grantOf(requestId), await credentialsOf(requestId)], ['revoked', ['revoked']])
  })

  test('the lease ends: the grant expires in time, and what comes after is taken back', async () => {
    const { intent, requestId, place } = await approved()
    const { slow, reached, open } = atTheGate()
    const making = claim(slow, intent, place)
    await reached
    const end = later(ctx, (await endOf(requestId)) - Date.now() + 1_000)
    // It was begun just before the end, so that the sweep does not take it for stale.
    await ctx.db.updateTable('credential').set({ created_at: end.now() }).where('request_id', '=', requestId).execute()
    await sweep(end)
    assert.equal(await grantOf(requestId), 'expired')
    open()
    refused(await making, 'grant_ended', /has ended \(expired\)/)
    await sweep(end)
    assert.deepEqual([await grantOf(requestId), await credentialsOf(requestId)], ['expired', ['revoked']])
  })

  test('a failure is recorded, hands out nothing and does not come to life later', async () => {
    const { intent, requestId, place } = await approved()
    refused(await claim({ ...world, ctx: broken }, intent, place), 'issue_failed', /could not be made\. Nothing was handed out/)
    assert.deepEqual([await grantOf(requestId), await credentialsOf(requestId)], ['failed', ['failed']])
    refused(await claim(world, intent, place), 'grant_ended', /has ended \(failed\)/)
    const types = await typesOf(requestId)
    assert.deepEqual(types.slice(types.indexOf('credential.issuing')), [
      'credential.issuing',
      'grant.failed',
      'credential.issue_failed',
      'claim.refused',
    ])
  })

  test('a failure of the second leaves the grant and the first alone', async () => {
    const { intent, requestId, place } = await claimed()
    refused(await claim({ ...world, ctx: broken }, intent, place, 2), 'issue_failed', /Nothing was handed out/)
    refused(await claim(world, intent, place, 2), 'issue_failed', /Nothing was handed out/)
    assert.ok((await claim(world, intent, place, 3)).ok)
    assert.deepEqual([await grantOf(requestId), await credentialsOf(requestId)], ['active', ['issued', 'failed', 'issued']])
  })
})

test('a sweep that moves nothing says so, also while something waits for its end', async () => {
  const { intent, place, requestId } = await approved()
  const { slow, reached, open } = atTheGate()
  const making = claim(slow, intent, place)
  await reached
  assert.ok((await giveBack(ctx, await giveBackOf(intent, place))).ok)
  const end = later(ctx, (await endOf(requestId)) - Date.now() + 1_000)
  await ctx.db.updateTable('credential').set({ created_at: end.now() }).where('request_id', '=', requestId).execute()
  await sweep(end)
  assert.equal(await sweep(end), 0)
  open()
  await making
})
