// Asking after another request: again by its requester, or the same by a colleague. A form begins with its action, its parameters and its reason; what
// is personal is typed again, because it has no place here. Nothing else is taken over: the new request is judged, signed and approved by itself.

import type { Kysely } from 'kysely'
import { offersFor } from '../commands/judge-proposal.ts'
import type { After } from '../commands/propose-request.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import type { Schema } from '../db/schema.ts'
import { type Action, actionName, findOffer, type RuleSet } from '../domain/action.ts'
import { isCommitment } from '../domain/commitment.ts'
import type { PersonId } from '../domain/ids.ts'
import { type Intent, readIntent } from '../domain/intent.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { type RequestView, viewRequest } from './request-view.ts'

export type Begun = {
  readonly after: After
  readonly action: string
  readonly parameters: { readonly [name: string]: string }
  readonly reason: string
  readonly leaseSeconds: number
  /** A sentence above the form. */
  readonly says: string
}

/** What the form begins with, or why this person cannot ask for it. */
export async function askAfter(
  db: Kysely<Schema>,
  set: RuleSet,
  person: PersonId,
  after: After,
): Promise<Outcome<{ readonly begun: Begun }>> {
  const facts = await findRequestFacts(db, after.id)
  const read = facts && readIntent(facts.request.intent)
  if (!facts || !read?.ok) return refuse({ reason: 'unknown_request' })
  const { requester } = facts.request
  if (after.how === 'again' && requester !== person) return refuse({ reason: 'not_yours' })
  const name = actionName({ runbook: read.value.runbook, name: read.value.action })
  const action = findOffer(set, name)?.action
  if (!action) return refuse({ reason: 'unknown_action', action: name })
  if (!offersFor(set, person).some((offer) => offer.action === action))
    return refuse({ reason: 'not_eligible_to_ask', groups: action.rules.requesters })
  const view = viewRequest(facts, set, [])
  const { values, personal } = openValues(action, read.value)
  // His own request asked the same way is the first one again, whichever button he pressed.
  const how = requester === person ? 'again' : 'same'
  return {
    ok: true,
    begun: {
      after: { id: after.id, how },
      action: name,
      parameters: values,
      reason: view.reason ?? '',
      leaseSeconds: Math.min(view.leaseSeconds, action.lease.maximum_seconds),
      says: [first(view, how), ...personal.map((label) => `${label} is personal: type it again.`)].join(' '),
    },
  }
}

const first = (view: RequestView, how: After['how']): string =>
  how === 'again'
    ? `As you asked in ${view.checkCode}. Change what is different now.`
    : `The same as ${view.requester.name} asked in ${view.checkCode}, but yours: it needs approvals of its own.`

function openValues(action: Action, { parameters }: Intent) {
  const given = action.parameters.map(({ name, label, personal }) => ({ name, label, personal, value: parameters[name] }))
  const hidden = given.filter(({ personal, value }) => personal || isCommitment(value))
  const open = given.flatMap(({ name, personal, value }) =>
    personal || value === undefined || isCommitment(value) ? [] : [[name, String(value)] as const],
  )
  return { values: Object.fromEntries(open), personal: hidden.map(({ label }) => label) }
}
