import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { dropSilentConnections } from '../src/silent-connections.ts'

async function openApp(t: TestContext) {
  const app = Fastify({ forceCloseConnections: 'idle' })
  dropSilentConnections(app)
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  app.get('/', () => {
    asked.resolve()
    return answer.promise
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.server.closeAllConnections())
  const dial = async (said: string) => {
    const heard = once(app.server, 'connection')
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => undefined)
    await heard
    socket.write(said)
    return socket.setEncoding('utf8')
  }
  return { app, asked: asked.promise, answer: answer.resolve, dial }
}

test('who opened a connection and asked nothing, or half, holds no end up', async (t) => {
  const { app, dial } = await openApp(t)
  const sockets = [await dial(''), await dial('GET / HTTP/1.1\r\nHost: somewh')]
  const closed = sockets.map((socket) => once(socket.resume(), 'close'))
  await app.close()
  await Promise.all(closed)
})

test('who has asked is answered before the end', async (t) => {
  const { app, asked, answer, dial } = await openApp(t)
  const socket = await dial('GET / HTTP/1.1\r\nHost: somewhere\r\nConnection: close\r\n\r\n')
  await asked
  const closed = app.close()
  answer('here it is')
  const [text] = await once(socket, 'data')
  assert.match(String(text), /^HTTP\/1\.1 200/)
  await closed
})
