// Waiting pages are told that something changed, at once and for their own request only, over a line that ends with the app.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { sql } from 'kysely'
import { HOST, openDoors } from '../support/issuer-app.ts'
import { ask, confirm, decide, newHolder } from '../support/world.ts'

/** Reads a line of events; `until` resolves when its text matches. */
function reading(line: IncomingMessage) {
  let text = ''
  const waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = []
  line.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    for (const each of waiting) if (each.pattern.test(text)) each.resolve()
  })
  return {
    text: () => text,
    until: (pattern: RegExp) =>
      new Promise<void>((resolve) => (pattern.test(text) ? resolve() : waiting.push({ pattern, resolve }))),
  }
}

test('a page hears of changes of its request, and of no other', async (t) => {
  const door = await openDoors(t)
  const mine = await ask(door.world)
  const other = await ask(door.world)
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = door.app.server.address() as AddressInfo
  const follow = async (view: string) => {
    const request = get({ port, host: '127.0.0.1', path: `/v1/views/${view}/events`, headers: { host: HOST } })
    const [line] = (await once(request, 'response')) as [IncomingMessage]
    assert.equal(line.headers['content-type'], 'text/event-stream')
    assert.equal(line.headers['cache-control'], 'no-store')
    return { line, ...reading(line) }
  }
  const a = await follow(mine.viewId)
  // Its adoption was a moment ago: what happened between rendering and listening is told at once.
  await a.until(/event: changed/)
  const b = await follow(other.viewId)
  await b.until(/event: changed/)
  const before = b.text()
  const seen = a.text().length
  assert.ok((await confirm(door.world, mine.intent, await newHolder())).ok)
  await a.until(new RegExp(`^[\\s\\S]{${seen},}event: changed`))
  assert.equal(b.text(), before)
  const ended = Promise.all([once(a.line, 'close'), once(b.line, 'close')])
  await door.app.close()
  await ended
})

test('who goes away before the line is there keeps no place on it', async (t) => {
  const door = await openDoors(t)
  const { viewId } = await ask(door.world)
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = door.app.server.address() as AddressInfo
  const heartbeats = t.mock.method(globalThis, 'setInterval')
  const owner = door.world.database.connect('owner')
  const waiting = () =>
    sql<{ n: number }>`select count(*)::int as n from pg_locks where not granted and relation = 'view'::regclass`.execute(owner)
  await owner.transaction().execute(async (trx) => {
    // The issuer looks the link up, and has to wait for it.
    await sql`lock table view in access exclusive mode`.execute(trx)
    for (let gone = 0; gone < 5; gone += 1) {
      const arrived = once(door.app.server, 'connection') as Promise<[Socket]>
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET /v1/views/${viewId}/events HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`)
      const [served] = await arrived
      while (((await waiting()).rows[0]?.n ?? 0) <= gone);
      socket.destroy()
      await once(served, 'close')
    }
  })
  // Who asks after them is answered after them.
  for (let after = 0; after < 5; after += 1) assert.equal((await door.get(`/v1/views/${viewId}`)).statusCode, 200)
  assert.equal(heartbeats.mock.callCount(), 0)
  const line = get({ port, host: '127.0.0.1', path: `/v1/views/${viewId}/events`, headers: { host: HOST } })
  await once(line, 'response')
  assert.equal(heartbeats.mock.callCount(), 1)
  line.destroy()
  await once(line, 'close')
})

test('a line that is asked for just as the app ends does not hold the end up', async (t) => {
  const door = await openDoors(t)
  const { viewId } = await ask(door.world)
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = door.app.server.address() as AddressInfo
  const request = get({ port, host: '127.0.0.1', path: `/v1/views/${viewId}/events`, headers: { host: HOST } })
  const gone = new Promise((resolve) => request.on('error', () => undefined).on('close', resolve))
  // From here on the door looks the page up, and does not know yet that it will be a line.
  await once(door.app.server, 'request')
  await door.app.close()
  await gone
})

test('a link that leads nowhere has no line', async (t) => {
  const door = await openDoors(t)
  const response = await door.get('/v1/views/0000000000000000000000000a/events')
  assert.equal(response.statusCode, 404)
})

test('an approver’s line tells of the requests beside as well, also of those that come later', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const door = await openDoors(t)
  const confirmed = async () => {
    const asked = await ask(door.world)
    assert.ok((await confirm(door.world, asked.intent, await newHolder())).ok)
    return asked
  }
  const mine = await confirmed()
  const beside = await confirmed()
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = door.app.server.address() as AddressInfo
  const view = await door.link(mine.requestId, 'bo')
  const request = get({ port, host: '127.0.0.1', path: `/v1/views/${view}/events`, headers: { host: HOST } })
  const [line] = (await once(request, 'response')) as [IncomingMessage]
  const heard = reading(line)
  const told = (): number => heard.text().match(/event: changed/g)?.length ?? 0
  const more = (than: number) => heard.until(new RegExp(`(?:event: changed[\\s\\S]*){${than + 1}}`))
  // What happened in the last seconds is told at once, of both.
  await more(1)
  const before = told()
  assert.ok((await decide(door.world, beside.intent, 'ana', 'deny')).ok)
  await more(before)
  const then = told()
  await confirmed()
  t.mock.timers.tick(15_000)
  await more(then)
  line.destroy()
  await once(line, 'close')
})

test('lines are bounded for one address, and a line that ends makes room', async (t) => {
  const door = await openDoors(t, { linesOfOne: 2 })
  const { viewId } = await ask(door.world)
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = door.app.server.address() as AddressInfo
  const open = async (): Promise<IncomingMessage> => {
    const request = get({ port, host: '127.0.0.1', path: `/v1/views/${viewId}/events`, headers: { host: HOST } })
    return ((await once(request, 'response')) as [IncomingMessage])[0]
  }
  const [first, second] = [await open(), await open()]
  assert.deepEqual([first.statusCode, second.statusCode], [200, 200])
  assert.equal((await open()).statusCode, 429)
  first.destroy()
  let again = await open()
  while (again.statusCode === 429) again = await open()
  assert.equal(again.statusCode, 200)
})

test('of IPv6 a whole network is one address, and what a stranger writes as his address is not believed', async (t) => {
  const door = await openDoors(t, { linesOfOne: 1, trustedProxies: ['127.0.0.1'] })
  const { viewId } = await ask(door.world)
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = door.app.server.address() as AddressInfo
  const open = async (forwarded: string) => {
    const headers = { host: HOST, 'x-forwarded-for': forwarded }
    const request = get({ port, host: '127.0.0.1', path: `/v1/views/${viewId}/events`, headers })
    const [line] = (await once(request, 'response')) as [IncomingMessage]
    t.after(() => line.destroy())
    return line.statusCode
  }
  const codes = []
  for (const from of ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '192.0.2.9, 2001:db8:1:2::7', '2001:db8:1:3::1', '192.0.2.9'])
    codes.push(await open(from))
  assert.deepEqual(codes, [200, 429, 429, 200, 200])
})
