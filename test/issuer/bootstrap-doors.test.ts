// The doors of a bootstrap, as those meet them who should not get through.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyWords } from '../../src/issuer/key-words.ts'
import { create, FLAGS } from '../../src/sandbox/authenticator.ts'
import { type Bend, bootstrapEnvironment, newVisitor, ORIGIN, openDoors } from '../support/bootstrap.ts'
import { changed, runbookFolder } from '../support/runbook-folder.ts'

test('a link registers once: afterwards it only shows the words', async (t) => {
  const { send, pathOf } = await openDoors(t, bootstrapEnvironment(t), ['mira'])
  const visitor = newVisitor(send)
  await visitor.open(pathOf('mira'))
  const { words } = await visitor.register('mira')
  const again = await visitor.register('mira')
  assert.deepEqual([again.status, again.reason], [409, 'link_used'])
  const page = await visitor.open(pathOf('mira'))
  assert.doesNotMatch(page.body, /id="register"|<script/)
  for (const word of words) assert.ok(page.body.includes(`<li>${word}</li>`))
})

test('what was begun before a link was used cannot be finished after it', async (t) => {
  const { session, send, pathOf } = await openDoors(t, bootstrapEnvironment(t), ['mira'])
  const [one, two] = [newVisitor(send), newVisitor(send)]
  await one.open(pathOf('mira'))
  await two.open(pathOf('mira'))
  const begun = await two.make('mira')
  assert.ok('made' in begun)
  const { words } = await one.register('mira')
  const late = await two.post('/v1/statements', two.proofOf('mira', begun))
  assert.deepEqual([late.status, late.reason], [409, 'link_used'])
  assert.deepEqual(keyWords((await session.links[0]?.taken)?.thumbprint ?? ''), words)
})

test('a link that has run out opens nothing and takes nothing', async (t) => {
  let ahead = 0
  const { send, pathOf } = await openDoors(t, bootstrapEnvironment(t), ['mira'], () => new Date(Date.now() + ahead))
  const visitor = newVisitor(send)
  await visitor.open(pathOf('mira'))
  ahead = 601_000
  assert.equal((await visitor.open(pathOf('mira'))).status, 410)
  const late = await visitor.register('mira')
  assert.deepEqual([late.status, late.reason], [410, 'link_over'])
})

test('who has no link registers nothing', async (t) => {
  const { send } = await openDoors(t, bootstrapEnvironment(t), ['mira'])
  const visitor = newVisitor(send)
  assert.equal((await visitor.open(`/bootstrap/${'A'.repeat(43)}`)).status, 404)
  const refused = await visitor.register('mira')
  assert.deepEqual([refused.status, refused.reason], [404, 'link_unknown'])
})

test('a link of one root does not register for another', async (t) => {
  const dir = await runbookFolder(t, changed('directory.yaml', 'administrators: [ana]', 'administrators: [ana, bo]'))
  const { send, pathOf } = await openDoors(t, bootstrapEnvironment(t, { RUNBOOKS_DIR: dir }), ['ana', 'bo'])
  const visitor = newVisitor(send)
  await visitor.open(pathOf('ana'))
  const refused = await visitor.register('bo')
  assert.deepEqual([refused.status, refused.reason], [403, 'link_of_another'])
  const made = await visitor.make('ana')
  assert.ok('made' in made)
  const proof = await visitor.post('/v1/statements', visitor.proofOf('bo', made))
  assert.equal(proof.reason, 'link_of_another')
})

const other = create({ rpId: 'issuer.example.com', origin: ORIGIN, challenge: 'AAAA', userHandle: 'AAAA' })
const bent: readonly (readonly [string, Bend, string])[] = [
  ['an assertion of another key', { proveWith: other.passkey }, 'assertion_refused'],
  ['another key’s signature under the registered id', { get: { signWith: other.passkey } }, 'assertion_refused'],
  ['a key made on another origin', { create: { origin: 'https://issuer.example.com.evil.example' } }, 'assertion_refused'],
  ['a proof made on another port', { get: { origin: `${ORIGIN}:8443` } }, 'assertion_refused'],
  ['a proof without user verification', { get: { flags: FLAGS.userPresent } }, 'assertion_refused'],
  ['a proof for another realm', { statement: { realm: 'prod:00000000000000000000000001' } }, 'foreign_realm'],
  ['a proof around another key', { statement: { key: other.key } }, 'malformed'],
  ['a proof with a nonce of nobody', { statement: { nonce: 'A'.repeat(54) } }, 'nonce_forged'],
]
for (const [what, bend, reason] of bent) {
  test(`refused, and the link stays open: ${what}`, async (t) => {
    const { send, pathOf } = await openDoors(t, bootstrapEnvironment(t), ['mira'])
    const visitor = newVisitor(send)
    await visitor.open(pathOf('mira'))
    const refused = await visitor.register('mira', bend)
    assert.equal(refused.reason, reason)
    assert.equal((await visitor.register('mira')).status, 200)
  })
}

test('a registration that is sent twice is taken once', async (t) => {
  const { send, pathOf } = await openDoors(t, bootstrapEnvironment(t), ['mira'])
  const visitor = newVisitor(send)
  await visitor.open(pathOf('mira'))
  const made = await visitor.make('mira')
  assert.ok('made' in made)
  assert.equal((await visitor.post('/v1/registrations', made.registration)).reason, 'nonce_used')
})

test('another site’s page cannot post here, not even with the cookie', async (t) => {
  const { send, pathOf } = await openDoors(t, bootstrapEnvironment(t), ['mira'])
  const visitor = newVisitor(send)
  await visitor.open(pathOf('mira'))
  const body = { purpose: 'register', person: 'mira' }
  const answer = await visitor.post('/v1/ceremonies', body, { origin: 'https://evil.example' })
  assert.deepEqual([answer.status, answer.reason], [403, 'wrong_origin'])
})
