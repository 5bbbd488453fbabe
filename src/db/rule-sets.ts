// Queries on published rule sets: content-addressed bodies, and the sequence in which they came into force. The last one is in force.

import { type Kysely, sql, type Transaction } from 'kysely'
import { type RuleSet, ruleSet } from '../domain/action.ts'
import { readCanonical } from '../domain/canonical.ts'
import type { Digest } from '../domain/ids.ts'
import { read } from '../domain/shape.ts'
import type { Schema } from './schema.ts'

/** No rule set asks for more. */
const MOST_GAINED_HOURS = 168

/** The rule set in force, if any was ever published. A stored body that does not read is a fault and throws. */
export async function findPublication(
  db: Kysely<Schema>,
): Promise<{ readonly digest: Digest; readonly ruleSet: RuleSet } | undefined> {
  const row = await db
    .selectFrom('publication')
    .innerJoin('rule_set', 'rule_set.digest', 'publication.digest')
    .select(['rule_set.digest', 'body'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return undefined
  const form = read(ruleSet, readCanonical(row.body))
  if (!form.ok) throw new Error(`published rule set ${row.digest}: ${form.path} ${form.problem}`)
  return { digest: row.digest, ruleSet: form.value }
}

/** The digest of the rule set in force: cheap enough to ask often. */
export async function findPublishedDigest(db: Kysely<Schema>): Promise<Digest | undefined> {
  const row = await db.selectFrom('publication').select('digest').orderBy('sequence', 'desc').limit(1).executeTakeFirst()
  return row?.digest
}

/** The most `gained_hours` of the rule sets that were in force at some time within their own hours before `now`; 0 where there is none. */
export async function findGainedHours(db: Kysely<Schema>, now: Date): Promise<number> {
  const { rows } = await sql<{ hours: number }>`
    with lately as materialized (
      select body, until
      from (select digest, lead(published_at) over (order by sequence) as until from publication) as placed
      join rule_set using (digest)
      where until is null or until > ${now}::timestamptz - ${MOST_GAINED_HOURS} * interval '1 hour'
    ), asked as (select (convert_from(body, 'UTF8')::json #>> '{keys,gained_hours}')::int as hours, until from lately)
    select coalesce(max(hours), 0) as hours from asked
    where until is null or until > ${now}::timestamptz - hours * interval '1 hour'
  `.execute(db)
  return rows[0]?.hours ?? 0
}

/** The rule set in force for whoever asks often: its body is read once for each digest. */
export function followPublication(db: Kysely<Schema>): () => ReturnType<typeof findPublication> {
  let known: Awaited<ReturnType<typeof findPublication>>
  return async () => {
    const digest = await findPublishedDigest(db)
    if (known?.digest !== digest) known = await findPublication(db)
    return known
  }
}

export async function addPublication(trx: Transaction<Schema>, digest: Digest, body: Uint8Array, now: Date): Promise<void> {
  await trx
    .insertInto('rule_set')
    .values({ digest, body: Buffer.from(body) })
    .onConflict((on) => on.doNothing())
    .execute()
  await trx.insertInto('publication').values({ digest, published_at: now }).execute()
}
