// Throws away what only serves for minutes, hours or days: nonces that are dead anyway, offers, sessions, sign-in codes, news that was told days ago, and
// registrations that nobody took up. Everything else that the issuer writes stays.

import type { Kysely } from 'kysely'
import { dropRegistrations } from './registrations.ts'
import type { Schema } from './schema.ts'

const NONCE_KEPT_MS = 15 * 60_000
const OFFER_KEPT_MS = 5 * 60_000
const CODE_KEPT_MS = 5 * 60_000
/** Longer than any bot looks back for news. */
const NEWS_KEPT_MS = 3 * 86_400_000

export async function purgeShortLived(db: Kysely<Schema>, now: Date): Promise<void> {
  const before = (ms: number): Date => new Date(now.getTime() - ms)
  await db.deleteFrom('nonce').where('used_at', '<', before(NONCE_KEPT_MS)).execute()
  await db.deleteFrom('holder_offer').where('created_at', '<', before(OFFER_KEPT_MS)).execute()
  await db.deleteFrom('sign_in_code').where('created_at', '<', before(CODE_KEPT_MS)).execute()
  await db.deleteFrom('issuer_outbox').where('created_at', '<', before(NEWS_KEPT_MS)).execute()
  await db.deleteFrom('issuer_session').where('expires_at', '<', now).execute()
  await dropRegistrations(db, now)
}
