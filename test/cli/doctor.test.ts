// `countersign doctor` as an operator runs it: part by part what is well and what is not, of whichever processes the environment is for, and nothing changed.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { stringify } from 'yaml'
import type { DoctorReport } from '../../src/cli/print-findings.ts'
import { modelOf, newMaker } from '../support/attesting.ts'
import { type Deployment, type Environment, newDeployment, runToEnd, SECRET } from '../support/deployment.ts'

/** A Slack that knows one token, of one workspace. */
async function slackFor(t: TestContext, { bot }: Deployment, answer: object, scopes: string): Promise<Environment> {
  const url = new URL(bot['SLACK_API_URL'] ?? '')
  const server = createServer((request, reply) => {
    const known = request.headers.authorization === `Bearer ${bot['SLACK_BOT_TOKEN']}` && request.url === '/api/auth.test'
    reply.writeHead(200, { 'content-type': 'application/json', 'x-oauth-scopes': scopes })
    reply.end(JSON.stringify(known ? answer : { ok: false, error: 'invalid_auth' }))
  })
  await new Promise<void>((resolve) => server.listen(Number(url.port), 'localhost', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  return bot
}

const manifest = JSON.parse(readFileSync(new URL('../../slack-manifest.json', import.meta.url), 'utf8')) as {
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } }
}
const SCOPES = manifest.oauth_config.scopes.bot.join(',')
const report = (out: string) => JSON.parse(out) as DoctorReport
const partsOf = ({ parts }: DoctorReport, process: string) => parts.filter((each) => each.process === process)
const wrongOf = (told: DoctorReport) => told.parts.filter(({ ok }) => !ok).map(({ part }) => part)

test('a deployment whose hosts are not in the DNS yet: that alone is wrong, and the rest is told part by part', async (t) => {
  const deployment = await newDeployment(t)
  const bot = await slackFor(t, deployment, { ok: true, team: 'Acme', team_id: 'T0123ABC' }, SCOPES)
  const hosts = { PUBLIC_URL: 'https://bot.invalid' }
  const before = readdirSync(join(deployment.dir, 'keys'))
  const { code, out, err } = await runToEnd(['doctor', '--json'], { ...bot, ...deployment.issuer, ...hosts })
  assert.equal(err, '')
  const told = report(out)
  assert.equal(code, 1)
  assert.equal(told.ok, false)
  assert.deepEqual(
    partsOf(told, 'issuer').map(({ part }) => part),
    [
      ...['configuration', 'clock', 'trust roots', 'addresses', 'keys', 'pinned', 'database', 'login', 'migrations'],
      ...['runbooks', 'heads', 'administrators', 'key models', 'clocks', 'port', 'hosts'],
    ],
  )
  assert.ok(partsOf(told, 'bot').some(({ part, ok }) => part === 'Slack' && ok))
  assert.deepEqual([...new Set(wrongOf(told))].sort(), ['hosts', 'rules'], out)
  assert.deepEqual(
    told.parts.filter(({ part }) => part === 'administrators').map(({ process, ok, words }) => [process, ok, words]),
    [
      [
        'issuer',
        true,
        [
          'One administrator alone can change every key and every role. Make a second one: from then on whatever gives power takes two.',
        ],
      ],
    ],
  )
  assert.match(out, /PUBLIC_URL: nobody knows the host bot\.invalid: add it to your DNS/)
  assert.match(out, /No runbooks are published: start the issuer/)
  assert.ok(!out.includes(SECRET))
  assert.deepEqual(readdirSync(join(deployment.dir, 'keys')), before, 'nothing was written')
})

test('a bot alone with a token of another workspace and too few scopes: both are told with their mends', async (t) => {
  const deployment = await newDeployment(t)
  const bot = await slackFor(t, deployment, { ok: true, team: 'Elsewhere', team_id: 'T0OTHER' }, 'commands,chat:write')
  const { code, out } = await runToEnd(['doctor'], bot)
  assert.equal(code, 1)
  assert.match(out, /^bot\n/)
  assert.match(out, /WRONG {2}Slack +SLACK_TEAM_IDS does not hold T0OTHER, the workspace of SLACK_BOT_TOKEN/)
  assert.match(out, /WRONG {2}Slack +The Slack app lacks [\w:, ]*users:read[\w:, ]*: add what slack-manifest\.json names/)
  assert.match(out, /\d+ things are wrong\.\n$/)
})

test('a bot whose token Slack refuses, and one whom Slack does not answer', async (t) => {
  const deployment = await newDeployment(t)
  const silent = await runToEnd(['doctor'], deployment.bot)
  assert.match(silent.out, /Slack does not answer: correct SLACK_API_URL\./)
  const bot = await slackFor(t, deployment, {}, '')
  const { out } = await runToEnd(['doctor'], { ...bot, SLACK_BOT_TOKEN: 'xoxb-another' })
  assert.match(out, /SLACK_BOT_TOKEN: Slack refuses it \(invalid_auth\): copy it again/)
})

test('an issuer alone whose heads outside are ahead of its database is told what it means', async (t) => {
  const { dir, issuer } = await newDeployment(t)
  const ahead = { directory: { head: 'A'.repeat(43), sequence: 7 }, watermark: 9 }
  writeFileSync(join(dir, 'keys', 'heads.json'), JSON.stringify(ahead), { mode: 0o600 })
  const { code, out } = await runToEnd(['doctor', '--json'], issuer)
  assert.equal(code, 1)
  assert.ok(wrongOf(report(out)).includes('heads'), out)
  assert.match(out, /older than what this issuer has already seen, and nothing is issued/)
})

test('metadata that was to be renewed, and a key in use whose model is forbidden since, are named with what to do', async (t) => {
  const { dir, issuer, database } = await newDeployment(t)
  const model = modelOf(newMaker(), { source: 'fido', reports: [{ status: 'REVOKED' }] })
  const metadata = { number: 3, next_update: '2026-01-31', sha256: '0'.repeat(64) }
  writeFileSync(join(dir, 'runbooks', 'attestation.yaml'), stringify({ metadata, models: [model] }))
  await sql`insert into passkey (thumbprint, person, id, key, device_bound, nickname, transports, status, enrolled_sequence, enrolled_at, aaguid)
    values ('t', 'ana', 'i', '{}', true, 'blue key', '[]', 'active', 1, now(), ${model.aaguid}),
      ('u', 'bo', 'j', '{}', true, 'old key', '[]', 'revoked', 1, now(), ${model.aaguid})`.execute(
    database.connect('owner', { max: 1 }),
  )
  const { code, out } = await runToEnd(['doctor', '--json'], issuer)
  assert.equal(code, 1)
  assert.ok(wrongOf(report(out)).includes('key models'), out)
  assert.match(out, /was to be renewed by 2026-01-31.*import the newest/)
  assert.match(
    out,
    /The key “blue key” of ana is of the model Example Key 5, of which REVOKED was reported: have ana register another/,
  )
  assert.doesNotMatch(out, /old key/)
})

test('an issuer alone whose heads outside are gone is told that it will not start', async (t) => {
  const { issuer, database } = await newDeployment(t)
  await sql`insert into watermark (counter, store) values (3, 'file:1.1')`.execute(database.connect('owner', { max: 1 }))
  const { code, out } = await runToEnd(['doctor', '--json'], issuer)
  assert.equal(code, 1)
  assert.ok(wrongOf(report(out)).includes('heads'), out)
  assert.match(out, /heads outside are gone.*put heads\.json back into KEYS_DIR/)
})

test('an environment with mistakes is told as a start tells it', async () => {
  const { code, out } = await runToEnd(['doctor'], { DATABASE_URL: `mysql://x:${SECRET}@y/z` })
  assert.equal(code, 1)
  assert.match(out, /WRONG {2}configuration +DATABASE_URL is no postgres:\/\/ URL: set it to/)
  assert.ok(!out.includes(SECRET))
})

test('nothing set is the sandbox', async (t) => {
  const { dir } = await newDeployment(t)
  const { code, out } = await runToEnd(['doctor'], {
    DATA_DIR: join(dir, 'data'),
    PORT: '4711',
    ISSUER_PORT: '4712',
    SANDBOX_PORT: '4713',
  })
  assert.match(out, /^sandbox\n {2}well {3}configuration/)
  assert.equal(code, 0, out)
})

test('help lists every command, tells each by name, and says what it does not know', async () => {
  const { code, out } = await runToEnd(['--help'], {})
  assert.equal(code, 0)
  const commands = [...out.matchAll(/^ {2}countersign (\w+) {2,}\S/gm)].map(([, name = '']) => name)
  assert.deepEqual(commands, [
    'start',
    'bot',
    'issuer',
    'migrate',
    'bootstrap',
    'runbooks',
    'claim',
    'receipt',
    'verify',
    'doctor',
  ])
  for (const name of ['start', 'claim', 'doctor']) {
    const [told, asked] = await Promise.all([runToEnd(['help', name], {}), runToEnd([name, '--help'], {})])
    assert.match(told.out, new RegExp(`^countersign ${name}`))
    assert.equal(asked.out, told.out)
  }
  assert.equal((await runToEnd(['help', 'nonsense'], {})).code, 64)
  assert.match((await runToEnd(['--version'], {})).out, /^countersign \d+\.\d+\.\d+ \(Node\.js v\d+/)
})
