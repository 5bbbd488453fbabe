// The Events API's retries against a real HTTP endpoint that fails: the schedule compressed, the headers and the id as Slack sends them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createEvents } from '../../../src/sandbox/slack/events.ts'
import { createTransport } from '../../../src/sandbox/slack/transport.ts'
import { createWorkspace } from '../../../src/sandbox/slack/workspace.ts'
import { sandboxWorld } from '../../../src/sandbox/world.ts'

/** An endpoint that answers with each status in turn, then 200. */
async function endpoint(t: TestContext, statuses: readonly number[], headers: Record<string, string> = {}) {
  const got: { headers: IncomingHttpHeaders; body: { event_id: string; event: { type: string } } }[] = []
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      response.writeHead(statuses[got.length] ?? 200, headers).end()
      got.push({ headers: request.headers, body: JSON.parse(body) })
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const workspace = createWorkspace(sandboxWorld())
  const requestUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
  const events = createEvents(workspace, createTransport({ requestUrl, signingSecret: 's', now: workspace.now }), 0.00001)
  t.after(() => {
    events.close()
    http.closeAllConnections()
    http.close()
  })
  return { got, events }
}
const user_change = { type: 'user_change', user: { id: 'U0REYOKAFOR' } }

test('an event is sent again until it is taken, under the same id, and says why', async (t) => {
  const { got, events } = await endpoint(t, [500, 404])
  await events.emit(user_change)
  assert.equal(got.length, 3)
  assert.equal(new Set(got.map(({ body }) => body.event_id)).size, 1)
  assert.deepEqual(
    got.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
    ],
  )
})

test('after four attempts an event is given up', async (t) => {
  const { got, events } = await endpoint(t, [500, 500, 500, 500, 500])
  await events.emit(user_change)
  assert.equal(got.length, 4)
})

test('an app may ask for no retry', async (t) => {
  const { got, events } = await endpoint(t, [500], { 'x-slack-no-retry': '1' })
  await events.emit(user_change)
  assert.equal(got.length, 1)
})

test('an event that the app has not subscribed to is not sent', async (t) => {
  const { got, events } = await endpoint(t, [])
  await events.emit({ type: 'reaction_added' })
  assert.equal(got.length, 0)
})
