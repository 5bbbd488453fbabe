// Ends grants: early by return or revocation, or at their time. An early end first makes the grant `revoking`; it becomes `returned` or `revoked`
// only when every credential is confirmed gone, by the target or by its own end. What cannot be recalled before its end is said to be so,
// never claimed (invariant 6). Runs inside the caller's transaction, under the lock of the request; targets are asked after (recall-credentials.ts).

import { credentialKinds } from '../credentials/index.ts'
import { type CredentialRow, findCredentials, findGrant, updateCredential, updateGrant } from '../db/grants.ts'
import { findKnown } from '../db/requests.ts'
import { moveCredential, moveGrant } from '../domain/grant.ts'
import { readIntent } from '../domain/intent.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { Work } from './transact.ts'

export type End = { readonly by: string; readonly reason: 'returned' | 'revoked' | 'deactivated' }

/** Begins an early end. Repeating it changes nothing. */
export async function beginEnd(work: Work<'issuer'>, request: string, end: End): Promise<Outcome<{ readonly state: string }>> {
  const grant = await findGrant(work.trx, request)
  if (!grant) return refuse({ reason: 'no_grant' })
  if (grant.state === 'revoking') return { ok: true, state: grant.state }
  const next = moveGrant(grant.state, 'end')
  if (!next) return refuse({ reason: 'grant_ended', state: grant.state })
  for (const credential of await findCredentials(work.trx, request)) {
    if (moveCredential(credential.state, 'revoke')) await takeBack(work, request, credential)
  }
  await updateGrant(work.trx, request, {
    state: next,
    ended_at: work.now,
    ended_by: end.by,
    ended_reason: end.reason,
    updated_at: work.now,
  })
  work.record('grant.ending', { request, actor: end.by }, { v: 1, reason: end.reason })
  work.tell('request.changed', request)
  return { ok: true, state: next }
}

/** Begins to take one credential back: its target is asked from now on, or it is said at once that nobody can be. The caller has looked at its state. */
export async function takeBack(work: Work<'issuer'>, request: string, { id, kind }: CredentialRow): Promise<void> {
  const known = await findKnown(work.trx, request)
  const intent = known && readIntent(known.request.intent)
  const right = intent?.ok ? intent.value.right : undefined
  const recallable = right && credentialKinds.get(kind)?.recallable(right)
  await updateCredential(work.trx, id, {
    state: 'revoking',
    ended_at: work.now,
    ...(right && recallable
      ? { recall: 'pending', recall_target: right.target, recall_due_at: work.now }
      : { recall: 'not_before_expiry' }),
  })
}

/** Brings a grant as far as it has come: expired at its time, finally ended when the last credential is gone. Answers whether it moved. */
export async function settleGrant(work: Work<'issuer'>, request: string): Promise<boolean> {
  const { trx, now, record, tell } = work
  const grant = await findGrant(trx, request)
  if (!grant) return false
  const over = grant.ends_at <= now
  let live = 0
  for (const credential of await findCredentials(trx, request)) {
    const past = credential.expires_at <= now
    if (credential.state === 'issued' && past) {
      await updateCredential(trx, credential.id, { state: 'expired', ended_at: now, ciphertext: null })
      record('credential.expired', { request }, { v: 1, credential: credential.id })
    } else if (credential.state === 'revoking' && (past || credential.recall === 'confirmed')) {
      // A target that never confirmed has not confirmed because time is up.
      await updateCredential(trx, credential.id, { state: 'revoked', ciphertext: null })
      const by = credential.recall === 'confirmed' ? 'target' : 'its_own_end'
      record('credential.revoked', { request }, { v: 1, credential: credential.id, by })
    } else if (['issuing', 'issued', 'unknown', 'revoking'].includes(credential.state)) live += 1
  }
  if (grant.state === 'revoking' && live === 0) {
    const state = moveGrant(grant.state, grant.ended_reason === 'returned' ? 'ended_by_return' : 'ended_by_revocation')
    if (!state) return false
    await updateGrant(trx, request, { state, updated_at: now })
    record(state === 'returned' ? 'grant.returned' : 'grant.revoked', { request }, { v: 1 })
    tell('request.changed', request)
    return true
  }
  if (grant.state !== 'revoking' && over) {
    const state = moveGrant(grant.state, 'expire')
    if (!state) return false
    await updateGrant(trx, request, { state, ended_at: now, ended_reason: 'expired', updated_at: now })
    record('grant.expired', { request }, { v: 1 })
    tell('request.changed', request)
    return true
  }
  return false
}
