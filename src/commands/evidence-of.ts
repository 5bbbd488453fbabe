// The evidence of one request, put together from what the issuer stored and judged by the one function. Every issuer command that lets a request
// go on comes through here, so nothing is believed because a row says so: signatures, rules then and now, keys then and now are judged each time.

import type { Kysely } from 'kysely'
import { nodeCrypto } from '../crypto.ts'
import type { KnownRequest } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { findRuleSets, findSigned, type Standing } from '../db/statements.ts'
import { type Action, actionName, findOffer, type RuleSet } from '../domain/action.ts'
import type { Digest } from '../domain/ids.ts'
import { readIntent } from '../domain/intent.ts'
import type { SignedStatement } from '../evidence/bundle.ts'
import type { ChainState } from '../evidence/chain-state.ts'
import { openRuleSets, type RuleSets } from '../evidence/rule-sets.ts'
import { type Granted, type Verdict, verifyEvidence } from '../evidence/verify-evidence.ts'
import type { IssuerContext } from './context.ts'

/** Evidence that gives a grant. */
export type Proven = Granted
export type Purpose = 'decision' | 'claim' | 'renewal'

/** What the issuer stored of requests, and the directory of now. */
export type Stored = { readonly signed: ReadonlyMap<Digest, readonly Standing[]>; readonly chain: ChainState }

/** Reads what is judged, for the requests of these intents. */
export async function findEvidence(ctx: IssuerContext, db: Kysely<Schema>, intents: readonly Digest[]): Promise<Stored> {
  const [signed, chain] = await Promise.all([findSigned(db, intents), ctx.chain(db)])
  return { signed, chain }
}

/** Judges a request's stored statements, and one more that is about to be stored, at a time on the issuer's clock. */
export async function judgeRequest(
  ctx: IssuerContext,
  db: Kysely<Schema>,
  known: KnownRequest,
  { signed, chain }: Stored,
  purpose: Purpose,
  now: Date,
  added?: SignedStatement,
): Promise<Verdict> {
  const stored = (signed.get(known.request.intent_digest) ?? []).map((standing) => standing.signed)
  const statements = added ? [...stored, added] : stored
  const published = ctx.published()
  const digests = [...new Set([published.digest, ...statements.map((signed) => signed.rule_set)])]
  const bundle = {
    v: 1 as const,
    intent: known.request.intent.toString('base64url'),
    statements,
    // Neither is copied into the bundle: the chain was verified link by link when it was loaded, rule sets when they were first met.
    directory: [],
    rule_sets: [],
  }
  const question = { bundle, roots: ctx.roots, ruleSet: published.digest, now: now.getTime(), purpose }
  return verifyEvidence({ ...question, chain, ruleSets: await ruleSetsOf(db, digests) }, nodeCrypto)
}

/** Rule sets by the digest that was made of their own bytes: what it names never changes. */
const kept = new Map<Digest, RuleSet>()
const KEPT_RULE_SETS = 32

async function ruleSetsOf(db: Kysely<Schema>, digests: readonly Digest[]): Promise<RuleSets> {
  // Taken now: while the others are read, whoever else judges may put these out.
  const found = new Map(digests.flatMap((digest) => pair(digest, kept.get(digest))))
  const unknown = digests.filter((digest) => !found.has(digest))
  for (const { body } of unknown.length > 0 ? await findRuleSets(db, unknown) : []) {
    const opened = await openRuleSets([body.toString('base64url')], nodeCrypto)
    // One that does not read is missing, which is a reason to refuse.
    if (!opened.ok) continue
    for (const [digest, ruleSet] of opened.ruleSets) {
      kept.set(digest, ruleSet)
      found.set(digest, ruleSet)
    }
  }
  for (const digest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT_RULE_SETS))) kept.delete(digest)
  return found
}

const pair = <K, V>(key: K, value: V | undefined): [K, V][] => (value === undefined ? [] : [[key, value]])

/** The action in force that a request asked for, if it is still offered. */
export function actionOf(ctx: IssuerContext, known: KnownRequest): Action | undefined {
  const read = readIntent(known.request.intent)
  if (!read.ok) return undefined
  return findOffer(ctx.published().ruleSet, actionName({ runbook: read.value.runbook, name: read.value.action }))?.action
}

/** The groups whose members may decide about a request. */
export const decidingGroups = (ctx: IssuerContext, known: KnownRequest): readonly string[] =>
  actionOf(ctx, known)?.rules.approvals.map(({ group }) => group) ?? []
