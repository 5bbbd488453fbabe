// The target with tokens of a real issuer over HTTP: what a good one does, and that nothing less than a good one does anything.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import type { JWTPayload } from 'jose'
import { OVERLAP_MS, type Overview } from '../../../src/sandbox/target/plant.ts'
import { target } from '../../../src/sandbox/target/routes.ts'
import { issuerOfTest, type TestIssuer } from './issuer-of-test.ts'

const RESOURCE = 'urn:countersign:sandbox:target'
const RESTART = ['POST', '/target/api/services/payments-api/restart'] as const

async function plant(t: TestContext) {
  const issuer = await issuerOfTest(t, RESOURCE)
  const app = Fastify()
  await app.register(target, { issuerUrl: issuer.url, resource: RESOURCE })
  t.after(() => app.close())
  const use = async (token: string | undefined, [method, url]: readonly ['GET' | 'POST' | 'DELETE', string] = RESTART) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const { statusCode, headers: out, body } = await app.inject({ method, url, headers })
    return {
      status: statusCode,
      challenge: String(out['www-authenticate'] ?? ''),
      body: JSON.parse(body) as Record<string, unknown>,
    }
  }
  const state = async () => JSON.parse((await app.inject({ url: '/target/state' })).body) as Overview
  const reset = () => app.inject({ method: 'POST', url: '/target/reset' })
  return { issuer, use, state, reset }
}
const detail = (resource: unknown): JWTPayload => ({
  authorization_details: [{ type: 'urn:countersign:action', request: 'r-1', resource }],
})

test('a token for exactly this service restarts it, and the page says who, under which request and credential', async (t) => {
  const { issuer, use, state } = await plant(t)
  assert.equal((await state()).services[0]?.state, 'failing')
  const answer = await use(await issuer.token())
  assert.equal(answer.status, 200)
  assert.equal(answer.body['service'], 'payments-api')
  const after = await state()
  assert.equal(after.services[0]?.state, 'restarting')
  const [first] = after.uses
  assert.deepEqual([first?.outcome, first?.sub, first?.request, first?.jti], ['done', 'rey', 'r-1', 'credential-1'])
})

test('a record is read and a collection dropped with their own scopes and details', async (t) => {
  const { issuer, use, state } = await plant(t)
  const read = await issuer.token({ claims: { scope: 'customer:read', ...detail({ customer: 'c-1042' }) } })
  assert.equal((await use(read, ['GET', '/target/api/customers/c-1042'])).body['name'], 'Ines Duarte')
  const drop = await issuer.token({ claims: { scope: 'collection:drop', ...detail({ collection: 'product-search-v1' }) } })
  assert.equal((await use(drop, ['DELETE', '/target/api/collections/product-search-v1'])).status, 200)
  assert.equal((await use(drop, ['DELETE', '/target/api/collections/product-search-v1'])).status, 404)
  const { collections, customers } = await state()
  assert.notEqual(collections.find((each) => each.name === 'product-search-v1')?.droppedAt, null)
  assert.equal(customers[0]?.reads, 1)
})

test('an administrator of a namespace lists its pods and deletes one, which starts again; other namespaces stay closed', async (t) => {
  const { issuer, use, state } = await plant(t)
  const admin = await issuer.token({ claims: { scope: 'namespace:admin', ...detail({ namespace: 'payments' }) } })
  const { body } = await use(admin, ['GET', '/target/api/namespaces/payments/pods'])
  assert.deepEqual(body['pods'], [
    { name: 'settlement-worker-0', state: 'crash looping', restarts: 0 },
    { name: 'settlement-worker-1', state: 'running', restarts: 0 },
  ])
  const deleted = await use(admin, ['DELETE', '/target/api/namespaces/payments/pods/settlement-worker-0'])
  assert.deepEqual(deleted.body, { namespace: 'payments', pod: 'settlement-worker-0', restarts: 1 })
  assert.equal((await use(admin, ['GET', '/target/api/namespaces/search/pods'])).status, 403)
  assert.equal((await use(admin, ['DELETE', '/target/api/namespaces/search/pods/indexer-0'])).status, 403)
  const unknown = await use(admin, ['DELETE', '/target/api/namespaces/payments/pods/indexer-0'])
  assert.equal(unknown.body['error_description'], 'There is no "indexer-0" here.')
  const pods = (await state()).namespaces.flatMap((namespace) => namespace.pods)
  assert.deepEqual(
    pods.filter(({ restarts }) => restarts > 0).map(({ name, state }) => [name, state]),
    [['settlement-worker-0', 'starting']],
  )
})

test('a gateway key gets its next version, and the one before an end; reset brings the first version back', async (t) => {
  const { issuer, use, state, reset } = await plant(t)
  const token = await issuer.token({ claims: { scope: 'gateway:rotate', ...detail({ key: 'support-assistant' }) } })
  const began = Date.now()
  const { body } = await use(token, ['POST', '/target/api/gateway/keys/support-assistant/rotate'])
  assert.deepEqual([body['key'], body['version']], ['support-assistant', 8])
  assert.ok(Date.parse(String(body['replaced_version_ends_at'])) >= began + OVERLAP_MS)
  assert.equal((await use(token, ['POST', '/target/api/gateway/keys/product-search/rotate'])).status, 403)
  const versions = async () => (await state()).keys.map(({ version }) => version)
  assert.deepEqual(await versions(), [8, 12, 3])
  await reset()
  assert.deepEqual(await versions(), [7, 12, 3])
})

test('the replica answers its named queries and nothing else, and is counted', async (t) => {
  const { issuer, use, state } = await plant(t)
  const run = async (query: string) => {
    const token = await issuer.token({ claims: { scope: 'sql:read', ...detail({ replica: 'payments', query }) } })
    return use(token, ['GET', `/target/api/replicas/payments/queries/${query}`])
  }
  const byState = (await run('payments-by-state')).body['rows']
  assert.deepEqual(byState, [
    { state: 'failed', payments: 5, euros: 1621 },
    { state: 'settled', payments: 3, euros: 211 },
    { state: 'authorised', payments: 2, euros: 600 },
  ])
  assert.deepEqual((await run('failed-payments')).body['rows'], [
    { failure: 'connection reset', payments: 4, euros: 1602, first: '14:02', last: '14:07' },
    { failure: 'card declined', payments: 1, euros: 19, first: '14:05', last: '14:05' },
  ])
  assert.equal((await run('oldest-unbooked')).status, 200)
  assert.equal((await run('constructor')).status, 404)
  const runs = (await state()).queries.map(({ name, runs }) => [name, runs])
  assert.deepEqual(runs, [
    ['payments-by-state', 1],
    ['failed-payments', 1],
    ['oldest-unbooked', 1],
  ])
})

const REFUSED: readonly [string, number, RegExp, (issuer: TestIssuer) => Promise<string | undefined>][] = [
  ['no token at all', 401, /Send the access token/, async () => undefined],
  ['a token for another resource', 401, /for another resource/, (i) => i.token({ claims: { aud: 'https://elsewhere.example' } })],
  ['a token that has expired', 401, /expired/, (i) => i.token({ expiresIn: '-1s' })],
  ['a token of another issuer', 401, /not from/, (i) => i.token({ claims: { iss: 'https://evil.example' } })],
  ['an ID token', 401, /not an access token/, (i) => i.token({ typ: 'id+jwt' })],
  ['a token signed by an unpublished key', 401, /signature is wrong/, (i) => i.forged(RESOURCE)],
  ['a token under an algorithm that is not allowed', 401, /RS256 or ES256/, (i) => i.token({ alg: 'PS256' })],
  ['a token without authorization details', 401, /lacks/, (i) => i.token({ claims: { authorization_details: undefined } })],
  ['a token with another scope', 403, /needs "service:restart"/, (i) => i.token({ claims: { scope: 'customer:read' } })],
  ['a token for another service', 403, /approved for/, (i) => i.token({ claims: detail({ service: 'ledger-api' }) })],
  [
    'a token whose details say more than this service',
    403,
    /approved for/,
    (i) => i.token({ claims: detail({ service: 'payments-api', region: 'eu' }) }),
  ],
  ['a token whose details name a list', 403, /approved for/, (i) => i.token({ claims: detail({ service: ['payments-api'] }) })],
]
for (const [name, status, words, make] of REFUSED)
  test(`${name} restarts nothing and is told why`, async (t) => {
    const { issuer, use, state } = await plant(t)
    const answer = await use(await make(issuer))
    assert.equal(answer.status, status)
    assert.match(String(answer.body['error_description']), words)
    assert.match(answer.challenge, /^Bearer realm="urn:countersign:sandbox:target"/)
    const after = await state()
    assert.equal(after.services[0]?.restarts, 0)
    assert.equal(after.uses[0]?.outcome, 'refused')
  })

test('with the issuer away the target says so and does nothing', async (t) => {
  const app = Fastify()
  await app.register(target, { issuerUrl: 'http://127.0.0.1:9', resource: RESOURCE })
  t.after(() => app.close())
  const headers = { authorization: 'Bearer a.b.c' }
  const answer = await app.inject({ method: 'POST', url: RESTART[1], headers })
  assert.equal(answer.statusCode, 503)
})
