// Claims that are refused: by the place, the number, the time, and the state or evidence behind them. Forgers here own the database itself.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { compactDecrypt } from 'jose'
import { sql } from 'kysely'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { claimCredential } from '../../src/commands/claim-credential.ts'
import { revokeGrant } from '../../src/commands/revoke-grant.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { thumbprint } from '../../src/crypto.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { refused } from '../support/refused.ts'
import { ask, claim, claimOf, confirm, decide, later, newHolder, openWorld, sign, type TestHolder } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const owner = world.database.connect('owner')
const MINUTE = 60_000

async function confirmed() {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  return { ...asked, place }
}
async function approved() {
  const made = await confirmed()
  assert.ok((await decide(world, made.intent, 'bo')).ok)
  return made
}
const refusalsOf = async (request: string) =>
  (
    await ctx.db
      .selectFrom('entry')
      .select('bytes')
      .where('request_id', '=', request)
      .where('type', '=', 'claim.refused')
      .execute()
  ).map(({ bytes }) => JSON.parse(bytes.toString().split('\n')[1] ?? '').reason)

describe('a claim by', () => {
  test('a place that the requester did not name is refused, and is no entry: anybody with a link could fill the log', async () => {
    const { intent, requestId } = await approved()
    refused(
      await claim(world, intent, await newHolder()),
      'foreign_holder_key',
      /did not name this place.*Confirm once more from here/,
    )
    assert.deepEqual(await refusalsOf(requestId), [])
  })

  test('a place named for another request is refused', async () => {
    const [mine, other] = [await approved(), await approved()]
    refused(await claim(world, mine.intent, other.place), 'foreign_holder_key', /did not name this place/)
  })

  test('another key in the name of the place is refused', async () => {
    const { intent, requestId, place } = await approved()
    const thief = await newHolder()
    const posing: TestHolder = { ...thief, holder: place.holder }
    refused(await claim(world, intent, posing), 'claim_signature', /not signed by the key of the place/)
    const honest = await claimOf(world, intent, place)
    refused(await claimCredential(ctx, { ...honest, signature: '!' }), 'claim_signature', /not signed/)
    assert.deepEqual(await refusalsOf(requestId), [])
  })

  test('the place, for another encryption key than it was named with, is refused first and when repeated', async () => {
    const { intent, requestId, place } = await approved()
    const elsewhere = thumbprint((await newHolder()).holder.encrypt)
    refused(await claim(world, intent, place, 1, { encrypt: elsewhere }), 'claim_differs', /not given out twice/)
    assert.deepEqual(await refusalsOf(requestId), ['claim_differs'], 'what the place signed is an entry')
    const first = await claim(world, intent, place)
    assert.ok(first.ok)
    refused(await claim(world, intent, place, 1, { encrypt: elsewhere }), 'claim_differs', /with other keys/)
    const again = await claim(world, intent, place)
    assert.equal(again.ok && again.ciphertext, first.ciphertext)
  })

  test('a second place, named by one more tap, is a credential of its own and not the first one again', async () => {
    const { intent, place, requestId } = await approved()
    const second = await newHolder()
    assert.ok((await confirm(world, intent, second)).ok)
    assert.ok((await claim(world, intent, place)).ok)
    refused(await claim(world, intent, second, 1), 'claim_differs', /Credential 1 was claimed already/)
    assert.ok((await claim(world, intent, second, 2)).ok)
    assert.equal((await findCredentials(ctx.db, requestId)).length, 2)
  })
})

describe('a claim of', () => {
  test('the second credential before the first is out of turn, as is the third before the second', async () => {
    const { intent, place } = await approved()
    assert.equal(refused(await claim(world, intent, place, 2), 'claim_out_of_turn', /has number 1\./).expected, 1)
    assert.ok((await claim(world, intent, place)).ok)
    assert.equal(refused(await claim(world, intent, place, 3), 'claim_out_of_turn', /has number 2\./).expected, 2)
    assert.ok((await claim(world, intent, place, 2)).ok)
  })

  test('a further credential never outlives the lease that the first one began', async () => {
    const { intent, place } = await approved()
    const first = await claim(world, intent, place)
    const second = await claim(world, intent, place, 2)
    assert.ok(first.ok && second.ok)
    assert.notEqual(first.credential, second.credential)
    assert.deepEqual(second.endsAt, first.endsAt)
  })

  test('something bent, foreign, stale or unknown is refused', async () => {
    const { intent, place } = await approved()
    const bent = (over: Record<string, unknown>) => claim(world, intent, place, 1, over)
    refused(await bent({ realm: `sandbox:${'0'.repeat(26)}` }), 'foreign_realm', /another Countersign/)
    refused(await bent({ nonce: makeNonce(ctx.nonceKey, new Date(Date.now() - 6 * MINUTE)) }), 'nonce_stale', /five minutes/)
    refused(await bent({ nonce: makeNonce(new Uint8Array(32), ctx.now()) }), 'nonce_forged', /not begun here/)
    refused(await bent({ intent: thumbprint(place.holder.sign) }), 'unknown_request', /no such request/)
    refused(await bent({ material: { kind: 'jwt', scope: 'all' } }), 'malformed', /not in the form/)
    assert.ok((await claim(world, intent, place)).ok)
  })
})

describe('a claim comes too', () => {
  test('early: before anybody approved', async () => {
    const { intent, place, requestId } = await confirmed()
    refused(await claim(world, intent, place), 'not_approved', /waits for approvers: there is nothing to claim yet/)
    assert.deepEqual(await refusalsOf(requestId), ['not_approved'])
  })

  test('late: after its time, and after the request has lapsed', async () => {
    const { intent, place, requestId } = await approved()
    const late = { ...world, ctx: later(ctx, 101 * MINUTE) }
    refused(await claim(late, intent, place), 'too_late', /time for this ended at/)
    await sweep(late.ctx)
    refused(await claim(world, intent, place), 'request_ended', /ran out of time/)
    assert.equal(await findGrant(ctx.db, requestId), undefined)
  })

  test('late after the requester’s tap: one more tap makes it fresh, and the approvals stay', async () => {
    const asked = await ask(world)
    const place = await newHolder()
    // The tap was accepted when the issuer's clock showed sixteen minutes less; the action asks for fifteen.
    const before = { ...world, ctx: later(ctx, -16 * MINUTE) }
    assert.ok((await confirm(before, asked.intent, place)).ok)
    assert.ok((await decide(world, asked.intent, 'bo')).ok)
    refused(await claim(world, asked.intent, place), 'confirmation_too_old', /older than 15 minutes\. Tap your key once more/)
    const elsewhere = await newHolder()
    assert.ok((await confirm(world, asked.intent, elsewhere)).ok)
    refused(await claim(world, asked.intent, place), 'confirmation_too_old', /older than 15 minutes/)
    assert.ok((await confirm(world, asked.intent, place)).ok)
    assert.ok((await claim(world, asked.intent, place)).ok)
  })

  test('late for the lease: an ended grant gives nothing more, neither the same nor the next', async () => {
    const { intent, place, requestId } = await approved()
    assert.ok((await claim(world, intent, place)).ok)
    const end = (await findGrant(ctx.db, requestId))?.ends_at.getTime() ?? 0
    const after = { ...world, ctx: later(ctx, end - Date.now() + 1_000) }
    refused(await claim(after, intent, place), 'grant_ended', /has ended \(expired\)/)
    refused(await claim(after, intent, place, 2), 'grant_ended', /has ended/)
    await sweep(after.ctx)
    refused(await claim(world, intent, place), 'grant_ended', /has ended \(expired\)/)
    assert.deepEqual(
      (await findCredentials(ctx.db, requestId)).map(({ state, ciphertext }) => [state, ciphertext]),
      [['expired', null]],
    )
  })
})

describe('the owner of the database forges', () => {
  test('a state that says approved: without signatures nothing is minted (invariant 1)', async () => {
    const { intent, place, requestId } = await confirmed()
    await owner
      .updateTable('request_state')
      .set({ state: 'approved', approved_at: new Date(), missing: '[]' })
      .where('request_id', '=', requestId)
      .execute()
    refused(await claim(world, intent, place), 'changed_since', /standing of an approver changed/)
    assert.equal(await findGrant(ctx.db, requestId), undefined)
    assert.deepEqual(await findCredentials(ctx.db, requestId), [])
  })

  test('a state that says approved for a request that nobody even confirmed', async () => {
    const { intent, requestId } = await ask(world)
    const { place, requestId: donor } = await approved()
    await owner.updateTable('request_state').set({ state: 'approved' }).where('request_id', '=', requestId).execute()
    await copyEvidence(donor, requestId, 'confirm')
    const refusal = refused(await claim(world, intent, place), 'evidence_refused', /do not add up to a grant \(other_intent\)/)
    assert.equal(refusal.check, 'other_intent')
  })

  test('evidence: an approval of another request put beside this one', async () => {
    const [donor, { intent, place, requestId }] = [await approved(), await confirmed()]
    await owner.updateTable('request_state').set({ state: 'approved' }).where('request_id', '=', requestId).execute()
    await copyEvidence(donor.requestId, requestId, 'approve')
    refused(await claim(world, intent, place), 'evidence_refused', /Nothing was issued/)
    assert.equal(await findGrant(ctx.db, requestId), undefined)
  })

  test('evidence: the same signed words under an approver’s name', async () => {
    const { intent, place, requestId } = await confirmed()
    await owner.updateTable('request_state').set({ state: 'approved' }).where('request_id', '=', requestId).execute()
    await sql`update evidence set decision = 'approve', role = 'approver', person = 'bo' where request_id = ${requestId}`.execute(
      owner,
    )
    refused(await claim(world, intent, place), 'foreign_holder_key', /did not name this place/)
  })

  test('bytes: a lease made longer in the stored intent belongs to no signature', async () => {
    const { intent, place, requestId } = await approved()
    await sql`update request set intent = convert_to(replace(convert_from(intent, 'UTF8'), '"lease_seconds":900', '"lease_seconds":999'), 'UTF8')
      where id = ${requestId}`.execute(owner)
    refused(await claim(world, intent, place), 'evidence_refused', /do not add up to a grant \(other_intent\)/)
  })

  test('a grant that lives: a renewal asks for all evidence again, and ends it', async () => {
    const { intent, place, requestId } = await confirmed()
    const now = new Date()
    await owner.updateTable('request_state').set({ state: 'claimed' }).where('request_id', '=', requestId).execute()
    const grant = {
      request_id: requestId,
      state: 'active' as const,
      person: 'rey',
      lease_seconds: 900,
      started_at: now,
      updated_at: now,
    }
    await owner
      .insertInto('grant')
      .values({ ...grant, ends_at: new Date(now.getTime() + 15 * MINUTE) })
      .execute()
    refused(await claim(world, intent, place), 'changed_since', /Ask again/)
    assert.equal((await findGrant(ctx.db, requestId))?.state, 'revoking')
  })

  test('a grant that lives again after somebody signed its end: the signature stands', async () => {
    const { intent, place, requestId } = await approved()
    assert.ok((await claim(world, intent, place)).ok)
    const revocation = { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [intent] } as const
    assert.ok((await revokeGrant(ctx, await sign(world, 'bo', revocation))).ok)
    await owner.updateTable('grant').set({ state: 'active' }).where('request_id', '=', requestId).execute()
    const { check } = refused(await claim(world, intent, place, 2), 'evidence_refused', /do not add up to a grant/)
    assert.equal(check, 'revoked')
    assert.equal((await findGrant(ctx.db, requestId))?.state, 'revoking')
  })
})

test('minting stops when the issuer’s clock and the database’s differ by more than two seconds, and goes on after', async () => {
  const { intent, place } = await approved()
  for (const ms of [3_000, -3_000]) {
    const apart = { ...world, ctx: later(ctx, ms) }
    refused(
      await claim(apart, intent, place, 1, { nonce: makeNonce(ctx.nonceKey, apart.ctx.now()) }),
      'minting_stopped',
      /clocks .* differ/,
    )
  }
  const { rows } = await sql<{ count: number }>`select count(*) as count from entry where type = 'clock.differs'`.execute(ctx.db)
  assert.equal(rows[0]?.count, 2)
  assert.ok((await claim(world, intent, place)).ok)
})

test('a place that a statement of an approver would name does not count: only the requester’s names places', async () => {
  const { intent } = await approved()
  const place = await newHolder()
  const smuggled = await sign(world, 'ana', {
    kind: 'decide',
    role: 'approver',
    decision: 'approve',
    intents: [intent],
    holder: place.holder,
  })
  refused(await acceptStatement(ctx, smuggled), 'malformed', /not in the form/)
  refused(await claim(world, intent, place), 'foreign_holder_key', /did not name this place/)
})

test('what the database keeps of a credential opens nowhere but at its place', async () => {
  const { intent, place, requestId } = await approved()
  assert.ok((await claim(world, intent, place)).ok)
  const [row] = await findCredentials(ctx.db, requestId)
  const opened = (by: TestHolder) => compactDecrypt(row?.ciphertext ?? '', by.encryptionKey)
  assert.match(Buffer.from((await opened(place)).plaintext).toString(), /^eyJ/)
  await assert.rejects(opened(await newHolder()), { code: 'ERR_JWE_DECRYPTION_FAILED' })
})

/** Puts the statements that stand for one request beside another one too. */
async function copyEvidence(from: string, to: string, decision: string): Promise<void> {
  await sql`insert into evidence (request_id, statement, role, decision, person, passkey, lease_seconds, holder, accepted_at)
    select ${to}, statement, role, decision, person, passkey, lease_seconds, holder, accepted_at
    from evidence where request_id = ${from} and decision = ${decision}`.execute(owner)
}
