// How much waits in each of the bot's queues, and how long the oldest of it does. By the bot's own clock, which wrote these times.

import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

export type Backlog = { readonly queue: 'inbox' | 'outbox' | 'delivery'; readonly waiting: number; readonly seconds: number }

/** The inbox (not taken up), both outboxes (no delivery planned, of the last day), and deliveries (not told). */
export async function findBacklog(db: Kysely<Schema>, now: Date): Promise<Backlog[]> {
  const day = new Date(now.getTime() - 86_400_000)
  const { rows } = await sql<Backlog>`
    select queue, count(since) as waiting,
      coalesce(greatest(extract(epoch from ${now}::timestamptz - min(since)), 0), 0)::float8 as seconds
    from (
      select 'inbox' as queue, received_at as since from inbox where done_at is null
      union all
      select 'delivery', created_at from delivery where done_at is null and kind = 'slack'
      union all
      select 'outbox', created_at from (
        select id, created_at from bot_outbox where created_at >= ${day}
        union all select id, created_at from issuer_outbox where created_at >= ${day}) o
      where not exists (select from delivery d where d.source = o.id)
      union all
      select unnest(array['inbox', 'delivery', 'outbox']), null
    ) queues group by queue`.execute(db)
  return rows
}
