// Word of an early end at the target: what a good event does, that it lasts, and that nothing less than a good event ends anything. The sample in
// docs/targets.md is run as it stands there.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import type { Overview } from '../../../src/sandbox/target/plant.ts'
import { target } from '../../../src/sandbox/target/routes.ts'
import { issuerOfTest, type TestIssuer } from './issuer-of-test.ts'

const RESOURCE = 'urn:countersign:sandbox:target'
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

async function plant(t: TestContext, issuer: TestIssuer, keepIn?: string) {
  const app = Fastify()
  await app.register(target, { issuerUrl: issuer.url, resource: RESOURCE, keepIn })
  t.after(() => app.close())
  const use = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/target/api/services/payments-api/restart', headers })
    return { status: statusCode, words: String((JSON.parse(body) as Record<string, unknown>)['error_description'] ?? '') }
  }
  const tell = async (event: string, type = 'application/secevent+jwt') => {
    const headers = { 'content-type': type }
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/target/events', headers, payload: event })
    return { status: statusCode, err: body === '' ? undefined : (JSON.parse(body) as { err?: string }).err }
  }
  const state = async () => JSON.parse((await app.inject({ url: '/target/state' })).body) as Overview
  const receiver = (word: string) => app.inject({ method: 'POST', url: `/target/receiver/${word}` })
  return { app, use, tell, state, receiver }
}
function folder(t: TestContext): string {
  const dir = mkdtempSync(join(ROOT, '.test-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('a token that was ended early is refused with words from then on, others are not, and the page shows it once', async (t) => {
  const issuer = await issuerOfTest(t, RESOURCE)
  const { use, tell, state } = await plant(t, issuer)
  assert.equal((await use(await issuer.token())).status, 200)
  assert.deepEqual(await tell(await issuer.event()), { status: 202, err: undefined })
  const refused = await use(await issuer.token())
  assert.equal(refused.status, 401)
  assert.match(refused.words, /ended early: its issuer said so at \d\d:\d\d:\d\d UTC/)
  assert.equal((await use(await issuer.token({ claims: { jti: 'credential-2' } }))).status, 200)
  assert.deepEqual(await tell(await issuer.event()), { status: 202, err: undefined })
  const ends = (await state()).uses.filter(({ what }) => what === 'End a credential early')
  assert.deepEqual(
    ends.map(({ outcome, request, jti }) => [outcome, request, jti]),
    [['done', 'r-1', 'credential-1']],
  )
})

test('a 202 is kept: after a restart the token stays refused, and a line that was cut off was never promised', async (t) => {
  const issuer = await issuerOfTest(t, RESOURCE)
  const keepIn = join(folder(t), 'revocations.jsonl')
  const first = await plant(t, issuer, keepIn)
  assert.equal((await first.tell(await issuer.event())).status, 202)
  await first.app.close()
  writeFileSync(keepIn, `${readFileSync(keepIn, 'utf8')}{"event":"x","jti":"credential-2","requ`)
  const second = await plant(t, issuer, keepIn)
  assert.equal((await second.use(await issuer.token())).status, 401)
  assert.equal((await second.use(await issuer.token({ claims: { jti: 'credential-2' } }))).status, 200)
})

const elsewhere = 'https://elsewhere.example'
const REFUSED: readonly [string, string, (issuer: TestIssuer) => Promise<string>][] = [
  ['of another issuer', 'invalid_issuer', (i) => i.event({ claims: { iss: elsewhere } })],
  ['for another audience', 'invalid_audience', (i) => i.event({ claims: { aud: elsewhere } })],
  ['signed by an unpublished key', 'invalid_key', (i) => i.event({ forged: true })],
  ['that is an access token', 'invalid_request', (i) => i.token()],
  ['that is of another type', 'invalid_request', (i) => i.event({ typ: 'JWT' })],
  [
    'about a token of another issuer',
    'invalid_request',
    (i) => i.event({ claims: { sub_id: { format: 'jwt_id', iss: elsewhere, jti: 'credential-1' } } }),
  ],
  ['about a person', 'invalid_request', (i) => i.event({ claims: { sub_id: { format: 'iss_sub', iss: i.url, sub: 'rey' } } })],
  ['of something else', 'invalid_request', (i) => i.event({ claims: { events: { 'urn:else': {} } } })],
  ['that expires, as a token does', 'invalid_request', (i) => i.event({ claims: { exp: 4_000_000_000 } })],
  ['without an id of its own', 'invalid_request', (i) => i.event({ claims: { jti: undefined } })],
  ['that is noise', 'invalid_request', async () => 'a.b.c'],
]
for (const [name, err, make] of REFUSED)
  test(`an event ${name} ends nothing and is told why`, async (t) => {
    const issuer = await issuerOfTest(t, RESOURCE)
    const { use, tell } = await plant(t, issuer)
    assert.deepEqual(await tell(await make(issuer)), { status: 400, err })
    assert.equal((await use(await issuer.token())).status, 200)
  })

test('the id of an event that was taken ends no second token', async (t) => {
  const issuer = await issuerOfTest(t, RESOURCE)
  const { use, tell } = await plant(t, issuer)
  assert.equal((await tell(await issuer.event())).status, 202)
  const bent = await issuer.event({ claims: { sub_id: { format: 'jwt_id', iss: issuer.url, jti: 'credential-2' } } })
  assert.deepEqual(await tell(bent), { status: 400, err: 'invalid_request' })
  assert.equal((await use(await issuer.token({ claims: { jti: 'credential-2' } }))).status, 200)
})

test('taken down, the target hears nothing and takes the token as before; up again it hears', async (t) => {
  const issuer = await issuerOfTest(t, RESOURCE)
  const { use, tell, state, receiver } = await plant(t, issuer)
  await receiver('down')
  assert.equal((await state()).hears, false)
  assert.equal((await tell(await issuer.event())).status, 503)
  assert.equal((await use(await issuer.token())).status, 200)
  assert.equal((await receiver('sideways')).statusCode, 404)
  await receiver('up')
  assert.equal((await tell(await issuer.event())).status, 202)
  assert.equal((await use(await issuer.token())).status, 401)
})

test('the sample for authors of targets believes our events and none of the others', async (t) => {
  const issuer = await issuerOfTest(t, RESOURCE)
  const [, sample = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/targets.md'), 'utf8')) ?? []
  const file = join(folder(t), 'sample.mjs')
  writeFileSync(file, sample.replaceAll('https://issuer.example', issuer.url).replaceAll('https://ops.example', RESOURCE))
  const { endedToken } = (await import(pathToFileURL(file).href)) as { endedToken: (event: string) => Promise<string> }
  assert.equal(await endedToken(await issuer.event()), 'credential-1')
  for (const [name, , make] of REFUSED) await assert.rejects(async () => endedToken(await make(issuer)), name)
})
