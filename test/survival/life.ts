// One life as its people live it, by kind: asked in Slack, confirmed, decided, claimed, used, and ended in one of the ways there are. It answers what must have
// become of it, so that a checker can hold it against what did.

import type { BotContext } from '../../src/commands/context.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { newHolder } from '../support/world.ts'
import { markOf } from './attribution.ts'
import { type People, until } from './people.ts'
import type { Lane } from './realm.ts'

export const KINDS = ['returned', 'expired', 'revoked', 'denied', 'cancelled', 'lapsed', 'lifted', 'pair', 'recalled'] as const
export type Kind = (typeof KINDS)[number]
/** What one life told: what its people did, and how it must have ended. */
export type Told = {
  readonly life: number
  readonly kind: Kind
  readonly lane: number
  /** How often the command was typed: at most as many requests can there be. */
  readonly typed: number
  readonly request: string
  readonly token: string | undefined
  /** The state of the request, and of its grant if it has one, when all is over. */
  readonly ends: string
  /** The credential was lost with a process that made it: told so, and taken back. */
  readonly lost: boolean
}
export type Plan = {
  readonly life: number
  readonly kind: Kind
  readonly twice: boolean
  /** Told of a request that comes from no process of the stand, before it goes on: nobody else has seen whose life it is of. */
  readonly proposed?: (request: string) => void
}

const LEASE_SECONDS = 30
/** What goes to the target that confirms an early end; all else goes to one that is not told of it. */
const ACTION: Partial<Record<Kind, string>> = { pair: 'pair', recalled: 'recallable' }
const OVER = new Set(['returned', 'revoked', 'expired'])
/** How far a bot's clock is behind that proposes what lapses: its requests have a few seconds left. */
const BEHIND_MS = 594_000

/** Lives it. `bot` proposes what is to lapse, with a clock that is behind. */
export async function live(people: People, bot: BotContext, lane: Lane, { life, kind, twice, proposed }: Plan): Promise<Told> {
  const mark = markOf(life)
  const { asker, ana, bo, channel } = lane
  const told = { life, kind, lane: lane.number, token: undefined, lost: false }
  if (kind === 'lapsed') {
    const request = await lapse(people, bot, lane, mark, proposed)
    return { ...told, typed: 1, request, ends: 'lapsed' }
  }

  const action = ACTION[kind] ?? 'restart'
  const text = `/elevate lane-${lane.number}.${action} service=payments-api reason="${mark} of a test" lease=${LEASE_SECONDS}s`
  const { view, typed } = await people.type(asker, channel, text, mark)
  const { intent, request } = await until('the issuer to adopt it', async () => {
    const seen = await people.see(asker, view)
    return seen.state === 'checking' ? undefined : seen
  })
  const intents = [intent]
  const place = await newHolder()
  await people.tap(
    asker,
    view,
    'request',
    { role: 'requester', decision: 'confirm', intents, holder: place.holder },
    never,
    twice,
  )

  if (kind === 'cancelled') {
    await people.press(asker, channel, mark, 'request.cancel', async () => (await people.see(asker, view)).state === 'cancelled')
    return { ...told, typed, request, ends: 'cancelled' }
  }
  const decides = async (by: typeof bo, decision: 'approve' | 'deny'): Promise<string> => {
    const own = await people.review(by, request, mark)
    await people.tap(by, own, 'decide', { role: 'approver', decision, intents }, (reason) => reason === 'already_decided', twice)
    return own
  }
  const review = await decides(bo, kind === 'denied' ? 'deny' : 'approve')
  if (kind === 'denied') return { ...told, typed, request, ends: 'denied' }
  if (kind === 'pair') await decides(ana, 'approve')
  if (kind === 'lifted') {
    const held = async () => (await people.see(asker, view)).held === true
    await people.press(ana, channel, mark, 'request.object', held)
    const refused = await people.claim(asker, intent, place)
    if (!('refused' in refused) || refused.refused !== 'held')
      throw new Error(`${mark} was claimed while it was held: ${JSON.stringify(refused)}`)
    await people.press(ana, channel, mark, 'request.lift', async () => !(await held()))
  }

  let claimed = await people.claim(asker, intent, place, twice)
  // Who heard no answer pressed again, and a bot that came back may have taken that press after the objection was lifted: it is lifted once more.
  for (let again = 0; kind === 'lifted' && 'refused' in claimed && claimed.refused === 'held' && again < 3; again += 1) {
    await people.press(ana, channel, mark, 'request.lift', async () => (await people.see(asker, view)).held !== true)
    claimed = await people.claim(asker, intent, place, twice)
  }
  if ('refused' in claimed) {
    if (claimed.refused !== 'grant_ended') throw new Error(`${mark} could not be claimed: ${claimed.refused}`)
    return { ...told, typed, request, ends: 'claimed/revoked|claimed/expired', lost: true }
  }
  const used = await people.use(claimed.token)
  // Told after its end, a token is refused: then its people were slower than its lease.
  if (used !== 200 && used !== 401) throw new Error(`the target answered ${mark} with ${used}`)
  const known = { ...told, typed, request, token: claimed.token }
  if (kind === 'expired') return { ...known, ends: 'claimed/expired' }
  /** Tries the token again as soon as its early end is told: what the checker makes of that is in check-recalls.ts. */
  const tryAgain = async (): Promise<void> => {
    const over = async () => (OVER.has((await people.see(asker, view)).grant?.state ?? '') ? true : undefined)
    await until(`the end of ${mark} to be told`, over)
    await people.use(claimed.token)
  }
  if (kind === 'revoked' || kind === 'recalled') {
    const revoke = { role: 'approver', decision: 'revoke', intents }
    await people.tap(bo, review, 'revoke', revoke, never)
    if (kind === 'recalled') await tryAgain()
    return { ...known, ends: 'claimed/revoked|claimed/expired' }
  }
  const given = await people.giveBack(asker, intent, place)
  if (kind === 'pair') await tryAgain()
  return { ...known, ends: given === 'grant_ended' ? 'claimed/expired|claimed/returned' : 'claimed/returned' }
}

const never = () => false

async function lapse(
  people: People,
  bot: BotContext,
  { asker, number }: Lane,
  mark: string,
  tell: Plan['proposed'],
): Promise<string> {
  const behind: BotContext = { ...bot, now: () => new Date(Date.now() - BEHIND_MS) }
  const proposed = await until('a proposal', async () => {
    const asked = {
      person: asker.person,
      action: `lane-${number}.restart`,
      parameters: { service: 'payments-api' },
      reason: `${mark} of a test`,
      leaseSeconds: 30,
    }
    return proposeRequest(behind, asked).catch(() => undefined)
  })
  if (!proposed.ok) throw new Error(`not proposed: ${JSON.stringify(proposed.problems)}`)
  tell?.(proposed.requestId)
  await until('it to lapse', async () => ((await people.see(asker, proposed.viewId)).state === 'lapsed' ? true : undefined))
  return proposed.requestId
}
