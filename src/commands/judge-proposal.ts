// Judges what somebody asks for against the published rules, before anything is written: the same reading for a typed command, a modal and the
// console. Every problem comes back at once with the field it belongs to, so that a form can show each in its place. Decides nothing for good:
// the issuer derives and judges again (DESIGN section 3). Assumes a reason that the edge has trimmed and brought into NFC.

import { type Action, actionName, findOffer, inGroups, type RuleSet, type Target } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { nearestName } from '../domain/nearest.ts'
import { fitParameters } from '../domain/parameters.ts'
import type { Refusal } from '../domain/refusal.ts'
import { findUnseenInText } from '../domain/visible.ts'

export const REASON_LENGTH = { min: 3, max: 500 } as const
const MIN_LEASE_SECONDS = 30

export type Asked = {
  readonly person: PersonId
  /** The full name, `runbook.action`. */
  readonly action: string
  readonly parameters: { readonly [name: string]: unknown }
  readonly reason: string
  /** The action's default when absent. */
  readonly leaseSeconds?: number | undefined
}

/** Where a problem stands in a form: `parameter:<name>` for a parameter. */
export type Field = 'whole' | 'action' | 'reason' | 'lease' | `parameter:${string}`
export type Problem = { readonly at: Field; readonly refusal: Refusal }
export type Judged =
  | {
      readonly ok: true
      readonly offer: RuleSet['offers'][number]
      readonly target: Target
      readonly values: { readonly [parameter: string]: string | number }
      readonly leaseSeconds: number
    }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] }

/** The actions a person may ask for, in the order of the rule set. */
export const offersFor = (set: RuleSet, person: PersonId): RuleSet['offers'] =>
  set.offers.filter(({ action }) => inGroups(set, person, action.rules.requesters))

/** The leases a form offers: the usual one, the longest, and some between. */
export function leaseChoices({ lease }: Pick<Action, 'lease'>): number[] {
  const between = [300, 900, 1800, 3600, 7200, 14_400, 28_800].filter((seconds) => seconds < lease.maximum_seconds)
  return [...new Set([...between, lease.default_seconds, lease.maximum_seconds])].sort((a, b) => a - b)
}

/** Reads one ask; either everything that a request needs, or every problem. */
export function judgeProposal(set: RuleSet, asked: Asked): Judged {
  if (!set.people.some(({ id }) => id === asked.person)) return no({ at: 'whole', refusal: { reason: 'unknown_person' } })
  const offer = findOffer(set, asked.action)
  if (!offer) return no({ at: 'action', refusal: unknownAction(set, asked) })
  const { action } = offer
  const { requesters } = action.rules
  if (!inGroups(set, asked.person, requesters))
    return no({ at: 'action', refusal: { reason: 'not_eligible_to_ask', groups: requesters } })
  const target = set.targets.find(({ name }) => name === action.credential.target)
  if (!target) throw new TypeError(`the published action ${asked.action} has no target`)

  const fits = fitParameters(action, asked.parameters)
  const leaseSeconds = asked.leaseSeconds ?? action.lease.default_seconds
  const [first, ...rest] = [
    ...(fits.ok ? [] : parameterProblems(action, fits.problems)),
    ...reasonProblems(asked.reason),
    ...leaseProblems(action, leaseSeconds),
  ]
  if (first) return no(first, ...rest)
  return { ok: true, offer, target, values: fits.ok ? fits.values : {}, leaseSeconds }
}

const no = (...problems: readonly [Problem, ...Problem[]]): Judged => ({ ok: false, problems })

function unknownAction(set: RuleSet, { person, action }: Asked): Refusal {
  const nearest = nearestName(
    action,
    offersFor(set, person).map((offer) => actionName(offer.action)),
  )
  return { reason: 'unknown_action', action: [...action].slice(0, 80).join(''), ...(nearest && { nearest }) }
}

function parameterProblems(action: Action, problems: { readonly [name: string]: string }): Problem[] {
  return Object.entries(problems).map(([name, problem]) => {
    const label = action.parameters.find((parameter) => parameter.name === name)?.label ?? [...name].slice(0, 80).join('')
    return { at: `parameter:${name}`, refusal: { reason: 'bad_parameter', parameter: label, problem } }
  })
}

const reasonProblems = (reason: string): Problem[] => {
  const refusal = judgeReason(reason)
  return refusal ? [{ at: 'reason', refusal }] : []
}

/** What is wrong with words that people will read, if anything is. */
export function judgeReason(reason: string): Refusal | undefined {
  const bad = (problem: string): Refusal => ({ reason: 'bad_reason', problem })
  const length = [...reason].length
  if (length < REASON_LENGTH.min) return bad('say in a few words why you need this.')
  if (length > REASON_LENGTH.max) return bad(`is ${length} characters long; at most ${REASON_LENGTH.max} are allowed.`)
  const unseen = findUnseenInText(reason)
  if (unseen) return bad(`holds a character that does not show (${unseen.name}, at place ${unseen.index + 1}).`)
  return reason.normalize('NFC') === reason ? undefined : bad('is not in the usual Unicode spelling (NFC).')
}

function leaseProblems({ lease }: Action, seconds: number): Problem[] {
  if (!Number.isSafeInteger(seconds) || seconds < MIN_LEASE_SECONDS) {
    const problem = `is not a time of at least ${MIN_LEASE_SECONDS} seconds, like 15m or 1h`
    return [{ at: 'lease', refusal: { reason: 'bad_parameter', parameter: 'Lease', problem } }]
  }
  if (seconds <= lease.maximum_seconds) return []
  return [{ at: 'lease', refusal: { reason: 'bad_lease', maximumSeconds: lease.maximum_seconds } }]
}
