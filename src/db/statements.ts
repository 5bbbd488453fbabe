// Queries on statements and on what stands as evidence for a request. Both are only ever added.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Opening } from '../domain/commitment.ts'
import type { Digest } from '../domain/ids.ts'
import { type Holder, readStatement, type Statement } from '../domain/statement.ts'
import type { Assertion, SignedStatement } from '../evidence/bundle.ts'
import type { Schema } from './schema.ts'

export type Accepted = {
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly statement: Statement
  readonly assertion: Assertion
  /** The rule set in force when it was accepted. */
  readonly ruleSet: Digest
  readonly directory: { readonly sequence: number; readonly head: Digest }
  readonly note?: Opening | undefined
}

/** Marks a nonce as used; false when it was used before. Two tries at once wait for each other here, so one wins. */
export async function spendNonce(trx: Transaction<Schema>, nonce: string, now: Date): Promise<boolean> {
  const added = await trx
    .insertInto('nonce')
    .values({ nonce, used_at: now })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 1n
}

/**
 * Marks the nonce of a ceremony as used, and then its passkey: the counter moves forward, or stays 0 for keys that have none. Answers what is wrong, if
 * anything: the nonce was used before, or a copy of the key may exist.
 */
export async function spendCeremony(
  trx: Transaction<Schema>,
  { nonce, passkey, signCount, now }: { nonce: string; passkey: Digest; signCount: number; now: Date },
): Promise<'nonce_used' | 'counter' | undefined> {
  const { rows } = await sql<{ spent: boolean; used: boolean }>`
    with spent as (insert into nonce (nonce, used_at) values (${nonce}, ${now}) on conflict do nothing returning nonce),
      used as (
        update passkey set sign_count = ${signCount}::bigint, used_at = ${now}
        where thumbprint = ${passkey} and exists (select from spent)
          and (sign_count < ${signCount}::bigint or (sign_count = 0 and ${signCount}::bigint = 0))
        returning thumbprint)
    select exists (select from spent) as spent, exists (select from used) as used`.execute(trx)
  if (!rows[0]?.spent) return 'nonce_used'
  return rows[0].used ? undefined : 'counter'
}

/** Whether a nonce was used before: only to say why; spendNonce alone decides. */
export async function isNonceSpent(db: Kysely<Schema>, nonce: string): Promise<boolean> {
  const row = await db.selectFrom('nonce').select('nonce').where('nonce', '=', nonce).executeTakeFirst()
  return row !== undefined
}

export async function addStatement(trx: Transaction<Schema>, accepted: Accepted, now: Date): Promise<void> {
  const { statement } = accepted
  const signer = 'signer' in statement ? statement.signer : undefined
  await trx
    .insertInto('statement')
    .values({
      digest: accepted.digest,
      kind: statement.kind,
      bytes: Buffer.from(accepted.bytes),
      person: signer?.person ?? null,
      passkey: signer?.passkey ?? null,
      decision: 'decision' in statement ? statement.decision : null,
      assertion: JSON.stringify(accepted.assertion),
      accepted_at: now,
      rule_set: accepted.ruleSet,
      directory_sequence: accepted.directory.sequence,
      directory_head: accepted.directory.head,
      note_value: accepted.note ? JSON.stringify(accepted.note.value) : null,
      note_salt: accepted.note?.salt ?? null,
    })
    .execute()
}

export async function addEvidence(trx: Transaction<Schema>, row: Schema['evidence']): Promise<void> {
  await trx.insertInto('evidence').values(row).execute()
}

/** What an approver decided about a request before, if he did. */
export const findDecision = (
  trx: Transaction<Schema>,
  request: string,
  person: string,
): Promise<{ decision: string } | undefined> =>
  trx
    .selectFrom('evidence')
    .select('decision')
    .where('request_id', '=', request)
    .where('person', '=', person)
    .where('decision', 'in', ['approve', 'deny'])
    .executeTakeFirst()

/** A statement that stands for a request, and what its signer decided by it. */
export type Standing = {
  readonly digest: Digest
  readonly person: string
  readonly decision: string
  readonly signed: SignedStatement
}

/**
 * The statements that stand for requests, by the digests of their intents; oldest first, as a bundle holds them. All of them: a signed end must still be
 * one where a row says that the access lives.
 */
export async function findSigned(
  db: Kysely<Schema>,
  intents: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly Standing[]>> {
  const rows = await db
    .selectFrom('request_state')
    .innerJoin('evidence', 'evidence.request_id', 'request_state.request_id')
    .innerJoin('statement', 'statement.digest', 'evidence.statement')
    .select(['intent_digest', 'evidence.person', 'evidence.decision', 'bytes', 'assertion', 'statement.accepted_at'])
    .select(['statement.digest', 'statement.rule_set', 'directory_sequence', 'directory_head'])
    .where('intent_digest', 'in', intents)
    .orderBy('statement.accepted_at')
    .orderBy('statement.digest')
    .execute()
  const standings = rows.map((row) => ({
    intent: row.intent_digest,
    digest: row.digest,
    person: row.person,
    decision: row.decision,
    signed: {
      statement: row.bytes.toString('base64url'),
      assertion: row.assertion,
      accepted_at: row.accepted_at.getTime(),
      rule_set: row.rule_set ?? '',
      directory: { sequence: row.directory_sequence, head: row.directory_head },
    },
  }))
  return Map.groupBy(standings, ({ intent }) => intent)
}

/** The bytes of published rule sets, with their digests. */
export const findRuleSets = (db: Kysely<Schema>, digests: readonly Digest[]): Promise<{ digest: Digest; body: Buffer }[]> =>
  db.selectFrom('rule_set').select(['digest', 'body']).where('digest', 'in', digests).execute()

/** The places that the requester's statements name for the request of an intent, the newest first. */
export async function findHolders(db: Kysely<Schema>, intent: Digest): Promise<Holder[]> {
  const rows = await db
    .selectFrom('request_state')
    .innerJoin('evidence', 'evidence.request_id', 'request_state.request_id')
    .innerJoin('statement', 'statement.digest', 'evidence.statement')
    .select('bytes')
    .where('intent_digest', '=', intent)
    .where('evidence.decision', '=', 'confirm')
    .orderBy('statement.accepted_at', 'desc')
    .execute()
  return rows.flatMap(({ bytes }) => {
    const read = readStatement(bytes)
    return read.ok && read.value.kind === 'request' ? [read.value.holder] : []
  })
}
