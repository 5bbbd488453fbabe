// What the bot reads to tell of changes of keys, roles and rules. All of it was written by the issuer; the bot believes none of it and only tells it.

import { type Kysely, sql } from 'kysely'
import type { DirectoryLink } from '../../evidence/bundle.ts'
import type { Schema } from '../schema.ts'
import type { Untold } from './deliveries.ts'

/** News by their ids, oldest first. */
export async function findNews(db: Kysely<Schema>, ids: readonly string[]): Promise<readonly Untold[]> {
  const { rows } = await sql<Untold>`
    select id, topic, request_id, payload, created_at from issuer_outbox where id = any(${[...ids]}::uuid[])
    union all
    select id, topic, request_id, payload, created_at from bot_outbox where id = any(${[...ids]}::uuid[])
    order by created_at, id`.execute(db)
  return rows
}

/** The news that one message gathers. */
export const findGathered = async (db: Kysely<Schema>, subject: string, place: string): Promise<string[]> =>
  (
    await db
      .selectFrom('delivery')
      .select('source')
      .distinct()
      .where('request_id', '=', subject)
      .where('place', '=', place)
      .execute()
  ).map(({ source }) => source)

/** Whether this place was told of some change since a time. */
export async function wasToldSince(db: Kysely<Schema>, place: string, since: Date): Promise<boolean> {
  const { rows } = await sql<{ told: boolean }>`
    select exists (select from delivery where place = ${place} and request_id like 'notice/%' and created_at > ${since}) as told`.execute(
    db,
  )
  return rows[0]?.told === true
}

/** A message that may say something else by now. */
export type ToldMessage = { readonly about: string; readonly place: string }

/** What a person was told directly since a time and could still be told otherwise. */
export async function findOwnMessages(db: Kysely<Schema>, place: string, since: Date): Promise<ToldMessage[]> {
  const { rows } = await sql<ToldMessage>`
    select m.request_id as about, m.place from issuer_outbox o join message m on m.request_id = 'notice/' || o.id and m.place = ${place}
    where o.topic in ('directory.changed', 'passkey.changed') and o.created_at > ${since}`.execute(db)
  return rows
}

/** What anybody was told since a time of keys that were registered, by itself or with other news. */
export async function findRegistrationMessages(
  db: Kysely<Schema>,
  thumbprints: readonly string[],
  since: Date,
): Promise<ToldMessage[]> {
  const { rows } = await sql<ToldMessage>`
    select distinct m.request_id as about, m.place
    from issuer_outbox o join delivery d on d.source = o.id join message m on m.request_id = d.request_id and m.place = d.place
    where o.topic = 'passkey.changed' and o.payload ->> 'operation' = 'registered' and o.created_at > ${since}
      and o.payload ->> 'thumbprint' = any(${[...thumbprints]})`.execute(db)
  return rows
}

export type ToldChange = { readonly change: Buffer; readonly link: DirectoryLink; readonly accepted_at: Date }

/** A place of the directory, in the chain of its era. */
export type Place = { readonly era: number; readonly sequence: number }

export const findToldChange = (db: Kysely<Schema>, { era, sequence }: Place): Promise<ToldChange | undefined> =>
  db
    .selectFrom('directory')
    .select(['change', 'link', 'accepted_at'])
    .where('era', '=', era)
    .where('sequence', '=', sequence)
    .executeTakeFirst()

export type ToldKey = {
  readonly thumbprint: string
  readonly person: string
  readonly nickname: string
  readonly status: 'active' | 'suspended' | 'revoked'
  readonly held: boolean
}

/** Keys by thumbprint, or all of one person. */
export const findToldKeys = async (
  db: Kysely<Schema>,
  of: { readonly thumbprints: readonly string[] } | { readonly person: string },
): Promise<readonly ToldKey[]> => {
  const which = 'person' in of ? sql`p.person = ${of.person}` : sql`p.thumbprint = any(${[...of.thumbprints]})`
  const { rows } = await sql<ToldKey>`
    select p.thumbprint, p.person, p.nickname, p.status,
      exists (select from passkey_held h where h.passkey = p.thumbprint and not h.spared) as held
    from passkey p where ${which} order by p.enrolled_sequence, p.thumbprint`.execute(db)
  return rows
}

/** Keys that were ever held for a change: it is not asked again. */
export const findEverHeld = async (db: Kysely<Schema>, { era, sequence }: Place): Promise<ReadonlySet<string>> =>
  new Set(
    (await db.selectFrom('passkey_hold').select('passkey').where('era', '=', era).where('sequence', '=', sequence).execute()).map(
      ({ passkey }) => passkey,
    ),
  )

/** Whether a key that was registered has been turned down. */
export async function isTurnedDown(db: Kysely<Schema>, thumbprint: string): Promise<boolean> {
  const { rows } = await sql<{ turned: boolean }>`
    select exists (select from issuer_outbox where topic = 'passkey.changed' and payload ->> 'operation' = 'rejected'
      and payload ->> 'thumbprint' = ${thumbprint}) as turned`.execute(db)
  return rows[0]?.turned === true
}

/** Requests with a grant that lives, confirmed or approved with one of these keys. */
export async function findLiveBy(db: Kysely<Schema>, passkeys: readonly string[], most: number): Promise<string[]> {
  const { rows } = await sql<{ request_id: string }>`
    select g.request_id from "grant" g
    where g.state in ('issuing', 'active', 'revoking') and exists (
      select from evidence e where e.request_id = g.request_id and e.decision in ('confirm', 'approve') and e.passkey = any(${[...passkeys]}))
    order by g.ends_at desc limit ${most}`.execute(db)
  return rows.map(({ request_id }) => request_id)
}

/** Ends everybody's sessions of the console. */
export const endAllSessions = async (db: Kysely<Schema>): Promise<void> => {
  await db.deleteFrom('bot_session').execute()
}

/** Ends somebody's sessions of the console. */
export const endSessionsOf = async (db: Kysely<Schema>, person: string): Promise<void> => {
  await db.deleteFrom('bot_session').where('person', '=', person).execute()
}
