// Whom a change of the passkey directory concerns, and with which of his own keys: what is told about it, and what is held when he says that it was
// not his doing. PURE. A key that signed belongs to it: a change signed in somebody's name, and not by him, was signed by a key that others have. Doubt stays
// with the keys of one person: whoever presses for one must not stop everybody whom that one has enrolled.

import { decodeBase64url } from './base64url.ts'
import type { DirectoryChange } from './directory.ts'
import type { Digest, PersonId } from './ids.ts'
import type { Refusal } from './refusal.ts'
import { readStatement, type Statement } from './statement.ts'

export type Signer = { readonly person: PersonId; readonly passkey: Digest; readonly role: 'administrator' | 'owner' }
/** An active or inactive key of the directory, as far as it is asked here. */
export type Owned = { readonly person: PersonId; readonly passkey: Digest }

/** Who signed a change, by its stored statements; none for one that a provider vouched for. */
export const signersOf = (statements: readonly { readonly statement: string }[]): Signer[] =>
  statements.flatMap(({ statement }) => {
    const read = readStatement(decodeBase64url(statement) ?? new Uint8Array())
    return read.ok && read.value.kind === 'directory' ? [{ ...read.value.signer, role: read.value.role }] : []
  })

/** The keys that a change names, with their owners; those that are named by thumbprint alone are looked up. */
export function keysNamed(change: DirectoryChange, ownerOf: (passkey: Digest) => PersonId | undefined): Owned[] {
  switch (change.operation) {
    case 'enrol':
      return change.passkeys.map(({ passkey: { person, thumbprint } }) => ({ person, passkey: thumbprint }))
    case 'add':
      return [{ person: change.passkey.person, passkey: change.passkey.thumbprint }]
    case 'suspend':
    case 'reinstate':
    case 'revoke':
      return change.passkeys.flatMap((passkey) => {
        const person = ownerOf(passkey)
        return person === undefined ? [] : [{ person, passkey }]
      })
    case 'role':
      return change.passkeys.map((passkey) => ({ person: change.person, passkey }))
    case 'endorse':
    case 'provider':
    case 'recover':
      return []
  }
}

/** The people whose keys or roles a change is about. */
export function peopleNamed(change: DirectoryChange, ownerOf: (passkey: Digest) => PersonId | undefined): PersonId[] {
  const owners = keysNamed(change, ownerOf).map(({ person }) => person)
  return [...new Set(change.operation === 'role' ? [change.person, ...owners] : owners)]
}

/**
 * The keys of a person that are in doubt when he says that a change was not his doing: those that it gave power, and those by which he is said to have
 * signed it. `own` are all of his: a role that names no key is served by every one. What only took away gave nothing to hold.
 */
export function keysInDoubt(
  change: DirectoryChange,
  signers: readonly Signer[],
  person: PersonId,
  own: readonly Digest[],
): readonly Digest[] {
  const signed = signers.filter((signer) => signer.person === person).map(({ passkey }) => passkey)
  const given = (): readonly Digest[] => {
    switch (change.operation) {
      case 'enrol':
      case 'add':
        return keysNamed(change, () => undefined).flatMap((key) => (key.person === person ? [key.passkey] : []))
      case 'reinstate':
        return change.passkeys.filter((passkey) => own.includes(passkey))
      case 'role':
        if (change.effect === 'withdraw' || change.person !== person) return []
        return change.passkeys.length > 0 ? change.passkeys : own
      default:
        return []
    }
  }
  return [...new Set([...given(), ...signed])]
}

/** A held key signs nothing; without a spared one too few administrators could sign. */
export type Doubt = 'held' | 'spared'

/** Whether a key in doubt still signs this: a spared one what an administrator signs, and what only takes away; no access is asked for or granted by it. */
export const signsInDoubt = (doubt: Doubt, statement: Statement): boolean =>
  doubt === 'spared' &&
  (statement.kind === 'sign_in' ||
    statement.kind === 'revoke' ||
    (statement.kind === 'directory' && statement.role === 'administrator'))

/** Why it does not; `owner` is what its owner is called. */
export const refusalOfDoubt = (doubt: Doubt, owner: string): Refusal =>
  doubt === 'held' ? { reason: 'passkey_held', person: owner } : { reason: 'key_in_doubt' }

/** What one key did for another of the same person: it signed for it, or lifted what held it. */
export type Passed = { readonly from: Digest; readonly to: Digest }

/** What a change passed on from a key of its owner's to another of his: nothing but an addition does, since nobody signs for himself as an administrator. */
export const passedOn = (change: DirectoryChange, signers: readonly Signer[]): Passed[] =>
  change.operation === 'add' ? signers.map(({ passkey: from }) => ({ from, to: change.passkey.thumbprint })) : []

/** The keys to which doubt comes from some: a thief's key lets in the next, and which of them its owner finds first must decide nothing. */
export function spreadDoubt(first: readonly Digest[], passed: readonly Passed[]): ReadonlySet<Digest> {
  const doubted = new Set(first)
  // A set is walked to its end also while it grows.
  for (const key of doubted) for (const { from, to } of passed) if (from === key) doubted.add(to)
  return doubted
}
