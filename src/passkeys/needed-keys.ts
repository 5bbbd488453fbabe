// Which keys a person needs, as a registration is asked and judged by it, and the refusal of one that is not such a key: what concerns the model is said
// to the person, everything else means that the ceremony itself was not in order.

import { type Accept, acceptFor } from '../domain/accepted-keys.ts'
import type { RuleSet } from '../domain/action.ts'
import { type AttestationList, compromiseOf, KEY_MISFITS, type KeyMisfit } from '../domain/attestation.ts'
import type { PersonId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { CeremonyCheck } from './ceremony-checks.ts'

export type NeededKeys = { readonly accept: Accept; readonly models: AttestationList }

/** By the rules and the list that are in force now. */
export const neededKeys = (set: RuleSet, models: AttestationList, person: PersonId): NeededKeys => ({
  accept: acceptFor(set, person),
  models,
})

/** The names of the models that would be accepted. */
export const acceptedModels = ({ models }: AttestationList): readonly string[] =>
  models.filter((model) => compromiseOf(model) === undefined).map(({ name }) => name)

/** The refusal of a registration. */
export const registrationRefusal = (check: CeremonyCheck, { accept, models }: NeededKeys): Refusal =>
  isKeyMisfit(check)
    ? { reason: 'key_not_accepted', accept, why: check, models: acceptedModels(models) }
    : { reason: 'assertion_refused', check }

const isKeyMisfit = (check: CeremonyCheck): check is KeyMisfit => (KEY_MISFITS as readonly string[]).includes(check)
