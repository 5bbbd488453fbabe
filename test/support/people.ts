// People at a running product by HTTP alone, each with a browser's cookies and a software authenticator: what pages and Slack would do for them is
// done here by hand, so that a test can tell the whole protocol. Nothing is imported from the issuer or the bot but the formats that are signed.

import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compactDecrypt } from 'jose'
import { digestOf, thumbprint } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import type { Statement, StatementKind } from '../../src/domain/statement.ts'
import { tagged } from '../../src/domain/tags.ts'
import { create, get, type SoftPasskey } from '../../src/sandbox/authenticator.ts'
import type { Premises } from './product.ts'
import type { TestHolder } from './world.ts'

type Begun = { readonly realm: string; readonly nonce: string; readonly rpId: string; readonly signer: string }
type Creation = Begun & { readonly creation: { readonly challenge: string; readonly user: { readonly id: string } } }
/** The body of a statement without what every statement has. */
type Said = { readonly kind: StatementKind } & Readonly<Record<string, Canonical | object>>
type Waiting = {
  readonly person: string
  readonly realm: string
  readonly next: object
  readonly registrations: readonly { readonly passkey: { readonly thumbprint: string } }[]
}

/** Somebody with an empty cookie jar and no key yet. */
export function meet(premises: Premises, handle: string) {
  const { issuer } = premises
  let cookie = ''
  let key: { soft: SoftPasskey; readonly thumbprint: string } | undefined

  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const answer = await fetch(issuer + path, { ...init, headers: { ...(cookie && { cookie }), ...init.headers } })
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    const text = await answer.text()
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`)
    return text
  }
  const post = async <T>(path: string, body: object): Promise<T> =>
    JSON.parse(
      await ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: issuer },
        body: JSON.stringify(body),
      }),
    ) as T
  const begin = (purpose: string, about: object = {}) => post<Begun>('/v1/ceremonies', { purpose, ...about })
  /** Signs with the own key, as a browser's page does: over the hash of the statement and nothing else. */
  const signed = ({ realm, nonce, rpId }: Begun, said: Said) => {
    assert.ok(key, `${handle} has no key`)
    const bytes = canonicalBytes({
      v: 1,
      realm,
      nonce,
      signer: { person: handle, passkey: key.thumbprint },
      ...said,
    } as Canonical)
    const answer = get(key.soft, { rpId, origin: issuer, challenge: digestOf(`statement/${said.kind}`, bytes) })
    key = { ...key, soft: answer.passkey }
    return { statement: encodeBase64url(bytes), response: answer.response }
  }
  /** Signs with the simulated key that the sandbox gave this person. */
  const simulated = async (statement: Statement, by: object) => {
    const bytes = canonicalBytes(statement as unknown as Canonical)
    const response = await post('/sandbox/key/assert', { ...by, challenge: digestOf(`statement/${statement.kind}`, bytes) })
    return { statement: encodeBase64url(bytes), response }
  }

  return {
    handle,
    /** Makes a passkey, shows that it is there, and gives the words to be read aloud. */
    register: async (): Promise<readonly string[]> => {
      const { creation, ...begun } = await post<Creation>('/v1/ceremonies', { purpose: 'register', person: handle })
      const made = create({ rpId: begun.rpId, origin: issuer, challenge: creation.challenge, userHandle: creation.user.id })
      const draft = { person: handle, nickname: 'software key', nonce: begun.nonce, attestation: made.response }
      const { nonce } = await post<{ nonce: string }>('/v1/registrations', draft)
      key = { soft: made.passkey, thumbprint: thumbprint(made.key) }
      const said: Said = { kind: 'register', role: 'owner', decision: 'register', id: made.passkey.id, key: made.key }
      return (await post<{ words: string[] }>('/v1/statements', signed({ ...begun, nonce }, said))).words
    },
    /** Signs in with the simulated key and enrols the waiting keys whose words are these, all of them. */
    enrol: async (heard: readonly (readonly string[])[]): Promise<void> => {
      const { realm, nonce } = await begin('sign_in')
      await post(
        '/v1/statements',
        await simulated({ v: 1, realm, nonce, kind: 'sign_in', audience: 'issuer' }, { person: handle }),
      )
      const page = await ask('/enrol')
      for (const words of heard) assert.match(page, new RegExp(words.map((word) => `<li>${word}</li>`).join('\\s*')))
      const { next, registrations } = factsOf<Waiting>(page, 'id="waiting"')
      const change = canonicalBytes({ v: 1, realm, ...next, operation: 'enrol', passkeys: registrations } as unknown as Canonical)
      const begun = await post<Begun & { passkeys: { id: string; thumbprint: string }[] }>('/v1/ceremonies', {
        purpose: 'directory',
      })
      const [own] = begun.passkeys
      assert.ok(own)
      const statement: Statement = {
        v: 1,
        realm,
        nonce: begun.nonce,
        signer: { person: handle, passkey: own.thumbprint },
        kind: 'directory',
        role: 'administrator',
        decision: 'change',
        change: digestOf('directory', change),
      }
      await post('/v1/statements', { ...(await simulated(statement, { id: own.id })), change: encodeBase64url(change) })
    },
    /** Types a slash command; gives the link to one's own page in the answer. */
    type: async (text: string): Promise<string> => viewIn(await slash(premises, text)),
    /** What the page of a link is about: the digest of what is to be signed. */
    see: async (view: string) =>
      JSON.parse(await ask(`/v1/views/${view}`)) as { readonly state: string; readonly intent: string },
    /** Signs at a link: that one asked for this, or what one decides. */
    tap: async (view: string, kind: 'request' | 'decide', said: Omit<Said, 'kind'>): Promise<void> =>
      void (await post('/v1/statements', signed(await begin(kind, { view }), { ...said, kind }))),
    /** Fetches credential number one at the place that was named, and opens it with the key that only that place has. */
    claim: async (intent: string, place: TestHolder): Promise<string> => {
      const encrypt = thumbprint(place.holder.encrypt)
      const message = { ...(await about(intent, place)), encrypt, number: 1, material: { kind: 'jwt' } }
      const bytes = canonicalBytes(message)
      const body = { claim: encodeBase64url(bytes), signature: await place.sign(tagged('claim', bytes)) }
      const { ciphertext } = await post<{ ciphertext: string }>('/v1/claims', body)
      return new TextDecoder().decode((await compactDecrypt(ciphertext, place.encryptionKey)).plaintext)
    },
    /** "I'm done", signed by the place. */
    giveBack: async (intent: string, place: TestHolder): Promise<void> => {
      const bytes = canonicalBytes({ ...(await about(intent, place)), decision: 'return' })
      const signature = await place.sign(tagged('giveBack', bytes))
      await post('/v1/revocations', { giveBack: encodeBase64url(bytes), signature })
    },
  }

  async function about(intent: string, { holder }: TestHolder) {
    const { realm, nonce } = await begin('claim')
    return { v: 1, realm, intent, nonce, holder: thumbprint(holder.sign) }
  }
}

/** The link to a page of one's own that stands in something from Slack. */
export function viewIn(message: unknown): string {
  const view = /\/r\/([0-9a-z]{26})/.exec(JSON.stringify(message))?.[1]
  assert.ok(view, 'no link stands there')
  return view
}

/** Sends a slash command of Rey's to the bot as Slack does, signed with the secret that Slack shares with the app; gives the answer. */
async function slash({ bot, slack, dataDir }: Premises, text: string): Promise<unknown> {
  const shared = Buffer.from(readFileSync(join(dataDir, 'sandbox-secret'), 'utf8'), 'base64url')
  const secret = createHmac('sha256', shared).update('signing secret').digest('hex')
  const body = new URLSearchParams({
    command: '/elevate',
    text,
    team_id: 'T0SANDBOX',
    user_id: 'U0REYOKAFOR',
    channel_id: 'C0INCIDENT42',
    api_app_id: 'A0COUNTERSIGN',
    trigger_id: `trigger.${randomUUID()}`,
    response_url: `${slack}/none`,
  }).toString()
  const timestamp = String(Math.floor(Date.now() / 1000))
  const answer = await fetch(`${bot}/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`,
    },
    body,
  })
  assert.equal(answer.status, 200)
  return answer.json()
}

/** What a page tells its script, in the attribute of the element that has this mark. */
function factsOf<T>(page: string, mark: string): T {
  const [, escaped = '{}'] = new RegExp(`${mark}[^>]*data-facts="([^"]*)"`).exec(page) ?? []
  return JSON.parse(escaped.replaceAll(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)))) as T
}
