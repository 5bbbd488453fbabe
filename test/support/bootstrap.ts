// A bootstrap in front of a test: its environment in a temporary folder, its doors, and a visitor with a software key who goes through them as a
// browser would.

import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { digestOf } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { buildBootstrapApp } from '../../src/issuer/bootstrap-app.ts'
import { planBootstrap } from '../../src/issuer/bootstrap-plan.ts'
import { openBootstrapSession } from '../../src/issuer/bootstrap-session.ts'
import { create, get, type SoftPasskey, type Twist } from '../../src/sandbox/authenticator.ts'

export const ORIGIN = 'https://issuer.example.com'
const HOST = new URL(ORIGIN).host
const RP_ID = new URL(ORIGIN).hostname
const RUNBOOKS = fileURLToPath(new URL('../../runbooks/', import.meta.url))
type After = { after(work: () => Promise<void> | void): void }
type Environment = Readonly<Record<string, string | undefined>>

/** An environment in which a bootstrap may run; its files lie in a folder of its own. */
export function bootstrapEnvironment(t: After, over: Environment = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-bootstrap-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return {
    PUBLIC_URL: 'https://bot.example.com',
    ISSUER_URL: ORIGIN,
    KEYS_DIR: join(dir, 'keys'),
    TRUST_ROOTS: join(dir, 'trust-roots.json'),
    RUNBOOKS_DIR: RUNBOOKS,
    LOG_LEVEL: 'silent',
    ...over,
  }
}

export type Answer = { readonly status: number; readonly body: string; readonly cookie: string | undefined }
/** Sends one request to the doors: over the network or not. */
export type Send = (method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string) => Promise<Answer>

/** The doors over the network, as a TLS proxy in front of the bootstrap would reach them. */
export const overNetwork =
  (port: string): Send =>
  (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, method, path, headers: { host: new URL(ORIGIN).host, ...headers } },
        async (response) => {
          const chunks = await response.toArray()
          const [cookie] = response.headers['set-cookie'] ?? []
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), cookie: cookie?.split(';')[0] })
        },
      )
      sent.once('error', reject)
      sent.end(body)
    })

/** The doors of a bootstrap for mira and theo without a network; `now` may be moved. */
export async function openDoors(t: After, env: Environment, persons: readonly string[], now = () => new Date()) {
  const plan = await planBootstrap(
    persons.flatMap((id) => ['--person', id]),
    env,
  )
  const session = openBootstrapSession(plan, now, new Date(Date.now() + 600_000))
  const app = buildBootstrapApp(plan, session, pino({ level: 'silent' }))
  t.after(() => app.close())
  const send: Send = async (method, path, headers, body) => {
    const { statusCode, payload, cookies } = await app.inject({
      ...{ method, url: path, headers: { host: HOST, ...headers } },
      ...(body !== undefined && { payload: body }),
    })
    const [cookie] = cookies
    return { status: statusCode, body: payload, cookie: cookie && `${cookie.name}=${cookie.value}` }
  }
  return {
    session,
    send,
    pathOf: (person: string) => `/bootstrap/${session.links.find((link) => link.person.id === person)?.token}`,
  }
}

type Begun = { realm: string; nonce: string; creation: { challenge: string; user: { id: string } } }
type Made = { id: string; key: Canonical; thumbprint: string; nonce: string }
type Refused = { readonly status: number; readonly reason: string | undefined }
type InHand = { readonly realm: string; readonly passkey: SoftPasskey; readonly made: Made; readonly registration: unknown }
export type Bend = {
  readonly create?: Twist
  readonly get?: Twist
  /** Signs the proof with another passkey of the same visitor. */
  readonly proveWith?: SoftPasskey
  readonly statement?: Record<string, unknown>
}

/** A browser with a software key. */
export function newVisitor(send: Send) {
  const site = { rpId: RP_ID, origin: ORIGIN }
  let cookie: string | undefined
  const post = async <T>(path: string, body: unknown, headers: Record<string, string> = {}) => {
    const sent = { 'content-type': 'application/json', origin: ORIGIN, ...(cookie === undefined ? {} : { cookie }), ...headers }
    const answer = await send('POST', path, sent, JSON.stringify(body))
    const value = JSON.parse(answer.body) as T & { reason?: string }
    return { status: answer.status, reason: value.reason, value }
  }
  const make = async (person: string, bend: Bend = {}): Promise<InHand | { readonly failed: Refused }> => {
    const begun = await post<Begun>('/v1/ceremonies', { purpose: 'register', person })
    if (begun.status !== 200) return { failed: begun }
    const { realm, nonce, creation } = begun.value
    const soft = create({ ...site, challenge: creation.challenge, userHandle: creation.user.id }, bend.create)
    const registration = { person, nickname: 'root', nonce, attestation: soft.response }
    const made = await post<Made>('/v1/registrations', registration)
    return made.status === 200 ? { realm, passkey: soft.passkey, made: made.value, registration } : { failed: made }
  }
  const proofOf = (person: string, { realm, made, passkey }: InHand, bend: Bend = {}) => {
    const { id, key, thumbprint, nonce } = made
    const signer = { person, passkey: thumbprint }
    const bytes = canonicalBytes({
      ...{ v: 1, realm, nonce, signer, kind: 'register', role: 'owner', decision: 'register', id, key },
      ...(bend.statement as Record<string, Canonical> | undefined),
    })
    const challenge = digestOf('statement/register', bytes)
    const { response } = get(bend.proveWith ?? passkey, { ...site, challenge }, bend.get)
    return { statement: Buffer.from(bytes).toString('base64url'), response }
  }
  return {
    open: async (path: string) => {
      const page = await send('GET', path, {})
      cookie = page.cookie ?? cookie
      return page
    },
    post,
    make,
    proofOf,
    /** Both touches; the answer of the last door that was asked. */
    register: async (person: string, bend: Bend = {}) => {
      const made = await make(person, bend)
      if ('failed' in made) return { ...made.failed, words: [] }
      const { status, reason, value } = await post<{ words: readonly string[] }>('/v1/statements', proofOf(person, made, bend))
      return { status, reason, words: status === 200 ? value.words : [] }
    },
  }
}
