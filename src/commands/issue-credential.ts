// The two ends of making one credential: `credential.issuing` commits before anything is made, `.issued` or `.issue_failed` after. A crash between
// them leaves a stale `issuing`, which the sweep turns into `.issue_unknown` and revokes. The plain credential exists only between mint and seal.

import type { Transaction } from 'kysely'
import { credentialKinds } from '../credentials/index.ts'
import { credentialId } from '../credentials/kind.ts'
import { seal } from '../credentials/seal.ts'
import { thumbprint } from '../crypto.ts'
import { addCredential, type CredentialRow, findCredentials, findGrant, updateCredential, updateGrant } from '../db/grants.ts'
import type { KnownRequest } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import type { Standing } from '../db/statements.ts'
import { encodeBase64url } from '../domain/base64url.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import type { Claim } from '../domain/claim.ts'
import type { Opening } from '../domain/commitment.ts'
import { moveCredential, moveGrant } from '../domain/grant.ts'
import type { Digest } from '../domain/ids.ts'
import type { Issued } from '../domain/issued.ts'
import type { P256Key } from '../domain/keys.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { tagged } from '../domain/tags.ts'
import { type ChainState, findPasskey } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'
import { takeBack } from './end-grant.ts'
import type { Proven } from './evidence-of.ts'
import { openIntent } from './open-intent.ts'
import { transact, transactOn, type Work } from './transact.ts'

export type Claimed = {
  readonly credential: string
  readonly number: number
  readonly ciphertext: string
  readonly fingerprint: string
  readonly endsAt: Date
}
/** What was read and proved under the lock. */
type Proof = {
  readonly known: KnownRequest
  readonly verdict: Proven
  readonly openings: ReadonlyMap<string, Opening>
  /** What it was judged for, the rules and the directory by which it was judged, and every statement that was heard. */
  readonly purpose: 'claim' | 'renewal'
  readonly ruleSet: Digest
  readonly directory: ChainState
  readonly heard: readonly Standing[]
}
export type Begun = Proof & {
  readonly id: string
  /** By the reading of the clock that was judged, and the same moment by a clock that nobody sets. */
  readonly issuedAt: Date
  readonly steadyAt: number
  readonly endsAt: Date
}

/** Notes that credential `claim.number` is about to be made, inside the caller's transaction. */
export function beginCredential(work: Work<'issuer'>, proof: Proof, endsAt: Date, claim: Claim): Begun {
  const { known, verdict } = proof
  const id = credentialId(claim.intent, claim.number)
  const { kind } = verdict.intent.right
  const { id: request, requester } = known.request
  const credential = {
    id,
    request_id: request,
    number: claim.number,
    state: 'issuing' as const,
    kind,
    holder: claim.holder,
    encrypt: claim.encrypt,
    material: JSON.stringify(claim.material),
    created_at: work.now,
    expires_at: endsAt,
  }
  work.write(addCredential(work.trx, credential))
  work.record(
    'credential.issuing',
    { request, actor: requester },
    {
      v: 1,
      credential: id,
      number: claim.number,
      kind,
      holder: claim.holder,
    },
  )
  work.tell('request.changed', request)
  return { ...proof, id, issuedAt: work.now, steadyAt: performance.now(), endsAt }
}

/** Makes and seals the credential that was begun, and records how it went before anything leaves. */
export async function issueCredential(
  ctx: IssuerContext,
  claim: Claim,
  begun: Begun,
  encrypt: P256Key,
): Promise<Outcome<Claimed>> {
  const { known, verdict, id } = begun
  const about = { request: known.request.id, actor: known.request.requester }
  let made: { readonly ciphertext: string; readonly fingerprint: string }
  let word: Word
  try {
    made = await makeSealed(ctx, claim, begun, encrypt)
    word = await giveWord(ctx, claim, begun, made.fingerprint)
  } catch (error) {
    ctx.log.error({ err: error, request: about.request, credential: id }, 'a credential could not be made')
    await transact(ctx, [about.request], async (work) => {
      const row = (await findCredentials(work.trx, about.request)).find((credential) => credential.id === id)
      // The sweep may have given it up meanwhile: then it counts as made, and is being taken back.
      const state = row && moveCredential(row.state, 'failed')
      if (!state) return
      await updateCredential(work.trx, id, { state, ended_at: work.now })
      const grant = await findGrant(work.trx, about.request)
      const failed = grant && moveGrant(grant.state, 'issue_failed')
      if (failed)
        await updateGrant(work.trx, about.request, {
          state: failed,
          ended_at: work.now,
          ended_reason: 'failed',
          updated_at: work.now,
        })
      if (failed) work.record('grant.failed', about, { v: 1 })
      work.record('credential.issue_failed', about, { v: 1, credential: id })
      work.tell('request.changed', about.request)
    })
    return refuse({ reason: 'issue_failed' })
  }
  const look = (trx: Transaction<Schema>) => Promise.all([findCredentials(trx, about.request), findGrant(trx, about.request)])
  const outcome = await transactOn(ctx, [claim.intent], look, async (work, _known, [rows, grant]): Promise<Outcome<Claimed>> => {
    const row = rows.find((credential) => credential.id === id)
    const issued = row && moveCredential(row.state, 'issued')
    // The sweep was faster and has given this one up: it must not leave.
    if (!issued) return refuse({ reason: 'grant_ended', state: row?.state ?? 'unknown' })
    // The grant was ended while this was being made: it must not leave either, and the target is asked to end it.
    if (grant?.state !== 'issuing' && grant?.state !== 'active') {
      await giveUp(work, about.request, row)
      return refuse({ reason: 'grant_ended', state: grant?.state ?? 'unknown' })
    }
    const { body, bytes, signature } = word
    work.write(updateCredential(work.trx, id, { state: issued, ...made, issued: bytes, issued_signature: signature }))
    const active = moveGrant(grant.state, 'issued')
    if (active) {
      work.write(updateGrant(work.trx, about.request, { state: active, updated_at: work.now }))
      work.record('grant.activated', about, { v: 1 })
    }
    work.record('credential.issued', about, {
      v: 1,
      credential: id,
      number: claim.number,
      kind: verdict.intent.right.kind,
      fingerprint: made.fingerprint,
      rules: verdict.intent.rules_digest,
      issued: body,
      signature,
    })
    work.tell('request.changed', about.request)
    return { ok: true, credential: id, number: claim.number, ...made, endsAt: begun.endsAt }
  })
  const approvedAt = known.state.approved_at
  if (outcome.ok && claim.number === 1 && approvedAt) ctx.watch?.issued?.((ctx.now().getTime() - approvedAt.getTime()) / 1000)
  return outcome
}

/** Gives up a credential whose making never ended, or ended too late: nobody has it, it counts as made, and it is taken back. */
export async function giveUp(work: Work<'issuer'>, request: string, row: CredentialRow): Promise<void> {
  const lost = moveCredential(row.state, 'lost')
  if (!lost || !moveCredential(lost, 'revoke')) return
  await takeBack(work, request, row)
  work.record('credential.issue_unknown', { request }, { v: 1, credential: row.id })
}

type Word = { readonly body: Issued; readonly bytes: Buffer; readonly signature: string }

/** What receipts stand on: the issuer's signature over all that was judged, made before the transaction that tells of the credential. */
async function giveWord(ctx: IssuerContext, claim: Claim, begun: Begun, fingerprint: Digest): Promise<Word> {
  const { verdict, directory, purpose, ruleSet, heard, issuedAt, steadyAt, endsAt } = begun
  const body: Issued = {
    v: 1,
    realm: ctx.realm,
    era: ctx.roots.era,
    intent: claim.intent,
    credential: { id: begun.id, number: claim.number, fingerprint },
    purpose,
    judged_at: issuedAt.getTime(),
    // The clock may have been set since, and this is not judged again.
    issued_at: issuedAt.getTime() + Math.round(performance.now() - steadyAt),
    expires_at: endsAt.getTime(),
    rule_set: ruleSet,
    directory: { sequence: directory.sequence, head: directory.head },
    statements: heard
      .map(({ digest, signed: { accepted_at, rule_set, directory } }) => ({
        statement: digest,
        accepted_at,
        rule_set,
        directory,
      }))
      .sort((a, b) => (a.statement < b.statement ? -1 : 1)),
    approvals: verdict.approvals.map(({ person, passkey, group, statement }) => ({ person, passkey, group, statement })),
  }
  const bytes = canonicalBytes(body)
  return { body, bytes: Buffer.from(bytes), signature: encodeBase64url(await ctx.signWithLogKey(tagged('issued', bytes))) }
}

async function makeSealed(ctx: IssuerContext, claim: Claim, begun: Begun, encrypt: P256Key) {
  const { known, verdict, openings } = begun
  const { intent } = verdict
  const kind = credentialKinds.get(intent.right.kind)
  if (!kind) throw new Error(`no credential kind ${intent.right.kind}`)
  const opened = openIntent(intent, openings)
  if (!opened.ok) throw new Error(`a personal value is gone: ${opened.missing.join(', ')}`)
  const minted = await kind.mint(ctx.signer, {
    id: begun.id,
    realm: ctx.realm,
    issuer: ctx.roots.issuer,
    intent: claim.intent,
    request: known.request.id,
    runbook: intent.runbook,
    action: intent.action,
    right: opened.right,
    requester: confirmationOf(claim, begun),
    approvals: verdict.approvals.map(({ person, acceptedAt }) => ({ person, at: Math.floor(acceptedAt / 1000) })),
    issuedAt: Math.floor(begun.issuedAt.getTime() / 1000),
    endsAt: Math.floor(begun.endsAt.getTime() / 1000),
    material: claim.material,
  })
  return { ciphertext: await seal(minted.credential, encrypt), fingerprint: minted.fingerprint }
}

/** The requester's word that named this place: when it was accepted, and whether its passkey stays on one device. */
function confirmationOf(claim: Claim, { verdict, directory }: Begun) {
  const { requester, holders, confirmedAt } = verdict
  const named = holders.find(({ holder }) => thumbprint(holder.sign) === claim.holder)
  const known = named && findPasskey(directory, named.passkey)
  return {
    id: requester,
    confirmedAt: Math.floor((named?.acceptedAt ?? confirmedAt) / 1000),
    deviceBound: known?.passkey.device_bound ?? false,
  }
}
