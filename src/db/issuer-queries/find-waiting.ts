// Keys that wait for an administrator, as pages list them: proved by their owners and signed for by nobody. Anybody makes such rows in anybody's name, so no
// list is whole: one person's take no place from another's, and every key is found by the start of its thumbprint, however many wait. What no stranger can
// make stands first: what was made while its person was signed in, and what was enrolled once and waits again since the roots were replaced.

import { type Kysely, sql } from 'kysely'
import type { PersonId } from '../../domain/ids.ts'
import type { RegistrationRow } from '../passkeys.ts'
import type { Schema } from '../schema.ts'

export type Part = { readonly most: number; readonly offset?: number }
/** Some keys of each of some people; `people` says of how many each is a part. */
export type Waiters = {
  readonly rows: readonly RegistrationRow[]
  readonly people: readonly { readonly person: PersonId; readonly waiting: number }[]
}

const ORDER = sql`(signed_in or exists (select from passkey p where p.thumbprint = r.thumbprint)) desc, created_at desc, thumbprint`

const open = (db: Kysely<Schema>) =>
  db.selectFrom('registration as r').selectAll('r').where('ended_at', 'is', null).where('statement', 'is not', null)

/** The people in whose names keys wait, in the order of their ids, and the newest few keys of each. */
export async function findWaiters(db: Kysely<Schema>, { most, offset = 0 }: Part, each: number): Promise<Waiters> {
  const people = await db
    .selectFrom('registration')
    .select('person')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .where('ended_at', 'is', null)
    .where('statement', 'is not', null)
    .groupBy('person')
    .orderBy('person')
    .limit(most)
    .offset(offset)
    .execute()
  const { rows } = await sql<RegistrationRow>`
    select waits.* from unnest(${people.map(({ person }) => person)}::text[]) with ordinality as chosen (person, at)
    cross join lateral (
      select * from registration r where r.person = chosen.person and ended_at is null and statement is not null
      order by ${ORDER} limit ${each}) waits
    order by chosen.at`.execute(db)
  return { rows, people: people.map(({ person, waiting }) => ({ person, waiting: Number(waiting) })) }
}

/** A person's, the newest first, and how many there are. */
export async function findWaitingOf(db: Kysely<Schema>, person: PersonId, { most, offset = 0 }: Part): Promise<Waiters> {
  const rows = await open(db).where('person', '=', person).orderBy(ORDER).limit(most).offset(offset).execute()
  const { waiting } = await db
    .selectFrom('registration')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .where('ended_at', 'is', null)
    .where('statement', 'is not', null)
    .where('person', '=', person)
    .executeTakeFirstOrThrow()
  return { rows, people: [{ person, waiting: Number(waiting) }] }
}

/** Those whose thumbprint begins so, of everybody or of one person. */
export const findWaitingByStart = (
  db: Kysely<Schema>,
  start: string,
  most: number,
  person?: PersonId,
): Promise<RegistrationRow[]> =>
  open(db)
    .where(sql<boolean>`starts_with(thumbprint, ${start})`)
    .$if(person !== undefined, (query) => query.where('person', '=', person ?? ''))
    .orderBy('created_at', 'desc')
    .limit(most)
    .execute()
