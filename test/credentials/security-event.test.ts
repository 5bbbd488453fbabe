// The word that a token has ended: exactly the members of the standards, signed by the key that the target knows, sent once and again the same; and that only
// a 202 in time is a confirmation, whatever a target answers, or whether it answers at all.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { jwt } from '../../src/credentials/jwt.ts'
import { credentialId, type Ended } from '../../src/credentials/kind.ts'
import { pushEvent, revocationEvent, SECURITY_EVENT_TYPE, SESSION_REVOKED } from '../../src/credentials/security-event.ts'
import { freshKeys, INTENT, NOON, sampleOf } from '../support/credentials.ts'

const keys = await freshKeys()
const published = createLocalJWKSet({ keys: keys.accessTokenKeys.map((key) => ({ ...key })) })
const AUDIENCE = 'https://ops.example'
const ended: Ended = {
  id: credentialId(INTENT, 1),
  issuer: 'http://localhost:3001',
  request: '01hzy3v7kq8m5n4p2r6s9t0wxy',
  endedAt: NOON,
  initiator: 'admin',
}
const never = new AbortController().signal

/** A target of one test that answers as told; gives its address and what it was sent. */
async function targetOf(t: TestContext, answer: (...given: Parameters<RequestListener>) => void) {
  const heard: { readonly request: IncomingMessage; readonly body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      heard.push({ request, body })
      answer(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, heard }
}

for (const alg of ['RS256', 'ES256'] as const)
  test(`an event signed with ${alg} has the members of the standards, and no others`, async () => {
    const event = await revocationEvent(keys, alg, AUDIENCE, ended)
    assert.deepEqual(decodeProtectedHeader(event), { alg, kid: keys.accessTokenKid[alg], typ: SECURITY_EVENT_TYPE })
    const { payload } = await jwtVerify(event, published, { issuer: ended.issuer, audience: AUDIENCE, typ: SECURITY_EVENT_TYPE })
    assert.deepEqual(payload, {
      iss: ended.issuer,
      aud: AUDIENCE,
      iat: NOON,
      jti: `${ended.id}.ended`,
      txn: ended.request,
      sub_id: { format: 'jwt_id', iss: ended.issuer, jti: ended.id },
      events: { [SESSION_REVOKED]: { event_timestamp: NOON, initiating_entity: 'admin' } },
    })
  })

test('an event passes for no access token and an access token for no event', async () => {
  const event = await revocationEvent(keys, 'RS256', AUDIENCE, ended)
  await assert.rejects(jwtVerify(event, published, { typ: 'at+jwt' }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' })
})

test('the same end is the same event, byte for byte, so that a target knows it again', async () => {
  const [one, two] = await Promise.all([
    revocationEvent(keys, 'RS256', AUDIENCE, ended),
    revocationEvent(keys, 'RS256', AUDIENCE, ended),
  ])
  assert.equal(one, two)
})

test('it is posted as RFC 8935 has it, and a 202 confirms', async (t) => {
  const { url, heard } = await targetOf(t, (_, response) => response.writeHead(202).end())
  const { right } = sampleOf('jwt')
  const recallable = { ...right, settings: { ...right.settings, revocations: url.replace('127.0.0.1', 'localhost') } }
  assert.equal(jwt.recallable(right), false)
  assert.equal(jwt.recallable(recallable), true)
  assert.deepEqual(await jwt.end(keys, recallable, ended, never), { recall: 'confirmed' })
  const [{ request, body } = assert.fail('nothing was sent')] = heard
  assert.equal(request.method, 'POST')
  assert.equal(request.headers['content-type'], 'application/secevent+jwt')
  assert.equal(request.headers.accept, 'application/json')
  assert.ok(await jwtVerify(body, published, { audience: AUDIENCE, typ: SECURITY_EVENT_TYPE }))
})

const NO: readonly [string, Parameters<typeof targetOf>[1], Record<string, unknown>][] = [
  ['a 200', (_, response) => response.writeHead(200).end(), { why: 'refused', status: 200, said: undefined }],
  [
    'a 400 with its code',
    (_, response) => response.writeHead(400).end('{"err":"invalid_key","description":"<script>"}'),
    { why: 'refused', status: 400, said: 'invalid_key' },
  ],
  [
    'a code that is no word of the standard',
    (_, response) => response.writeHead(400).end('{"err":"Bearer abc.def"}'),
    { why: 'refused', status: 400, said: undefined },
  ],
  ['a 503', (_, response) => response.writeHead(503).end(), { why: 'refused', status: 503, said: undefined }],
  [
    'a redirect to where a 202 waits',
    (request, response) =>
      request.url === '/yes' ? response.writeHead(202).end() : response.writeHead(307, { location: '/yes' }).end(),
    { why: 'redirected', status: 307, said: undefined },
  ],
]
for (const [name, answer, told] of NO)
  test(`${name} is no confirmation`, async (t) => {
    const { url, heard } = await targetOf(t, answer)
    assert.deepEqual(await pushEvent(url, 'event', never), { recall: 'pending', ...told })
    assert.equal(heard.length, 1)
  })

test('an answer that never ends is read only a little', async (t) => {
  let written = 0
  const { url } = await targetOf(t, (_, response) => {
    response.writeHead(500)
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  assert.deepEqual(await pushEvent(url, 'event', never), { recall: 'pending', why: 'refused', status: 500, said: undefined })
  assert.ok(written < 16 * 1_048_576, `${written} bytes were sent`)
})

test('a target that is silent, or sends its header and nothing more, is given up in time', async (t) => {
  const silent = await targetOf(t, () => undefined)
  const begun = await targetOf(t, (_, response) => response.writeHead(500, { 'content-length': 9 }).write('x'))
  const asked = await Promise.all([silent, begun].map(({ url }) => pushEvent(url, 'event', never)))
  for (const each of asked) assert.deepEqual(each, { recall: 'pending', why: 'timed_out' })
})

test('nobody at the address, and an issuer that stops, leave the end pending', async (t) => {
  const { url } = await targetOf(t, () => undefined)
  assert.deepEqual(await pushEvent('http://127.0.0.1:9/events', 'event', never), { recall: 'pending', why: 'unreachable' })
  const stopping = new AbortController()
  const asked = pushEvent(url, 'event', stopping.signal)
  stopping.abort()
  assert.deepEqual(await asked, { recall: 'pending', why: 'unreachable' })
})

test('an address for events is https without query, fragment or password, or http on localhost', () => {
  const fits = (revocations: string) => jwt.settings.safeParse({ audience: AUDIENCE, revocations }).success
  for (const url of ['https://ops.example/events', 'http://localhost:3002/target/events']) assert.ok(fits(url), url)
  for (const url of ['http://ops.example', 'https://u:p@ops.example', 'https://ops.example/?a=1', 'file:///etc/passwd', 'ops'])
    assert.ok(!fits(url), url)
})
