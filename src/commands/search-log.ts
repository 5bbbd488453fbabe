// Lets auditors and administrators read the log. Who looked, and for what, is itself an entry, committed before anything is shown; nobody else
// learns whether there is anything.

import { type EntryFilter, type EntryView, findEntries } from '../db/bot-queries/entries.ts'
import type { RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

const PAGE = 50

/** Whether a person may read the log. An empty list means nobody. */
export const mayAudit = ({ auditors, administrators }: RuleSet, person: PersonId): boolean =>
  auditors.includes(person) || administrators.includes(person)

/** One page of entries, newest first. */
export async function searchLog(
  ctx: BotContext,
  person: PersonId,
  filter: EntryFilter,
): Promise<Outcome<{ readonly entries: readonly EntryView[]; readonly more: boolean }>> {
  const published = await ctx.published()
  const permitted = published !== undefined && mayAudit(published.ruleSet, person)
  await transact(ctx, [], async ({ record }) => {
    const { type, actor, request, before } = filter
    record(
      'log.searched',
      { actor: person },
      {
        v: 1,
        permitted,
        ...(type !== undefined && { type }),
        ...(actor !== undefined && { actor }),
        ...(request !== undefined && { request }),
        ...(before !== undefined && { before: before.id }),
      },
    )
  })
  if (!permitted) return refuse({ reason: 'not_permitted', role: 'auditors and administrators' })
  const found = await findEntries(ctx.db, filter, PAGE + 1)
  return { ok: true, entries: found.slice(0, PAGE), more: found.length > PAGE }
}
