// What the issuer says beside a change of the directory when it has people told: where it stands in the chain, which everybody can read there, and from
// when the keys that it gave power may approve, which takes the trust roots to know.

import { keysNamed } from '../domain/concerned.ts'
import type { DirectoryChange } from '../domain/directory.ts'
import { approvesFrom } from '../evidence/approver.ts'
import { type ChainState, findPasskey, holdsRole } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'

/** `state` is the directory after the change. */
export function newsOfChange(ctx: IssuerContext, change: DirectoryChange, state: ChainState): Record<string, number> {
  // What was told before there were eras is of the first.
  const place = { sequence: change.sequence, ...(state.era > 1 && { era: state.era }) }
  const gives = ['enrol', 'add', 'reinstate', 'role'].includes(change.operation)
  const times = keysNamed(change, (passkey) => findPasskey(state, passkey)?.passkey.person).flatMap(({ person, passkey }) => {
    const known = gives && holdsRole(state, person, 'approver') ? findPasskey(state, passkey) : undefined
    return known?.inFull && known.status === 'active' ? [approvesFrom(known, ctx.published().ruleSet, ctx.roots)] : []
  })
  return times.length === 0 ? place : { ...place, approves_from: Math.max(...times) }
}
