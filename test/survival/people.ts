// People at the issuer and in Slack, who do again what got no answer: a page's tap is tapped again with a new nonce, a command is typed again, a button
// pressed again, the command line asks again. Whoever taps has a software key of their own and sees only what the screens offer.

import { setTimeout as delay } from 'node:timers/promises'
import { compactDecrypt } from 'jose'
import { digestOf, thumbprint } from '../../src/crypto.ts'
import { findWaitingFor } from '../../src/db/bot-queries/own-work.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import type { StatementKind } from '../../src/domain/statement.ts'
import { tagged } from '../../src/domain/tags.ts'
import { press } from '../../src/sandbox/slack/acts/press.ts'
import { say } from '../../src/sandbox/slack/acts/say.ts'
import type { Message } from '../../src/sandbox/slack/workspace.ts'
import type { TestHolder } from '../support/world.ts'
import type { Member } from './realm.ts'
import type { Stand } from './stand.ts'

const PATIENCE_MS = 180_000
/** Who waits longer looks less often: looking costs the machine more than all else that people do. */
const LOOK_AGAIN_MS = { first: 40, most: 400, growth: 1.4 }
/** What ends by trying again: a double click's second half, a nonce or a time of acceptance from an issuer whose clock is off, a credential being made. */
const AGAIN = new Set(['nonce_used', 'nonce_stale', 'assertion_refused', 'still_issuing', 'evidence_refused'])
/** People look at what is new; a lane's life before this one stands above. */
const RECENT = 40
const PROMISED_MS = 8_000
const UNANSWERED_MS = 1_000
const NO_MESSAGE_MS = 2_500
const PRESSED_MS = 3_000
const VIEW = /\/r\/([0-9a-z]{26})/

export type Seen = {
  readonly request: string
  readonly state: string
  readonly intent: string
  readonly held?: boolean
  readonly grant?: { readonly state: string }
}
type Answered = { readonly status: number; readonly text: string }
type Refused = { readonly refused: string }
/** Counts what people were told, by reason. */
export type Heard = (reason: string) => void

/** Looks again and again until there is something; the machine may be slow, so patience is long and the answer exact. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const seen = await within(PATIENCE_MS, look)
  if (seen === undefined) throw new Error(`waited in vain for ${what}`)
  return seen
}

/** Looks again and again until there is something, at least once and about so long. */
async function within<T>(ms: number, look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
  const late = Date.now() + ms
  for (let pause = LOOK_AGAIN_MS.first; ; pause = Math.min(LOOK_AGAIN_MS.most, pause * LOOK_AGAIN_MS.growth)) {
    const seen = await look()
    if (seen !== undefined || Date.now() > late) return seen
    await delay(pause)
  }
}

/** The people of a stand. */
export function peopleOf(stand: Stand, heard: Heard) {
  const { issuer } = stand.urls
  /** One call; undefined when nobody answered, or nothing that says what happened. */
  const call = async (by: Member, path: string, body?: object): Promise<Answered | undefined> => {
    try {
      const answer = await fetch(issuer + path, {
        headers: { 'x-forwarded-for': by.address, ...(body && { 'content-type': 'application/json', origin: issuer }) },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      })
      const text = await answer.text()
      if (answer.status < 500 && answer.status !== 429) return { status: answer.status, text }
      heard(reasonIn(text) ?? `${answer.status}`)
      return undefined
    } catch {
      heard('no answer')
      return undefined
    }
  }
  const got = <T>(by: Member, path: string, body?: object): Promise<T> =>
    until(path, async () => {
      const answer = await call(by, path, body)
      if (answer === undefined) return undefined
      if (answer.status >= 400) throw new Error(`${by.person} at ${path}: ${answer.status} ${answer.text}`)
      return JSON.parse(answer.text) as T
    })
  const tell = async (by: Member, path: string, body: object): Promise<Refused | object | undefined> => {
    const answer = await call(by, path, body)
    if (answer === undefined) return undefined
    if (answer.status < 400) return JSON.parse(answer.text) as object
    const refused = reasonIn(answer.text) ?? answer.text
    heard(refused)
    return { refused }
  }
  const see = (by: Member, view: string) => got<Seen>(by, `/v1/views/${view}`)
  const signed = async (by: Member, view: string, kind: StatementKind, said: object) => {
    const { realm, nonce } = await got<{ realm: string; nonce: string }>(by, '/v1/ceremonies', { purpose: kind, view })
    const signer = { person: by.person, passkey: by.passkey }
    const bytes = canonicalBytes({ v: 1, realm, nonce, signer, kind, ...said })
    const response = stand.realm.ring.assert(by.key, digestOf(`statement/${kind}`, bytes))
    return { statement: encodeBase64url(bytes), response }
  }
  const about = async (by: Member, intent: string, place: TestHolder) => {
    const { realm, nonce } = await got<{ realm: string; nonce: string }>(by, '/v1/ceremonies', { purpose: 'claim' })
    return { v: 1 as const, realm, nonce, intent, holder: thumbprint(place.holder.sign) }
  }

  return {
    see,
    /** Taps until somebody says that it counts, or `settled` says that an earlier tap did. `twice`: a double click. */
    tap: async (
      by: Member,
      view: string,
      kind: 'request' | 'decide' | 'revoke',
      said: object,
      settled: (reason: string) => boolean,
      twice = false,
    ): Promise<void> => {
      const path = kind === 'revoke' ? '/v1/revocations' : '/v1/statements'
      await until(`${by.person} to ${kind}`, async () => {
        const body = await signed(by, view, kind, said)
        const answers = await Promise.all((twice ? [1, 2] : [1]).map(() => tell(by, path, body)))
        if (answers.some((answer) => answer !== undefined && !('refused' in answer))) return true
        const refusals = answers.flatMap((answer) => (answer !== undefined && 'refused' in answer ? [answer.refused] : []))
        const [unexpected] = refusals.filter((reason) => !settled(reason) && !AGAIN.has(reason))
        if (unexpected !== undefined) throw new Error(`${by.person} may not ${kind}: ${unexpected}`)
        return refusals.some(settled) ? true : undefined
      })
    },
    /** Types a command until there is a link to a page that shows this reason; tells how often it was typed. */
    type: async (by: Member, channel: string, text: string, mark: string): Promise<{ view: string; typed: number }> => {
      const [place, person] = [channelAt(stand, channel), personAt(stand, by)]
      const since = place.messages.at(-1)?.ts ?? ''
      const foreign = new Set<string>()
      let typed = 0
      const link = async (): Promise<string | undefined> => {
        for (const message of place.messages.filter(({ ts, ephemeralFor }) => ts > since && ephemeralFor === by.slackId)) {
          const view = VIEW.exec(JSON.stringify(message.blocks))?.[1]
          if (view === undefined || foreign.has(view)) continue
          await until('the issuer to look at it', async () => ((await see(by, view)).state === 'checking' ? undefined : true))
          const page = await until('the page', () => call(by, `/r/${view}`))
          if (page.text.includes(`${mark} `)) return view
          foreign.add(view)
        }
        return undefined
      }
      const view = await until('a link', async () => {
        typed += 1
        await say(stand.acts, person, place, text)
        // Who is told that it takes longer waits for it; who is told that it failed, or nothing, types it again.
        const last = place.messages.findLast(({ ts, ephemeralFor }) => ts > since && ephemeralFor === by.slackId)
        const waits = last?.user === stand.workspace.app.userId ? PROMISED_MS : UNANSWERED_MS
        return within(waits, link)
      })
      return { view, typed }
    },
    /** The link to one's own page of a request: from the message that asks, or, when none comes, from the list of what waits on the console. */
    review: (by: Member, request: string, mark: string): Promise<string> => {
      const began = Date.now()
      return until(`${by.person} to be asked about ${mark}`, async () => {
        const link = messagesOf(stand, by.slackId, mark)
          .map(viewIn)
          .find((each) => each !== undefined)
        if (link !== undefined || Date.now() - began < NO_MESSAGE_MS) return link
        // The console's own query; the worker that tells may be busy coming back.
        const waiting = await findWaitingFor(stand.db, by.person, 20).catch(() => [])
        return waiting.find(({ request_id }) => request_id === request)?.view
      })
    },
    /** Presses a button of a message until `done`. */
    press: async (by: Member, where: string, mark: string, actionId: string, done: () => Promise<boolean>): Promise<void> => {
      await until(`${by.person} to press ${actionId}`, async () => {
        const message = messagesOf(stand, where, mark).at(-1)
        if (message && JSON.stringify(message.blocks).includes(`"${actionId}"`))
          await press(stand.acts, personAt(stand, by), {
            place: { kind: 'message', channel: message.channel, ts: message.ts },
            actionId,
          })
        return within(PRESSED_MS, async () => ((await done()) ? true : undefined))
      })
    },
    /** Fetches credential number one and opens it; a reason when it will never be had. */
    claim: (by: Member, intent: string, place: TestHolder, twice = false): Promise<{ token: string } | Refused> =>
      until(`${by.person} to claim`, async () => {
        const encrypt = thumbprint(place.holder.encrypt)
        const bytes = canonicalBytes({ ...(await about(by, intent, place)), encrypt, number: 1, material: { kind: 'jwt' } })
        const body = { claim: encodeBase64url(bytes), signature: await place.sign(tagged('claim', bytes)) }
        const answers = await Promise.all((twice ? [1, 2] : [1]).map(() => tell(by, '/v1/claims', body)))
        const given = answers.flatMap((answer) => (answer && 'ciphertext' in answer ? [String(answer.ciphertext)] : []))
        if (new Set(given).size > 1) throw new Error(`${by.person} was given two credentials of one number`)
        const [ciphertext] = given
        if (ciphertext !== undefined)
          return { token: new TextDecoder().decode((await compactDecrypt(ciphertext, place.encryptionKey)).plaintext) }
        const [no] = answers.flatMap((answer) => (answer && 'refused' in answer ? [answer] : []))
        return no === undefined || AGAIN.has(no.refused) ? undefined : no
      }),
    /** Uses a token on what it is for, until the target answers. */
    use: (token: string): Promise<number> =>
      until('the target', async () => {
        const headers = { authorization: `Bearer ${token}` }
        const answer = await fetch(`${stand.urls.target}/services/payments-api/restart`, { method: 'POST', headers }).catch(
          () => undefined,
        )
        await answer?.arrayBuffer().catch(() => undefined)
        return answer === undefined || answer.status >= 500 ? undefined : answer.status
      }),
    /** "I'm done", signed by the place; also when it is over already. */
    giveBack: (by: Member, intent: string, place: TestHolder): Promise<string> =>
      until(`${by.person} to give back`, async () => {
        const bytes = canonicalBytes({ ...(await about(by, intent, place)), decision: 'return' })
        const body = { giveBack: encodeBase64url(bytes), signature: await place.sign(tagged('giveBack', bytes)) }
        const answer = await tell(by, '/v1/revocations', body)
        if (answer === undefined) return undefined
        if (!('refused' in answer)) return 'given back'
        return AGAIN.has(answer.refused) ? undefined : answer.refused
      }),
  }
}
export type People = ReturnType<typeof peopleOf>

const viewIn = ({ blocks }: Pick<Message, 'blocks'>): string | undefined => VIEW.exec(JSON.stringify(blocks))?.[1]

/** What the app has written about a life in a channel, or to a person in private, oldest first; answers that only one person sees are left out. */
export function messagesOf(stand: Stand, where: string, mark: string): readonly Message[] {
  const messages = stand.workspace.channels.get(where.startsWith('U') ? `D${where.slice(1)}` : where)?.messages ?? []
  const found: Message[] = []
  for (let at = messages.length - 1; at >= Math.max(0, messages.length - RECENT); at -= 1) {
    const message = messages[at]
    if (message && message.ephemeralFor === null && message.user === stand.workspace.app.userId && isAbout(message, mark))
      found.unshift(message)
  }
  return found
}

const isAbout = (message: Message, mark: string): boolean => new RegExp(`${mark}(?!\\d)`).test(JSON.stringify(message.blocks))

const channelAt = ({ workspace }: Stand, id: string) => {
  const channel = workspace.channels.get(id)
  if (!channel) throw new Error(`there is no channel ${id}`)
  return channel
}
const personAt = ({ workspace }: Stand, { slackId }: Member) => {
  const person = workspace.people.get(slackId)
  if (!person) throw new Error(`there is no person ${slackId}`)
  return person
}

function reasonIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { reason?: string }).reason
  } catch {
    return undefined
  }
}
