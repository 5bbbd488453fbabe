// Changes of the passkey directory. The issuer prepares the next change (its place in the sequence, what it follows), an administrator or the owner of a key
// signs it, and it is taken only if the chain extended by it verifies. One that needs two administrators is kept after the first signature, and judged as a
// whole with the second. The outside heads move after the commit: a crash between leaves the database ahead, which is made good; behind them it takes one
// change alone, the recovery that names exactly what was lost (DESIGN section 4).

import { digestOf, nodeCrypto } from '../crypto.ts'
import {
  applyChange,
  findRegisterStatements,
  findRegistration,
  findRegistrations,
  findSince,
  notePasskeyUse,
  passkeyOf,
} from '../db/passkeys.ts'
import {
  addPendingChange,
  deletePendingChange,
  findPendingChange,
  lockPendingChange,
  type PendingChangeRow,
} from '../db/pending-changes.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { raiseWatermark } from '../db/watermark.ts'
import { type RuleSet, rolesIn } from '../domain/action.ts'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../domain/canonical.ts'
import { signersOf } from '../domain/concerned.ts'
import { type DirectoryChange, type Role, readDirectoryChange } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import { readStatement } from '../domain/statement.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import { acceptedAt, type ChainState, holdsRole } from '../evidence/chain-state.ts'
import { extendChain } from '../evidence/directory-chain.ts'
import { type Begun, beginStatement, type StatementInput } from './begin-statement.ts'
import { type IssuerContext, nameOf } from './context.ts'
import { findHeldSigner, findHeldSubject, liftByChange } from './hold-passkeys.ts'
import { refusalOfChange, whyAddsNoMore, whyMayNotSign, whyNeverTaken, whyNotTheseKeys, whyUntimely } from './judge-change.ts'
import { newsOfChange } from './news-of-change.ts'
import { isDead } from './pending-change.ts'
import { transact, type Work } from './transact.ts'

/** How often others may change what waits between our look at it and our change, before we give up. */
const MOST_TRIES = 5
/** How many changes that came first are named. */
const MOST_MOVES = 3

/** What somebody wants: keys enrolled or added, their status or roles changed, rules or a provider signed for, a database that was put back accepted as it is. */
export type Wanted =
  | { readonly operation: 'enrol'; readonly registrations: readonly string[] }
  | { readonly operation: 'add'; readonly registration: string }
  | { readonly operation: 'suspend' | 'reinstate' | 'revoke'; readonly passkeys: readonly string[] }
  | {
      readonly operation: 'role'
      readonly person: string
      readonly role: Role
      readonly effect: 'grant' | 'withdraw'
      readonly passkeys: readonly string[]
    }
  | { readonly operation: 'endorse'; readonly rule_set: string }
  | { readonly operation: 'provider'; readonly issuer: string; readonly client_id: string; readonly effect: 'grant' | 'withdraw' }
  | { readonly operation: 'recover' }

/** The next change in canonical bytes (base64url) and its digest, ready to be signed. Nothing is kept. */
export async function prepareChange(
  ctx: IssuerContext,
  wanted: Wanted,
): Promise<Outcome<{ readonly change: string; readonly digest: string; readonly sequence: number }>> {
  const stopped = wanted.operation === 'recover' ? undefined : await ctx.mintingStopped()
  if (stopped) return refuse({ reason: 'minting_stopped', why: stopped })
  const state = await ctx.chain()
  const { sequence, head } = state
  const linked = { v: 1, realm: ctx.realm, sequence: sequence + 1, previous: head } as const
  let body: DirectoryChange
  if (wanted.operation === 'enrol') {
    const passkeys = []
    const rows = await findRegistrations(ctx.db, wanted.registrations)
    for (const thumbprint of wanted.registrations) {
      const row = rows.get(thumbprint)
      if (!row?.statement || row.ended_at) return refuse({ reason: 'unknown_registration' })
      const roles = rolesToGive(ctx.published().ruleSet, state, row.person)
      passkeys.push({ passkey: passkeyOf(row), registration: row.statement, roles })
    }
    body = { ...linked, operation: 'enrol', passkeys }
  } else if (wanted.operation === 'add') {
    const row = await findRegistration(ctx.db, wanted.registration)
    if (!row?.statement || row.ended_at) return refuse({ reason: 'unknown_registration' })
    body = { ...linked, operation: 'add', passkey: passkeyOf(row), registration: row.statement }
  } else if (wanted.operation === 'recover') {
    const loss = await ctx.findLoss()
    if (!loss) return refuse({ reason: 'nothing_to_recover' })
    body = { ...linked, operation: 'recover', lost: loss.lost }
  } else body = { ...linked, ...wanted }
  const bytes = canonicalBytes(body as unknown as Canonical)
  const form = readDirectoryChange(bytes)
  if (!form.ok) return refuse({ reason: 'malformed', path: form.path, problem: form.problem })
  return { ok: true, change: encodeBase64url(bytes), digest: digestOf('directory', bytes), sequence: body.sequence }
}

/** The roles that the rules leave to a person and that the chain has not given him yet: what an enrolment of his key gives him. */
export const rolesToGive = (set: RuleSet, state: ChainState, person: string): Role[] =>
  rolesIn(set, person).filter((role) => !holdsRole(state, person, role))

/** `waits`: it was signed by one administrator and kept; nothing has changed yet. */
export type Changed = {
  readonly sequence: number
  readonly person: string
  readonly passkey: string
  readonly waits: boolean
}
type Proposed = {
  readonly change: DirectoryChange
  readonly bytes: Uint8Array
  readonly digest: Digest
  readonly begun: Begun<'directory'>
  readonly registrations: DirectoryLink['registrations']
}

/** Takes a change with one more statement over it. */
export async function changeDirectory(
  ctx: IssuerContext,
  input: StatementInput & { readonly change: string },
): Promise<Outcome<Changed>> {
  const bytes = decodeBase64url(input.change)
  if (!bytes) return refuse({ reason: 'malformed', path: 'change', problem: 'is not base64url' })
  const form = readDirectoryChange(bytes)
  if (!form.ok) return refuse({ reason: 'malformed', path: form.path, problem: form.problem })
  const change = form.value
  const begun = await beginStatement(ctx, input, ['directory'])
  if (!begun.ok) return begun
  const proofs = await findRegisterStatements(ctx.db, enrolledIn(change))
  const registrations = enrolledIn(change).flatMap((thumbprint) => proofs.get(thumbprint) ?? [])
  const proposed = { change, bytes, digest: digestOf('directory', bytes), begun, registrations }
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const taken = await tryChange(ctx, proposed)
    if (taken) return taken.ok || taken.refusal.reason !== 'directory_moved' ? taken : moved(ctx, change)
  }
  return moved(ctx, change)
}

/** What came first, so that whoever has to look again knows where. */
async function moved(ctx: IssuerContext, { sequence }: DirectoryChange): Promise<Outcome<never>> {
  const rows = await findSince(ctx.db, ctx.roots.era, sequence, MOST_MOVES)
  const by = rows.flatMap(({ change, link }) => {
    const read = readDirectoryChange(change)
    const signers = signersOf(link.statements).map(({ person }) => nameOf(ctx, person))
    return read.ok ? [{ signers, operation: read.value.operation }] : []
  })
  return refuse({ reason: 'directory_moved', by })
}

function whyMayNotSignNow(ctx: IssuerContext, state: ChainState, stored: string): Refusal | undefined {
  const bytes = decodeBase64url(stored)
  const read = bytes && readStatement(bytes)
  if (!read?.ok || read.value.kind !== 'directory')
    throw new TypeError('a change waits with something that is no statement over it')
  return whyMayNotSign(ctx.published(), state, read.value)
}

/** One try; undefined when another signature came between the look and the transaction. */
async function tryChange(ctx: IssuerContext, proposed: Proposed): Promise<Outcome<Changed> | undefined> {
  const { change, bytes, digest, begun, registrations } = proposed
  const { statement, accepted } = begun
  const [state, pending] = await Promise.all([ctx.chain(), findPendingChange(ctx.db)])
  const unfit =
    whyMayNotSign(ctx.published(), state, statement) ??
    whyAddsNoMore(ctx.published(), state, change, ctx.now()) ??
    (await whyNotTheseKeys(ctx, state, change)) ??
    (await whyUntimely(ctx, change))
  if (unfit) return refuse(unfit)
  const waiting = pending && !isDead(pending, ctx.now()) ? pending : undefined
  const joins = waiting?.digest === digest
  // What was signed first counts by the rules of now, too: who was taken out of them since gives no second signature its first.
  const narrowed = joins ? waiting.statements.map((each) => whyMayNotSignNow(ctx, state, each.statement)) : []
  const lost = narrowed.find((refusal) => refusal !== undefined)
  if (lost) return refuse(lost)
  const own = { statement: encodeBase64url(accepted.bytes), assertion: accepted.assertion }
  const link: DirectoryLink = {
    change: encodeBase64url(bytes),
    statements: joins ? [...waiting.statements, own] : [own],
    registrations,
    // A clock that stepped back shortens no wait: a key cools down from when it was before.
    accepted_at: Math.max(ctx.now().getTime(), ctx.newest().getTime(), acceptedAt(state)),
  }
  const extended = await extendChain(state, link, nodeCrypto, ctx.roots)
  const waits = !extended.ok && extended.reason === 'second_administrator_missing'
  if (!extended.ok && !waits) return refuse(refusalOfChange(extended))
  const futile = waits ? whyNeverTaken(state, change, ctx.roots) : undefined
  if (futile) return refuse(futile)
  // What is stale may give way, and everything to the recovery, without which nothing else can be signed.
  const holds = waiting && !joins && waiting.sequence === state.sequence + 1 && change.operation !== 'recover'
  if (waits && holds) return refuse({ reason: 'change_waits', by: nameOf(ctx, waiting.person) })

  const taken = await transact(ctx, [], async (work): Promise<Outcome<Changed>> => {
    const { trx, now, record, tell } = work
    const locked = await lockPendingChange(trx)
    if ((joins || waits) && !isSame(locked, pending)) throw new Overtaken()
    if (!(await spendNonce(trx, statement.nonce, now))) return refuse({ reason: 'nonce_used' })
    const { person, passkey } = statement.signer
    const done = { ok: true, sequence: change.sequence, person, passkey, waits } as const
    const about = { operation: change.operation, subjects: subjectsOf(change) }
    const doubted = (await findHeldSigner(trx, signersOf(link.statements))) ?? (await findHeldSubject(trx, change))
    if (doubted !== undefined) return refuse({ reason: 'passkey_held', person: nameOf(ctx, doubted) })
    if (!extended.ok) {
      if (locked) await deletePendingChange(trx, locked.digest)
      const { sequence } = change
      const kept = { digest, change: Buffer.from(bytes), sequence, statements: link.statements, person }
      if (!(await addPendingChange(trx, kept, now))) throw new Overtaken()
      await noteSigned(work, begun)
      const body = { v: 1, sequence, ...about, change: digest, statement: accepted.digest }
      record('directory.change_proposed', { actor: person }, body)
      tell('directory.waits', undefined, { ...about, by: person, change: digest })
      return done
    }
    const { sequence, head } = extended.state
    // Its place in the era's chain is the primary key: of two changes at one place the second finds it taken.
    const added = await trx
      .insertInto('directory')
      .values({ era: ctx.roots.era, sequence, head, change: Buffer.from(bytes), link: JSON.stringify(link), accepted_at: now })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows !== 1n) return refuse({ reason: 'directory_moved' })
    await noteSigned(work, begun)
    if (joins) await deletePendingChange(trx, digest)
    await applyChange(trx, change, extended.state, now)
    await liftByChange(work, change, signersOf(link.statements), extended.state)
    if (change.operation === 'recover') await raiseWatermark(trx, change.lost.watermark)
    record(
      'directory.changed',
      { actor: person },
      {
        v: 1,
        sequence,
        head,
        ...about,
        statement: accepted.digest,
        ...(joins && { signed_first_by: waiting.person }),
        ...(change.operation === 'recover' && { lost: change.lost }),
      },
    )
    tell('directory.changed', undefined, { ...about, by: person, ...newsOfChange(ctx, change, extended.state) })
    return done
  }).catch((error: unknown) => {
    if (error instanceof Overtaken) return undefined
    throw error
  })
  if (taken?.ok && !taken.waits) await afterwards(ctx, change, taken)
  return taken
}

/** Thrown so that the transaction takes back what it did: the next try sees what came between. */
class Overtaken extends Error {}

const isSame = (locked: PendingChangeRow | undefined, seen: PendingChangeRow | undefined): boolean =>
  locked?.digest === seen?.digest && locked?.statements.length === seen?.statements.length

async function noteSigned({ trx, now }: Work<'issuer'>, { statement, accepted, signCount }: Begun<'directory'>): Promise<void> {
  if (!(await notePasskeyUse(trx, statement.signer.passkey, signCount, now))) throw new Error('a passkey was used twice at once')
  await addStatement(trx, accepted, now)
}

async function afterwards(ctx: IssuerContext, change: DirectoryChange, { sequence, person }: Changed): Promise<void> {
  if (change.operation === 'recover')
    ctx.log.error(
      { alarm: 'database_recovered', sequence, by: person, lost: change.lost },
      'an administrator has signed the recovery of a database that was put back: what was lost stays lost, and minting goes on',
    )
  // It is committed, and whoever signed it must hear so; the next heartbeat moves the heads if this cannot.
  await ctx.directoryMoved().catch((error: unknown) => ctx.log.error({ err: error, sequence }, 'the outside heads did not move'))
}

const enrolledIn = (change: DirectoryChange): Digest[] =>
  change.operation === 'add'
    ? [change.passkey.thumbprint]
    : change.operation === 'enrol'
      ? change.passkeys.map(({ passkey }) => passkey.thumbprint)
      : []

/** The keys or the person that a change is about. */
function subjectsOf(change: DirectoryChange): string[] {
  if (change.operation === 'recover' || change.operation === 'endorse' || change.operation === 'provider') return []
  if (change.operation === 'role') return [change.person]
  return 'passkeys' in change && change.operation !== 'enrol' ? [...change.passkeys] : enrolledIn(change)
}
