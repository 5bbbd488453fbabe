// What one person sees of one request: plain data that pages and the JSON door render. Everything about the request comes out of the stored
// canonical bytes of its intent and out of openings that were checked against its commitments, never out of columns beside them.
//
// Who sees personal values (the reason, notes, personal parameters). A link names its person without proving him, yet he must read before he
// signs, and one tap each is the rule. So while the request waits for the very decision of the person a link was made for, the link shows
// them; at any other time only a session of somebody involved does, and every accepted tap begins one. The price: who gets hold of an
// approver's link during those minutes reads the reason, there and in what may be decided with the same tap. Where somebody else is signed in, the
// link shows no more than he may see anyway. A week after the end, a link without such a session leads nowhere.

import type { IssuerContext } from '../commands/context.ts'
import { decidingGroups } from '../commands/evidence-of.ts'
import { type Approving, whyNotApprove, whyNotYet } from '../commands/may-approve.ts'
import { commitmentOf, thumbprint } from '../crypto.ts'
import { type CredentialRow, findCredentials, findGrant, type GrantRow } from '../db/grants.ts'
import { findBeside } from '../db/issuer-queries/find-twins.ts'
import {
  type DecisionRow,
  findDecisions,
  findRefused,
  findRequest,
  findView,
  findViewOf,
} from '../db/issuer-queries/find-view.ts'
import { findPasskeysOf } from '../db/passkeys.ts'
import { findKnown, findOpenings, type KnownRequest } from '../db/requests.ts'
import { findHolders, findRuleSets } from '../db/statements.ts'
import { type Action, inGroups, ruleSet } from '../domain/action.ts'
import { readCanonical } from '../domain/canonical.ts'
import type { Commitment, Opening } from '../domain/commitment.ts'
import { leastCertain, type Recall } from '../domain/grant.ts'
import type { Intent } from '../domain/intent.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import type { RequestState } from '../domain/request-state.ts'
import { read } from '../domain/shape.ts'
import { readStatement } from '../domain/statement.ts'
import { type Asked, actionIn, intentOf, type Named, naming, readAsked, type Told } from './asked.ts'

const LINK_LASTS_MS = 7 * 86_400_000
/** One statement stands for eight requests at most: that of the link, and these. */
const MOST_TWINS = 7
const LOOKED_AT = 50

export type Signed = {
  readonly who: Named
  readonly decision: DecisionRow['decision']
  readonly at: Date
  readonly leaseSeconds: number | undefined
  readonly note: Told | undefined
}
export type Key = { readonly thumbprint: string; readonly nickname: string; readonly id: string }

type Looking = { readonly view: string; readonly request: string; readonly me: Named; readonly keys: readonly Key[] }
export type Checking = Looking & { readonly is: 'checking' }
export type Refused = Looking & { readonly is: 'refused'; readonly refusal: Refusal }
export type Adopted = Looking &
  Asked & {
    readonly is: 'adopted'
    /** An `administrator` is one who is none of the first two: he can end what lives, and decides nothing. */
    readonly role: 'requester' | 'approver' | 'administrator' | 'onlooker'
    /** Somebody else who is signed in in this browser: the link was not made for him. `view` is his own link to the request, if he has one. */
    readonly other: (Named & { readonly view: string | undefined }) | undefined
    /** Which of the deciding groups the person is in. */
    readonly mine: readonly string[]
    readonly state: RequestState
    /** Other open requests for the same action that this approver may decide with the same tap; none while somebody objects to this one. */
    readonly twins: readonly Asked[]
    readonly hidesPersonal: boolean
    readonly heldBy: Named | undefined
    readonly signed: readonly Signed[]
    readonly decided: Signed | undefined
    /** Why this approver can only deny now. */
    readonly notYet: Refusal | undefined
    readonly lines: readonly { readonly group: string; readonly count: number; readonly missing: number }[]
    /** Thumbprints of the places that the requester named, the newest first. */
    readonly holders: readonly string[]
    readonly ended: { readonly at: Date; readonly by: Named | undefined; readonly why: string | undefined } | undefined
    readonly grant: GrantRow | undefined
    readonly credential: CredentialRow | undefined
    /** What may be said of how all of its credentials ended early. */
    readonly recall: Recall | undefined
  }
export type ViewState = Checking | Refused | Adopted

/** What the person of a link sees, in a browser where `session` (a person) is signed in. */
export async function findViewState(
  ctx: IssuerContext,
  view: string,
  session: string | undefined,
): Promise<Outcome<{ readonly state: ViewState }>> {
  const row = await findView(ctx.db, view)
  const request = row && (await findRequest(ctx.db, row.request_id))
  if (!row || !request) return refuse({ reason: 'unknown_view' })
  const passkeys = await findPasskeysOf(ctx.db, row.person)
  const keys = passkeys
    .filter(({ status }) => status === 'active')
    .map(({ thumbprint, nickname, id }) => ({ thumbprint, nickname, id }))
  const name = naming(ctx.published().ruleSet)
  const looking: Looking = { view, request: request.id, me: name(row.person), keys }
  const known = await findKnown(ctx.db, request.id)
  if (known) {
    const state = await adopted(ctx, looking, known, session)
    return state ? { ok: true, state } : refuse({ reason: 'unknown_view' })
  }
  const refused = await findRefused(ctx.db, request.id)
  if (!refused) return { ok: true, state: { ...looking, is: 'checking' } }
  if (ctx.now().getTime() - refused.refused_at.getTime() > LINK_LASTS_MS) return refuse({ reason: 'unknown_view' })
  // The issuer wrote this refusal itself, reason and detail of one arm of the union.
  const refusal = { reason: refused.reason, ...(JSON.parse(refused.detail) as object) } as Refusal
  return { ok: true, state: { ...looking, is: 'refused', refusal } }
}

async function adopted(
  ctx: IssuerContext,
  looking: Looking,
  known: KnownRequest,
  session: string | undefined,
): Promise<Adopted | undefined> {
  const { request, state } = known
  const { me } = looking
  const intent = intentOf(known)
  const published = ctx.published().ruleSet
  const name = naming(published)
  const groups = decidingGroups(ctx, known)
  const [grant, credentials, decisions, holders, openings, action] = await Promise.all([
    findGrant(ctx.db, request.id),
    findCredentials(ctx.db, request.id),
    findDecisions(ctx.db, request.id),
    findHolders(ctx.db, request.intent_digest),
    findOpenings(ctx.db, request),
    findAction(ctx, intent, state.rule_set),
  ])
  const mine = groups.filter((group) => inGroups(published, me.id, [group]))
  const administers = published.administrators.includes(me.id) && (await ctx.chain()).administrators.has(me.id)
  const onlooks = administers ? 'administrator' : 'onlooker'
  const role = request.requester === me.id ? 'requester' : mine.length > 0 ? 'approver' : onlooks
  const own = decisions.find(({ person, decision }) => person === me.id && (decision === 'approve' || decision === 'deny'))
  const toDecide = role === 'approver' && state.state === 'awaiting_approvers' && !own
  const awaited = toDecide || (role === 'requester' && state.state === 'awaiting_requester')
  const other =
    session === undefined || session === me.id
      ? undefined
      : { ...name(session), view: (await findViewOf(ctx.db, request.id, session))?.id }
  const involved =
    session !== undefined &&
    (session === request.requester || inGroups(published, session, groups) || session === me.id || other?.view !== undefined)
  const endedAt = grant ? (grant.ended_at ?? undefined) : endOf(known, ctx.now())
  if (endedAt && !involved && ctx.now().getTime() - endedAt.getTime() > LINK_LASTS_MS) return undefined

  const tells = involved || (awaited && !other)
  const approving = toDecide && action ? await approvingOf(ctx, me.id, action) : undefined
  const signed = decisions.map((row) => signedOf(row, name, tells))
  return {
    ...looking,
    keys: approving ? ableFirst(looking.keys, approving) : looking.keys,
    ...readAsked(known, action, openings, name, tells),
    is: 'adopted',
    role,
    other,
    mine,
    state: state.state,
    twins: toDecide && action && state.held_by === null ? await findTwins(ctx, known, action, me.id, tells) : [],
    hidesPersonal: !tells,
    heldBy: state.held_by === null ? undefined : name(state.held_by),
    signed,
    decided: signed.find(({ who, decision }) => who.id === me.id && (decision === 'approve' || decision === 'deny')),
    notYet: approving && looking.keys.length > 0 ? whyNotYet(approving) : undefined,
    lines: (action?.rules.approvals ?? []).map(({ group, count }) => ({
      group,
      count,
      missing: state.missing.find((each) => each.group === group)?.count ?? 0,
    })),
    holders: holders.map(({ sign }) => thumbprint(sign)),
    ended: endedAt && {
      at: endedAt,
      by: state.ended_by === null ? undefined : name(state.ended_by),
      why: state.ended_reason ?? undefined,
    },
    grant,
    credential: credentials.at(-1),
    recall: leastCertain(credentials.map(({ recall }) => recall)),
  }
}

const approvingOf = async (ctx: IssuerContext, person: string, action: Action): Promise<Approving> => ({
  person,
  action,
  published: ctx.published(),
  chain: await ctx.chain(),
  roots: ctx.roots,
  now: ctx.now(),
})

/** The first one is what a page proposes to sign with. */
const ableFirst = (keys: readonly Key[], of: Approving): readonly Key[] =>
  keys.toSorted((a, b) => Number(isUnable(a, of)) - Number(isUnable(b, of)))
const isUnable = ({ thumbprint }: Key, of: Approving): boolean => whyNotApprove(of, thumbprint) !== undefined

/**
 * The same action is the same name with the same digest, which is in force: so the same groups decide. What somebody objected to is left out, because
 * an approval would lift the objection: that wants a look of its own. Told are personal values as each one's own link of the same person tells them.
 */
async function findTwins(
  ctx: IssuerContext,
  known: KnownRequest,
  offered: Action,
  person: string,
  tells: boolean,
): Promise<Asked[]> {
  const { ruleSet: inForce } = ctx.published()
  const { runbook, action } = intentOf(known)
  const beside = await findBeside(ctx.db, { request: known.request.id, runbook, action, person, now: ctx.now() }, LOOKED_AT)
  const same = beside.filter((each) => actionIn(inForce, intentOf(each)) === offered).slice(0, MOST_TWINS)
  return Promise.all(
    same.map(async (each) => readAsked(each, offered, await findOpenings(ctx.db, each.request), naming(inForce), tells)),
  )
}

const endOf = ({ state }: KnownRequest, now: Date): Date | undefined =>
  state.state === 'lapsed' || state.state === 'cancelled' || state.state === 'voided' || state.state === 'denied'
    ? (state.ended_at ?? state.updated_at)
    : state.ends_no_later_than < now
      ? state.ends_no_later_than
      : undefined

function signedOf(row: DecisionRow, name: (id: string) => Named, tells: boolean): Signed {
  const statement = readStatement(row.bytes)
  const committed = statement.ok && statement.value.kind === 'decide' ? statement.value.note : undefined
  const opening =
    row.note_value === null || row.note_salt === null ? undefined : { value: JSON.parse(row.note_value), salt: row.note_salt }
  return {
    who: name(row.person),
    decision: row.decision,
    at: row.accepted_at,
    leaseSeconds: row.lease_seconds ?? undefined,
    note: committed && noteOf(committed, opening, tells),
  }
}

function noteOf(committed: Commitment, opening: Opening | undefined, tells: boolean): Told {
  if (!opening || commitmentOf(opening) !== committed.commitment) return { is: 'gone' }
  return tells ? { is: 'told', value: opening.value } : { is: 'hidden' }
}

/** The action whose digest the intent names: in force, or as it was published when the request was adopted. */
async function findAction(ctx: IssuerContext, intent: Intent, adoptedUnder: string): Promise<Action | undefined> {
  const inForce = actionIn(ctx.published().ruleSet, intent)
  if (inForce) return inForce
  const [published] = await findRuleSets(ctx.db, [adoptedUnder])
  const set = published && read(ruleSet, readCanonical(published.body))
  return set?.ok ? actionIn(set.value, intent) : undefined
}
