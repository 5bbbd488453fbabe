// The log as a list: newest first, page by page by key, so that the hundredth page costs what the first one does. The database's time orders it.

import { type Kysely, type Selectable, sql } from 'kysely'
import type { Schema } from '../schema.ts'

export type EntryView = Pick<
  Selectable<Schema['entry']>,
  'writer' | 'id' | 'type' | 'recorded_at' | 'request_id' | 'actor' | 'bytes'
>
export type EntryFilter = {
  /** How a type begins: `grant.` or `grant.started`. */
  readonly type?: string | undefined
  readonly actor?: string | undefined
  readonly request?: string | undefined
  /** The last entry of the page before. */
  readonly before?: { readonly writer: 'bot' | 'issuer'; readonly id: string } | undefined
}

export const findEntries = (
  db: Kysely<Schema>,
  { type, actor, request, before }: EntryFilter,
  limit: number,
): Promise<EntryView[]> =>
  db
    .selectFrom('entry')
    .select(['writer', 'id', 'type', 'recorded_at', 'request_id', 'actor', 'bytes'])
    .$if(type !== undefined, (query) => query.where(sql<boolean>`starts_with(type, ${type})`))
    .$if(actor !== undefined, (query) => query.where('actor', '=', actor ?? ''))
    .$if(request !== undefined, (query) => query.where('request_id', '=', request ?? ''))
    .$if(before !== undefined, (query) =>
      query.where(
        sql<boolean>`(recorded_at, id) < (select b.recorded_at, b.id from entry b where b.writer = ${before?.writer} and b.id = ${before?.id})`,
      ),
    )
    .orderBy('recorded_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
