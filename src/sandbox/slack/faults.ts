// Faults of Slack, to be asked for: what goes wrong between the workspace and the app, in either direction, for the next few times or for a while. The
// one list of them; `api/routes.ts` and `response-urls.ts` (calls of the app) and `transport.ts` (deliveries to it) ask it each time. Asked for by
// `control.ts`, behind the same guard as its other doors; nothing outside the sandbox loads this. How to: docs/slack-faults.md.

import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

const span = { times: z.int().min(1).max(10_000).optional(), seconds: z.number().positive().max(86_400).optional() }
const bounded = (fault: { times?: number | undefined; seconds?: number | undefined; does: { kind: string } }) =>
  fault.times !== undefined || fault.seconds !== undefined || fault.does.kind === 'silence'
const ms = z.number().min(0).max(600_000)

/** What can happen to a call of the app. */
const callFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('limited'), retryAfter: z.number().min(0).max(86_400) }),
  z.strictObject({ kind: z.literal('limited_in_body'), retryAfter: z.number().min(0).max(86_400).optional() }),
  z.strictObject({ kind: z.literal('status'), status: z.int().min(500).max(599) }),
  z.strictObject({ kind: z.literal('error'), error: z.string().regex(/^[a-z_]{1,60}$/) }),
  z.strictObject({ kind: z.literal('dropped_before') }),
  z.strictObject({ kind: z.literal('dropped_after') }),
  z.strictObject({ kind: z.literal('delayed'), ms }),
  z.strictObject({ kind: z.literal('held') }),
  z.strictObject({ kind: z.literal('behind_next') }),
  z.strictObject({ kind: z.literal('silence') }),
])
/** What can happen to a delivery to the app. */
const deliveryFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dropped_before') }),
  z.strictObject({ kind: z.literal('dropped_after') }),
  z.strictObject({ kind: z.literal('duplicated'), copies: z.int().min(1).max(5).default(1) }),
  z.strictObject({ kind: z.literal('delayed'), ms }),
  z.strictObject({ kind: z.literal('held') }),
  z.strictObject({ kind: z.literal('behind_next') }),
  z.strictObject({ kind: z.literal('silence') }),
])
const on = z
  .string()
  .regex(/^(\*|[A-Za-z_.]{1,60})$/)
  .default('*')
/** A fault as it is asked for; `on` is a method, `response_url`, an event type, `command`, an interaction's type, or `*`. */
export const faultAsked = z.union([
  z
    .strictObject({ direction: z.literal('call'), on, does: callFault, ...span })
    .refine(bounded, 'say for how many `times` or for how many `seconds`'),
  z
    .strictObject({ direction: z.literal('delivery'), on, does: deliveryFault, ...span })
    .refine(bounded, 'say for how many `times` or for how many `seconds`'),
])
export type FaultAsked = z.infer<typeof faultAsked>
export type CallFault = z.infer<typeof callFault>
export type DeliveryFault = z.infer<typeof deliveryFault>

export interface FaultView {
  readonly id: string
  readonly direction: 'call' | 'delivery'
  readonly on: string
  readonly does: CallFault | DeliveryFault
  /** How often it still strikes; null: as long as it lasts. */
  readonly left: number | null
  /** Milliseconds since 1970; null: until it has struck often enough or is removed. */
  readonly until: number | null
  readonly struck: number
  /** How many it keeps waiting now. */
  readonly holding: number
}
export interface Faults {
  readonly add: (asked: FaultAsked) => FaultView
  readonly list: () => FaultView[]
  /** Takes a fault away and lets go whatever it holds; without an id, all of them. False when there is none such. */
  readonly remove: (id?: string) => boolean
  /** What happens to this call or delivery; undefined: nothing. One fault strikes at a time, the oldest first. */
  readonly strike: <D extends 'call' | 'delivery'>(direction: D, name: string) => Struck<D> | undefined
  /** Tells that one has passed, for those that wait behind it. */
  readonly passed: (direction: 'call' | 'delivery') => void
}
export interface Struck<D extends 'call' | 'delivery'> {
  readonly does: D extends 'call' ? CallFault : DeliveryFault
  /** Resolves when what is held may go on: the fault was removed, or its time is over. */
  readonly released: () => Promise<void>
}

type Fault = { -readonly [K in keyof FaultView]: FaultView[K] } & {
  readonly ended: PromiseWithResolvers<void>
  readonly timer: NodeJS.Timeout | undefined
}

/** An empty list; `now` decides how long a fault lasts. */
export function createFaults(now: () => number): Faults {
  const faults = new Map<string, Fault>()
  const waiting = { call: new Set<() => void>(), delivery: new Set<() => void>() }
  let made = 0
  const view = ({ ended: _, timer: __, ...fault }: Fault): FaultView => fault
  const end = (fault: Fault) => {
    faults.delete(fault.id)
    clearTimeout(fault.timer)
    fault.ended.resolve()
  }
  const living = () => {
    for (const fault of faults.values()) if (fault.until !== null && now() >= fault.until) end(fault)
    return [...faults.values()]
  }
  const behind = (direction: 'call' | 'delivery', fault: Fault) =>
    Promise.race([new Promise<void>((resolve) => waiting[direction].add(resolve)), fault.ended.promise])
  return {
    add: ({ direction, on, does, times, seconds }) => {
      made += 1
      const id = `F${made}`
      const until = seconds === undefined ? null : now() + seconds * 1000
      const timer = seconds === undefined ? undefined : setTimeout(() => living(), seconds * 1000).unref()
      const left = times ?? null
      const ended = Promise.withResolvers<void>()
      const fault: Fault = { id, direction, on, does, left, until, struck: 0, holding: 0, ended, timer }
      faults.set(id, fault)
      return view(fault)
    },
    list: () => living().map(view),
    remove: (id) => {
      const doomed = living().filter((fault) => id === undefined || fault.id === id)
      for (const fault of doomed) end(fault)
      return id === undefined || doomed.length > 0
    },
    strike: (direction, name) => {
      const fits = (fault: Fault) => fault.direction === direction && fault.left !== 0 && (fault.on === '*' || fault.on === name)
      const fault = living().find(fits)
      if (!fault) return undefined
      fault.struck += 1
      if (fault.left !== null) fault.left -= 1
      const wait = async (released: Promise<unknown>) => {
        fault.holding += 1
        await released
        fault.holding -= 1
        if (fault.left === 0 && fault.holding === 0) end(fault)
      }
      const { does } = fault
      const holds = does.kind === 'held' || does.kind === 'behind_next' || does.kind === 'silence'
      // One that holds nothing is over with its last strike; one that holds stays in the list, so that it can be let go.
      if (fault.left === 0 && !holds) end(fault)
      return {
        does: does as never,
        released: () =>
          does.kind === 'delayed'
            ? delay(does.ms, undefined, { ref: false })
            : wait(does.kind === 'behind_next' ? behind(direction, fault) : fault.ended.promise),
      }
    },
    passed: (direction) => {
      const [first] = waiting[direction]
      if (!first) return
      waiting[direction].delete(first)
      first()
    },
  }
}
