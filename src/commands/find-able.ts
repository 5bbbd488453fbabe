// Who of some people could approve with a key that they have, and what stands in the way of the others, as the database says it: for telling them in time.
// Whether an approval counts is judged from the signed directory, never from this.

import type { Kysely } from 'kysely'
import type { Schema } from '../db/schema.ts'
import { findServingKeys } from '../db/serving-keys.ts'
import { findWorkingKeys } from '../db/working-keys.ts'
import { isAccepted, type KeyTrouble, keyTrouble } from '../domain/accepted-keys.ts'
import type { RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'

/** Of these people, those who could approve: approvers of the directory with a key in full that is accepted and not held, however long it has lain. */
export async function findAble(db: Kysely<Schema>, set: RuleSet, people: readonly PersonId[]): Promise<ReadonlySet<PersonId>> {
  const keys = await findServingKeys(db, people)
  return new Set(keys.filter((key) => isAccepted(set.keys.accept.approvers, key)).map(({ person }) => person))
}

/** Of these people, those who have no key to approve with that is accepted and has worked of late, and why. */
export async function findTroubled(
  db: Kysely<Schema>,
  set: RuleSet,
  people: readonly PersonId[],
  now: Date,
): Promise<ReadonlyMap<PersonId, KeyTrouble>> {
  const keys = await findWorkingKeys(db, people)
  const { approvers } = set.keys.accept
  const found = people.map((person) => {
    const own = keys.filter((key) => key.person === person)
    return [person, keyTrouble(approvers, own, now)] as const
  })
  return new Map(found.flatMap(([person, trouble]) => (trouble ? [[person, trouble] as const] : [])))
}
