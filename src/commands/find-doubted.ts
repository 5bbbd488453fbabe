// Which keys come into doubt when somebody says that a change of the directory was not his doing: his own that it gave power or used, and what these have let in
// or released within the week. And which of them is spared, because a press in Slack, which anybody may make who owns it, must not leave a directory that nobody
// can mend: administrators who sign may do that no more than he. Reads only; the caller holds the lock of holds, or asks again under it.

import type { Kysely, Transaction } from 'kysely'
import { findAdditions, findHeld, findLifted, type StoredChange } from '../db/holds.ts'
import type { Schema } from '../db/schema.ts'
import { isAccepted } from '../domain/accepted-keys.ts'
import { keysInDoubt, passedOn, signersOf, spreadDoubt } from '../domain/concerned.ts'
import { type DirectoryChange, readDirectoryChange } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { isAdministrator, passkeysOf } from '../evidence/chain-state.ts'
import { signaturesNeeded } from '../evidence/directory-change.ts'
import type { IssuerContext } from './context.ts'

/** The active keys of a person to which a change brings doubt; what was signed or lifted before `since` passes none on. */
export async function findDoubted(
  ctx: IssuerContext,
  db: Kysely<Schema>,
  found: StoredChange,
  { person, since }: { readonly person: PersonId; readonly since: Date },
): Promise<readonly Digest[]> {
  const own = passkeysOf(await ctx.chain(db), person)
  const { era } = ctx.roots
  const [additions, lifted] = [await findAdditions(db, era, person, since), await findLifted(db, era, person, since)]
  const first = keysInDoubt(
    changeOf(found),
    signersOf(found.link.statements),
    person,
    own.map(({ passkey }) => passkey.thumbprint),
  )
  const passed = [
    ...additions.flatMap((one) => passedOn(changeOf(one), signersOf(one.link.statements))),
    ...lifted.map(({ passkey, with: from }) => ({ from, to: passkey })),
  ]
  const doubted = spreadDoubt(first, passed)
  return own.flatMap(({ status, passkey: { thumbprint } }) =>
    status === 'active' && doubted.has(thumbprint) ? [thumbprint] : [],
  )
}

/**
 * The key that stays in use though it is in doubt: an administrator's oldest, if he would be left with none and fewer others could sign than the directory
 * asks for. Any of those others suspends it with one signature.
 */
export async function findSpared(
  ctx: IssuerContext,
  trx: Transaction<Schema>,
  person: PersonId,
  doubted: readonly Digest[],
): Promise<Digest | undefined> {
  const state = await ctx.chain(trx)
  const held = await findHeld(trx)
  const { administrators, keys } = ctx.published().ruleSet
  const signing = (one: PersonId): Digest[] => {
    if (!administrators.includes(one) || !isAdministrator(state, one)) return []
    return passkeysOf(state, one).flatMap(({ status, inFull, passkey }) =>
      status === 'active' && inFull && isAccepted(keys.accept.administrators, passkey) && !held.has(passkey.thumbprint)
        ? [passkey.thumbprint]
        : [],
    )
  }
  const own = signing(person)
  if (own.some((passkey) => !doubted.includes(passkey))) return undefined
  const others = administrators.filter((one) => one !== person && signing(one).length > 0)
  return others.length >= signaturesNeeded(state) ? undefined : own[0]
}

function changeOf({ change }: StoredChange): DirectoryChange {
  const read = readDirectoryChange(change)
  if (!read.ok) throw new TypeError(`a stored change is unreadable at ${read.path}`)
  return read.value
}
