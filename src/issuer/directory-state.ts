// What the pages of keys show of the passkey directory to an administrator: out of the verified chain, the rules in force and what waits. A convenience: the
// chain decides who may sign.

import type { IssuerContext } from '../commands/context.ts'
import { findPending, type PendingChange } from '../commands/pending-change.ts'
import { findRegistrations, type PasskeyRow, type RegistrationRow } from '../db/passkeys.ts'
import { ROLES } from '../domain/directory.ts'
import { dateWords } from '../domain/words.ts'
import { settledFrom } from '../evidence/approver.ts'
import { type ChainState, holdsRole, isEndorsed, takesProvider } from '../evidence/chain-state.ts'
import { signaturesNeeded } from '../evidence/directory-change.ts'
import type { Named } from './asked.ts'
import { keyWords } from './key-words.ts'
import type { Rounds } from './oidc/rounds.ts'
import type { Speaking } from './pages/change-words.ts'
import type { RolesState } from './pages/roles.ts'

export type Seen = {
  readonly chain: ChainState
  readonly pending: PendingChange | undefined
  readonly speaking: Speaking
}

/** What waits, and how to say what it does. */
export async function findSeen(ctx: IssuerContext, name: (id: string) => Named, keys: readonly PasskeyRow[]): Promise<Seen> {
  const [chain, pending] = await Promise.all([ctx.chain(), findPending(ctx)])
  const registered = await findRegistrations(ctx.db, enrolledBy(pending))
  const byThumbprint = new Map<string, PasskeyRow | RegistrationRow>([
    ...registered,
    ...keys.map((row) => [row.thumbprint, row] as const),
  ])
  return {
    chain,
    pending,
    speaking: {
      name,
      key: (thumbprint) => {
        const row = byThumbprint.get(thumbprint)
        return row && { owner: name(row.person), nickname: row.nickname, words: keyWords(thumbprint) }
      },
      gained: (ruleSet) => (ruleSet === ctx.published().digest ? gainedLines(ctx, name) : undefined),
    },
  }
}

/** The keys that what waits would enrol. */
export const enrolledBy = (pending: PendingChange | undefined): readonly string[] =>
  pending?.change.operation === 'enrol' ? pending.change.passkeys.map(({ passkey }) => passkey.thumbprint) : []

/** What the rules in force newly give, for as long as it has to wait. */
export function gainedLines(ctx: IssuerContext, name: (id: string) => Named): readonly string[] {
  const { ruleSet } = ctx.published()
  return ruleSet.gained.flatMap(({ at, group, person, action }) => {
    const from = at * 1000 + ruleSet.keys.gained_hours * 3_600_000
    if (from <= ctx.now().getTime() || at * 1000 < settledFrom(ctx.roots)) return []
    const who = person === undefined ? `everybody in ${group}` : `${name(person).name} in ${group}`
    return [`${who}${action === undefined ? '' : ` for ${action}`}: may approve from ${dateWords(from)}`]
  })
}

/** Who is what, and what else administrators can sign for. */
export function rolesState(
  ctx: IssuerContext,
  { chain, pending }: Seen,
  name: (id: string) => Named,
  rows: readonly PasskeyRow[],
  rounds: Rounds | undefined,
): RolesState {
  const active = rows.filter(({ status }) => status === 'active')
  const people = [...new Set(rows.map(({ person }) => person))].map((id) => ({
    ...name(id),
    roles: ROLES.filter((role) => holdsRole(chain, id, role)),
    unserving: active
      .filter(({ person, in_full }) => person === id && !in_full)
      .map(({ thumbprint, nickname }) => ({ thumbprint, nickname, words: keyWords(thumbprint) })),
  }))
  const provider = rounds?.provider
  return {
    people: people.filter(({ id, roles }) => roles.length > 0 || active.some(({ person }) => person === id)),
    gained: isEndorsed(chain, ctx.published().digest) ? [] : gainedLines(ctx, name),
    provider: provider && { ...provider, taken: takesProvider(chain, provider.issuer, provider.clientId) },
    takesTwo: signaturesNeeded(chain) === 2,
    waits: pending?.isStale === false && signaturesNeeded(chain) === 2,
    ruleSet: ctx.published().digest,
  }
}
