// A terminal offers its keys and shows a code that is 80 bits of their thumbprint; a person types the code on his page, which recomputes it from the
// keys it gets. The code is no secret and no power: it only makes sure that the page names the keys of the terminal in front of the person. Five
// minutes; the first keys for a code win, and others for the same code would have to collide with 80 bits.

import { digestOf } from '../crypto.ts'
import { findCredentials } from '../db/grants.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import { holderCode } from '../domain/ids.ts'
import { readIntent } from '../domain/intent.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { RequestState } from '../domain/request-state.ts'
import type { Holder } from '../domain/statement.ts'
import type { IssuerContext } from './context.ts'

const OFFER_MS = 5 * 60_000

export type Offer = { readonly holder: Holder; readonly name: string; readonly address: string }

/** Keeps a terminal's keys for five minutes. `address` is where the offer came from, as this process saw it. */
export async function offerHolder(
  ctx: IssuerContext,
  offer: Offer,
): Promise<{ readonly code: string; readonly expiresAt: Date }> {
  const code = holderCode(digestOf('holder', canonicalBytes(offer.holder)))
  const now = ctx.now()
  const row = {
    code,
    sign_key: JSON.stringify(offer.holder.sign),
    encrypt_key: JSON.stringify(offer.holder.encrypt),
    name: offer.name,
    address: offer.address,
    created_at: now,
  }
  await ctx.db
    .insertInto('holder_offer')
    .values(row)
    // An offer that is over is no first: the terminal that made it may offer its keys again.
    .onConflict((on) => on.column('code').doUpdateSet(row).where('holder_offer.created_at', '<=', deadBefore(now)))
    .execute()
  return { code, expiresAt: new Date(now.getTime() + OFFER_MS) }
}

const deadBefore = (now: Date): Date => new Date(now.getTime() - OFFER_MS)

export type Naming = {
  readonly intent: string
  readonly state: RequestState
  readonly held: boolean
  /** When the statement that names the place was accepted. */
  readonly namedAt: Date
  readonly kind: string
  /** The number of the credential this place may claim: the one it has, or the next. */
  readonly number: number
}

/** The newest request that named a place, by the thumbprint of its signing key: how a terminal learns what it may claim. */
export async function findNamed(ctx: IssuerContext, holder: string): Promise<Outcome<{ readonly naming: Naming }>> {
  const row = await ctx.db
    .selectFrom('evidence')
    .innerJoin('request_state', 'request_state.request_id', 'evidence.request_id')
    .innerJoin('request', 'request.id', 'evidence.request_id')
    .select(['request.id', 'request.intent', 'request_state.intent_digest', 'state', 'held_by', 'accepted_at'])
    .where('holder', '=', holder)
    .orderBy('accepted_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return refuse({ reason: 'unknown_offer' })
  const intent = readIntent(row.intent)
  if (!intent.ok) throw new TypeError(`the adopted intent of ${row.id} at ${intent.path} ${intent.problem}`)
  const credentials = await findCredentials(ctx.db, row.id)
  const own = credentials.findLast((credential) => credential.holder === holder)
  const { intent_digest, state, held_by, accepted_at } = row
  const number = own?.number ?? (credentials.at(-1)?.number ?? 0) + 1
  const { kind } = intent.value.right
  return { ok: true, naming: { intent: intent_digest, state, held: held_by !== null, namedAt: accepted_at, kind, number } }
}

/** The terminal that waits with a code. */
export async function findHolderOffer(ctx: IssuerContext, code: string): Promise<Outcome<{ readonly offer: Offer }>> {
  const row = await ctx.db
    .selectFrom('holder_offer')
    .selectAll()
    .where('code', '=', code)
    .where('created_at', '>', deadBefore(ctx.now()))
    .executeTakeFirst()
  if (!row) return refuse({ reason: 'unknown_offer' })
  const holder = { sign: row.sign_key, encrypt: row.encrypt_key } as unknown as Holder
  return { ok: true, offer: { holder, name: row.name, address: row.address } }
}
