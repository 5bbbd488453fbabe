// What the bot wants changed, it wishes: cancel, object, lift, return, deactivated. The issuer decides under its lock and writes the outcome;
// nothing is judged here, so that a refused wish of a known person is an entry of the process that refused it (DESIGN section 4).

import { insertWish, type WishKind } from '../db/bot-queries/wishes.ts'
import type { PersonId } from '../domain/ids.ts'
import { uuidv7 } from '../log/entry-id.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

export type Wish =
  | { readonly kind: Exclude<WishKind, 'deactivated'>; readonly person: PersonId; readonly request: string }
  | { readonly kind: 'deactivated'; readonly person: PersonId }

/** Leaves a wish for the issuer and answers its id. */
export function makeWish(ctx: BotContext, wish: Wish): Promise<string> {
  const request = wish.kind === 'deactivated' ? undefined : wish.request
  return transact(ctx, [], async ({ trx, now, record }) => {
    const id = uuidv7(now)
    await insertWish(trx, { id, kind: wish.kind, person: wish.person, request_id: request ?? null, made_at: now })
    record('wish.made', { actor: wish.person, request }, { v: 1, wish: id, kind: wish.kind })
    return id
  })
}
