// The door of receipts: who gets one, with what opened, and that it proves what it says to somebody who has the trust roots alone.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { readReceiptFile, verifyReceipt } from '../../src/evidence/receipt.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { ask, claim, confirm, decide, newHolder } from '../support/world.ts'

let door: Door
const ends: (() => Promise<void> | void)[] = []
before(async () => {
  door = await openDoors({ after: (work) => void ends.unshift(work) })
})
after(async () => {
  for (const end of ends) await end()
})

async function lived() {
  const { world } = door
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  assert.ok((await claim(world, asked.intent, place)).ok)
  return asked
}
async function received(view: string, cookie?: string) {
  const response = await door.get(`/v1/receipts/${view}`, cookie === undefined ? {} : { cookie })
  assert.equal(response.statusCode, 200, response.body)
  const verdict = await verifyReceipt(readReceiptFile(response.rawPayload), door.world.roots, nodeCrypto)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  return { response, verdict }
}

test('whoever has a link gets a receipt that is valid, to be kept as a file, and reads no value in it', async () => {
  const { viewId } = await lived()
  const { response, verdict } = await received(viewId)
  assert.match(
    String(response.headers['content-disposition']),
    /^attachment; filename="receipt-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}\.json"$/,
  )
  assert.match(String(response.headers['content-type']), /^application\/json/)
  assert.equal(response.headers['cache-control'], 'no-store')
  assert.equal(verdict.rules, 'proven')
  assert.equal(verdict.reason, undefined)
  assert.ok(!response.body.includes('INC-4211'))
})

test('the requester, who decided and who audits read the reason in it; an approver who did not decide does not', async () => {
  const { requestId } = await lived()
  const reasonFor = async (person: string) => {
    const link = await door.link(requestId, person).catch(() => undefined)
    const view = link ?? (await viewOf(requestId, person))
    return (await received(view, await door.signIn(person))).verdict.reason
  }
  for (const person of ['rey', 'bo', 'theo']) assert.equal(await reasonFor(person), 'INC-4211: payments time out', person)
  assert.equal(await reasonFor('ana'), undefined)
})

const viewOf = async (request: string, person: string): Promise<string> => {
  const row = await door.world.bot.db
    .selectFrom('view')
    .select('id')
    .where('request_id', '=', request)
    .where('person', '=', person)
    .executeTakeFirstOrThrow()
  return row.id
}

test('what was not issued has no receipt, and neither has a link that leads nowhere', async () => {
  const { viewId } = await ask(door.world)
  assert.equal((await door.get(`/v1/receipts/${viewId}`)).json().reason, 'no_receipt')
  const issued = await lived()
  assert.equal((await door.get(`/v1/receipts/${issued.viewId}?credential=2`)).json().reason, 'no_receipt')
  assert.equal((await door.get(`/v1/receipts/${issued.viewId}?credential=0`)).statusCode, 422)
  assert.equal((await door.get('/v1/receipts/nothing-is-here-at-all')).json().reason, 'unknown_view')
})

test('the page of a request that was issued links to its receipt, and no page before that does', async () => {
  const asked = await ask(door.world)
  assert.doesNotMatch((await door.get(`/r/${asked.viewId}`)).body, /\/v1\/receipts\//)
  const issued = await lived()
  assert.ok((await door.get(`/r/${issued.viewId}`)).body.includes(`href="/v1/receipts/${issued.viewId}"`))
})

test('the verifier’s page may ask no network, and its saved file allows exactly its own script and style', async () => {
  const page = await door.get('/verify')
  assert.match(String(page.headers['content-security-policy']), /connect-src 'none'/)
  assert.match(page.body, /proves nothing against that issuer/)
  const file = await door.get('/verify/page.html')
  assert.match(String(file.headers['content-disposition']), /^attachment/)
  assert.match(file.body, /default-src 'none'; script-src 'sha256-[A-Za-z0-9+/=]{44}'; style-src 'sha256-[A-Za-z0-9+/=]{44}'/)
  assert.doesNotMatch(file.body, /\b(?:src|href)="/)
})
