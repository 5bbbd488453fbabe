// Takes up what the bot proposed. The bot is not believed: from the runbooks that this issuer read itself the intent is derived again out of the
// few things that were the requester's to choose, and it must be the same bytes. What differs is refused once, for good, with a reason
// that the bot can tell. Only then may anybody sign (DESIGN section 3).

import { sql, type Transaction } from 'kysely'
import { commitmentOf, digestOf } from '../crypto.ts'
import { countOpen } from '../db/floods.ts'
import { findOpenings, findProposals, type RequestRow } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { spendNonce } from '../db/statements.ts'
import { type Action, actionName, findOffer, inGroups } from '../domain/action.ts'
import { canonicalBytes, canonicalText } from '../domain/canonical.ts'
import { isCommitment, type Opening } from '../domain/commitment.ts'
import { type Intent, intentBytes, readIntent, SPANS } from '../domain/intent.ts'
import { fitParameter } from '../domain/parameters.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import { MOST_OPEN } from '../domain/request.ts'
import { resolveRight } from '../runbooks/resolve.ts'
import { boundRequest } from './bound-entries.ts'
import type { IssuerContext } from './context.ts'
import { eachInTurn } from './each-in-turn.ts'
import { judgeReason } from './judge-proposal.ts'
import { readStop } from './minting.ts'
import { transact } from './transact.ts'

const LOOK_BACK_MS = 3_600_000
/** The two processes' clocks may differ by this much before a proposal is called too long. */
const SKEW_SECONDS = 2

/** Adopts or refuses what lies there; answers how many were decided, here or by another issuer. */
export async function adoptProposals(ctx: IssuerContext, limit = 50): Promise<number> {
  const proposals = await findProposals(ctx.db, new Date(ctx.now().getTime() - LOOK_BACK_MS), limit)
  let decided = 0
  await eachInTurn(proposals, async (proposal) => {
    if (await adopt(ctx, proposal)) decided += 1
  })
  return decided
}

/** Decides one; false when that must wait, because this clock and the database's differ. */
async function adopt(ctx: IssuerContext, proposal: RequestRow): Promise<boolean> {
  const openings = await findOpenings(ctx.db, proposal)
  return transact(ctx, [], async ({ trx, now, record, tell }) => {
    const again = deriveAgain(ctx, proposal, openings, now)
    // With a clock that is behind, everything new looks too long: that is no fault of the proposal, and refused is refused for good.
    if (!again.ok && again.refusal.reason === 'times_too_long' && (await readStop(ctx, trx))(now)?.clock) return false
    // Issuers whose clocks or rules differ judge differently. Whoever comes first decides; the other waits for it here and finds that it is done.
    if (!(await spendNonce(trx, `proposal ${proposal.id}`, now)) || (await isDecided(trx, proposal.id))) return true
    // The last check, because it costs a query: the bot counts for itself, and is not believed.
    const full = again.ok && (await countOpen(trx, proposal.requester)) >= MOST_OPEN
    const derived: Derived = full ? refuse({ reason: 'too_many_open', most: MOST_OPEN }) : again
    const about = { request: proposal.id, actor: proposal.requester }
    if (!derived.ok) {
      const { reason, ...detail } = derived.refusal
      const bound = await boundRequest(trx, ctx.published().ruleSet, proposal.requester, now)
      const added = await trx
        .insertInto('refused_request')
        .values({ request_id: proposal.id, reason, detail: JSON.stringify(detail), refused_at: now })
        .onConflict((on) => on.doNothing())
        .executeTakeFirst()
      if (added.numInsertedOrUpdatedRows === 0n) return true
      if (bound !== 'kept') record('request.refused', about, { v: 1, reason, ...(bound === 'last' && { last: true }) })
      if (bound === 'recorded') tell('request.changed', proposal.id)
      return true
    }
    const { intent } = derived
    const rules = derived.action.rules
    const added = await trx
      .insertInto('request_state')
      .values({
        request_id: proposal.id,
        intent_digest: proposal.intent_digest,
        state: 'awaiting_requester',
        confirm_by: new Date(intent.confirm_by * 1000),
        decide_by: new Date(intent.decide_by * 1000),
        claim_by: new Date(intent.claim_by * 1000),
        ends_no_later_than: new Date(intent.ends_no_later_than * 1000),
        first_seen_at: now,
        missing: JSON.stringify(rules.approvals),
        rule_set: ctx.published().digest,
        updated_at: now,
      })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows === 0n) return true
    record('request.adopted', about, {
      v: 1,
      intent: proposal.intent_digest,
      action: actionName({ runbook: intent.runbook, name: intent.action }),
      action_digest: intent.action_digest,
      rule_set: ctx.published().digest,
      reason: intent.reason,
      lease_seconds: intent.lease_seconds,
    })
    tell('request.changed', proposal.id)
    return true
  })
}

async function isDecided(trx: Transaction<Schema>, request: string): Promise<boolean> {
  const { rows } =
    await sql`select from request_state where request_id = ${request} union all select from refused_request where request_id = ${request}`.execute(
      trx,
    )
  return rows.length > 0
}

type Derived = Outcome<{ readonly intent: Intent; readonly action: Action }>

/** The intent of a proposal if, derived again, it is byte for byte the same; else why it is not taken. */
export function deriveAgain(
  ctx: IssuerContext,
  proposal: RequestRow,
  openings: ReadonlyMap<string, Opening>,
  now: Date,
): Derived {
  const read = readIntent(proposal.intent)
  if (!read.ok) return refuse({ reason: 'malformed', path: read.path, problem: read.problem })
  const given = read.value
  if (given.realm !== ctx.realm) return refuse({ reason: 'foreign_realm' })
  const { ruleSet } = ctx.published()
  const full = actionName({ runbook: given.runbook, name: given.action })
  const action = findOffer(ruleSet, full)?.action
  const target = ruleSet.targets.find(({ name }) => name === action?.credential.target)
  if (!action || !target) return refuse({ reason: 'unknown_action', action: full })
  const { requesters } = action.rules
  if (!inGroups(ruleSet, given.requester.id, requesters)) return refuse({ reason: 'not_eligible_to_ask', groups: requesters })
  if (given.lease_seconds > action.lease.maximum_seconds)
    return refuse({ reason: 'bad_lease', maximumSeconds: action.lease.maximum_seconds })

  const refusal =
    checkParameters(action, given, openings) ??
    checkOpening('reason', given.reason.commitment, openings.get('reason')) ??
    // As every edge reads it: whoever writes rows past the edges hides no character in it, and buries nothing under it.
    judgeReason(String(openings.get('reason')?.value))
  if (refusal) return refuse(refusal)

  const seconds = Math.floor(now.getTime() / 1000) + SKEW_SECONDS
  const tooLong =
    given.confirm_by > seconds + SPANS.confirmSeconds ||
    given.decide_by > given.confirm_by + SPANS.decideSeconds ||
    given.claim_by > given.decide_by + SPANS.claimSeconds ||
    given.ends_no_later_than > given.claim_by + given.lease_seconds
  if (tooLong) return refuse({ reason: 'times_too_long' })

  const derived: Intent = {
    ...given,
    v: 1,
    realm: ctx.realm,
    id: proposal.id,
    mode: 'normal',
    requester: { kind: 'person', id: proposal.requester },
    runbook: action.runbook,
    action: action.name,
    action_digest: digestOf('action', canonicalBytes(action)),
    right: resolveRight(action, target, given.parameters),
    rules_digest: digestOf('rules', canonicalBytes(action.rules)),
  }
  const bytes = intentBytes(derived)
  if (!proposal.intent.equals(bytes) || digestOf('intent', bytes) !== proposal.intent_digest) {
    return refuse({ reason: 'derived_differently', path: firstDifference(given, derived) })
  }
  return { ok: true, intent: derived, action }
}

function checkParameters(action: Action, given: Intent, openings: ReadonlyMap<string, Opening>): Refusal | undefined {
  const unknown = Object.keys(given.parameters).find((name) => !action.parameters.some((parameter) => parameter.name === name))
  if (unknown) return { reason: 'bad_parameter', parameter: unknown, problem: 'is not a parameter of this action' }
  for (const parameter of action.parameters) {
    const bad = (problem: string): Refusal => ({ reason: 'bad_parameter', parameter: parameter.label, problem })
    const stated = Object.hasOwn(given.parameters, parameter.name) ? given.parameters[parameter.name] : undefined
    if (stated === undefined) return bad('is missing')
    if (isCommitment(stated) !== parameter.personal) return bad('stands open where it is personal, or hidden where it is not')
    const name = `parameter:${parameter.name}`
    const opening = openings.get(name)
    const hidden = isCommitment(stated) ? checkOpening(name, stated.commitment, opening) : undefined
    if (hidden) return hidden
    const value = isCommitment(stated) ? opening?.value : stated
    const fits = fitParameter(parameter, value)
    if (!fits.ok) return bad(fits.problem)
    if (fits.value !== value) return bad('is not in its one spelling')
  }
  return undefined
}

function checkOpening(name: string, commitment: string, opening: Opening | undefined): Refusal | undefined {
  if (!opening) return { reason: 'bad_parameter', parameter: name, problem: 'has no value' }
  return commitmentOf(opening) === commitment
    ? undefined
    : { reason: 'bad_parameter', parameter: name, problem: 'is not the value that was committed to' }
}

const firstDifference = (given: Intent, derived: Intent): string =>
  Object.entries(derived).find(([name, value]) => canonicalText(value) !== canonicalText(given[name as keyof Intent]))?.[0] ??
  'digest'
