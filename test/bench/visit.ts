// People at a running sandbox, by what they would do in their browsers and by nothing else: type in Slack, follow the link, tap the simulated key, wait
// at the page's event line, claim. For benchmarks of the two processes as they are started. Several lives may run at once: whoever follows a link decides
// about what it shows, and each person taps one key after the other, because a key that signs twice at once is refused as a copy.

import { digestOf, thumbprint } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { type SlackPerson, slackDriver } from '../support/slack-driver.ts'
import { newPlace } from './stage.ts'

type Ceremony = {
  readonly realm: string
  readonly nonce: string
  readonly signer: string
  readonly passkeys: readonly { readonly id: string; readonly thumbprint: string }[]
}
type Seen = { readonly state: string; readonly intent: string }

/** How long the issuer's answers took after the last approver's tap, if no other life runs: telling the waiting page, and giving the credential. */
export type Visited = { readonly toldMs: number; readonly claimedMs: number }

/** Opens the sandbox at these addresses; each call of what comes back is one whole life. */
export function openVisits(slackUrl: string, issuer: string): () => Promise<Visited> {
  const slack = slackDriver(slackUrl)
  const followed = new Set<string>()
  const post = async <T>(path: string, body: object): Promise<T> => {
    const answer = await fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: issuer },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
    return JSON.parse(text) as T
  }
  const see = async (view: string) => (await (await fetch(`${issuer}/v1/views/${view}`)).json()) as Seen
  const link = (person: SlackPerson, channel: string): Promise<string> =>
    person.until('a link that nobody has followed', async () => {
      const links = JSON.stringify(await person.messages(channel)).matchAll(/\/r\/([0-9a-z]{26})/g)
      const fresh = [...links].map(([, view = '']) => view).find((view) => !followed.has(view))
      if (fresh !== undefined) followed.add(fresh)
      return fresh
    })
  const taps = { request: Promise.resolve(), decide: Promise.resolve() }
  const tap = (purpose: 'request' | 'decide', view: string, body: object): Promise<void> => {
    const tapped = taps[purpose].then(() => tapNow(purpose, view, body))
    taps[purpose] = tapped.catch(() => undefined)
    return tapped
  }
  const tapNow = async (purpose: 'request' | 'decide', view: string, body: object): Promise<void> => {
    const { realm, nonce, signer: person, passkeys } = await post<Ceremony>('/v1/ceremonies', { purpose, view })
    const [key] = passkeys
    if (!key) throw new Error(`${person} has no key`)
    const statement = canonicalBytes({ v: 1, realm, kind: purpose, nonce, signer: { person, passkey: key.thumbprint }, ...body })
    const response = await post<object>('/sandbox/key/assert', {
      id: key.id,
      challenge: digestOf(`statement/${purpose}`, statement),
    })
    await post('/v1/statements', { statement: encodeBase64url(statement), response })
  }

  return async () => {
    const [rey, bo] = [slack.as('rey'), slack.as('bo')]
    const place = newPlace()
    await rey.say('C0INCIDENT42', '/elevate service.restart service=payments-api reason="INC-4211: payments time out"')
    const mine = await link(rey, 'C0INCIDENT42')
    const { intent } = await follow(issuer, mine, () => see(mine), 'awaiting_requester')
    const intents = [intent]
    await tap('request', mine, { role: 'requester', decision: 'confirm', intents, holder: place.holder })
    const asked = await link(bo, 'direct')
    const theirs = (await see(asked)).intent
    const waiting = follow(issuer, mine, () => see(mine), 'approved')
    await tap('decide', asked, { role: 'approver', decision: 'approve', intents: [theirs] })
    const approved = performance.now()
    await waiting
    const told = performance.now()
    const { realm, nonce } = await post<Ceremony>('/v1/ceremonies', { purpose: 'claim' })
    const { sign, encrypt } = place.holder
    const { text: claim, signature } = place.sign('claim', {
      v: 1,
      realm,
      intent,
      holder: thumbprint(sign),
      encrypt: thumbprint(encrypt),
      nonce,
      number: 1,
      material: { kind: 'jwt' },
    })
    await post('/v1/claims', { claim, signature })
    return { toldMs: told - approved, claimedMs: performance.now() - told }
  }
}

/** Waits at the page's event line until the request is in a state, as the page does: each event means look again. */
async function follow(issuer: string, view: string, see: () => Promise<Seen>, state: string): Promise<Seen> {
  const patience = AbortSignal.timeout(10_000)
  const line = await fetch(`${issuer}/v1/views/${view}/events`, { signal: patience })
  const events = line.body?.getReader()
  if (!events) throw new Error('the event line has no body')
  try {
    for (;;) {
      const seen = await see()
      if (seen.state === state) return seen
      await events.read()
    }
  } finally {
    await events.cancel().catch(() => undefined)
  }
}
