// What the issuer asks of a change beyond what the chain proves: that rules leave the power to whoever signs it, that keys are what their registrations
// proved and of a kind that their owners' roles need, that nobody adds keys without end, and that it comes at its time. And the chain's own no, in reasons
// that people understand.

import { findRegistrations, passkeyOf } from '../db/passkeys.ts'
import { isAccepted } from '../domain/accepted-keys.ts'
import type { RuleSet } from '../domain/action.ts'
import { canonicalText } from '../domain/canonical.ts'
import type { DirectoryChange, Passkey, Role, TrustRoots } from '../domain/directory.ts'
import { CHANGE_MISFITS, type ChangeMisfit, type Refusal } from '../domain/refusal.ts'
import type { StatementOf } from '../domain/statement.ts'
import { type ChainState, findPasskey, holdsRole, isEndorsed, passkeysOf, takesProvider } from '../evidence/chain-state.ts'
import type { ChainReason, Failure } from '../evidence/reasons.ts'
import type { IssuerContext } from './context.ts'

/** Why somebody may not sign a change now; the chain says who may, the rules in force can only narrow it. An owner needs no rules. */
export function whyMayNotSign(
  { ruleSet }: { readonly ruleSet: RuleSet },
  state: ChainState,
  { role, signer }: StatementOf<'directory'>,
): Refusal | undefined {
  if (role === 'owner') return undefined
  if (!ruleSet.administrators.includes(signer.person)) return { reason: 'not_an_administrator' }
  const accept = ruleSet.keys.accept.administrators
  const known = findPasskey(state, signer.passkey)
  return known && !isAccepted(accept, known.passkey)
    ? { reason: 'passkey_not_accepted', accept, role: 'administrator' }
    : undefined
}

/** Keys of one person that are not revoked, when he adds one more; and keys of his that came in within a day, whoever signed for them. */
export const MOST_OWN_KEYS = 10
export const MOST_ADDED = 5
const ADDED_MS = 24 * 3_600_000

/**
 * Why an owner may not add a key now. Each change of the directory moves the place that everybody else's next one names, so whoever could add and drop keys of
 * his without end would keep administrators from signing anything. To take keys away is never bounded: a key is suspended once by its owner and revoked
 * once, so what he can add bounds that, too.
 */
export function whyAddsNoMore(
  { ruleSet }: { readonly ruleSet: RuleSet },
  state: ChainState,
  change: DirectoryChange,
  now: Date,
): Refusal | undefined {
  if (change.operation !== 'add') return undefined
  const { person } = change.passkey
  if (!ruleSet.people.some(({ id }) => id === person)) return { reason: 'unknown_person' }
  const own = passkeysOf(state, person)
  if (own.filter(({ status }) => status !== 'revoked').length >= MOST_OWN_KEYS)
    return { reason: 'too_many_keys', most: MOST_OWN_KEYS }
  const fifth = own.map(({ enrolledAt }) => enrolledAt).toSorted((one, other) => other - one)[MOST_ADDED - 1] ?? -Infinity
  const at = fifth + ADDED_MS
  return at > now.getTime() ? { reason: 'too_many_added', most: MOST_ADDED, at } : undefined
}

/** Why these keys may not come in, or serve these roles. */
export async function whyNotTheseKeys(
  ctx: IssuerContext,
  state: ChainState,
  change: DirectoryChange,
): Promise<Refusal | undefined> {
  const { ruleSet } = ctx.published()
  if (change.operation === 'role') {
    const vouched = change.passkeys.flatMap((thumbprint) => findPasskey(state, thumbprint)?.passkey ?? [])
    return change.effect === 'grant' ? misfitOf(ruleSet, vouched, () => [change.role]) : undefined
  }
  if (change.operation === 'enrol' || change.operation === 'add') {
    const added = change.operation === 'enrol' ? change.passkeys : [{ ...change, roles: [] }]
    const known = await findRegistrations(
      ctx.db,
      added.map(({ passkey }) => passkey.thumbprint),
    )
    for (const [index, { passkey }] of added.entries()) {
      const row = known.get(passkey.thumbprint)
      if (!row?.statement || (row.ended_at && !findPasskey(state, passkey.thumbprint))) return { reason: 'unknown_registration' }
      // A page may not say of a key what nobody has proved, such as that it stays in one place.
      if (canonicalText({ ...passkeyOf(row) }) !== canonicalText({ ...passkey }))
        return { reason: 'evidence_refused', check: 'registration_differs', path: `/change/passkeys/${index}/passkey` }
    }
    const given = new Map(added.map(({ passkey, roles }) => [passkey.thumbprint, roles]))
    return misfitOf(
      ruleSet,
      added.map(({ passkey }) => passkey),
      ({ person, thumbprint }) => [...(given.get(thumbprint) ?? []), ...rolesOf(state, person)],
    )
  }
  return undefined
}

function misfitOf(
  { keys: { accept } }: RuleSet,
  keys: readonly Passkey[],
  rolesFor: (key: Passkey) => readonly Role[],
): Refusal | undefined {
  for (const key of keys) {
    if (!isAccepted(accept.requesters, key))
      return { reason: 'passkey_not_accepted', accept: accept.requesters, role: 'requester' }
    for (const role of rolesFor(key)) {
      const needed = role === 'auditor' ? accept.requesters : accept[`${role}s`]
      if (!isAccepted(needed, key)) return { reason: 'passkey_not_accepted', accept: needed, role }
    }
  }
  return undefined
}

const rolesOf = (state: ChainState, person: string): Role[] =>
  (['administrator', 'approver'] as const).filter((role) => holdsRole(state, person, role))

/** What a second signature could not mend: nobody is asked to sign what the chain would then refuse. */
export function whyNeverTaken(state: ChainState, change: DirectoryChange, { roots }: TrustRoots): Refusal | undefined {
  const no = (why: ChangeMisfit): Refusal => ({ reason: 'change_refused', why })
  if (change.operation === 'endorse') return isEndorsed(state, change.rule_set) ? no('no_effect') : undefined
  if (change.operation === 'provider') {
    const taken = takesProvider(state, change.issuer, change.client_id)
    return taken === (change.effect === 'grant') ? no('no_effect') : undefined
  }
  if (change.operation !== 'role') return undefined
  const { person, role, effect, passkeys } = change
  if (holdsRole(state, person, role) === (effect === 'grant') && passkeys.length === 0) return no('no_effect')
  if (effect === 'grant') {
    const serves = passkeysOf(state, person).some(({ status, inFull }) => status === 'active' && inFull)
    return passkeys.length > 0 || serves ? undefined : no('passkey_missing')
  }
  return role === 'administrator' && roots.some((root) => root.person === person) ? no('root_is_administrator') : undefined
}

/** On a database that was put back a change would stand after a gap that nobody could explain; a recovery explains exactly that gap. */
export async function whyUntimely(ctx: IssuerContext, change: DirectoryChange): Promise<Refusal | undefined> {
  const stopped = await ctx.mintingStopped()
  if (change.operation !== 'recover') return stopped === undefined ? undefined : { reason: 'minting_stopped', why: stopped }
  const loss = stopped === undefined ? undefined : await ctx.findLoss()
  if (!loss) return stopped === undefined ? { reason: 'nothing_to_recover' } : { reason: 'minting_stopped', why: stopped }
  return canonicalText(loss.lost) === canonicalText(change.lost) ? undefined : { reason: 'recovery_differs' }
}

/** The words-ready refusal behind the chain's no. */
export function refusalOfChange({ reason, path }: Failure<ChainReason>): Refusal {
  if (reason === 'out_of_sequence' || reason === 'wrong_previous') return { reason: 'directory_moved' }
  if (reason === 'not_an_administrator' || reason === 'already_enrolled') return { reason }
  return isMisfit(reason) ? { reason: 'change_refused', why: reason } : { reason: 'evidence_refused', check: reason, path }
}

const isMisfit = (reason: string): reason is ChangeMisfit => (CHANGE_MISFITS as readonly string[]).includes(reason)
