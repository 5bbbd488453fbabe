// Every grant ends at its time: by the log, whose times are the database's, no end comes before the time that its credential bears, and none comes later than
// the outages of this very run explain, to the millisecond at which somebody was there again who could have ended it.

import type { Tolerance } from './check-evidence.ts'
import type { Facts, Outside } from './facts.ts'
import { type Outages, unservedMs } from './outages.ts'

const ENDS = new Set(['grant.expired', 'grant.returned', 'grant.revoked'])
/** While all are there: a sweep comes every half second, and what is left is for a machine with many times the work it can do. */
const MOST_LATE_MS = 8_000

type End = { readonly type: string; readonly request: string; readonly at: number; readonly endsAt: number }

/** Each end of a grant that the log tells, with the time at which it had to come at the latest. */
function endsOf(facts: Facts): readonly End[] {
  const endsAt = new Map(facts.grant.map(({ request_id, ends_at }) => [request_id, ends_at.getTime()]))
  return facts.entries.flatMap(({ type, request, at }) => {
    const due = endsAt.get(request ?? '')
    return ENDS.has(type) && request !== null && due !== undefined ? [{ type, request, at: at.getTime(), endsAt: due }] : []
  })
}

const lateMs = ({ at, endsAt }: End, outages: Outages): number =>
  at <= endsAt ? 0 : at - endsAt - unservedMs(outages, endsAt, at)

/** Nothing ends before its time as if it were over, and nothing later than the outages explain. */
export function checkEnds(facts: Facts, { outages }: Pick<Outside, 'outages'>, { clockMs }: Tolerance): string[] {
  return endsOf(facts).flatMap((end) => {
    const say = (what: string) => [`grant of ${end.request} (life ${facts.lives.get(end.request)}): ${end.type} came ${what}`]
    if (end.type === 'grant.expired' && end.at < end.endsAt - clockMs) return say(`${end.endsAt - end.at} ms before its time`)
    const late = lateMs(end, outages)
    return late > MOST_LATE_MS ? say(`${end.at - end.endsAt} ms after its time, ${late} of them without any outage`) : []
  })
}

/** How late an end came at most, beside the outages. */
export const latestEndMs = (facts: Facts, { outages }: Pick<Outside, 'outages'>): number =>
  Math.max(0, ...endsOf(facts).map((end) => lateMs(end, outages)))
