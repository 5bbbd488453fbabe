// What the issuer says beside a change of the directory when it has people told: where it stands in the chain, which everybody can read there, and from
// when the keys that it gave power may approve, which takes the trust roots to know.

import { keysNamed } from '../domain/concerned.ts'
import type { DirectoryChange } from '../domain/directory.ts'
import { approvesFrom } from '../evidence/approver.ts'
import { type ChainState, findPasskey, holdsRole, passkeysOf } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'

/** `state` is the directory after the change. */
export function newsOfChange(ctx: IssuerContext, change: DirectoryChange, state: ChainState): Record<string, number> {
  // What was told before there were eras is of the first.
  const place = { sequence: change.sequence, ...(state.era > 1 && { era: state.era }) }
  const gives = ['enrol', 'add', 'reinstate', 'role'].includes(change.operation)
  const named = keysNamed(change, (passkey) => findPasskey(state, passkey)?.passkey.person)
  // A new approver is served by every key that he has, also by those that the change does not name.
  const served = change.operation === 'role' && change.role === 'approver' ? passkeysOf(state, change.person) : []
  const given = [...named, ...served.map(({ passkey: { person, thumbprint } }) => ({ person, passkey: thumbprint }))]
  const times = given.flatMap(({ person, passkey }) => {
    const known = gives && holdsRole(state, person, 'approver') ? findPasskey(state, passkey) : undefined
    return known?.inFull && known.status === 'active' ? [approvesFrom(state, known, ctx.published().ruleSet, ctx.roots)] : []
  })
  return times.length === 0 ? place : { ...place, approves_from: Math.max(...times) }
}
