// What one person sees of one request: plain data that pages and the JSON door render. Everything about the request comes out of the stored
// canonical bytes of its intent and out of openings that were checked against its commitments, never out of columns beside them.
//
// Who sees personal values (the reason, notes, personal parameters). A link names its person without proving him, yet he must read before he
// signs, and one tap each is the rule. So while the request waits for the very decision of the person a link was made for, the link shows
// them; at any other time only a session of somebody involved does, and every accepted tap begins one. The price: who gets hold of an
// approver's link during those minutes reads the reason. A week after the end, a link without such a session leads nowhere.

import type { IssuerContext } from '../commands/context.ts'
import { decidingGroups } from '../commands/evidence-of.ts'
import { provenValues } from '../commands/open-intent.ts'
import { credentialKinds } from '../credentials/index.ts'
import type { HowTo } from '../credentials/kind.ts'
import { commitmentOf, digestOf, thumbprint } from '../crypto.ts'
import { type CredentialRow, findCredentials, findGrant, type GrantRow } from '../db/grants.ts'
import { type DecisionRow, findDecisions, findRefused, findRequest, findView, hasView } from '../db/issuer-queries/find-view.ts'
import { findPasskeysOf } from '../db/passkeys.ts'
import { findKnown, findOpenings, type KnownRequest } from '../db/requests.ts'
import { findHolders, findRuleSets } from '../db/statements.ts'
import { type Action, findOffer, inGroups, type RuleSet, ruleSet } from '../domain/action.ts'
import { canonicalBytes, readCanonical } from '../domain/canonical.ts'
import { type Commitment, isCommitment, type Opening } from '../domain/commitment.ts'
import { checkCode } from '../domain/ids.ts'
import { type Intent, readIntent } from '../domain/intent.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import type { RequestState } from '../domain/request-state.ts'
import { read } from '../domain/shape.ts'
import { readStatement } from '../domain/statement.ts'
import { openRight } from '../runbooks/resolve.ts'

const LINK_LASTS_MS = 7 * 86_400_000

export type Named = { readonly id: string; readonly name: string }
/** A value that may be personal: as it is, kept from whoever looks now, or no longer there. */
export type Told = { readonly is: 'told'; readonly value: string | number } | { readonly is: 'hidden' } | { readonly is: 'gone' }
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
export type Adopted = Looking & {
  readonly is: 'adopted'
  readonly role: 'requester' | 'approver' | 'onlooker'
  /** Which of the deciding groups the person is in. */
  readonly mine: readonly string[]
  readonly state: RequestState
  readonly intent: Intent
  readonly intentBytes: Uint8Array
  readonly digest: string
  readonly checkCode: string
  readonly askedAt: Date
  readonly requester: Named
  /** The action of the digest that the intent names, with its text; undefined when no published set holds it any more. */
  readonly action: Action | undefined
  readonly parameters: readonly { readonly name: string; readonly label: string; readonly help: string; readonly value: Told }[]
  readonly reason: Told
  readonly right: readonly string[]
  readonly howTo: HowTo | undefined
  readonly hidesPersonal: boolean
  readonly heldBy: Named | undefined
  readonly signed: readonly Signed[]
  readonly decided: Signed | undefined
  readonly lines: readonly { readonly group: string; readonly count: number; readonly missing: number }[]
  /** Thumbprints of the places that the requester named, the newest first. */
  readonly holders: readonly string[]
  readonly ended: { readonly at: Date; readonly by: Named | undefined; readonly why: string | undefined } | undefined
  readonly grant: GrantRow | undefined
  readonly credential: CredentialRow | undefined
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
  const intentRead = readIntent(request.intent)
  if (!intentRead.ok) throw new TypeError(`the adopted intent of ${request.id} at ${intentRead.path} ${intentRead.problem}`)
  const intent = intentRead.value
  const published = ctx.published().ruleSet
  const name = naming(published)
  const groups = decidingGroups(ctx, known)
  const [grant, credentials, decisions, holders, openings, action] = await Promise.all([
    findGrant(ctx.db, request.id),
    findCredentials(ctx.db, request.id),
    findDecisions(ctx.db, request.id),
    findHolders(ctx.db, request.id),
    findOpenings(ctx.db, request),
    findAction(ctx, intent, state.rule_set),
  ])
  const mine = groups.filter((group) => inGroups(published, looking.me.id, [group]))
  const role = request.requester === looking.me.id ? 'requester' : mine.length > 0 ? 'approver' : 'onlooker'
  const own = decisions.find(
    ({ person, decision }) => person === looking.me.id && (decision === 'approve' || decision === 'deny'),
  )
  const awaited =
    (role === 'requester' && state.state === 'awaiting_requester') ||
    (role === 'approver' && state.state === 'awaiting_approvers' && !own)
  const involved =
    session !== undefined &&
    (session === request.requester || inGroups(published, session, groups) || (await hasView(ctx.db, request.id, session)))
  const endedAt = grant ? (grant.ended_at ?? undefined) : endOf(known, ctx.now())
  if (endedAt && !involved && ctx.now().getTime() - endedAt.getTime() > LINK_LASTS_MS) return undefined

  const tells = awaited || involved
  const values = provenValues(openings)
  const tell = (of: string | number | Commitment): Told => {
    if (!isCommitment(of)) return { is: 'told', value: of }
    const value = values.get(of.commitment)
    return value === undefined ? { is: 'gone' } : tells ? { is: 'told', value } : { is: 'hidden' }
  }
  const signed = decisions.map((row) => signedOf(row, name, tells))
  const { right, howTo } = wordsOfRight(intent, tells ? values : new Map())
  const order = action?.parameters.map((parameter) => parameter.name) ?? Object.keys(intent.parameters)
  return {
    ...looking,
    is: 'adopted',
    role,
    mine,
    state: state.state,
    intent,
    intentBytes: request.intent,
    digest: state.intent_digest,
    checkCode: checkCode(state.intent_digest),
    askedAt: state.first_seen_at,
    requester: name(request.requester),
    action,
    parameters: order.map((each) => {
      const { label = each, help = '' } = action?.parameters.find((parameter) => parameter.name === each) ?? {}
      return { name: each, label, help, value: tell(intent.parameters[each] ?? { commitment: '' }) }
    }),
    reason: tell(intent.reason),
    right,
    howTo,
    hidesPersonal: !tells,
    heldBy: state.held_by === null ? undefined : name(state.held_by),
    signed,
    decided: signed.find(({ who, decision }) => who.id === looking.me.id && (decision === 'approve' || decision === 'deny')),
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
  }
}

const naming =
  (set: RuleSet) =>
  (id: string): Named => ({ id, name: set.people.find((person) => person.id === id)?.name ?? id })

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

/** The right in the words of its kind. What is hidden or gone stands there as such, in a spelling that every kind's schema takes for a value. */
function wordsOfRight(intent: Intent, values: ReadonlyMap<string, string | number>) {
  const opened = openRight(intent.right, values)
  const veiled = opened.ok ? opened : openRight(opened.right, new Map(opened.unopened.map((digest) => [digest, 'hidden'])))
  const kind = credentialKinds.get(intent.right.kind)
  if (!kind || !veiled.ok || kind.misfit(veiled.right))
    return { right: [`A credential of kind ${intent.right.kind} for ${intent.right.target}.`], howTo: undefined }
  return { right: kind.describe(veiled.right), howTo: opened.ok ? kind.howTo(opened.right) : undefined }
}

/** The action whose digest the intent names: in force, or as it was published when the request was adopted. */
async function findAction(ctx: IssuerContext, intent: Intent, adoptedUnder: string): Promise<Action | undefined> {
  const among = (set: RuleSet): Action | undefined => {
    const action = findOffer(set, `${intent.runbook}.${intent.action}`)?.action
    return action && digestOf('action', canonicalBytes(action)) === intent.action_digest ? action : undefined
  }
  const inForce = among(ctx.published().ruleSet)
  if (inForce) return inForce
  const [published] = await findRuleSets(ctx.db, [adoptedUnder])
  const set = published && read(ruleSet, readCanonical(published.body))
  return set?.ok ? among(set.value) : undefined
}
