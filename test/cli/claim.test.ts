// The terminal as the place where a credential is needed, against the issuer's own doors: what it prints and where, what it gives back, and what it
// does not believe.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { claimHere } from '../../src/cli/claim.ts'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { findHolderOffer } from '../../src/commands/offer-holder.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { openIssuerFront } from '../support/issuer-front.ts'
import { newTerminal, type TestTerminal } from '../support/terminal.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, sign } from '../support/world.ts'

const world = await openWorld({ after })
const PACE = { poll: 10, blocked: 10, code: 60_000, ceremony: 60_000, patience: 2_000 }
const CODE = /^ {4}([0-9a-z]{4}(?:-[0-9a-z]{4}){3})$/m

/** Runs the command against an issuer of its own front. */
async function start(t: TestContext, args: readonly string[] = [], pace = PACE) {
  const front = await openIssuerFront(t, world)
  const terminal = newTerminal()
  const exit = claimHere(['--name', 'Rey’s laptop', ...args], { ...process.env, ISSUER_URL: front.url }, terminal, pace)
  return { front, terminal, exit }
}

/** What the requester does on the page: types the code of the terminal and confirms. */
async function confirmFor(terminal: TestTerminal, intent: string) {
  const found = await findHolderOffer(world.ctx, await terminal.says(CODE))
  assert.ok(found.ok)
  const body = { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: found.offer.holder } as const
  const taken = await acceptStatement(world.ctx, await sign(world, 'rey', body))
  assert.ok(taken.ok, JSON.stringify(taken))
  return found.offer
}

const grantOf = async (request: string) => {
  const grant = await findGrant(world.ctx.db, request)
  return grant && { state: grant.state, why: grant.ended_reason }
}

test('a terminal that was named and approved prints the credential, alone on standard output', async (t) => {
  const { terminal, exit } = await start(t)
  const { requestId, intent } = await ask(world)
  const offer = await confirmFor(terminal, intent)
  assert.equal(offer.name, 'Rey’s laptop')
  await terminal.says(/Waiting for approvals/)
  assert.ok((await decide(world, intent, 'bo')).ok)
  assert.equal(await exit, 0)
  const printed = terminal.out().split('\n')
  assert.equal(printed.length, 2)
  const [credential = ''] = printed
  const { payload } = await jwtVerify(credential, createLocalJWKSet({ keys: [...world.keys.accessTokenKeys] }))
  assert.equal(payload['txn'], requestId)
  assert.ok(!terminal.err().includes(credential))
  assert.deepEqual(await grantOf(requestId), { state: 'active', why: null })
})

test('--json prints one object with the end of the credential', async (t) => {
  const { terminal, exit } = await start(t, ['--json'])
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo')
  assert.equal(await exit, 0)
  const told = JSON.parse(terminal.out()) as Record<string, string>
  const [row] = await findCredentials(world.ctx.db, requestId)
  assert.equal(told['fingerprint'], row?.fingerprint)
  assert.equal(told['ends_at'], row?.expires_at.toISOString())
})

/** A command that writes down what it was given, and how to run it with the credential. */
function writesDown(t: TestContext, then: string) {
  const file = join(world.dir, `given-${t.name.length}-${Date.now()}.json`)
  const script = `require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify({ token: process.env.COUNTERSIGN_TOKEN, argv: process.argv })); ${then}`
  const given = async () => JSON.parse(await readFile(file, 'utf8')) as { token: string; argv: string[] }
  return { given, exec: ['--exec', '--', process.execPath, '-e', script] }
}

test('--exec hands the credential to the command by its environment, gives it back at the end, and exits as the command did', async (t) => {
  const { given, exec } = writesDown(t, 'process.exit(7)')
  const { terminal, exit } = await start(t, exec)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo')
  assert.equal(await exit, 7)
  const { token, argv } = await given()
  assert.match(token, /^eyJ/)
  assert.ok(!argv.join(' ').includes(token))
  assert.equal(terminal.out(), '')
  assert.deepEqual(await grantOf(requestId), { state: 'revoking', why: 'returned' })
  assert.match(terminal.err(), /The target has not confirmed it/)
})

test('a command that is told to end takes the grant with it', async (t) => {
  const { exec } = writesDown(t, 'setInterval(() => {}, 1000)')
  const { terminal, exit } = await start(t, exec)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo')
  await terminal.says(/Running the command/)
  // Ctrl-C reaches the command by the terminal itself; here it must only not end us.
  terminal.signal('SIGINT')
  terminal.signal('SIGTERM')
  assert.equal(await exit, 143)
  assert.deepEqual(await grantOf(requestId), { state: 'revoking', why: 'returned' })
})

test('a command that does not exist is said to be so, and the grant is given back', async (t) => {
  const { terminal, exit } = await start(t, ['--exec', '--', 'no-such-command-of-countersign'])
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo')
  assert.equal(await exit, 127)
  assert.deepEqual(await grantOf(requestId), { state: 'revoking', why: 'returned' })
})

test('a denial ends the wait with exit code 1 and a sentence', async (t) => {
  const { terminal, exit } = await start(t)
  const { intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo', 'deny')
  assert.equal(await exit, 1)
  assert.equal(terminal.out(), '')
  assert.match(terminal.err(), /This request was denied/)
})

test('a claim whose answer is lost is repeated and brings the one credential', async (t) => {
  const { front, terminal, exit } = await start(t)
  front.lose('/v1/claims', 2)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo')
  assert.equal(await exit, 0)
  assert.equal(front.asked('/v1/claims'), 3)
  assert.equal((await findCredentials(world.ctx.db, requestId)).length, 1)
})

test('who interrupts while answers are lost holds nothing afterwards', async (t) => {
  const { front, terminal, exit } = await start(t)
  front.lose('/v1/claims', Number.POSITIVE_INFINITY)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await decide(world, intent, 'bo')
  await terminal.says(/does not answer/)
  terminal.signal('SIGINT')
  assert.equal(await exit, 130)
  assert.equal(terminal.out(), '')
  assert.deepEqual(await grantOf(requestId), { state: 'revoking', why: 'returned' })
})

test('who interrupts the waiting leaves the request as it is', async (t) => {
  const { front, terminal, exit } = await start(t)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  await terminal.says(/Waiting for approvals/)
  terminal.signal('SIGINT')
  assert.equal(await exit, 130)
  assert.equal(front.asked('/v1/revocations'), 0)
  assert.equal(await grantOf(requestId), undefined)
})

test('while somebody objects nothing is claimed; when the objection is lifted it is', async (t) => {
  const { front, terminal, exit } = await start(t)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  // Away while it is approved, so that the objection comes before the claim.
  front.lose('/v1/ceremonies', Number.POSITIVE_INFINITY)
  await decide(world, intent, 'bo')
  await terminal.says(/does not answer/)
  await makeWish(world.bot, { kind: 'object', person: 'ana', request: requestId })
  await heedWishes(world.ctx)
  front.lose('/v1/ceremonies', 0)
  await terminal.says(/somebody objected/)
  assert.equal(await grantOf(requestId), undefined)
  await makeWish(world.bot, { kind: 'lift', person: 'ana', request: requestId })
  await heedWishes(world.ctx)
  assert.equal(await exit, 0)
})

test('a confirmation that has grown too old is asked for once more, by the same code', async (t) => {
  const { front, terminal, exit } = await start(t)
  const { requestId, intent } = await ask(world)
  await confirmFor(terminal, intent)
  const named = world.database.connect('owner').selectFrom('evidence').select('statement').where('request_id', '=', requestId)
  const accepted_at = new Date(Date.now() - 16 * 60_000)
  await world.database.connect('owner').updateTable('statement').set({ accepted_at }).where('digest', 'in', named).execute()
  await decide(world, intent, 'bo')
  await terminal.says(/name this terminal again/)
  await terminal.says(/Waiting for one more confirmation/)
  await confirmFor(terminal, intent)
  assert.equal(await exit, 0)
  assert.equal(front.asked('/v1/claims'), 2)
})

test('a place beside another one of the same request takes the next credential', async (t) => {
  const { terminal, exit } = await start(t)
  const { requestId, intent } = await ask(world)
  const browser = await newHolder()
  assert.ok((await confirm(world, intent, browser)).ok)
  await confirmFor(terminal, intent)
  await terminal.says(/Waiting for approvals/)
  await decide(world, intent, 'bo')
  await claim(world, intent, browser)
  assert.equal(await exit, 0)
  const numbers = (await findCredentials(world.ctx.db, requestId)).map(({ number }) => number)
  assert.deepEqual(numbers, [1, 2])
})

/** Something that answers every post alike, and is not our issuer. */
async function impostor(t: TestContext, status: number, body: unknown): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(JSON.stringify(body)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

test('an issuer that answers with another code than that of the keys made here is not believed', async (t) => {
  const terminal = newTerminal()
  const url = await impostor(t, 200, { code: 'aaaa-bbbb-cccc-dddd', expiresAt: '2030-01-01T00:00:00.000Z' })
  assert.equal(await claimHere(['--issuer', url], {}, terminal, PACE), 1)
  assert.match(terminal.err(), /another code/)
  assert.doesNotMatch(terminal.err(), /type this code/)
})

test('control characters in the issuer’s words do not reach the terminal', async (t) => {
  const terminal = newTerminal(true)
  const url = await impostor(t, 403, { reason: 'no', words: 'go\u001b]0;owned\u0007 \u202Eaway\n' })
  assert.equal(await claimHere(['--issuer', url], {}, terminal, PACE), 1)
  assert.match(terminal.err(), /go<U\+001B>\]0;owned<U\+0007> <U\+202E>away<U\+000A>/)
})

test('an issuer that is not there is exit code 3', async () => {
  const terminal = newTerminal()
  assert.equal(await claimHere(['--issuer', 'http://localhost:1'], {}, terminal, PACE), 3)
})

test('a code that nobody types runs out', async (t) => {
  const { terminal, exit } = await start(t, [], { ...PACE, code: 30, ceremony: 30 })
  assert.equal(await exit, 1)
  assert.match(terminal.err(), /Nobody confirmed/)
})

for (const [args, problem] of [
  [['--nam', 'x'], /--nam/],
  [['x'], /x/],
  [['--exec'], /needs a command/],
  [['--', 'true'], /needs --exec/],
  [['--exec', '--json', '--', 'true'], /choose one/],
  [['--issuer', 'http://issuer.example.com'], /neither https/],
  [['--issuer', 'https://issuer.example.com/path'], /not an origin/],
  [['--name', 'a\u202Eb'], /--name/],
] as const) {
  test(`wrong usage is told and exits with 2: ${JSON.stringify(args)}`, async () => {
    const terminal = newTerminal()
    assert.equal(await claimHere(args, {}, terminal, PACE), 2)
    assert.match(terminal.err(), problem)
    assert.equal(terminal.out(), '')
  })
}
