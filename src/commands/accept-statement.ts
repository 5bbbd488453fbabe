// Takes a signed confirmation or decision about one to eight requests. Under the lock of each request all its evidence is judged again with the new
// statement in it, and only that verdict moves the state. Each request is decided by itself; a refusal of a known person commits as an entry.

import type { Transaction } from 'kysely'
import { commitmentOf, thumbprint } from '../crypto.ts'
import { findDoubt } from '../db/holds.ts'
import { type KnownRequest, standingOf, updateState } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { addEvidence, addStatement, spendCeremony } from '../db/statements.ts'
import { inGroups } from '../domain/action.ts'
import { refusalOfDoubt } from '../domain/concerned.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import { type Move, moveRequest } from '../domain/request.ts'
import type { RequestState } from '../domain/request-state.ts'
import type { Statement, StatementOf } from '../domain/statement.ts'
import { findUnseenInText } from '../domain/visible.ts'
import { MOST_STATEMENTS } from '../evidence/bundle.ts'
import type { EvidenceReason } from '../evidence/reasons.ts'
import type { Verdict } from '../evidence/verify-evidence.ts'
import { type Begun, beginStatement, type StatementInput } from './begin-statement.ts'
import { recordBounded } from './bound-entries.ts'
import { type IssuerContext, nameOf } from './context.ts'
import { actionOf, decidingGroups, findEvidence, judgeRequest, type Stored } from './evidence-of.ts'
import { whyNotApprove } from './may-approve.ts'
import { transactOn, type Work } from './transact.ts'

type Decisive = Begun<'request' | 'decide'>
/** What a statement did to one request, or why it did nothing. */
export type Effect =
  | { readonly request: string; readonly state: RequestState }
  | { readonly request: string | undefined; readonly refusal: Refusal }
export type Taken = { readonly person: string; readonly passkey: string; readonly effects: readonly Effect[] }

/** Accepts a confirmation or a decision. Refused as a whole when it stands for none of the requests it names. */
export async function acceptStatement(ctx: IssuerContext, input: StatementInput): Promise<Outcome<Taken>> {
  const begun = await beginStatement(ctx, input, ['request', 'decide'])
  if (!begun.ok) return begun
  const { statement, accepted } = begun
  const { person, passkey } = statement.signer
  const note = statement.kind === 'decide' ? statement.note : undefined
  if (note?.commitment !== (input.note && commitmentOf(input.note))) {
    return refuse({ reason: 'malformed', path: '/note', problem: 'is not the note that was committed to' })
  }
  // An approver's words reach the requester, in Slack as well: nothing in them is hidden, and none turns the direction of what stands beside.
  const unseen = input.note && findUnseenInText(String(input.note.value))
  if (unseen) return refuse({ reason: 'bad_reason', problem: `holds a character that does not show (${unseen.name}).` })
  const { nonce, intents } = statement
  const look = (trx: Transaction<Schema>) =>
    Promise.all([
      spendCeremony(trx, { nonce, passkey, signCount: begun.signCount, now: ctx.now() }),
      findEvidence(ctx, trx, intents),
      // With the row of the key in hand: it may have been held since its signature was looked at.
      findDoubt(trx, passkey),
    ])
  return transactOn(ctx, intents, look, async (work, known, [misuse, stored, doubt]) => {
    if (misuse === 'nonce_used') return refuse({ reason: misuse })
    if (misuse) return refuse({ reason: 'assertion_refused', check: misuse })
    if (doubt) return refuse(refusalOfDoubt(doubt, nameOf(ctx, person)))
    const effects: Effect[] = []
    const judged: { readonly digest: string; readonly plan: Plan }[] = []
    for (const digest of intents) {
      const found = known.get(digest)
      const plan = found ? await planOne(ctx, work, found, stored, begun) : refuse({ reason: 'unknown_request' })
      if (plan.ok) judged.push({ digest, plan })
      else {
        const request = found?.request.id
        const body = { v: 1, kind: statement.kind, reason: plan.refusal.reason }
        await recordBounded(work, 'statement.refused', { request, actor: person }, body)
        effects.push({ request, refusal: plan.refusal })
      }
    }
    const first = effects[0]
    if (judged.length === 0) return refuse(first && 'refusal' in first ? first.refusal : { reason: 'unknown_request' })
    work.write(addStatement(work.trx, accepted, work.now))
    for (const { plan } of judged) effects.push(carryOut(work, begun, plan))
    return { ok: true, person, passkey, effects } as const
  })
}

type Plan = {
  readonly ok: true
  readonly id: string
  readonly move: Move & { readonly move: 'confirm' | 'approve' | 'deny' }
  readonly next: RequestState
  readonly event: 'request.confirmed' | 'request.approved' | 'request.denied' | undefined
  readonly missing: readonly { readonly group: string; readonly count: number }[] | undefined
  readonly wasHeld: boolean
}

/** What the statement would do to one request, read under its lock: what was seen before may have changed. */
async function planOne(
  ctx: IssuerContext,
  { trx, now }: Work<'issuer'>,
  known: KnownRequest,
  stored: Stored,
  { statement, accepted }: Decisive,
): Promise<Plan | { readonly ok: false; readonly refusal: Refusal }> {
  const { person } = statement.signer
  const own = known.request.requester === person
  if (statement.kind === 'request' && !own) return refuse({ reason: 'not_yours' })
  if (statement.kind === 'decide' && own) return refuse({ reason: 'self_approval' })
  const groups = decidingGroups(ctx, known)
  if (statement.kind === 'decide' && !inGroups(ctx.published().ruleSet, person, groups))
    return refuse({ reason: 'not_an_approver', groups })
  const standing = stored.signed.get(known.request.intent_digest) ?? []
  const before = standing.find((each) => each.person === person && (each.decision === 'approve' || each.decision === 'deny'))
  if (statement.kind === 'decide' && before) return refuse({ reason: 'already_decided', decision: before.decision })
  // A no must always find room: neither the requester nor approvers can fill the evidence until it holds no more.
  const most = statement.kind === 'request' ? MOST_CONFIRMATIONS : MOST_STATEMENTS - 1
  const counted = statement.kind === 'request' ? standing.filter(({ decision }) => decision === 'confirm') : standing
  if (!isDenial(statement) && counted.length >= most) return refuse({ reason: 'too_many_statements', most })
  // An approval lifts an objection, which wants a look of its own; this one may be newer than the page on which several were ticked.
  const { held_by: by } = known.state
  if (statement.kind === 'decide' && statement.decision === 'approve' && statement.intents.length > 1 && by !== null)
    return refuse({ reason: 'held', by })

  // What the state refuses needs no judging, and its reason is the one a person understands. A state never permits: only evidence does.
  const possible = moveRequest(standingOf(known), tentative(statement), now.getTime())
  if (!possible.ok) return possible
  const verdict = await judgeRequest(ctx, trx, known, stored, 'decision', now, {
    statement: Buffer.from(accepted.bytes).toString('base64url'),
    assertion: accepted.assertion,
    accepted_at: now.getTime(),
    rule_set: accepted.ruleSet,
    directory: accepted.directory,
  })
  const move = moveOf(statement, verdict, person)
  const action = actionOf(ctx, known)
  if (!move && !verdict.ok && action && YET.has(verdict.reason)) {
    const of = { person, action, published: ctx.published(), chain: stored.chain, roots: ctx.roots, now }
    const why = whyNotApprove(of, statement.signer.passkey)
    if (why) return refuse(why)
  }
  if (!move) return refuse(verdict.ok ? { reason: 'not_approved', state: known.state.state } : refusalOf(verdict))
  const moved = moveRequest(standingOf(known), move, now.getTime())
  if (!moved.ok) return moved
  return {
    ok: true,
    id: known.request.id,
    move,
    next: moved.next.state,
    event: moved.event as Plan['event'],
    missing: verdict.ok ? verdict.missing : undefined,
    wasHeld: known.state.held_by !== null,
  }
}

/** Each names a place: nobody needs a request in more. */
const MOST_CONFIRMATIONS = 8
const isDenial = (statement: Statement): boolean => statement.kind === 'decide' && statement.decision === 'deny'

/** Reasons of the evidence for which an approver has to wait, or to do something first. */
const YET: ReadonlySet<EvidenceReason> = new Set([
  'not_an_approver',
  'passkey_not_in_full',
  'passkey_not_accepted',
  'passkey_cooling_down',
  'too_few_passkeys',
  'gained_too_recently',
] as const)

/** The move that a statement is after, before it is known what the evidence gives. */
function tentative(statement: StatementOf<'request' | 'decide'>): Move {
  if (statement.kind === 'request') return { move: 'confirm' }
  return statement.decision === 'deny' ? { move: 'deny', by: statement.signer.person } : { move: 'approve', quorum: false }
}

function moveOf(statement: StatementOf<'request' | 'decide'>, verdict: Verdict, person: string): Plan['move'] | undefined {
  // A denial is evidence too: with it in the bundle the verdict must be "denied", for the whole and for no other reason.
  if (statement.kind === 'decide' && statement.decision === 'deny') {
    return !verdict.ok && verdict.reason === 'denied' ? { move: 'deny', by: person } : undefined
  }
  if (!verdict.ok) return undefined
  return statement.kind === 'request' ? { move: 'confirm' } : { move: 'approve', quorum: verdict.missing.length === 0 }
}

function carryOut(
  { trx, now, record, tell, write }: Work<'issuer'>,
  { statement, accepted }: Decisive,
  { id, move, next, event, missing, wasHeld }: Plan,
): Effect {
  const { person, passkey } = statement.signer
  const about = { request: id, actor: person }
  const lease = statement.kind === 'decide' ? (statement.lease_seconds ?? null) : null
  const { role } = statement
  write(
    addEvidence(trx, {
      request_id: id,
      statement: accepted.digest,
      role,
      decision: move.move,
      person,
      passkey,
      lease_seconds: lease,
      holder: statement.kind === 'request' ? thumbprint(statement.holder.sign) : null,
      accepted_at: now,
    }),
  )
  record('statement.accepted', about, {
    v: 1,
    kind: statement.kind,
    decision: move.move,
    statement: accepted.digest,
    passkey,
    rule_set: accepted.ruleSet,
    directory: accepted.directory,
    ...(statement.kind === 'decide' && statement.note ? { note: statement.note } : {}),
    ...(lease === null ? {} : { lease_seconds: lease }),
  })
  // A signed approval made after an objection lifts it (DESIGN section 3).
  const released = move.move === 'approve' && wasHeld
  const change = {
    state: next,
    updated_at: now,
    ...(missing ? { missing: JSON.stringify(missing) } : {}),
    ...(event === 'request.confirmed' ? { confirmed_at: now } : {}),
    ...(event === 'request.approved' ? { approved_at: now } : {}),
    ...(event === 'request.denied' ? { ended_at: now, ended_by: person, ended_reason: 'denied' } : {}),
    ...(released ? { held_by: null, held_at: null } : {}),
  }
  write(updateState(trx, id, change))
  if (released) record('request.released', about, { v: 1, by: 'approval' })
  if (event) record(event, about, { v: 1 })
  tell('request.changed', id)
  return { request: id, state: next }
}

/** The words-ready refusal behind a verdict on evidence. */
export function refusalOf(verdict: Extract<Verdict, { ok: false }>): Refusal {
  switch (verdict.reason) {
    case 'action_changed':
    case 'action_withdrawn':
      return { reason: 'changed_since', what: 'The action' }
    case 'rules_changed':
      return { reason: 'changed_since', what: 'The rules for approval' }
    case 'quorum_missing':
      return { reason: 'changed_since', what: 'The standing of an approver' }
    case 'not_eligible_to_ask':
    case 'requester_passkey_inactive':
      return { reason: 'changed_since', what: 'The standing of the requester or of the key that asked' }
    case 'self_approval':
      return { reason: 'self_approval' }
    default:
      // A key whose kind was taken when it signed, and is not by the rules of now.
      if (verdict.reason === 'passkey_not_accepted' && verdict.path === '/rule_sets')
        return { reason: 'changed_since', what: 'The standing of the requester or of the key that asked' }
      return { reason: 'evidence_refused', check: verdict.reason, path: verdict.path }
  }
}
