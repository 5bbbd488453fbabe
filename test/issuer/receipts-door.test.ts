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
const file = (request: string, cookie?: string) => door.get(`/v1/receipts/${request}`, cookie === undefined ? {} : { cookie })
const page = (request: string, cookie?: string) => door.get(`/receipts/${request}`, cookie === undefined ? {} : { cookie })
async function received(request: string, person: string) {
  const response = await file(request, await door.signIn(person))
  assert.equal(response.statusCode, 200, response.body)
  const verdict = await verifyReceipt(readReceiptFile(response.rawPayload), door.world.roots, nodeCrypto)
  assert.ok(verdict.ok, JSON.stringify(verdict))
  return { response, verdict }
}

test('who asked, who decided and who audits get a valid receipt as a file, with what people wrote opened', async () => {
  const { requestId } = await lived()
  for (const person of ['rey', 'bo', 'theo', 'mira']) {
    const { response, verdict } = await received(requestId, person)
    assert.match(
      String(response.headers['content-disposition']),
      /^attachment; filename="receipt-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}\.json"$/,
    )
    assert.match(String(response.headers['content-type']), /^application\/json/)
    assert.equal(response.headers['cache-control'], 'no-store')
    assert.equal(verdict.rules, 'proven')
    assert.equal(verdict.reason, 'INC-4211: payments time out', person)
  }
})

test('who may decide and did not gets it closed: every signature stands all the same', async () => {
  const { requestId } = await lived()
  const { response, verdict } = await received(requestId, 'ana')
  assert.equal(verdict.reason, undefined)
  assert.ok(!response.body.includes('INC-4211'))
})

test('nobody gets one without a sign-in, by whatever link or id, and is told no more than to sign in', async () => {
  const { requestId, viewId, checkCode } = await lived()
  for (const id of [requestId, '0'.repeat(26)]) {
    const answer = await file(id)
    assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'signed_out'])
    const { statusCode, body } = await page(id)
    assert.equal(statusCode, 200)
    assert.match(body, /<h1[^>]*>Sign in to Countersign/)
    assert.ok(!body.includes(checkCode))
  }
  assert.ok([403, 404, 422].includes((await file(viewId)).statusCode), 'the id of a link is none of a request, and no sign-in')
})

test('who was not concerned gets none, and does not learn whether there is one', async () => {
  const { requestId } = await lived()
  const { requestId: others } = await asksAna()
  const cookie = await door.signIn('rey')
  const answers = await Promise.all([others, '0'.repeat(26)].map((id) => file(id, cookie)))
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [403, 403],
  )
  assert.equal(answers[0]?.body, answers[1]?.body)
  const { statusCode, body } = await page(others, cookie)
  assert.equal(statusCode, 403)
  assert.match(body, /who asked, who decided or may decide, auditors and administrators/)
  assert.match(body, new RegExp(`href="/receipts/${others}\\?as=another"`))
  assert.equal((await file(requestId, cookie)).statusCode, 200)
})

/** Asked by Ana, decided by Bo: Rey has nothing to do with it. */
async function asksAna() {
  const { world } = door
  const asked = await ask(world, { person: 'ana' })
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place, 'ana')).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  assert.ok((await claim(world, asked.intent, place)).ok)
  return asked
}

test('what was not issued has no receipt, and neither has a second credential that there is not', async () => {
  const { requestId } = await ask(door.world)
  const cookie = await door.signIn('rey')
  assert.equal((await file(requestId, cookie)).json().reason, 'no_receipt')
  assert.match((await page(requestId, cookie)).body, /there is no receipt/)
  const issued = await lived()
  assert.equal((await door.get(`/v1/receipts/${issued.requestId}?credential=2`, { cookie })).json().reason, 'no_receipt')
  assert.equal((await door.get(`/v1/receipts/${issued.requestId}?credential=0`, { cookie })).statusCode, 422)
  assert.equal((await file('nothing-is-here-at-all', cookie)).statusCode, 422)
})

test('the page of receipts names what they are of and leads to the file; signing in leads back to it', async () => {
  const { requestId, checkCode } = await lived()
  const { body, statusCode } = await page(requestId, await door.signIn('theo'))
  assert.equal(statusCode, 200)
  assert.ok(body.includes('Theo Brandt') && body.includes('Restart a service') && body.includes(checkCode))
  assert.ok(body.includes(`href="/v1/receipts/${requestId}?credential=1"`))
  const facts = /data-facts="([^"]+)"/.exec((await page(requestId)).body)?.[1]?.replaceAll('&#34;', '"') ?? '{}'
  assert.deepEqual(JSON.parse(facts).onward, { go: `/receipts/${requestId}` })
})

test('the page of a request that was issued links to its receipt, and no page before that does', async () => {
  const asked = await ask(door.world)
  assert.doesNotMatch((await door.get(`/r/${asked.viewId}`)).body, /\/receipts\//)
  const issued = await lived()
  assert.ok((await door.get(`/r/${issued.viewId}`)).body.includes(`href="/receipts/${issued.requestId}"`))
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
