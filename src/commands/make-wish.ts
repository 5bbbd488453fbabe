// What the bot wants changed, it wishes: cancel, object, lift, return, deactivated, not me. The issuer decides under its lock and writes the outcome;
// nothing is judged here, so that a refused wish of a known person is an entry of the process that refused it (DESIGN section 4).

import { insertWish, type WishKind } from '../db/bot-queries/wishes.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { uuidv7 } from '../log/entry-id.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

export type Wish =
  | { readonly kind: Exclude<WishKind, 'deactivated' | 'not_me'>; readonly person: PersonId; readonly request: string }
  | { readonly kind: 'deactivated'; readonly person: PersonId }
  | { readonly kind: 'not_me'; readonly person: PersonId; readonly about: Doubted }

/** What somebody says was not his doing: a change of the directory by its place, in the first era if none is named, or a key that waits by its thumbprint. */
export type Doubted = { readonly sequence: number; readonly era?: number } | { readonly registration: Digest }

/** Leaves a wish for the issuer and answers its id. */
export function makeWish(ctx: BotContext, wish: Wish): Promise<string> {
  const request = 'request' in wish ? wish.request : undefined
  const about = 'about' in wish ? wish.about : {}
  return transact(ctx, [], async ({ trx, now, record }) => {
    const id = uuidv7(now)
    await insertWish(trx, { id, kind: wish.kind, person: wish.person, request_id: request ?? null, made_at: now, ...about })
    record('wish.made', { actor: wish.person, request }, { v: 1, wish: id, kind: wish.kind, ...about })
    return id
  })
}
