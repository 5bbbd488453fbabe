// Lets auditors and administrators read the log. Who looked, and for what, is itself an entry, committed before anything is shown; nobody else
// learns whether there is anything.

import { type EntryFilter, type EntryView, findEntries } from '../db/bot-queries/entries.ts'
import { findRoles } from '../db/bot-queries/roles.ts'
import type { RuleSet } from '../domain/action.ts'
import type { Role } from '../domain/directory.ts'
import type { PersonId } from '../domain/ids.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

const PAGE = 50

/** Somebody with the roles that the issuer's ID token named when he signed in. */
export type Reader = { readonly person: PersonId; readonly roles: readonly Role[] }

/** Whether a person may read the log: by the rules, and by the signed directory. An empty list means nobody. */
export const mayAudit = ({ auditors, administrators }: RuleSet, { person, roles }: Reader): boolean =>
  (auditors.includes(person) && roles.includes('auditor')) || (administrators.includes(person) && roles.includes('administrator'))

/** One page of entries, newest first. */
export async function searchLog(
  ctx: BotContext,
  reader: Reader,
  filter: EntryFilter,
): Promise<Outcome<{ readonly entries: readonly EntryView[]; readonly more: boolean }>> {
  const published = await ctx.published()
  const { person } = reader
  // What was withdrawn since counts at once; what was given since takes another sign-in.
  const held = await findRoles(ctx.db, person)
  const roles = reader.roles.filter((role) => held.includes(role))
  const permitted = published !== undefined && mayAudit(published.ruleSet, { person, roles })
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
