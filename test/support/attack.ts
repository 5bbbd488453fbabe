// One row of an attack table, and the lives that most rows start from.

import type { Action, RuleSet } from '../../src/domain/action.ts'
import type { EvidenceReason } from '../../src/evidence/reasons.ts'
import type { Question } from '../../src/evidence/verify-evidence.ts'
import { makeWorld, minutes, RULES, type World } from './evidence-builder.ts'

export type Attack = {
  readonly name: string
  readonly reason: EvidenceReason
  readonly path: RegExp
  readonly make: () => Question
}

/** A row: what is in the bundle, the reason and the place that must refuse it, and how a new world is bent. */
export const attack = (name: string, reason: EvidenceReason, path: RegExp, make: (world: World) => Question): Attack => ({
  name,
  reason,
  path,
  make: () => make(makeWorld()),
})

/** The true rule set with another action in it. */
export const offering = (action: Action, over: Partial<RuleSet> = {}): RuleSet => ({
  ...RULES,
  offers: [{ action, channel: '#ops' }],
  ...over,
})

/** What a true bundle says: asked by ana, approved by bo and by dee. */
export const lives = ({ keys, request, approve }: World) => [request(), approve(keys.bo), approve(keys.dee, minutes(3))] as const

/** Suspends a person's key after all that was said so far. */
export const suspend = ({ directory, keys }: World, who: 'ana' | 'bo') =>
  directory.add({ operation: 'suspend', passkeys: [keys[who].passkey.thumbprint] }, { by: [keys.ada] })
