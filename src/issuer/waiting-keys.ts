// Which of the keys that wait a page lists: some of everybody's, all of one person's, or those that begin with words that somebody heard. Whoever reaches
// `/enrol` can make them wait by the thousand, so what is shown is always a part, says so, and hides nobody else's.

import type { Kysely } from 'kysely'
import { z } from 'zod'
import { findWaiters, findWaitingByStart, findWaitingOf } from '../db/issuer-queries/find-waiting.ts'
import type { RegistrationRow } from '../db/passkeys.ts'
import type { Schema } from '../db/schema.ts'
import type { PersonId } from '../domain/ids.ts'
import { readKeyWords } from './key-words.ts'
import { person } from './routes/bodies.ts'

const PEOPLE = 200
/** Of each of them, where everybody is listed. */
const OF_EACH = 2
const OF_ONE = 50
const FOUND = 20

/** What a page is asked to list. */
export const Look = z.strictObject({
  find: z
    .string()
    .max(200)
    .optional()
    .transform((text) => (text?.trim() === '' ? undefined : text)),
  person: person.optional(),
  page: z.coerce.number().int().min(1).max(10_000).default(1),
})
export type Look = z.infer<typeof Look>

export type Listed = {
  readonly look: Look
  readonly rows: readonly RegistrationRow[]
  /** How many of a person wait beside those that are listed. */
  readonly more: ReadonlyMap<PersonId, number>
  readonly hasNext: boolean
  /** What is wrong with the words that were given. */
  readonly problem?: string
}

/** The keys to list. `own` restricts all of it to one person. */
export async function listWaiting(db: Kysely<Schema>, look: Look, own?: PersonId): Promise<Listed> {
  const { find, page } = look
  const of = own ?? look.person
  const nothing = { look, rows: [], more: new Map(), hasNext: false }
  if (find !== undefined) {
    const sought = readKeyWords(find)
    if ('problem' in sought) return { ...nothing, problem: sought.problem }
    const rows = await findWaitingByStart(db, sought.start, FOUND, of)
    return { ...nothing, rows: rows.filter(({ thumbprint }) => sought.isIt(thumbprint)) }
  }
  if (of !== undefined) {
    const offset = (page - 1) * OF_ONE
    const { rows, people } = await findWaitingOf(db, of, { most: OF_ONE, offset })
    const waiting = people[0]?.waiting ?? 0
    return { look, rows, more: moreThan(rows, people), hasNext: offset + rows.length < waiting }
  }
  const { rows, people } = await findWaiters(db, { most: PEOPLE + 1, offset: (page - 1) * PEOPLE }, OF_EACH)
  const next = people[PEOPLE]?.person
  const listed = rows.filter((row) => row.person !== next)
  return { look, rows: listed, more: moreThan(listed, people), hasNext: next !== undefined }
}

function moreThan(
  rows: readonly RegistrationRow[],
  people: readonly { readonly person: PersonId; readonly waiting: number }[],
): ReadonlyMap<PersonId, number> {
  const counted = people.map(
    ({ person: who, waiting }) => [who, waiting - rows.filter((row) => row.person === who).length] as const,
  )
  return new Map(counted.filter(([, more]) => more > 0))
}
