// Who cannot approve yet what waits for approvers, as the issuer told it last: a piece of news, since it serves for as long as a request waits.

import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { PersonId } from '../domain/ids.ts'
import type { Schema } from './schema.ts'

export const NEWS_OF_WAITS = 'approvers.wait'
/** `at` is in ms; without it he waits until he has another key. */
export type Wait = { readonly person: PersonId; readonly at?: number | undefined }
/** Whether somebody waits at a time. */
export const isWaiting = ({ at }: Wait, now: Date): boolean => at === undefined || at > now.getTime()
const Told = z.object({ waits: z.array(z.object({ person: z.string(), at: z.number().optional() })) })

/** Requests that wait for approvers. */
export const findAwaiting = (db: Kysely<Schema>): Promise<{ request_id: string; requester: PersonId; intent: Buffer }[]> =>
  db
    .selectFrom('request_state')
    .innerJoin('request', 'request.id', 'request_state.request_id')
    .select(['request_id', 'requester', 'intent'])
    .where('state', '=', 'awaiting_approvers')
    .orderBy('request_id')
    .execute()

/** What was told last of a request; nobody waits where nothing was told. */
export async function findToldWaits(db: Kysely<Schema>, request: string): Promise<readonly Wait[]> {
  const row = await db
    .selectFrom('issuer_outbox')
    .innerJoin('request_state', 'request_state.request_id', 'issuer_outbox.request_id')
    .select('payload')
    .where('topic', '=', NEWS_OF_WAITS)
    .where('issuer_outbox.request_id', '=', request)
    // News have an index by time alone.
    .whereRef('issuer_outbox.created_at', '>=', 'request_state.first_seen_at')
    .orderBy('issuer_outbox.created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? Told.parse(row.payload).waits : []
}
