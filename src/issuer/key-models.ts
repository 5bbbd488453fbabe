// What operators must hear of the list of models: metadata that was to be renewed, and keys in use whose model is forbidden by now. Neither stops anything:
// an enrolled key is taken away by people, who know what its owner can do without it.

import type { Kysely } from 'kysely'
import { findAllPasskeys } from '../db/issuer-queries/find-passkeys.ts'
import type { Schema } from '../db/schema.ts'
import { compromisedKeys } from '../domain/accepted-keys.ts'
import { type AttestationList, compromiseOf, findModel, isOverdue } from '../domain/attestation.ts'

type NamedKey = {
  readonly person: string
  readonly nickname: string
  readonly device_bound: boolean
  readonly aaguid: string | null
}

/** One sentence for each trouble, with its mend. */
export function modelProblems(list: AttestationList, active: readonly NamedKey[], now: Date): readonly string[] {
  const overdue = isOverdue(list, now)
    ? [
        `FIDO’s metadata in attestation.yaml was to be renewed by ${list.metadata?.next_update}, so nobody would hear of a model that became insecure: import the newest (countersign help attestation).`,
      ]
    : []
  const forbidden = compromisedKeys(active, list).map(({ person, nickname, aaguid }) => {
    const model = findModel(list, aaguid ?? '')
    return `The key “${nickname}” of ${person} is of the model ${model?.name}, of which ${model && compromiseOf(model)?.status} was reported: have ${person} register another, and suspend this one at the issuer’s /keys.`
  })
  return [...overdue, ...forbidden]
}

/** The same over the keys that are active. */
export async function findModelProblems(db: Kysely<Schema>, list: AttestationList, now: Date): Promise<readonly string[]> {
  if (list.models.length === 0) return []
  const keys = await findAllPasskeys(db)
  return modelProblems(
    list,
    keys.filter(({ status }) => status === 'active'),
    now,
  )
}
