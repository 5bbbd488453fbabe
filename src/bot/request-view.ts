// One request as people are told of it, in Slack and on the console: plain data made from what the database says and the published rule set.
// What this file alone holds: a personal parameter has no value here, so no surface of the bot can show one; the intent is read by its closed
// shape. The reason is here because its author typed it to those who are asked; it is missing once it was erased.

import type { RequestFacts } from '../db/bot-queries/request-facts.ts'
import { actionName, findOffer, type RuleSet } from '../domain/action.ts'
import { isCommitment } from '../domain/commitment.ts'
import { type GrantState, leastCertain, type Recall, TELL_AFTER_TRIES } from '../domain/grant.ts'
import { checkCode, type PersonId } from '../domain/ids.ts'
import { type Intent, readIntent } from '../domain/intent.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { RequestState } from '../domain/request-state.ts'
import { refusalWords } from '../domain/words.ts'

/** A person in a message: the name of the directory, and the Slack account when there is one. */
export type Named = { readonly id: PersonId; readonly name: string; readonly slack: string | undefined }

export type RequestView = {
  readonly id: string
  readonly checkCode: string
  readonly title: string
  readonly action: string
  readonly target: string
  readonly requester: Named
  readonly parameters: readonly { readonly label: string; readonly value: string | undefined }[]
  /** As it was asked for, and what the approvals so far leave of it. */
  readonly leaseSeconds: number
  readonly leftSeconds: number
  readonly reason: string | undefined
  /** The request that this one was asked after. */
  readonly follows: { readonly how: 'again' | 'same'; readonly checkCode: string; readonly requester: Named } | undefined
  /** `checking` until the issuer has looked, `refused` when it would not take the proposal. */
  readonly state: RequestState | 'checking' | 'refused'
  /** Why the issuer would not take it, in words. */
  readonly refusal: string | undefined
  readonly confirmed: boolean
  readonly held: Named | undefined
  /** Why, in the words of who objected. */
  readonly objection: string | undefined
  readonly decisions: readonly {
    readonly by: Named
    readonly decision: 'approve' | 'deny'
    readonly at: number
    /** Less time than was asked for. */
    readonly leaseSeconds: number | undefined
    /** For those involved; a channel is only told that there is one. */
    readonly note: string | undefined
  }[]
  readonly needed: readonly { readonly group: string; readonly count: number }[]
  readonly missing: readonly { readonly group: string; readonly count: number }[]
  /** Seconds since 1970. */
  readonly confirmBy: number
  readonly decideBy: number
  readonly claimBy: number
  readonly ended: { readonly by: Named | undefined; readonly reason: string | undefined; readonly at: number | undefined }
  readonly grant:
    | {
        readonly state: GrantState
        readonly endsAt: number
        readonly endedAt: number | undefined
        readonly endedBy: Named | undefined
        readonly reason: string | undefined
        /** The least certain of its credentials' ends. */
        readonly recall: Recall | undefined
        /** A target was asked in vain so often that people should know. */
        readonly unanswered: boolean
      }
    | undefined
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000)

/** Makes the view; `teams` are the workspaces whose accounts may be mentioned. */
export function viewRequest(facts: RequestFacts, set: RuleSet, teams: readonly string[]): RequestView {
  const { request, state, refused, grant } = facts
  const read = readIntent(request.intent)
  if (!read.ok) throw new TypeError(`the stored intent of ${request.id} is unreadable at ${read.path}`)
  const intent = read.value
  const action = actionName({ runbook: intent.runbook, name: intent.action })
  const offered = findOffer(set, action)?.action
  const named = (id: PersonId): Named => nameOf(set, id, teams)
  // What the issuer ended by itself was ended by nobody.
  const by = (id: PersonId | null | undefined) => (id && id !== 'issuer' ? named(id) : undefined)
  return {
    id: request.id,
    checkCode: checkCode(request.intent_digest),
    ...whatIsAsked(set, intent),
    requester: named(request.requester),
    leftSeconds: Math.min(intent.lease_seconds, ...facts.evidence.flatMap((each) => each.lease_seconds ?? [])),
    reason: readText(facts.reason),
    follows: facts.follows && {
      how: facts.follows.how,
      checkCode: checkCode(facts.follows.intent_digest),
      requester: named(facts.follows.requester),
    },
    state: state?.state ?? (refused ? 'refused' : 'checking'),
    refusal: refused && refusalWords({ reason: refused.reason, ...JSON.parse(refused.detail) } as Refusal),
    confirmed: state?.confirmed_at != null,
    held: state?.held_by ? named(state.held_by) : undefined,
    objection: readText(facts.objection),
    decisions: facts.evidence.flatMap(({ person, decision, accepted_at, lease_seconds, note }) => {
      if (decision !== 'approve' && decision !== 'deny') return []
      const less = lease_seconds !== null && lease_seconds < intent.lease_seconds ? lease_seconds : undefined
      return [{ by: named(person), decision, at: seconds(accepted_at), leaseSeconds: less, note: readText(note ?? undefined) }]
    }),
    needed: offered?.rules.approvals ?? [],
    missing: (state?.missing ?? []).filter(({ count }) => count > 0),
    confirmBy: intent.confirm_by,
    decideBy: intent.decide_by,
    claimBy: intent.claim_by,
    ended: {
      by: by(state?.ended_by),
      reason: state?.ended_reason ?? undefined,
      at: state?.ended_at ? seconds(state.ended_at) : undefined,
    },
    grant: grant && {
      state: grant.state,
      endsAt: seconds(grant.ends_at),
      endedAt: grant.ended_at ? seconds(grant.ended_at) : undefined,
      endedBy: by(grant.ended_by),
      reason: grant.ended_reason ?? undefined,
      recall: leastCertain(facts.recalls.map(({ recall }) => recall)),
      unanswered: facts.recalls.some(({ recall, recall_tries }) => recall === 'pending' && recall_tries >= TELL_AFTER_TRIES),
    },
  }
}

export type WhatIsAsked = Pick<RequestView, 'title' | 'action' | 'target' | 'parameters' | 'leaseSeconds'>

/** What an intent asks for; a personal parameter is named, its value is not here. */
export function whatIsAsked(set: RuleSet, intent: Intent): WhatIsAsked {
  const action = actionName({ runbook: intent.runbook, name: intent.action })
  const offered = findOffer(set, action)?.action
  return {
    title: offered?.title ?? action,
    action,
    target: intent.right.target,
    parameters: Object.entries(intent.parameters).map(([name, value]) => ({
      label: offered?.parameters.find((parameter) => parameter.name === name)?.label ?? name,
      value: isCommitment(value) ? undefined : String(value),
    })),
    leaseSeconds: intent.lease_seconds,
  }
}

/** A person by the directory; one who has left it by the opaque id alone. */
export function nameOf(set: RuleSet, id: PersonId, teams: readonly string[]): Named {
  const person = set.people.find((each) => each.id === id)
  const account = person?.slack.find((each) => teams.includes(each.split('/')[0] ?? ''))
  return { id, name: person?.name ?? id, slack: account?.split('/')[1] }
}

function readText(text: string | undefined): string | undefined {
  const value: unknown = text === undefined ? undefined : JSON.parse(text)
  return typeof value === 'string' ? value : undefined
}

/** Whether it can still be decided, objected to or cancelled. */
export const isOpen = ({ state }: RequestView): boolean =>
  state === 'awaiting_requester' || state === 'awaiting_approvers' || state === 'approved'

const OVER: readonly (RequestView['state'] | GrantState)[] = [
  'refused',
  'lapsed',
  'cancelled',
  'voided',
  'denied',
  'revoking',
  'revoked',
  'returned',
  'failed',
  'expired',
]
const ENDED: readonly (GrantState | undefined)[] = ['revoking', 'revoked', 'returned', 'expired']
/** Whether something was handed out and is over, so that people may want what proves it. */
export const hasReceipt = ({ grant }: RequestView): boolean => ENDED.includes(grant?.state)

/** Whether it has come to an end, so that its requester may want to ask again. */
export const isOver = ({ state, grant }: RequestView): boolean => OVER.includes(grant?.state ?? state)
