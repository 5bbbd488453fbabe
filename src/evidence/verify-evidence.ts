// The one function (DESIGN section 4): whether a bundle of signatures gives a grant, and if not, the first reason why. No
// credential exists without its yes. It runs in the issuer before each mint, on an auditor's laptop and in a browser, and reads
// top to bottom as its own specification. The whole bundle is hostile; roots, the digest of the rule set in force, the time and a
// chain state are the caller's. "Then" is the rule set and the directory position a statement was accepted under, "now" those of
// the call; no signed text carries a time.

import { isAccepted } from '../domain/accepted-keys.ts'
import { type Action, inGroups, type RuleSet } from '../domain/action.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { type Intent, readIntent } from '../domain/intent.ts'
import { judgeQuorum } from '../domain/rules.ts'
import { read } from '../domain/shape.ts'
import type { Holder, Statement, StatementOf } from '../domain/statement.ts'
import { type Approval, judgeApproval, servesNow } from './approver.ts'
import { bundle, type SignedStatement } from './bundle.ts'
import { type ChainState, findPasskey, isAdministrator, stateAt } from './chain-state.ts'
import { digestUnder, type EvidenceCrypto } from './crypto.ts'
import { replayChain } from './directory-chain.ts'
import { type Failure, fail, inside } from './reasons.ts'
import { judgeRuleSet, openRuleSets, type RuleSets } from './rule-sets.ts'
import { judgeSignature, judgeSigner, type Opened, openStatement } from './signed-statement.ts'

/**
 * What is asked. `decision`: is everything said so far sound, and what is missing? `claim`: may the first credential be made? `renewal`: may
 * a further one? `now` is in ms. With `chain` (a state replayed before, the directory of now) the bundle's own links are not read, and with
 * `ruleSets` (opened before) not its own rule sets.
 */
export type Question = {
  readonly bundle: unknown
  readonly roots: TrustRoots
  readonly ruleSet: Digest
  readonly now: number
  readonly purpose: 'decision' | 'claim' | 'renewal'
  readonly chain?: ChainState
  readonly ruleSets?: RuleSets
}

/** A place that the requester named, and the statement (by its digest) that named it. */
export type HolderNamed = {
  readonly holder: Holder
  readonly statement: Digest
  readonly acceptedAt: number
  readonly passkey: Digest
}
export type ApprovalCounted = {
  readonly person: PersonId
  readonly passkey: Digest
  readonly statement: Digest
  readonly acceptedAt: number
  readonly group: string
}
export type Granted = {
  readonly ok: true
  readonly intent: Intent
  readonly intentDigest: Digest
  readonly action: Action
  readonly requester: PersonId
  /** When the requester first confirmed, in ms. */
  readonly confirmedAt: number
  readonly holders: readonly HolderNamed[]
  /** Those of `holders` whose statement is fresh enough for a first claim now. */
  readonly freshHolders: readonly HolderNamed[]
  /** One for each place of the rules that is filled. */
  readonly approvals: readonly ApprovalCounted[]
  /** Places that nobody fills yet; empty but for the purpose `decision`. */
  readonly missing: readonly { readonly group: string; readonly count: number }[]
  readonly leaseSeconds: number
}
export type Verdict = Granted | Failure

/** Judges a bundle. A single unsound statement fails all of it; approvals that have lost their footing since are only not counted. */
export async function verifyEvidence(question: Question, crypto: EvidenceCrypto): Promise<Verdict> {
  const { roots, now, purpose } = question

  // What it is about: one intent, of this realm, in its one byte form.
  const form = read(bundle, question.bundle)
  if (!form.ok) return fail('bundle_malformed', inside('', form.path))
  const about = await openIntent(form.value.intent, roots, crypto)
  if (!about.ok) return about
  const { intent, intentDigest } = about

  // Under which rules: the action that was asked for is the action of now, under the rules of now.
  const opened = question.ruleSets
    ? { ok: true as const, ruleSets: question.ruleSets }
    : await openRuleSets(form.value.rule_sets, crypto)
  if (!opened.ok) return opened
  const current = await judgeRuleSet(intent, question.ruleSet, opened.ruleSets, '/rule_sets', crypto)
  if (!current.ok) return current
  const { action } = current
  if (!isWithin(intent, action)) return fail('intent_outside_action', '/intent')

  // By whose keys: the directory, from the roots to now.
  const chain = question.chain
    ? { ok: true as const, state: question.chain }
    : await replayChain(roots, form.value.directory, crypto)
  if (!chain.ok) return fail(chain.reason, `/directory${chain.path}`)

  // Who said what: each statement is about this intent, new, and signed by a passkey that was its signer's own and active then.
  const court: Court = {
    roots,
    now,
    intent,
    intentDigest,
    ruleSets: opened.ruleSets,
    ruleSetNow: question.ruleSet,
    current: current.ruleSet,
    chain: chain.state,
    crypto,
  }
  const heard: Heard[] = []
  for (const [index, signed] of form.value.statements.entries()) {
    const one = await hear(signed, `/statements/${index}`, court)
    if (!one.ok) return one
    if (heard.some(({ statement }) => statement.nonce === one.heard.statement.nonce))
      return fail('nonce_reused', `/statements/${index}/statement/nonce`)
    heard.push(one.heard)
  }
  heard.sort((a, b) => a.acceptedAt - b.acceptedAt)
  const confirmations = heard.filter((one) => isOfKind(one, 'request'))
  const decisions = heard.filter((one) => isOfKind(one, 'decide'))
  const revocations = heard.filter((one) => isOfKind(one, 'revoke'))

  // A no from somebody who had a say then is final, whenever it came and whatever has become of its signer.
  for (const one of decisions)
    if (groupsOf(one.rulesThen, one.statement.signer.person, action).length === 0)
      return fail('not_an_approver', `${one.path}/statement/signer`)
  for (const one of revocations)
    if (!mayRevoke(one, intent, action)) return fail('not_eligible_to_revoke', `${one.path}/statement/role`)
  const denial = decisions.find(({ statement }) => statement.decision === 'deny')
  if (denial) return fail('denied', denial.path)
  if (revocations[0]) return fail('revoked', revocations[0].path)

  // The requester asked, in time, was allowed to and still is, with keys that still stand.
  for (const one of confirmations) {
    const { signer } = one.statement
    if (signer.person !== intent.requester.id) return fail('not_the_requester', `${one.path}/statement/signer/person`)
    if (!inGroups(one.rulesThen, signer.person, action.rules.requesters))
      return fail('not_eligible_to_ask', `${one.path}/rule_set`)
    if (!inGroups(court.current, signer.person, action.rules.requesters)) return fail('not_eligible_to_ask', '/rule_sets')
    const known = findPasskey(one.directoryThen, signer.passkey)
    if (!known || !isAccepted(one.rulesThen.keys.accept.requesters, known.passkey))
      return fail('passkey_not_accepted', `${one.path}/statement/signer/passkey`)
    if (!isAccepted(court.current.keys.accept.requesters, known.passkey)) return fail('passkey_not_accepted', '/rule_sets')
    if (!one.activeNow) return fail('requester_passkey_inactive', `${one.path}/statement/signer/passkey`)
  }
  const [first] = confirmations
  if (!first) return fail('not_confirmed', '/statements')
  if (first.acceptedAt > intent.confirm_by * 1000) return fail('confirmed_late', `${first.path}/accepted_at`)

  // Approvals came from others, after the requester's first word and in time; not from who alone let the key in that asks, for it may be his.
  for (const one of decisions) {
    if (one.statement.signer.person === intent.requester.id) return fail('self_approval', `${one.path}/statement/signer/person`)
    if (confirmations.some((asked) => isLetInBy(asked, one.statement.signer.person)))
      return fail('self_approval', `${one.path}/statement/signer/person`)
    if (one.acceptedAt < first.acceptedAt) return fail('approved_before_confirmation', `${one.path}/accepted_at`)
    if (one.acceptedAt > intent.decide_by * 1000) return fail('approved_late', `${one.path}/accepted_at`)
  }

  // Each was made by an approver of the directory, with a key that served for it then. They are counted anew under today's members, roles and keys,
  // each person once: who lost any of it since then no longer counts.
  const counted: (Approval & { readonly one: Heard<StatementOf<'decide'>> })[] = []
  for (const one of decisions) {
    const { person, passkey } = one.statement.signer
    const approval = { ...one, one, person, passkey, groups: groupsOf(one.rulesThen, person, action) }
    const judged = judgeApproval(approval, action, roots)
    if (!judged.ok) return fail(judged.reason, `${one.path}/statement/signer${judged.at}`)
    const groups = judged.groups.filter((group) => inGroups(court.current, person, [group]))
    if (groups.length === 0 || !servesNow(approval, court.chain, court.current)) continue
    if (!counted.some((other) => other.person === person)) counted.push({ ...approval, groups })
  }
  const quorum = judgeQuorum(counted, action.rules, intent.requester.id)
  const missing = quorum.lines.flatMap(({ group, missing: count }) => (count > 0 ? [{ group, count }] : []))

  // The limits of what was signed, on the clock of the caller.
  const holders = confirmations.map(({ statement, digest, acceptedAt }) => ({
    holder: statement.holder,
    statement: digest,
    acceptedAt,
    passkey: statement.signer.passkey,
  }))
  const freshHolders = holders.filter(({ acceptedAt }) => now - acceptedAt <= action.freshness_seconds * 1000)
  if (now > intent.ends_no_later_than * 1000) return fail('ended', '/intent/ends_no_later_than')
  if (purpose !== 'decision' && !quorum.complete) return fail('quorum_missing', '/statements')
  if (purpose === 'claim' && now > intent.claim_by * 1000) return fail('claimed_late', '/intent/claim_by')
  if (purpose === 'claim' && freshHolders.length === 0) return fail('confirmation_too_old', '/statements')

  return {
    ok: true,
    intent,
    intentDigest,
    action,
    requester: intent.requester.id,
    confirmedAt: first.acceptedAt,
    holders,
    freshHolders,
    approvals: quorum.lines.flatMap(({ group, approvals }) =>
      approvals.map(({ one, person, passkey }) => ({
        person,
        passkey,
        statement: one.digest,
        acceptedAt: one.acceptedAt,
        group,
      })),
    ),
    missing,
    leaseSeconds: Math.min(
      intent.lease_seconds,
      ...counted.map(({ one }) => one.statement.lease_seconds ?? intent.lease_seconds),
    ),
  }
}

type Kind = 'request' | 'decide' | 'revoke'
/** A statement that is sound by itself, with the rules and the directory it was accepted under. */
type Heard<S extends Statement = StatementOf<Kind>> = Opened<S> & {
  readonly acceptedAt: number
  readonly ruleSet: Digest
  readonly rulesThen: RuleSet
  readonly directoryThen: ChainState
  readonly activeNow: boolean
}
type Court = {
  readonly roots: TrustRoots
  readonly now: number
  readonly intent: Intent
  readonly intentDigest: Digest
  readonly ruleSets: RuleSets
  readonly ruleSetNow: Digest
  readonly current: RuleSet
  readonly chain: ChainState
  readonly crypto: EvidenceCrypto
}

/** The clocks of two issuers may differ by this much (DESIGN section 5); a later acceptance would make itself fresh for ever. */
const CLOCK_SKEW_MS = 2000

async function hear(
  signed: SignedStatement,
  path: string,
  court: Court,
): Promise<{ readonly ok: true; readonly heard: Heard } | Failure> {
  const { roots, crypto } = court
  const found = await openStatement(signed, ['request', 'decide', 'revoke'], path, roots, crypto)
  if (!found.ok) return found
  const { statement } = found.opened
  if (!statement.intents.includes(court.intentDigest)) return fail('other_intent', `${path}/statement/intents`)
  if (new Set(statement.intents).size !== statement.intents.length) return fail('intent_named_twice', `${path}/statement/intents`)
  if (signed.accepted_at > court.now + CLOCK_SKEW_MS) return fail('accepted_in_future', `${path}/accepted_at`)
  const then =
    signed.rule_set === court.ruleSetNow
      ? { ok: true as const, ruleSet: court.current }
      : await judgeRuleSet(court.intent, signed.rule_set, court.ruleSets, `${path}/rule_set`, crypto)
  if (!then.ok) return then
  const directoryThen = stateAt(court.chain, signed.directory.sequence)
  if (!directoryThen) return fail('directory_position_unknown', `${path}/directory/sequence`)
  if (directoryThen.head !== signed.directory.head) return fail('directory_head_differs', `${path}/directory/head`)
  const signer = judgeSigner(found.opened, directoryThen)
  if (!signer.ok) return signer
  const signature = await judgeSignature(found.opened, signer.known.passkey, roots, crypto)
  if (!signature.ok) return signature
  const activeNow = findPasskey(court.chain, statement.signer.passkey)?.status === 'active'
  return {
    ok: true,
    heard: {
      ...found.opened,
      acceptedAt: signed.accepted_at,
      ruleSet: signed.rule_set,
      rulesThen: then.ruleSet,
      directoryThen,
      activeNow,
    },
  }
}

async function openIntent(
  text: string,
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true; readonly intent: Intent; readonly intentDigest: Digest } | Failure> {
  const bytes = decodeBase64url(text)
  if (!bytes) return fail('intent_malformed', '/intent')
  const form = readIntent(bytes)
  if (!form.ok) return fail('intent_malformed', inside('/intent', form.path))
  const intent = form.value
  if (intent.realm !== roots.realm) return fail('foreign_realm', '/intent/realm')
  const { confirm_by, decide_by, claim_by, ends_no_later_than } = intent
  if (confirm_by > decide_by || decide_by > claim_by || claim_by > ends_no_later_than) return fail('times_disordered', '/intent')
  return { ok: true, intent, intentDigest: await digestUnder(crypto, 'intent', bytes) }
}

/** What can be told from the action alone; the issuer derives the whole intent again before anybody may sign it. */
const isWithin = ({ right, lease_seconds }: Intent, { credential, lease }: Action): boolean =>
  right.kind === credential.kind && right.target === credential.target && lease_seconds <= lease.maximum_seconds

const isOfKind = <K extends Kind>(one: Heard, kind: K): one is Heard<StatementOf<K>> => one.statement.kind === kind

/** Whether this person let the key in, alone as far as the directory says. */
const isLetInBy = ({ statement, directoryThen }: Heard, person: PersonId): boolean =>
  findPasskey(directoryThen, statement.signer.passkey)?.letInBy.includes(person) ?? false

/** The groups of the action's rules in which a person stands. */
const groupsOf = (set: RuleSet, person: PersonId, { rules }: Action): string[] =>
  rules.approvals.map(({ group }) => group).filter((group) => inGroups(set, person, [group]))

function mayRevoke(one: Heard<StatementOf<'revoke'>>, intent: Intent, action: Action): boolean {
  const { role, signer } = one.statement
  if (role === 'requester') return signer.person === intent.requester.id
  if (role === 'approver') return groupsOf(one.rulesThen, signer.person, action).length > 0
  // The rules can only narrow who the chain says may administer.
  return isAdministrator(one.directoryThen, signer.person) && one.rulesThen.administrators.includes(signer.person)
}
