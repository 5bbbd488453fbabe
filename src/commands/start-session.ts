// Begins and ends sessions of the console. A person has signed in at the issuer with a passkey, within seconds before; what begins here is a session of the
// bot and no more: nothing that it can do grants anything. The database keeps only the hash of the token.

import { deleteSession, insertSession } from '../db/bot-queries/sessions.ts'
import type { Role } from '../domain/directory.ts'
import type { PersonId } from '../domain/ids.ts'
import { MOST_SESSIONS, recordBounded } from './bound-entries.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

export const SESSION_SECONDS = 28_800
export const IDLE_SECONDS = 900

/** Begins a session under the hash of its token. */
export const startSession = (ctx: BotContext, person: PersonId, roles: readonly Role[], idHash: string): Promise<void> =>
  transact(ctx, [], async (work) => {
    const { trx, now } = work
    const expires_at = new Date(now.getTime() + SESSION_SECONDS * 1000)
    await insertSession(trx, { id_hash: idHash, person, created_at: now, used_at: now, expires_at, roles: JSON.stringify(roles) })
    await recordBounded(work, 'session.started', { actor: person }, { v: 1 }, MOST_SESSIONS)
  })

/** Ends a session; one that is none ends quietly. */
export const endSession = (ctx: BotContext, idHash: string): Promise<void> =>
  transact(ctx, [], async (work) => {
    const person = await deleteSession(work.trx, idHash)
    if (person !== undefined) await recordBounded(work, 'session.ended', { actor: person }, { v: 1 }, MOST_SESSIONS)
  })
