// Targets of one test that take word of early ends, over real HTTP: each answers as it is told just now, and keeps what it was sent. Not the sandbox's
// target: that one wants an issuer with a discovery document.

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { IssuerKeys } from '../../src/issuer/keys.ts'

export type Answering = 'confirms' | 'fails' | 'hangs'
export type RevocableTarget = {
  readonly url: string
  /** What it does from now on. */
  answering: Answering
  readonly heard: string[]
  /** Settles when it has been sent so many events. */
  readonly hears: (count: number) => Promise<void>
}

/** Opens a target that confirms until it is told otherwise. */
export async function openRevocableTarget(t: { after(work: () => void): void }): Promise<RevocableTarget> {
  const heard: string[] = []
  const waiting: { readonly count: number; readonly done: () => void }[] = []
  const hanging = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      heard.push(body)
      if (target.answering === 'hangs') hanging.add(response)
      else response.writeHead(target.answering === 'confirms' ? 202 : 503).end()
      for (const each of waiting) if (heard.length >= each.count) each.done()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const response of hanging) response.destroy()
    server.closeAllConnections()
    server.close()
  })
  const target: RevocableTarget = {
    url: `http://localhost:${(server.address() as AddressInfo).port}/events`,
    answering: 'confirms',
    heard,
    hears: (count) =>
      new Promise((done) => {
        waiting.push({ count, done })
        if (heard.length >= count) done()
      }),
  }
  return target
}

/** What an event says, verified as a target would. */
export async function readEvent(keys: Pick<IssuerKeys, 'accessTokenKeys'>, event: string): Promise<JWTPayload> {
  const published = createLocalJWKSet({ keys: keys.accessTokenKeys.map((key) => ({ ...key })) })
  return (await jwtVerify(event, published, { typ: 'secevent+jwt', issuer: 'http://localhost:3001' })).payload
}

/** Runbooks in which `service.restart` goes to the first target, and `customer.read-record` to the second. */
export const goingTo =
  (first: RevocableTarget, second?: RevocableTarget) =>
  (dir: string): void => {
    const change = (file: string, edit: (text: string) => string) =>
      writeFileSync(join(dir, file), edit(readFileSync(join(dir, file), 'utf8')))
    change('targets.yaml', (text) => {
      const here = text.replace(/revocations: \S+/, `revocations: ${first.url}`)
      const settings = `{ audience: "urn:countersign:sandbox:other", revocations: "${second?.url}" }`
      return second ? `${here}\nother:\n  kind: jwt\n  settings: ${settings}\n` : here
    })
    if (second) change('customer.md', (text) => text.replace('target: sandbox', 'target: other'))
  }
