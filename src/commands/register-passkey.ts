// A person registers a key, then proves to hold it. Both are public doors: whoever says to be somebody gets a row that waits, and no power. Only an
// administrator who has compared the words with the person makes a passkey of it (change-directory.ts). Nobody is refused because others came before,
// or strangers could keep him out: what is too much goes later (db/registrations.ts), and of a flood the log and people hear only so much.

import { findPasskeyById, findRegistration, type KnownPasskey, lockUnproved } from '../db/passkeys.ts'
import { addRegistration, completeRegistrationRow, endRegistration } from '../db/registrations.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { canonicalText } from '../domain/canonical.ts'
import type { PasskeyKey } from '../domain/keys.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { verifyRegistration } from '../passkeys/ceremony.ts'
import { neededKeys, registrationRefusal } from '../passkeys/needed-keys.ts'
import { judgeNonce } from '../passkeys/nonce.ts'
import type { LiveRegistration } from '../passkeys/response.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import type { IssuerContext } from './context.ts'
import { raiseDisagreement } from './raise-alarm.ts'
import { transact } from './transact.ts'

/** So many keys that were proved in a person's name within a day are entries and are told; the last entry says that there may be more. */
export const MOST_TOLD = 10
const TOLD_MS = 24 * 3_600_000

export type RegistrationInput = {
  readonly person: string
  readonly nickname: string
  readonly nonce: string
  readonly attestation: LiveRegistration
}
/** Where it came from: it decides nothing but what goes first when too much waits. */
export type Origin = { readonly network?: string; readonly signedIn?: boolean }

/** Keeps a freshly made key of a person of the directory. The challenge of its creation was the nonce. */
export async function registerPasskey(
  ctx: IssuerContext,
  input: RegistrationInput,
  from: Origin = {},
): Promise<Outcome<{ readonly id: string; readonly key: PasskeyKey; readonly thumbprint: string }>> {
  const nonce = judgeNonce(ctx.nonceKey, input.nonce, ctx.now())
  if (!nonce.ok) return refuse(nonce.refusal)
  const { person } = input
  if (!ctx.published().ruleSet.people.some(({ id }) => id === person)) return refuse({ reason: 'unknown_person' })
  const expectedChallenge = decodeBase64url(input.nonce)
  if (!expectedChallenge) return refuse({ reason: 'nonce_forged' })
  const { issuer: origin, rp_id: rpId } = ctx.roots
  const needed = neededKeys(ctx.published().ruleSet, ctx.attestation(), person)
  const response = input.attestation
  const checked = await verifyRegistration({ response, expectedChallenge, origin, rpId, ...needed, now: ctx.now() })
  if (!checked.ok && (checked.reason === 'verifiers_differ' || checked.reason === 'library_alone')) {
    const accepted = checked.reason === 'verifiers_differ' ? 'live' : 'evidence'
    await raiseDisagreement(ctx, { kind: 'register', person, accepted, refused: checked.reason })
  }
  if (!checked.ok) return refuse(registrationRefusal(checked.reason, needed))
  const { id, key, thumbprint } = checked.registered
  if ((await findPasskeyById(ctx.db, id)) || (await ctx.chain()).passkeys.has(thumbprint))
    return refuse({ reason: 'already_enrolled' })
  return transact(ctx, [], async ({ trx, now }) => {
    if (!(await spendNonce(trx, input.nonce, now))) return refuse({ reason: 'nonce_used' })
    const added = await addRegistration(trx, { ...checked.registered, ...from, person, nickname: input.nickname }, now)
    return added ? ({ ok: true, id, key, thumbprint } as const) : refuse({ reason: 'already_enrolled' })
  })
}

/** Takes the owner's `register` statement, signed by the new key itself: now it waits for an administrator. */
export async function completeRegistration(
  ctx: IssuerContext,
  input: StatementInput,
): Promise<Outcome<{ readonly thumbprint: string; readonly person: string }>> {
  const begun = await beginStatement(ctx, input, ['register'], async (thumbprint): Promise<KnownPasskey | undefined> => {
    const row = await findRegistration(ctx.db, thumbprint)
    return row && !row.ended_at ? { ...row, id: row.passkey_id, status: 'active', sign_count: 0 } : undefined
  })
  if (!begun.ok) return begun
  const { statement, accepted, passkey } = begun
  if (statement.id !== passkey.id || canonicalText(statement.key) !== canonicalText(passkey.key)) {
    return refuse({ reason: 'malformed', path: '/key', problem: 'is not the key that signed' })
  }
  const { person, thumbprint } = passkey
  return transact(ctx, [], async ({ trx, now, record, tell }) => {
    if (!(await spendNonce(trx, statement.nonce, now))) return refuse({ reason: 'nonce_used' })
    // Asked before anything is kept: else one key that waits would fill the disk with proofs of it.
    if (!(await lockUnproved(trx, thumbprint))) return refuse({ reason: 'unknown_registration' })
    await addStatement(trx, accepted, now)
    const proved = await completeRegistrationRow(trx, thumbprint, accepted.digest, new Date(now.getTime() - TOLD_MS))
    if (proved === undefined) return refuse({ reason: 'unknown_registration' })
    if (proved > MOST_TOLD) return { ok: true, thumbprint, person } as const
    const body = { v: 1, person, passkey: thumbprint, statement: accepted.digest }
    record('passkey.registered', { actor: person }, { ...body, ...(proved === MOST_TOLD && { last: true }) })
    tell('passkey.changed', undefined, { person, operation: 'registered', thumbprint, nickname: passkey.nickname })
    return { ok: true, thumbprint, person } as const
  })
}

/** An administrator turns down a key that waits: nobody vouched for it. Taking away needs a session, no signature. */
export async function rejectRegistration(
  ctx: IssuerContext,
  by: string,
  thumbprint: string,
): Promise<Outcome<{ readonly person: string }>> {
  const { ruleSet } = ctx.published()
  if (!ruleSet.administrators.includes(by) || !(await ctx.chain()).administrators.has(by))
    return refuse({ reason: 'not_an_administrator' })
  return transact(ctx, [], async ({ trx, now, record, tell }) => {
    const person = await endRegistration(trx, thumbprint, now)
    if (person === undefined) return refuse({ reason: 'unknown_registration' })
    record('passkey.rejected', { actor: by }, { v: 1, person, passkey: thumbprint })
    tell('passkey.changed', undefined, { person, operation: 'rejected', thumbprint, by })
    return { ok: true, person } as const
  })
}
