// The evidence of one request, put together from what the issuer stored and judged by the one function. Every issuer command that lets a request
// go on comes through here, so nothing is believed because a row says so: signatures, rules then and now, keys then and now are judged each time.

import type { Kysely } from 'kysely'
import { nodeCrypto } from '../crypto.ts'
import type { KnownRequest } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { findRuleSets, findSigned } from '../db/statements.ts'
import { type Action, actionName, findOffer } from '../domain/action.ts'
import { readIntent } from '../domain/intent.ts'
import type { SignedStatement } from '../evidence/bundle.ts'
import { type Granted, type Verdict, verifyEvidence } from '../evidence/verify-evidence.ts'
import type { IssuerContext } from './context.ts'

/** Evidence that gives a grant. */
export type Proven = Granted
export type Purpose = 'decision' | 'claim' | 'renewal'

/** Judges a request's stored statements, and one more that is about to be stored, at a time on the issuer's clock. */
export async function judgeRequest(
  ctx: IssuerContext,
  db: Kysely<Schema>,
  known: KnownRequest,
  purpose: Purpose,
  now: Date,
  added?: SignedStatement,
): Promise<Verdict> {
  const stored = await findSigned(db, known.request.id)
  const statements = added ? [...stored, added] : stored
  const published = ctx.published()
  const digests = [...new Set([published.digest, ...statements.map((signed) => signed.rule_set)])]
  const ruleSets = await findRuleSets(db, digests)
  const bundle = {
    v: 1 as const,
    intent: known.request.intent.toString('base64url'),
    statements,
    // The chain is not copied into the bundle: it was verified link by link when it was loaded, and is handed over as its state.
    directory: [],
    rule_sets: ruleSets.map((bytes) => bytes.toString('base64url')),
  }
  return verifyEvidence(
    { bundle, roots: ctx.roots, ruleSet: published.digest, now: now.getTime(), purpose, chain: await ctx.chain(db) },
    nodeCrypto,
  )
}

/** The action in force that a request asked for, if it is still offered. */
export function actionOf(ctx: IssuerContext, known: KnownRequest): Action | undefined {
  const read = readIntent(known.request.intent)
  if (!read.ok) return undefined
  return findOffer(ctx.published().ruleSet, actionName({ runbook: read.value.runbook, name: read.value.action }))?.action
}

/** The groups whose members may decide about a request. */
export const decidingGroups = (ctx: IssuerContext, known: KnownRequest): readonly string[] =>
  actionOf(ctx, known)?.rules.approvals.map(({ group }) => group) ?? []
