// Slack's Web API as a bare HTTP server whose next answers a test decides: rate limits, failures, connections that drop after the message was taken.

import Fastify from 'fastify'

export type Answer = {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: object
  readonly drop?: true
}
export type Call = { readonly method: string; readonly at: number; readonly body: Record<string, string> }

export async function openSlackApi(t: { after(work: () => Promise<void>): void }) {
  const app = Fastify({ forceCloseConnections: true })
  const calls: Call[] = []
  const next = new Map<string, Answer[]>()
  const closed = new Map<string, string>()
  let ts = 0
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.post<{ Params: { method: string }; Body: Record<string, string> }>('/api/:method', async (request, reply) => {
    const { method } = request.params
    calls.push({ method, at: performance.now(), body: request.body })
    const error = closed.get(request.body['channel'] ?? '')
    const answer = error === undefined ? next.get(method)?.shift() : failed(error)
    if (answer?.drop) return reply.hijack().raw.destroy()
    ts += 1
    const inChannel = { id: 'C0INCIDENT42', name: 'incident-4211', is_ext_shared: false }
    const told: Record<string, object> = {
      'users.conversations': { ok: true, channels: [inChannel] },
      'conversations.info': { ok: true, channel: inChannel },
      'conversations.open': { ok: true, channel: { id: `D${request.body['users']?.slice(1)}` } },
      'conversations.history': { ok: true, messages: [] },
      'users.info': { ok: true, user: { id: request.body['user'], team_id: 'T0SANDBOX' } },
    }
    const usual = { ok: true, ts: `1700000000.${String(ts).padStart(6, '0')}`, channel: request.body['channel'] ?? 'C0' }
    return reply
      .code(answer?.status ?? 200)
      .headers(answer?.headers ?? {})
      .send(answer?.body ?? told[method] ?? usual)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  const address = app.server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/api/`,
    calls,
    of: (method: string) => calls.filter((call) => call.method === method),
    /** From now on this channel refuses everything. */
    close: (channel: string, error: string) => void closed.set(channel, error),
    /** The next answers of a method, in order; the usual one after them. */
    answer: (method: string, ...answers: readonly Answer[]) => void next.set(method, [...answers]),
  }
}
export const limited = (seconds: number): Answer => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { ok: false, error: 'ratelimited' },
})
export const failed = (error: string): Answer => ({ body: { ok: false, error } })
