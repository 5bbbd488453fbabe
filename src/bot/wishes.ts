// Makes a wish for a person and waits a moment for what the issuer decides, so that every click is answered with the outcome or its reason.

import { setTimeout as delay } from 'node:timers/promises'
import type { BotContext } from '../commands/context.ts'
import { makeWish, type Wish } from '../commands/make-wish.ts'
import { findDecided, type WishKind } from '../db/bot-queries/wishes.ts'
import { refusalWords } from '../domain/words.ts'

const WAIT_MS = 2000
const LOOK_MS = 40

const DONE: { readonly [K in Exclude<WishKind, 'deactivated'>]: string } = {
  cancel: 'The request is cancelled.',
  object: 'Your objection holds this request: nothing can be claimed until you lift it or an approver signs after it.',
  lift: 'Your objection is lifted.',
  return: 'Given back. The request says when the target has confirmed it.',
  not_me: 'Stopped. Administrators and the security channel are told at once. What you hold is on your page of keys.',
}

export type Came = { readonly ok: boolean; readonly words: string; readonly wish: string }

/** What came of it, in words for the person. */
export async function wishAndWait(ctx: BotContext, wish: Exclude<Wish, { kind: 'deactivated' }>): Promise<Came> {
  const id = await makeWish(ctx, wish)
  const until = performance.now() + WAIT_MS
  let decided = await findDecided(ctx.db, id)
  while (decided === undefined && performance.now() < until) {
    await delay(LOOK_MS)
    decided = await findDecided(ctx.db, id)
  }
  const came = (ok: boolean, words: string): Came => ({ ok, words, wish: id })
  if (decided === undefined) return came(true, 'Passed on. You are told as soon as the issuer has decided.')
  if (decided.done) return came(true, DONE[wish.kind])
  return came(
    false,
    decided.refusal ? refusalWords(decided.refusal) : 'The issuer did not accept this. Look at the newest message.',
  )
}
