// Queries on published rule sets: content-addressed bodies, and the sequence in which they came into force. The last one is in force.

import type { Kysely, Transaction } from 'kysely'
import { type RuleSet, ruleSet } from '../domain/action.ts'
import { readCanonical } from '../domain/canonical.ts'
import type { Digest } from '../domain/ids.ts'
import { read } from '../domain/shape.ts'
import type { Schema } from './schema.ts'

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
