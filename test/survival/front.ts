// What stands between people, Slack and processes: a load balancer of the simplest kind. It keeps Host, tries another process when one does not take the
// connection, and says 502 when one broke off, because it cannot know what that one did. It can be told to keep a call back (failed) or to lose an answer
// that it has (failed but persisted: it was done, and nobody heard).

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { FastifyInstance } from 'fastify'

export type Call = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: Buffer }
export type FrontGate = {
  readonly before: (call: Call) => Promise<boolean>
  readonly after: (call: Call, answer: Answer) => Promise<boolean>
}
export type Front = { readonly port: number; readonly close: () => Promise<void> }

/** Opens a front on 127.0.0.1; `port` 0 is any free one. `pass` is made when the port is known. */
export async function openFront(pass: (call: Call) => Promise<Answer>, gate?: FrontGate, port = 0): Promise<Front> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const { method = 'GET', url: path = '/', headers } = incoming
      const call = { method, path, headers, body: Buffer.concat(chunks) }
      if (gate && !(await gate.before(call))) return void outgoing.destroy()
      const answer = await pass(call)
      if (gate && !(await gate.after(call, answer))) return void outgoing.destroy()
      const { 'transfer-encoding': _encoding, connection: _connection, ...kept } = answer.headers
      outgoing.writeHead(answer.status, kept as IncomingHttpHeaders).end(answer.body)
    } catch {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502, { 'content-type': 'text/plain' }).end('nobody answers')
    }
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Passes to one of the processes at these ports, in the order in which they are to be tried now. */
export const toPorts =
  (ports: () => readonly number[]) =>
  async (call: Call): Promise<Answer> => {
    let failure: unknown = new Error('nobody is there')
    for (const port of ports()) {
      try {
        return await ask(port, call)
      } catch (error) {
        failure = error
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break
      }
    }
    throw failure
  }

/** Passes to an app of this process that listens nowhere itself. */
export const toApp =
  (app: FastifyInstance) =>
  async ({ method, path, headers, body }: Call): Promise<Answer> => {
    const answered = await app.inject({ method: method as 'POST', url: path, headers, payload: body })
    return { status: answered.statusCode, headers: answered.headers, body: answered.rawPayload }
  }

const ask = (port: number, { method, path, headers, body }: Call): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, connection: 'close' } })
    sent.setTimeout(25_000, () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 502, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.end(body)
  })
