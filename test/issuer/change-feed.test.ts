// Waiting pages are told that something changed, at once and for their own request only, over a line that ends with the app.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { HOST, openDoors } from '../support/issuer-app.ts'
import { ask, confirm, newHolder } from '../support/world.ts'

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

test('a link that leads nowhere has no line', async (t) => {
  const door = await openDoors(t)
  const response = await door.get('/v1/views/0000000000000000000000000a/events')
  assert.equal(response.statusCode, 404)
})
