// One attack on the passkey directory: a link over a true office, and the first reason that must refuse it.

import type { DirectoryLink } from '../../src/evidence/bundle.ts'
import type { ChainReason } from '../../src/evidence/reasons.ts'
import type { Office } from './office.ts'

export type ChainAttack = {
  readonly name: string
  readonly reason: ChainReason
  readonly make: (office: Office) => DirectoryLink
}
export const attack = (name: string, reason: ChainReason, make: ChainAttack['make']): ChainAttack => ({ name, reason, make })
