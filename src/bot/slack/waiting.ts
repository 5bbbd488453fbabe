// People who may decide and cannot approve yet, in words: for a requester who would wait in vain, and for themselves. The issuer says who and from when; whether
// an approval counts is judged there, from the signed directory.

import { findAble } from '../../commands/find-able.ts'
import { approversOf, MOST_ASKED, reachOf } from '../../commands/reach.ts'
import { findToldWaits, isWaiting, type Wait } from '../../db/waits.ts'
import type { RuleSet } from '../../domain/action.ts'
import type { PersonId } from '../../domain/ids.ts'
import { type Named, nameOf, type RequestView } from '../request-view.ts'
import type { Piece } from './blocks.ts'
import type { SlackSide } from './side.ts'

type Of = Pick<SlackSide, 'ctx' | 'teamIds'>
/** `at` in seconds since 1970; without it as soon as there is another key. */
export type Waiting = { readonly person: Named; readonly at: number | undefined }

const inSeconds = ({ at }: Wait): number | undefined => (at === undefined ? undefined : Math.ceil(at / 1000))

/** Who waits, soonest first, when those who could approve now are too few. */
export async function findWaiting({ ctx, teamIds }: Of, view: RequestView, set: RuleSet): Promise<Waiting[]> {
  if (view.state !== 'awaiting_approvers') return []
  const now = ctx.now()
  const able = await findAble(ctx.db, set, approversOf(set, view.action, view.requester.id))
  const waits = (await findToldWaits(ctx.db, view.id)).filter((wait) => able.has(wait.person) && isWaiting(wait, now))
  const today = new Set([...able].filter((person) => !waits.some((wait) => wait.person === person)))
  if (reachOf(set, view.action, view.requester.id, today).enough) return []
  return waits
    .map((wait) => ({ person: nameOf(set, wait.person, teamIds), at: inSeconds(wait) }))
    .toSorted((a, b) => (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY))
}

/** Until when one person waits; undefined when he does not. */
export async function findOwnWait(
  { ctx }: Of,
  view: RequestView,
  person: PersonId,
): Promise<{ at: number | undefined } | undefined> {
  if (view.state !== 'awaiting_approvers') return undefined
  const now = ctx.now()
  const own = (await findToldWaits(ctx.db, view.id)).find((wait) => wait.person === person && isWaiting(wait, now))
  return own && { at: inSeconds(own) }
}

/** To the requester. */
export function waitingLines(waits: readonly Waiting[], { decideBy }: RequestView): Piece[][] {
  if (waits.length === 0) return []
  const inTime = (at: number | undefined) => at !== undefined && at <= decideBy
  const from = (at: number): Piece[] => (inTime(at) ? [{ at }, '.'] : [{ on: at }, ', too late for this request.'])
  return [
    ['⏳ Too few of those who may approve this can do so now.'],
    ...(waits.length > MOST_ASKED ? countedLines(waits, from) : waits.map((wait) => namedLine(wait, from))),
    [nextFor(waits, inTime)],
  ]
}

const namedLine = ({ person, at }: Waiting, from: (at: number) => Piece[]): Piece[] =>
  at === undefined
    ? [{ person }, ' may approve as soon as they have another key.']
    : [{ person }, ' may approve from ', ...from(at)]

/** So many that their names would hide what they say: how many, and the first of them. */
function countedLines(waits: readonly Waiting[], from: (at: number) => Piece[]): Piece[][] {
  const times = waits.flatMap(({ at }) => at ?? [])
  const keyless = waits.length - times.length
  return [
    ...(times.length > 0 ? [[`${times.length} people may approve later, the first from `, ...from(Math.min(...times))]] : []),
    ...(keyless > 0 ? [[`${keyless} people may approve as soon as they have another key.`]] : []),
  ]
}

function nextFor(waits: readonly Waiting[], inTime: (at: number | undefined) => boolean): string {
  // Nor are so many asked one by one.
  if (waits.length > MOST_ASKED && waits.some(({ at }) => inTime(at)))
    return 'The request stands in its channel, where they find it. You need do nothing.'
  if (waits.length > MOST_ASKED) return 'Ask again then, or ask an administrator what is new.'
  if (waits.some(({ at }) => inTime(at))) return 'They have been asked. You need do nothing.'
  if (waits.some(({ at }) => at === undefined)) return 'They have been asked, and told how to register one.'
  return 'Ask again then, or ask an administrator what is new.'
}

/** To who waits himself. */
export function ownWaitLine({ at }: { readonly at: number | undefined }, { decideBy }: RequestView, keysUrl: string): Piece[] {
  if (at === undefined) return ['You can deny this now. To approve you need another key: ', { link: keysUrl, text: keysUrl }]
  return [
    'You can deny this now. You may approve from ',
    { on: at },
    at <= decideBy ? '' : ', too late for this request',
    ': your key, your role or a rule is new.',
  ]
}
