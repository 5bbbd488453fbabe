// The issuer's whole app behind a loopback port of its own, as a TLS proxy would stand there: the app sees its proper Host whatever the port is. A
// test may have answers lost on their way: the issuer has done its work, and the client hears nothing.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { holderRequestRoutes } from '../../src/issuer/routes/holder-request.ts'
import type { World } from './world.ts'

export type IssuerFront = {
  readonly url: string
  /** Of these paths the answer is lost from now on. */
  readonly lose: (path: string, times: number) => void
  /** How often a path was asked. */
  readonly asked: (path: string) => number
}

/** Serves the issuer of a world until the test ends. */
export async function openIssuerFront(t: { after(work: () => Promise<void>): void }, { ctx, keys }: World): Promise<IssuerFront> {
  const app = buildIssuerApp({ ctx, keys, publicUrl: 'http://localhost:3000', rate: { burst: 10_000, perSecond: 10_000 } })
  await app.register(holderRequestRoutes(ctx))
  const losing = new Map<string, number>()
  const counted = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const payload = Buffer.concat(await request.toArray())
    counted.set(path, (counted.get(path) ?? 0) + 1)
    const answer = await app.inject({
      method: request.method === 'POST' ? 'POST' : 'GET',
      url: path,
      headers: { ...request.headers, host: new URL(ctx.roots.issuer).host },
      ...(payload.length > 0 && { payload }),
    })
    const left = losing.get(path) ?? 0
    if (left > 0) {
      losing.set(path, left - 1)
      request.socket.destroy()
      return
    }
    response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) }).end(answer.rawPayload)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await app.close()
  })
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    lose: (path, times) => void losing.set(path, times),
    asked: (path) => counted.get(path) ?? 0,
  }
}
