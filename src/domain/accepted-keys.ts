// Which keys are accepted for whom: each tier of people has its own rule, and who belongs to several needs the strictest. A key that is not accepted, or
// that nobody has used for a season, is as good as none when it is needed, so its owner is named while there is time.

import { type Accepted, inGroups, type RuleSet } from './action.ts'
import { type AttestationList, compromiseOf, findModel } from './attestation.ts'
import type { PersonId } from './ids.ts'

/** From the loosest to the strictest: any passkey, one that cannot be copied, one whose maker is proved as well. */
export const ACCEPTS: readonly Accepted[] = ['any', 'device_bound', 'hardware']
export type Accept = Accepted

/** A key as far as acceptance looks at it. `aaguid` is there only where a chain of certificates has proved it. */
export type JudgedKey = { readonly device_bound: boolean; readonly aaguid?: string | null | undefined }
/** A key of somebody, and when it last worked: when it was last used, or proved at its enrolment. */
export type KeptKey = JudgedKey & { readonly person: PersonId; readonly workedAt: Date }

export const UNUSED_DAYS = 90
const DAY_MS = 86_400_000

/** Whether a person may decide about some action. */
export const mayDecide = (set: RuleSet, person: PersonId): boolean =>
  set.offers.some(({ action }) => action.rules.approvals.some(({ group }) => inGroups(set, person, [group])))

/** What a person's keys must be, by all that the person may do. */
export function acceptFor(set: RuleSet, person: PersonId): Accept {
  const { requesters, approvers, administrators } = set.keys.accept
  const demanded = [
    requesters,
    ...(mayDecide(set, person) ? [approvers] : []),
    ...(set.administrators.includes(person) ? [administrators] : []),
  ]
  return demanded.reduce((strictest, each) => (ACCEPTS.indexOf(each) > ACCEPTS.indexOf(strictest) ? each : strictest))
}

/** Whether a key is accepted. That its model has become compromised since is told (below), and takes no enrolled key away by itself. */
export function isAccepted(accept: Accept, { device_bound, aaguid }: JudgedKey): boolean {
  if (accept === 'any') return true
  return device_bound && (accept === 'device_bound' || (aaguid !== undefined && aaguid !== null))
}

/** How much is known of a key: the strictest rule that accepts it. A key speaks for none of which more is known than of itself. */
export const strengthOf = (key: JudgedKey): number => ACCEPTS.findLastIndex((accept) => isAccepted(accept, key))

export type KeyTrouble = 'no_key' | 'not_accepted' | 'unused'

/** What is wrong with all the working keys of somebody together; undefined when one is accepted and in use. */
export function keyTrouble(accept: Accept, keys: readonly Omit<KeptKey, 'person'>[], now: Date): KeyTrouble | undefined {
  if (keys.length === 0) return 'no_key'
  const accepted = keys.filter((key) => isAccepted(accept, key))
  if (accepted.length === 0) return 'not_accepted'
  const since = now.getTime() - UNUSED_DAYS * DAY_MS
  return accepted.some(({ workedAt }) => workedAt.getTime() >= since) ? undefined : 'unused'
}

/** Keys whose model a report forbids by now: they were enrolled before it, and somebody has to decide about them. */
export const compromisedKeys = <K extends JudgedKey>(keys: readonly K[], list: AttestationList): readonly K[] =>
  keys.filter(({ aaguid }) => {
    const model = aaguid ? findModel(list, aaguid) : undefined
    return model !== undefined && compromiseOf(model) !== undefined
  })
