// The receipts that an issuer gives out, over a real life: what was stored is enough to prove it, and what was bent in the database is given to nobody.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { makeReceipt } from '../../src/commands/make-receipt.ts'
import { revokeGrant } from '../../src/commands/revoke-grant.ts'
import { commit, nodeCrypto } from '../../src/crypto.ts'
import { verifyReceipt } from '../../src/evidence/receipt.ts'
import { refused } from '../support/refused.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, sign } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const owner = world.database.connect('owner')
const receiptOf = (request: string, number = 1, opened = true) => makeReceipt(ctx, { request, number, opened })

async function lived() {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  assert.ok((await claim(world, asked.intent, place)).ok)
  return { ...asked, place }
}

test('a life leaves a receipt that anybody can check with the trust roots alone, and the log holds the same word', async () => {
  const { requestId } = await lived()
  const made = await receiptOf(requestId)
  assert.ok(made.ok, JSON.stringify(made))
  const verdict = await verifyReceipt(made.receipt, world.roots, nodeCrypto)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  assert.equal(verdict.rules, 'proven')
  assert.equal(verdict.reason, 'INC-4211: payments time out')
  assert.deepEqual(
    verdict.issued?.approvals.map(({ person }) => person),
    ['bo'],
  )
  const { bytes } = await ctx.db
    .selectFrom('entry')
    .select('bytes')
    .where('request_id', '=', requestId)
    .where('type', '=', 'credential.issued')
    .executeTakeFirstOrThrow()
  const entry = JSON.parse(bytes.toString().split('\n')[1] ?? '')
  assert.deepEqual(entry.issued, verdict.issued)
  assert.equal(entry.signature, made.receipt.issued?.signature)
})

test('a further credential has a receipt of its own, and the first one’s stays what it was', async () => {
  const { requestId, intent, place } = await lived()
  const before = await receiptOf(requestId)
  assert.ok(before.ok)
  assert.ok((await claim(world, intent, place, 2)).ok)
  assert.deepEqual(await receiptOf(requestId), before)
  const renewal = await receiptOf(requestId, 2)
  assert.ok(renewal.ok)
  assert.equal(renewal.verdict.issued?.purpose, 'renewal')
  assert.notEqual(renewal.verdict.issued?.credential.id, before.verdict.issued?.credential.id)
})

test('without openings the receipt tells no personal value', async () => {
  const { requestId } = await lived()
  const made = await receiptOf(requestId, 1, false)
  assert.ok(made.ok)
  assert.equal(made.verdict.reason, undefined)
  assert.ok(!JSON.stringify(made.receipt).includes('INC-4211'))
})

test('an erased reason stays closed, and one that the bot’s login bent is not taken for it', async () => {
  const erased = await lived()
  await sql`delete from personal where request_id = ${erased.requestId}`.execute(owner)
  const bent = await lived()
  await sql`update personal set value = '"nothing much"' where request_id = ${bent.requestId}`.execute(owner)
  for (const { requestId } of [erased, bent]) {
    const made = await receiptOf(requestId)
    assert.ok(made.ok, JSON.stringify(made))
    assert.equal(made.verdict.reason, undefined)
    assert.equal(made.verdict.rules, 'proven')
  }
})

test('what was not issued has no receipt', async () => {
  const asked = await ask(world)
  refused(await receiptOf(asked.requestId), 'no_receipt', /No such credential/)
  const { requestId } = await lived()
  refused(await receiptOf(requestId, 2), 'no_receipt', /No such credential/)
  refused(await receiptOf('0'.repeat(26)), 'unknown_request', /no such request/)
})

test('a credential of before words were signed proves its signatures, and not its rules', async () => {
  const { requestId } = await lived()
  await sql`update credential set issued = null, issued_signature = null where request_id = ${requestId}`.execute(owner)
  const made = await receiptOf(requestId)
  assert.ok(made.ok, JSON.stringify(made))
  assert.equal(made.verdict.rules, 'unproven')
})

test('a credential whose access was ended by a signature keeps its receipt, with the issuer’s word and without', async () => {
  const { requestId, intent } = await lived()
  const before = await receiptOf(requestId)
  const revocation = { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [intent] } as const
  assert.ok((await revokeGrant(ctx, await sign(world, 'bo', revocation))).ok)
  assert.deepEqual(await receiptOf(requestId), before)
  await sql`update credential set issued = null, issued_signature = null where request_id = ${requestId}`.execute(owner)
  const made = await receiptOf(requestId)
  assert.ok(made.ok, JSON.stringify(made))
  assert.equal(made.verdict.rules, 'unproven')
})

test('a receipt that the database’s owner bent is given to nobody, and the log says so', async () => {
  const bends = [
    (id: string) =>
      sql`update statement set accepted_at = accepted_at + interval '1 millisecond' where digest in (select statement from evidence where request_id = ${id})`,
    (id: string) => sql`update credential set issued = set_byte(issued, 40, get_byte(issued, 40) # 1) where request_id = ${id}`,
    (id: string) =>
      sql`update credential set issued_signature = case when issued_signature like 'A%' then 'B' else 'A' end || substr(issued_signature, 2) where request_id = ${id}`,
    (id: string) => sql`delete from evidence where request_id = ${id} and decision = 'approve'`,
    (id: string) => sql`delete from evidence where request_id = ${id}`,
  ]
  for (const bend of bends) {
    const { requestId } = await lived()
    await bend(requestId).execute(owner)
    const told: unknown[] = []
    const log = { error: (about: unknown) => void told.push(about) } as unknown as typeof ctx.log
    const made = await makeReceipt({ ...ctx, log }, { request: requestId, number: 1, opened: true })
    refused(made, 'no_receipt', /does not verify here/)
    assert.equal(told.length, 1)
  }
})

test('an approver’s note is opened beside his signature', async () => {
  const note = commit('Only the read replica, please')
  const { requestId, intent } = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, intent, place)).ok)
  const signed = await sign(world, 'bo', {
    kind: 'decide',
    role: 'approver',
    decision: 'approve',
    intents: [intent],
    note: note.commitment,
  })
  assert.ok((await acceptStatement(ctx, { ...signed, note: note.opening })).ok)
  assert.ok((await claim(world, intent, place)).ok)
  const made = await receiptOf(requestId)
  assert.ok(made.ok)
  assert.deepEqual(
    made.verdict.said.map((one) => one.note),
    [undefined, 'Only the read replica, please'],
  )
})
