// Queries on credentials that a target has still to be asked to end. Which of them is asked next, and by whom, is kept here; what came of it is
// written under the lock of the request, like everything else about a credential.

import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

export type TakenRecall = { readonly id: string; readonly request_id: string; readonly recall_target: string | null }

/**
 * Takes recalls that are due, at most `perTarget` of each target, and none of the targets in `busy`: one that does not answer holds up no other.
 * What was taken is not due again before `until`, so that two issuers ask once, and a crash asks again. A due time further off than any wait was
 * written by a clock that has stepped back since: it counts as due. Never waits for a lock.
 */
export async function takeRecalls(
  db: Kysely<Schema>,
  at: { readonly now: Date; readonly until: Date; readonly furthest: Date },
  limits: { readonly perTarget: number; readonly all: number; readonly busy: readonly string[] },
): Promise<readonly TakenRecall[]> {
  const { rows } = await sql<TakenRecall>`
    update credential set recall_due_at = ${at.until} where id in (
      select id from credential where id in (
        select id from (
          select id, row_number() over (partition by recall_target order by recall_due_at) as place from credential
          where state = 'revoking' and recall = 'pending' and expires_at > ${at.now}
            and (recall_due_at <= ${at.now} or recall_due_at > ${at.furthest}) and not recall_target = any(${[...limits.busy]})
        ) due where place <= ${limits.perTarget} limit ${limits.all}
      ) and state = 'revoking' and recall = 'pending' and (recall_due_at <= ${at.now} or recall_due_at > ${at.furthest})
      for no key update skip locked
    ) returning id, request_id, recall_target`.execute(db)
  return rows
}

/** How many ends a target has still to confirm: asked in good hope, or in vain so often that people were told. */
export async function countRecalls(
  db: Kysely<Schema>,
  told: number,
): Promise<Readonly<Record<'waiting' | 'not_answered', number>>> {
  const { rows } = await sql<{ waiting: string; not_answered: string }>`
    select count(*) filter (where recall_tries < ${told}) as waiting, count(*) filter (where recall_tries >= ${told}) as not_answered
    from credential where state = 'revoking' and recall = 'pending'`.execute(db)
  return { waiting: Number(rows[0]?.waiting ?? 0), not_answered: Number(rows[0]?.not_answered ?? 0) }
}
