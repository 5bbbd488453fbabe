// Why somebody objected: words added after the objection itself, which must not wait for them. They lie beside the request as an opening, so that they
// can be erased; the entry holds the commitment alone. Said once for each objection, by whoever made it.

import { commit } from '../crypto.ts'
import { findObjectionOf, insertExplanation } from '../db/bot-queries/wishes.ts'
import { canonicalText } from '../domain/canonical.ts'
import type { PersonId } from '../domain/ids.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { BotContext } from './context.ts'
import { judgeReason } from './judge-proposal.ts'
import { transact } from './transact.ts'

/** Keeps what a person says of an objection of theirs. */
export async function explainObjection(
  ctx: BotContext,
  { wish, person, why }: { readonly wish: string; readonly person: PersonId; readonly why: string },
): Promise<Outcome<{ readonly request: string }>> {
  const bad = judgeReason(why)
  if (bad) return refuse(bad)
  return transact(ctx, [], async ({ trx, record, tell }): Promise<Outcome<{ readonly request: string }>> => {
    const request = await findObjectionOf(trx, wish, person)
    if (request === undefined) return refuse({ reason: 'not_your_objection' })
    const { commitment, opening } = commit(why)
    const added = await insertExplanation(trx, {
      request_id: request,
      name: `objection:${wish}`,
      value: canonicalText(opening.value),
      salt: opening.salt,
    })
    if (added) {
      record('objection.explained', { request, actor: person }, { v: 1, wish, why: commitment })
      tell('request.changed', request)
    }
    return { ok: true, request }
  })
}
