// To whom a receipt goes, and how much of it. It carries whole rule sets (names, groups, accounts, the text of every runbook), so it goes to people who were
// concerned alone: who asked, who decided, who may decide, and who may read the whole log. Values behind commitments are opened for all of them but those who
// only may decide. Who somebody is, is for the caller to know: a link never says it.

import { findDecisions } from '../db/issuer-queries/find-view.ts'
import type { KnownRequest } from '../db/requests.ts'
import { inGroups } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { holdsRole } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'
import { decidingGroups } from './evidence-of.ts'

/** What a person may have of the receipts of a request; undefined is nothing. */
export async function mayReceive(
  ctx: IssuerContext,
  known: KnownRequest,
  person: PersonId,
): Promise<'opened' | 'closed' | undefined> {
  if (person === known.request.requester) return 'opened'
  const decisions = await findDecisions(ctx.db, known.request.id)
  if (decisions.some((each) => each.person === person && (each.decision === 'approve' || each.decision === 'deny')))
    return 'opened'
  const chain = await ctx.chain(ctx.db)
  const { ruleSet } = ctx.published()
  // The rules can only narrow what the chain gives.
  const reads = (role: 'auditor' | 'administrator') => ruleSet[`${role}s`].includes(person) && holdsRole(chain, person, role)
  if (reads('auditor') || reads('administrator')) return 'opened'
  return inGroups(ruleSet, person, decidingGroups(ctx, known)) ? 'closed' : undefined
}
