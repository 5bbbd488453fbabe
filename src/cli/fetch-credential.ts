// The wait of a terminal: until somebody names it, until enough people approve, until the credential is in hand. Each round asks how things stand and,
// when there is something to fetch, claims it; a claim whose answer was lost is sent again with the same number and brings the same credential.
// What passes by itself is waited for, what does not ends the wait with the issuer's sentence.

import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { stateWords } from '../domain/words.ts'
import { AWAY, type Claimed, type IssuerDoors, type Named, type No, PASSING } from './issuer-doors.ts'
import { materialOf, type Place } from './place.ts'
import type { StatusLine } from './status-line.ts'

/** How long each wait is, in ms. */
export type Pace = {
  readonly poll: number
  /** Before asking again what only somebody else can change. */
  readonly blocked: number
  /** For how long a code can be typed. */
  readonly code: number
  /** For how long a page that has found this terminal can still be confirmed. */
  readonly ceremony: number
  /** For how long the issuer may be away. */
  readonly patience: number
}
export const PACE: Pace = { poll: 1_000, blocked: 15_000, code: 300_000, ceremony: 300_000, patience: 120_000 }

export type Fetched = {
  readonly credential: string
  readonly fingerprint: string
  readonly endsAt: Date
  readonly kind: string
  readonly intent: string
  readonly number: number
}
export type Wait =
  | { readonly is: 'fetched'; readonly fetched: Fetched }
  | { readonly is: 'refused' | 'unreachable'; readonly words: string }
  | { readonly is: 'interrupted' }
/** The intent of a claim that was sent and not refused: an interrupted one may have been granted all the same. */
export type Asked = { intent: string | undefined }

const BLOCKED = ['held', 'minting_stopped']

type Waiting = { readonly name: string; readonly pace: Pace; readonly signal: AbortSignal; readonly asked: Asked }

/** Waits for the credential of the request that names this place. `asked` learns what was claimed before the claim is sent. */
export async function fetchCredential(
  doors: IssuerDoors,
  place: Place,
  status: StatusLine,
  { name, pace, signal, asked }: Waiting,
): Promise<Wait> {
  const begun = performance.now()
  let wellAt = begun
  let tooOldAt: string | undefined
  for (let pause = pace.poll; ; await wait(pause, undefined, { signal }).catch(() => undefined)) {
    if (signal.aborted) return { is: 'interrupted' }
    pause = pace.poll
    const named = await doors.named(place.thumbprint)
    const waits = named.ok && named.value.namedAt === tooOldAt && named.value.state === 'approved'
    const step = waits ? ONCE_MORE : named.ok ? await proceed(doors, place, named.value, asked) : named
    if (signal.aborted) return { is: 'interrupted' }
    if (step.ok) {
      wellAt = performance.now()
      if ('fetched' in step) return { is: 'fetched', fetched: step.fetched }
      status.now(step.doing)
    } else if (AWAY.includes(step.reason) || PASSING.includes(step.reason)) {
      if (performance.now() - wellAt > pace.patience)
        return { is: step.reason === 'unreachable' ? 'unreachable' : 'refused', words: step.words }
      if (AWAY.includes(step.reason)) status.now(`${step.words} Trying again.`)
    } else if (BLOCKED.includes(step.reason)) {
      wellAt = performance.now()
      status.now(step.words)
      pause = pace.blocked
    } else if (step.reason === 'confirmation_too_old' && named.ok) {
      // The approvals stay; the same keys wait for the code once more.
      wellAt = performance.now()
      tooOldAt = named.value.namedAt
      await doors.offer(place.holder, name)
      status.note(`${step.words} On the page of the request name this terminal again by its code.\n\n    ${place.code}\n`)
    } else if (step.reason === 'unknown_offer') {
      wellAt = performance.now()
      const age = wellAt - begun
      if (age > pace.code + pace.ceremony)
        return { is: 'refused', words: 'Nobody confirmed a request for this terminal in time.' }
      status.now(
        age > pace.code ? 'The code has run out. If you typed it in time, confirm on the page now.' : 'Waiting for the code …',
      )
    } else return { is: 'refused', words: step.words }
  }
}

type Step = { readonly ok: true; readonly doing: string } | { readonly ok: true; readonly fetched: Fetched } | No

const ONCE_MORE: Step = { ok: true, doing: 'Waiting for one more confirmation …' }

async function proceed(doors: IssuerDoors, place: Place, named: Named, asked: Asked): Promise<Step> {
  const { intent, kind, state, held, number } = named
  switch (state) {
    case 'awaiting_requester':
    case 'awaiting_approvers':
      return { ok: true, doing: 'Confirmed for this terminal. Waiting for approvals …' }
    case 'approved':
    case 'claimed': {
      if (held) return { ok: true, doing: 'Approved, but somebody objected. Waiting until that is lifted …' }
      const material = materialOf(kind)
      if (!material) return no('other_kind', `This version of countersign cannot fetch a credential of this kind.`)
      const begun = await doors.begin()
      if (!begun.ok) return begun
      asked.intent = intent
      const signed = await place.claim({ ...begun.value, intent, number, material })
      const claimed = await doors.claim(signed)
      // A place that was refused holds nothing, and must not end what another place of the same request uses.
      if (!claimed.ok && ![...AWAY, 'foreign_answer'].includes(claimed.reason)) asked.intent = undefined
      return claimed.ok ? open(place, named, claimed.value) : claimed
    }
    case 'lapsed':
    case 'cancelled':
    case 'voided':
    case 'denied':
      return no(state, `This request ${stateWords(state)}. Ask again if you still need it.`)
  }
}

async function open(place: Place, { intent, kind, number }: Named, value: Claimed): Promise<Step> {
  const credential = await place.open(value.ciphertext).catch(() => undefined)
  if (credential === undefined)
    return no('not_sealed_here', 'What the issuer sent cannot be opened with the key of this terminal.')
  const { fingerprint } = value
  if (createHash('sha256').update(credential).digest('base64url') !== fingerprint)
    return no('other_fingerprint', 'What the issuer sent is not the credential that it recorded.')
  return { ok: true, fetched: { credential, fingerprint, endsAt: new Date(value.endsAt), kind, intent, number } }
}

const no = (reason: string, words: string): No => ({ ok: false, reason, words })
