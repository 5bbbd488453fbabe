// A real Bolt app before a real simulated workspace, both over HTTP on loopback: the peer by which the workspace's protocol is checked. The receiver
// checks signatures by itself, so that a wrong signature fails here and not only in the product.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import bolt, { type Receiver } from '@slack/bolt'
import { buildSlackServer, type SlackServerOptions } from '../../../src/sandbox/slack/server.ts'
import { createWorkspace, type Workspace } from '../../../src/sandbox/slack/workspace.ts'
import { sandboxWorld } from '../../../src/sandbox/world.ts'
import { type SlackDriver, slackDriver } from '../../support/slack-driver.ts'

export const SECRET = 'a signing secret of the test'
export const TOKEN = 'xoxb-a-token-of-the-test'

export interface Stage {
  readonly bolt: bolt.App
  readonly workspace: Workspace
  readonly slack: SlackDriver
  readonly api: string
  /** Headers and raw bodies that reached the app, oldest first. */
  readonly received: { readonly headers: IncomingMessage['headers']; readonly body: string }[]
}

/** A workspace with a Bolt app behind it; both end with the test. */
export async function stage(t: TestContext, options: Partial<SlackServerOptions> & { now?: () => number } = {}): Promise<Stage> {
  const received: Stage['received'] = []
  let process: ((event: Parameters<bolt.App['processEvent']>[0]) => Promise<void>) | undefined
  const http = createServer((request, response) => {
    void receive(request, response).catch(() => response.writeHead(500).end())
  })
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks).toString()
    received.push({ headers: request.headers, body: raw })
    if (!isSigned(request, raw)) return void response.writeHead(401).end()
    const body = parse(request, raw)
    if (body['type'] === 'url_verification') return void response.end(String(body['challenge']))
    const retry = request.headers['x-slack-retry-num']
    await process?.({
      body,
      ...(retry === undefined ? {} : { retryNum: Number(retry) }),
      ack: async (answer) => {
        const content = answer === undefined || answer === '' ? '' : typeof answer === 'string' ? answer : JSON.stringify(answer)
        response.writeHead(200, content.startsWith('{') ? { 'content-type': 'application/json' } : {}).end(content)
      },
    })
  }
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const requestUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/slack/events`
  const workspace = createWorkspace({ ...sandboxWorld(), ...(options.now ? { now: options.now } : {}) })
  const server = await buildSlackServer({ requestUrl, signingSecret: SECRET, botToken: TOKEN, port: 0, ...options, workspace })
  const url = await server.listen()
  const receiver: Receiver = {
    init: (app) => {
      process = (event) => app.processEvent(event)
    },
    start: async () => undefined,
    stop: async () => undefined,
  }
  const app = new bolt.App({
    receiver,
    token: TOKEN,
    // Else Bolt asks who it is by itself, and a test that is over by then fails its whole process.
    botId: workspace.app.botId,
    botUserId: workspace.app.userId,
    logLevel: bolt.LogLevel.ERROR,
    convoStore: false,
    clientOptions: { slackApiUrl: `${url}/api/`, retryConfig: { retries: 0 } },
  })
  t.after(async () => {
    await server.app.close()
    http.closeAllConnections()
    http.close()
  })
  return { bolt: app, workspace, slack: slackDriver(url), api: `${url}/api/`, received }
}

function isSigned(request: IncomingMessage, raw: string): boolean {
  const time = String(request.headers['x-slack-request-timestamp'])
  const mac = createHmac('sha256', SECRET).update(`v0:${time}:${raw}`).digest('hex')
  const given = Buffer.from(String(request.headers['x-slack-signature']))
  const expected = Buffer.from(`v0=${mac}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function parse(request: IncomingMessage, raw: string): Record<string, unknown> {
  if (request.headers['content-type'] === 'application/json') return JSON.parse(raw) as Record<string, unknown>
  const fields = Object.fromEntries(new URLSearchParams(raw))
  const payload = fields['payload']
  return payload === undefined ? fields : (JSON.parse(payload) as Record<string, unknown>)
}
