// Proposes a request: makes the canonical bytes of its intent, once, and keeps beside them what stands there only as commitments. Grants nothing and
// is believed by nobody: the issuer derives the same bytes again before anyone may sign them (DESIGN section 3).
// A refusal of a person whom the directory knows is an entry, so it is returned, never thrown; somebody unknown leaves no trace but a log line.
// The id is the caller's when one deliberate act may arrive twice (a resubmitted form): the same id by the same person is the same request.

import { commit, digestOf, newId } from '../crypto.ts'
import {
  countOpenOf,
  findEarlier,
  findProposed,
  insertFollows,
  insertProposal,
  type OpeningRow,
} from '../db/bot-queries/proposals.ts'
import { actionName } from '../domain/action.ts'
import { canonicalBytes, canonicalText } from '../domain/canonical.ts'
import type { Commitment } from '../domain/commitment.ts'
import { checkCode, type Digest } from '../domain/ids.ts'
import { type Intent, intentBytes, readIntent, SPANS } from '../domain/intent.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import { MOST_OPEN } from '../domain/request.ts'
import { resolveRight } from '../runbooks/resolve.ts'
import type { BotContext } from './context.ts'
import { type Asked, type Judged, judgeProposal, type Problem } from './judge-proposal.ts'
import { type EntryBody, transact } from './transact.ts'

export type Proposed = {
  readonly requestId: string
  /** The requester's own link: names who is looking, has no power. */
  readonly viewId: string
  readonly intentDigest: Digest
  readonly checkCode: string
  readonly intent: Intent
}
export type ProposalOutcome =
  | ({ readonly ok: true } & Proposed)
  | { readonly ok: false; readonly refusal: Refusal; readonly problems: readonly Problem[] }

/** The request that one is asked after: again by its own requester, or the same by a colleague. */
export type After = { readonly id: string; readonly how: 'again' | 'same' }

const FULL_NAME = /^[a-z][a-z0-9-]{0,62}\.[a-z][a-z0-9-]{0,62}$/

/** No request is open for longer. */
const OPEN_AT_MOST_MS = (SPANS.confirmSeconds + SPANS.decideSeconds + SPANS.claimSeconds) * 1000

/** Proposes what was asked, or says everything that is wrong with it. */
export async function proposeRequest(
  ctx: BotContext,
  asked: Asked & { readonly id?: string | undefined; readonly after?: After | undefined },
): Promise<ProposalOutcome> {
  const published = await ctx.published()
  if (!published) return refused([{ at: 'whole', refusal: { reason: 'not_ready' } }])
  const judged = judgeProposal(published.ruleSet, asked)
  if (!judged.ok) return recordRefusal(ctx, asked, judged.problems)
  const made = makeIntent(ctx, asked, judged)
  if (!made.ok) return recordRefusal(ctx, asked, [{ at: 'whole', refusal: made.refusal }])
  const { intent, bytes, openings } = made
  const intentDigest = digestOf('intent', bytes)
  return transact(ctx, [], async ({ trx, now, record, tell }) => {
    const row = {
      id: intent.id,
      intent: Buffer.from(bytes),
      intent_digest: intentDigest,
      requester: asked.person,
      runbook: intent.runbook,
      action: intent.action,
      channel: judged.offer.channel,
      proposed_at: now,
    }
    const again = await findProposed(trx, intent.id, asked.person)
    if (again) return proposed(again)
    if ((await countOpenOf(trx, asked.person, new Date(now.getTime() - OPEN_AT_MOST_MS))) >= MOST_OPEN) {
      const refusal: Refusal = { reason: 'too_many_open', most: MOST_OPEN }
      record('request.proposal_refused', { actor: asked.person }, refusalBody(asked, [{ at: 'whole', refusal }]))
      return refused([{ at: 'whole', refusal }])
    }
    const viewId = newId()
    if (!(await insertProposal(trx, row, openings, { id: viewId, person: asked.person }))) {
      const before = await findProposed(trx, intent.id, asked.person)
      return before ? proposed(before) : refused([{ at: 'whole', refusal: { reason: 'unknown_request' } }])
    }
    const earlier = asked.after && (await findEarlier(trx, row, asked.after))
    if (earlier) await insertFollows(trx, { request_id: intent.id, earlier, how: asked.after?.how ?? 'again' })
    record(
      'request.proposed',
      { request: intent.id, actor: asked.person },
      {
        v: 1,
        intent: intentDigest,
        action: actionName(judged.offer.action),
        action_digest: intent.action_digest,
        rule_set: published.digest,
        reason: intent.reason,
        lease_seconds: intent.lease_seconds,
        ...(earlier !== undefined && { after: earlier }),
      },
    )
    tell('request.changed', intent.id)
    return proposed({ id: intent.id, view: viewId, intent_digest: intentDigest, intent: row.intent })
  })
}

type Made = Outcome<{ readonly intent: Intent; readonly bytes: Uint8Array; readonly openings: readonly OpeningRow[] }>

function makeIntent(
  ctx: BotContext,
  asked: Asked & { readonly id?: string | undefined },
  judged: Judged & { readonly ok: true },
): Made {
  const { action } = judged.offer
  const openings: OpeningRow[] = []
  const hide = (name: string, value: string | number): Commitment => {
    const { commitment, opening } = commit(value)
    openings.push({ name, value: canonicalText(opening.value), salt: opening.salt })
    return commitment
  }
  const parameters = Object.fromEntries(
    action.parameters.map(({ name, personal }) => {
      const value = judged.values[name]
      if (value === undefined) throw new TypeError(`parameter ${name} was judged but has no value`)
      return [name, personal ? hide(`parameter:${name}`, value) : value]
    }),
  )
  const confirmBy = Math.floor(ctx.now().getTime() / 1000) + SPANS.confirmSeconds
  const decideBy = confirmBy + SPANS.decideSeconds
  const claimBy = decideBy + SPANS.claimSeconds
  const intent: Intent = {
    v: 1,
    realm: ctx.realm,
    id: asked.id ?? newId(),
    mode: 'normal',
    requester: { kind: 'person', id: asked.person },
    runbook: action.runbook,
    action: action.name,
    action_digest: digestOf('action', canonicalBytes(action)),
    parameters,
    right: resolveRight(action, judged.target, parameters),
    reason: hide('reason', asked.reason),
    lease_seconds: judged.leaseSeconds,
    confirm_by: confirmBy,
    decide_by: decideBy,
    claim_by: claimBy,
    ends_no_later_than: claimBy + judged.leaseSeconds,
    rules_digest: digestOf('rules', canonicalBytes(action.rules)),
  }
  const bytes = intentBytes(intent)
  // Read back as everybody else will read it: a proposal that the closed shape refuses must never be shown to anyone.
  const read = readIntent(bytes)
  return read.ok ? { ok: true, intent, bytes, openings } : refuse({ reason: 'malformed', path: read.path, problem: read.problem })
}

function proposed(row: {
  readonly id: string
  readonly view: string
  readonly intent_digest: string
  readonly intent: Buffer
}): ProposalOutcome {
  const read = readIntent(row.intent)
  if (!read.ok) throw new TypeError(`the stored intent of ${row.id} is unreadable at ${read.path}`)
  const { id: requestId, view: viewId, intent_digest: intentDigest } = row
  return { ok: true, requestId, viewId, intentDigest, checkCode: checkCode(intentDigest), intent: read.value }
}

const refused = (problems: readonly [Problem, ...Problem[]]): ProposalOutcome => ({
  ok: false,
  refusal: problems[0].refusal,
  problems,
})

async function recordRefusal(
  ctx: BotContext,
  asked: Asked,
  problems: readonly [Problem, ...Problem[]],
): Promise<ProposalOutcome> {
  const outcome = refused(problems)
  if (problems[0].refusal.reason === 'unknown_person') return outcome
  await transact(ctx, [], ({ record }) =>
    record('request.proposal_refused', { actor: asked.person }, refusalBody(asked, problems)),
  )
  return outcome
}

/** Reasons and fields only: what was typed may be personal, and a name that is none is nobody's business to keep. */
const refusalBody = (asked: Asked, problems: readonly Problem[]): EntryBody => ({
  v: 1,
  problems: problems
    .slice(0, 30)
    .map(({ at, refusal }) => ({ at: at.startsWith('parameter:') ? 'parameter' : at, reason: refusal.reason })),
  ...(FULL_NAME.test(asked.action) && { action: asked.action }),
})
