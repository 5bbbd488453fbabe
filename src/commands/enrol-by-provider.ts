// A first key enrolled by its owner's sign-in at the organisation's provider, in the place of an administrator. The issuer vouches with its log key for
// exactly one change: so the chain itself says that nobody but issuer and provider stands behind this key, and the chain gives it no power but to ask.
// Callers have judged the ID token; here is decided whether it may count, and for whom. Of the token nothing is kept but issuer, digest of the
// subject, time and way of the sign-in.

import { digestOf, nodeCrypto, sha256, subjectDigest } from '../crypto.ts'
import { applyChange, findRegisterStatement, findRegistration, passkeyOf } from '../db/passkeys.ts'
import { endRegistration } from '../db/registrations.ts'
import { isNonceSpent, spendNonce } from '../db/statements.ts'
import { personOfSubject } from '../domain/action.ts'
import { encodeBase64url } from '../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../domain/canonical.ts'
import { type DirectoryChange, type Vouch, vouchedNonceBytes } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import type { OnlyAdministrators } from '../domain/provider.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { tagged } from '../domain/tags.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import { acceptedAt, type ChainState, passkeysOf, takesProvider } from '../evidence/chain-state.ts'
import { extendChain } from '../evidence/directory-chain.ts'
import { holdsAnyRole } from '../evidence/directory-change.ts'
import { recordBounded } from './bound-entries.ts'
import type { IssuerContext } from './context.ts'
import { whyNotTheseKeys } from './judge-change.ts'
import { transact } from './transact.ts'

/** How often others may change the directory between our look at it and our change, before we give up. */
const MOST_TRIES = 5

/** The provider as administrators have signed for it, and what people know it by. */
export type KnownProvider = { readonly issuer: string; readonly clientId: string; readonly name: string }
/** Which key of whom waits for a sign-in, and where the chain stood when that was begun. */
export type Waiting = {
  readonly person: PersonId
  readonly passkey: Digest
  readonly directory: { readonly sequence: number; readonly head: Digest }
}
/** What a judged ID token says. */
export type SignedIn = { readonly subject: string; readonly authTime: number; readonly acr: string | undefined }
/** Signs with the log key that the trust roots pin. */
export type SignVouch = (bytes: Uint8Array) => Promise<Uint8Array>

/** The `nonce` that an ID token must carry to vouch for this key at this place of the chain. */
export const nonceFor = ({ person, passkey, directory }: Waiting): Digest =>
  encodeBase64url(sha256(vouchedNonceBytes({ person, thumbprint: passkey, head: directory.head })))

/** Why this provider cannot enrol a key of this person; undefined when it can. */
export async function whyOnlyAdministrators(
  ctx: IssuerContext,
  provider: KnownProvider,
  person: PersonId,
): Promise<OnlyAdministrators | undefined> {
  const state = await ctx.chain()
  if (!takesProvider(state, provider.issuer, provider.clientId)) return 'not_admitted'
  if (passkeysOf(state, person).length > 0) return 'not_the_first'
  if (holdsAnyRole(state, person)) return 'holds_role'
  return ctx.published().ruleSet.people.find(({ id }) => id === person)?.oidc === undefined ? 'no_subject' : undefined
}

/** Where a sign-in for a key that was proved here may begin: the chain as it stands now. */
export async function beginEnrolment(
  ctx: IssuerContext,
  provider: KnownProvider,
  who: Pick<Waiting, 'person' | 'passkey'>,
): Promise<Outcome<{ readonly waiting: Waiting }>> {
  const stopped = await ctx.mintingStopped()
  if (stopped) return refuse({ reason: 'minting_stopped', why: stopped })
  const why = await whyOnlyAdministrators(ctx, provider, who.person)
  if (why) return refuse({ reason: 'only_administrators', why })
  const row = await findRegistration(ctx.db, who.passkey)
  if (row?.person !== who.person || !row.statement || row.ended_at) return refuse({ reason: 'unknown_registration' })
  const { sequence, head } = await ctx.chain()
  return { ok: true, waiting: { ...who, directory: { sequence, head } } }
}

/** Uses a round up, before its code is redeemed: whatever comes of it, it does not come twice. */
export const spendRound = (ctx: IssuerContext, state: string): Promise<boolean> =>
  transact(ctx, [], ({ trx, now }) => spendNonce(trx, state, now))

/** Whether a round was used: only to say why; spendRound alone decides. */
export const isRoundSpent = (ctx: IssuerContext, state: string): Promise<boolean> => isNonceSpent(ctx.db, state)

/** Enrols the key, if whoever signed in is the person for whom it was registered. */
export async function enrolByProvider(
  ctx: IssuerContext,
  sign: SignVouch,
  provider: KnownProvider,
  waiting: Waiting,
  says: SignedIn,
): Promise<Outcome<{ readonly person: PersonId; readonly sequence: number }>> {
  const subject = subjectDigest(says.subject)
  const known = personOfSubject(ctx.published().ruleSet, says.subject)
  if (known?.id !== waiting.person) return refuseOther(ctx, provider, waiting, known?.id, subject)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const taken = await tryEnrol(ctx, sign, provider, waiting, { ...says, subject })
    if (taken.ok || taken.refusal.reason !== 'directory_moved') return taken
  }
  return refuse({ reason: 'directory_moved' })
}

async function tryEnrol(
  ctx: IssuerContext,
  sign: SignVouch,
  provider: KnownProvider,
  waiting: Waiting,
  says: SignedIn,
): Promise<Outcome<{ readonly person: PersonId; readonly sequence: number }>> {
  const { person, passkey } = waiting
  const [begun, proof, row] = await Promise.all([
    beginEnrolment(ctx, provider, waiting),
    findRegisterStatement(ctx.db, passkey),
    findRegistration(ctx.db, passkey),
  ])
  if (!begun.ok) return begun
  if (!proof || !row?.statement) return refuse({ reason: 'unknown_registration' })
  const state = await ctx.chain()
  const change = changeFor(ctx, state, row, row.statement)
  // The rules may ask more of keys than when this one was registered.
  const misfit = await whyNotTheseKeys(ctx, state, change)
  if (misfit) return refuse(misfit)
  const bytes = canonicalBytes(change as unknown as Canonical)
  const vouch = await vouchFor(ctx, sign, provider, waiting, says, digestOf('directory', bytes))
  const link: DirectoryLink = {
    change: encodeBase64url(bytes),
    statements: [],
    registrations: [proof],
    accepted_at: Math.max(ctx.now().getTime(), acceptedAt(state)),
    vouch,
  }
  const extended = await extendChain(state, link, nodeCrypto, ctx.roots)
  if (!extended.ok) return refuse({ reason: 'evidence_refused', check: extended.reason, path: extended.path })
  const { sequence, head } = extended.state
  const taken = await transact(ctx, [], async ({ trx, now, record, tell }) => {
    // An administrator may have turned the key down since.
    if ((await endRegistration(trx, passkey, now)) !== person) return refuse({ reason: 'unknown_registration' })
    const added = await trx
      .insertInto('directory')
      .values({ era: ctx.roots.era, sequence, head, change: Buffer.from(bytes), link: JSON.stringify(link), accepted_at: now })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows !== 1n) throw new Moved()
    await applyChange(trx, change, extended.state, now)
    const { issuer, name } = provider
    const { subject, authTime: auth_time, acr = '' } = says
    const vouched = { issuer, subject, auth_time, acr }
    record('directory.changed', { actor: person }, { v: 1, sequence, head, operation: 'enrol', subjects: [passkey], vouched })
    tell('directory.changed', undefined, {
      operation: 'enrol',
      subjects: [passkey],
      by: person,
      provider: name,
      sequence,
      ...(state.era > 1 && { era: state.era }),
    })
    return { ok: true, person, sequence } as const
  }).catch((error: unknown) => {
    if (error instanceof Moved) return refuse({ reason: 'directory_moved' })
    throw error
  })
  if (taken.ok)
    await ctx
      .directoryMoved()
      .catch((error: unknown) => ctx.log.error({ err: error, sequence }, 'the outside heads did not move'))
  return taken
}

/** Thrown so that the transaction takes back the end of the registration: the next try finds it waiting. */
class Moved extends Error {}

type Registered = NonNullable<Awaited<ReturnType<typeof findRegistration>>>

function changeFor({ realm }: IssuerContext, { sequence, head }: ChainState, row: Registered, registration: Digest) {
  return {
    v: 1,
    realm,
    sequence: sequence + 1,
    previous: head,
    operation: 'enrol',
    passkeys: [{ passkey: passkeyOf(row), registration, roles: [] }],
  } satisfies DirectoryChange
}

async function vouchFor(
  ctx: IssuerContext,
  sign: SignVouch,
  { issuer, clientId: client_id }: KnownProvider,
  waiting: Waiting,
  { subject, authTime: auth_time, acr }: SignedIn,
  change: Digest,
): Promise<NonNullable<DirectoryLink['vouch']>> {
  const { directory } = waiting
  const said: Vouch = {
    v: 1,
    realm: ctx.realm,
    change,
    issuer,
    client_id,
    subject,
    auth_time,
    directory,
    nonce: nonceFor(waiting),
    ...(acr !== undefined && { acr }),
  }
  const body = canonicalBytes(said as unknown as Canonical)
  return { body: encodeBase64url(body), signature: encodeBase64url(await sign(tagged('vouch', body))) }
}

/** Somebody who is known at the provider tried to enrol a key that is registered for another: that is an entry, unless there are enough of his. */
async function refuseOther(
  ctx: IssuerContext,
  { issuer, name }: KnownProvider,
  { person, passkey }: Waiting,
  actor: PersonId | undefined,
  subject: Digest,
): Promise<{ readonly ok: false; readonly refusal: { reason: 'provider_refused'; check: 'other_person'; provider: string } }> {
  const body = { v: 1, person, passkey, check: 'other_person', issuer, subject }
  await transact(ctx, [], (work) => recordBounded(work, 'passkey.vouch_refused', { actor }, body))
  return { ok: false, refusal: { reason: 'provider_refused', check: 'other_person', provider: name } }
}
