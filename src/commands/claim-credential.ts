// Hands out credential number n of an intent to the place that the requester named. In three steps, so that nothing leaves unrecorded and nothing is
// made twice: under the lock the evidence is judged as a whole and `credential.issuing` commits; then the credential is made and sealed outside
// any transaction; then `.issued` commits with the ciphertext, and only then does it leave (issue-credential.ts). A repeated claim gets the same
// ciphertext; the same number with other material is refused. Fifty claims at once are one claim and forty-nine repetitions.

import { setTimeout as wait } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import { nodeCrypto, thumbprint } from '../crypto.ts'
import { addGrant, type CredentialRow, findCredentials, findGrant } from '../db/grants.ts'
import { findDoubts } from '../db/holds.ts'
import { findByDigest, findOpenings, type KnownRequest, standingOf, updateState } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { findHolders } from '../db/statements.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { canonicalText } from '../domain/canonical.ts'
import { type Claim, readClaim } from '../domain/claim.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import { moveRequest } from '../domain/request.ts'
import { tagged } from '../domain/tags.ts'
import { judgeNonce } from '../passkeys/nonce.ts'
import { refusalOf } from './accept-statement.ts'
import { recordBounded } from './bound-entries.ts'
import { type IssuerContext, nameOf } from './context.ts'
import { beginEnd } from './end-grant.ts'
import { actionOf, findEvidence, judgeRequest, type Proven } from './evidence-of.ts'
import { type Begun, beginCredential, type Claimed, issueCredential } from './issue-credential.ts'
import { readStop } from './minting.ts'
import { transact, transactOn, type Work } from './transact.ts'
import { LOST_KEY } from './void-lost-requests.ts'
import { MAY_NOT_ASK, voidRequest } from './void-request.ts'

const WAIT_FOR_OTHER_MS = 3_000
const POLL_MS = 20

/** Takes a claim signed by a holder key; `signature` is ECDSA in IEEE P1363 form, both in base64url. */
export async function claimCredential(
  ctx: IssuerContext,
  input: { readonly claim: string; readonly signature: string },
): Promise<Outcome<Claimed>> {
  const bytes = decodeBase64url(input.claim)
  if (!bytes) return refuse({ reason: 'malformed', path: 'claim', problem: 'is not base64url' })
  const read = readClaim(bytes)
  if (!read.ok) return refuse({ reason: 'malformed', path: read.path, problem: read.problem })
  const claim = read.value
  if (claim.realm !== ctx.realm) return refuse({ reason: 'foreign_realm' })
  const nonce = judgeNonce(ctx.nonceKey, claim.nonce, ctx.now())
  if (!nonce.ok) return refuse(nonce.refusal)
  const [requests, holders] = await Promise.all([findByDigest(ctx.db, [claim.intent]), findHolders(ctx.db, claim.intent)])
  const known = requests.get(claim.intent)
  if (!known) return refuse({ reason: 'unknown_request' })
  // The keys of a place, if a statement of the requester names it. Which statement counts is judged with the evidence.
  const named = holders.find(({ sign }) => thumbprint(sign) === claim.holder)
  const signature = decodeBase64url(input.signature)
  if (!named) return refuseUnproven(ctx, known, { reason: 'foreign_holder_key' })
  if (!signature || !(await nodeCrypto.verify(named.sign, signature, tagged('claim', bytes), 'p1363'))) {
    return refuseUnproven(ctx, known, { reason: 'claim_signature' })
  }
  // The requester's statement names both keys of the place: a claim for another encryption key is not for that place.
  if (thumbprint(named.encrypt) !== claim.encrypt)
    return refuseClaim(ctx, known, claim, { reason: 'claim_differs', number: claim.number })

  await ctx.lookOutside()
  const deadline = Date.now() + WAIT_FOR_OTHER_MS
  for (;;) {
    const step = await begin(ctx, known, claim)
    if (step.is === 'refused') return refuse(step.refusal)
    if (step.is === 'given') return { ok: true, ...step.claimed }
    if (step.is === 'begun') return issueCredential(ctx, claim, step.begun, named.encrypt)
    if (Date.now() > deadline) return refuse({ reason: 'still_issuing' })
    await wait(POLL_MS)
  }
}

type Step =
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'given'; readonly claimed: Claimed }
  | { readonly is: 'begun'; readonly begun: Begun }
  | { readonly is: 'being_made' }

/** Under the lock: repeats what was given, says that it is being made, or begins. */
function begin(ctx: IssuerContext, { request }: KnownRequest, claim: Claim): Promise<Step> {
  const { id } = request
  const look = (trx: Transaction<Schema>) =>
    Promise.all([
      findGrant(trx, id),
      findCredentials(trx, id),
      findEvidence(ctx, trx, [claim.intent]),
      findOpenings(trx, request),
      readStop(ctx, trx),
      findDoubts(trx),
    ])
  return transactOn(ctx, [claim.intent], look, async (work, locked, [grant, credentials, stored, openings, stop, doubts]) => {
    const known = locked.get(claim.intent)
    if (!known) return { is: 'refused', refusal: { reason: 'unknown_request' } }
    const no = async (refusal: Refusal): Promise<Step> => {
      await recordRefusal(work, known, claim, refusal)
      return { is: 'refused', refusal }
    }
    const same = credentials.find(({ number }) => number === claim.number)
    if (grant && grant.state !== 'issuing' && grant.state !== 'active') return no({ reason: 'grant_ended', state: grant.state })
    if (grant && grant.ends_at <= work.now) return no({ reason: 'grant_ended', state: 'expired' })
    if (same && !isSame(same, claim)) return no({ reason: 'claim_differs', number: claim.number })
    if (same) return repeat(same) ?? no({ reason: 'issue_failed' })
    if (grant?.state === 'issuing') return { is: 'being_made' }
    const expected = (credentials.at(-1)?.number ?? 0) + 1
    if (claim.number !== expected) return no({ reason: 'claim_out_of_turn', expected })

    // The state can only say no, with the reason that a person understands; a state that says yes means nothing (invariant 1).
    const moved = grant ? undefined : moveRequest(standingOf(known), { move: 'claim' }, work.now.getTime())
    if (moved && !moved.ok) return no(moved.refusal)
    // Minting stops, and only minting; a wrong clock is an entry. Judged is the reading by which the lease begins.
    const stopped = stop(work.now)
    if (stopped?.clock) work.record(stopped.clock.type, {}, { v: 1, milliseconds: stopped.clock.milliseconds })
    if (stopped) return no({ reason: 'minting_stopped', why: stopped.why })
    const purpose = grant ? ('renewal' as const) : ('claim' as const)
    // Noted at the moment when the evidence is judged by it: a reload may publish another before the credential is made.
    const ruleSet = ctx.published().digest
    const verdict = await judgeRequest(ctx, work.trx, known, stored, purpose, work.now)
    if (!verdict.ok) {
      // A renewal repeats every check but freshness, and failing one ends the grant.
      if (grant) await beginEnd(work, id, { by: 'issuer', reason: 'revoked' })
      // What was approved is approved no more: nobody is left to wait for.
      const lost = VOIDS.get(`${verdict.reason} ${verdict.path}`) ?? VOIDS.get(verdict.reason)
      if (!grant && lost !== undefined) await voidRequest(work, id, lost)
      return no(verdict.reason === 'confirmation_too_old' ? tooOld(ctx, known) : refusalOf(verdict))
    }
    // In doubt is not the same as gone: whoever was said to be somebody else may be himself, so nothing is ended, and nothing is handed out.
    const doubted = [...verdict.approvals, ...confirmationsOf(verdict)].find(({ passkey }) => doubts.has(passkey))
    if (doubted) return no({ reason: 'passkey_held', person: nameOf(ctx, doubted.person) })
    // Freshness counts for this place: a fresh tap for another one says nothing about who is at this.
    if (!grant && !verdict.freshHolders.some(({ holder }) => thumbprint(holder.sign) === claim.holder))
      return no(tooOld(ctx, known))
    const endsAt = grant ? grant.ends_at : startGrant(work, known, verdict, claim)
    const heard = stored.signed.get(claim.intent) ?? []
    const proven = { known, verdict, openings, directory: stored.chain, purpose, ruleSet, heard }
    return { is: 'begun', begun: beginCredential(work, proven, endsAt, claim) }
  })
}

/** What is lost for good, by its reason (and its path, where that is what tells it), and what everybody reads. */
const VOIDS: ReadonlyMap<string, string> = new Map([
  ['quorum_missing', 'an approval no longer counts'],
  ['not_eligible_to_ask', MAY_NOT_ASK],
  ['requester_passkey_inactive', LOST_KEY],
  ['passkey_not_accepted /rule_sets', 'the key that asked is not accepted any more'],
])

const confirmationsOf = ({ requester, holders }: Proven) => holders.map(({ passkey }) => ({ person: requester, passkey }))

const tooOld = (ctx: IssuerContext, known: KnownRequest): Refusal => ({
  reason: 'confirmation_too_old',
  freshnessSeconds: actionOf(ctx, known)?.freshness_seconds ?? 0,
})

/** The request becomes claimed and its lease starts; it ends at an absolute time that nothing moves any more. */
function startGrant(work: Work<'issuer'>, known: KnownRequest, verdict: Proven, claim: Claim): Date {
  const { trx, now, record, write } = work
  const { id, requester } = known.request
  const endsAt = new Date(Math.min(now.getTime() + verdict.leaseSeconds * 1000, known.state.ends_no_later_than.getTime()))
  const seconds = Math.max(1, Math.floor((endsAt.getTime() - now.getTime()) / 1000))
  write(updateState(trx, id, { state: 'claimed', claimed_at: now, updated_at: now }))
  const grant = {
    state: 'issuing' as const,
    request_id: id,
    person: requester,
    lease_seconds: seconds,
    started_at: now,
    ends_at: endsAt,
    updated_at: now,
  }
  write(addGrant(trx, grant))
  record(
    'grant.started',
    { request: id, actor: requester },
    {
      v: 1,
      intent: claim.intent,
      lease_seconds: seconds,
      ends_at: Math.floor(endsAt.getTime() / 1000),
      approvals: verdict.approvals.map(({ person, passkey, statement }) => ({ person, passkey, statement })),
    },
  )
  return endsAt
}

const isSame = (row: CredentialRow, claim: Claim): boolean =>
  row.holder === claim.holder &&
  row.encrypt === claim.encrypt &&
  canonicalText(row.material as Claim['material']) === canonicalText(claim.material)

/** What was given before, once more; undefined when it could not be made. */
function repeat(row: CredentialRow): Step | undefined {
  if (row.state === 'issuing') return { is: 'being_made' }
  if (row.state !== 'issued' || row.ciphertext === null || row.fingerprint === null) return undefined
  const { id: credential, number, ciphertext, fingerprint, expires_at: endsAt } = row
  return { is: 'given', claimed: { credential, number, ciphertext, fingerprint, endsAt } }
}

/** Whoever has a link knows the intent: what no named place has signed is noise, and no entry beside the requester's name. */
function refuseUnproven(ctx: IssuerContext, { request }: KnownRequest, refusal: Refusal): { ok: false; refusal: Refusal } {
  ctx.log.warn({ request: request.id, reason: refusal.reason }, 'a claim of nobody named was refused')
  return refuse(refusal)
}

async function refuseClaim(
  ctx: IssuerContext,
  known: KnownRequest,
  claim: Claim,
  refusal: Refusal,
): Promise<{ ok: false; refusal: Refusal }> {
  await transact(ctx, [], (work) => recordRefusal(work, known, claim, refusal))
  return refuse(refusal)
}

/** Whoever holds the place can claim without end. */
const recordRefusal = (work: Work<'issuer'>, { request }: KnownRequest, claim: Claim, { reason }: Refusal): Promise<boolean> =>
  recordBounded(
    work,
    'claim.refused',
    { request: request.id, actor: request.requester },
    { v: 1, number: claim.number, holder: claim.holder, reason },
  )
