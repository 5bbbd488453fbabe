// Changes of the passkey directory. The issuer prepares the next change (its place in the sequence, what it follows), an administrator signs it, and it
// is taken only if the chain extended by it verifies. The outside heads move after the commit: a crash between leaves the database ahead, which is made
// good; behind them it takes one change alone, the recovery that names exactly what was lost (DESIGN section 4).

import { digestOf, nodeCrypto } from '../crypto.ts'
import { applyChange, findRegisterStatement, findRegistration, notePasskeyUse } from '../db/passkeys.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { raiseWatermark } from '../db/watermark.ts'
import { type RuleSet, rolesIn } from '../domain/action.ts'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import { type Canonical, canonicalBytes, canonicalText } from '../domain/canonical.ts'
import { type DirectoryChange, type Role, readDirectoryChange } from '../domain/directory.ts'
import { type Outcome, type Refusal, refuse } from '../domain/refusal.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import { acceptedAt, type ChainState, holdsRole } from '../evidence/chain-state.ts'
import { extendChain } from '../evidence/directory-chain.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import type { IssuerContext } from './context.ts'
import { transact } from './transact.ts'

/** What an administrator wants: registered keys enrolled, the status of enrolled ones changed, or a database that was put back accepted as it is. */
export type Wanted =
  | { readonly operation: 'enrol'; readonly registrations: readonly string[] }
  | { readonly operation: 'suspend' | 'reinstate' | 'revoke'; readonly passkeys: readonly string[] }
  | {
      readonly operation: 'role'
      readonly person: string
      readonly role: Role
      readonly effect: 'grant' | 'withdraw'
      readonly passkeys: readonly string[]
    }
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
    for (const thumbprint of wanted.registrations) {
      const row = await findRegistration(ctx.db, thumbprint)
      if (!row?.statement || row.ended_at) return refuse({ reason: 'unknown_registration' })
      const { person, passkey_id: id, key, device_bound } = row
      const roles = rolesToGive(ctx.published().ruleSet, state, person)
      passkeys.push({ passkey: { person, id, key, thumbprint, device_bound }, registration: row.statement, roles })
    }
    body = { ...linked, operation: 'enrol', passkeys }
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

/** Takes a change with an administrator's statement over it. */
export async function changeDirectory(
  ctx: IssuerContext,
  input: StatementInput & { readonly change: string },
): Promise<Outcome<{ readonly sequence: number; readonly person: string; readonly passkey: string }>> {
  const bytes = decodeBase64url(input.change)
  if (!bytes) return refuse({ reason: 'malformed', path: 'change', problem: 'is not base64url' })
  const form = readDirectoryChange(bytes)
  if (!form.ok) return refuse({ reason: 'malformed', path: form.path, problem: form.problem })
  const change = form.value
  const begun = await beginStatement(ctx, input, ['directory'])
  if (!begun.ok) return begun
  const { statement, accepted, signCount } = begun
  const { person, passkey } = statement.signer
  // The chain says who may sign; the rules in force can only narrow it.
  if (!ctx.published().ruleSet.administrators.includes(person)) return refuse({ reason: 'not_an_administrator' })

  const registrations = []
  if (change.operation === 'enrol') {
    for (const each of change.passkeys) {
      const signed = await findRegisterStatement(ctx.db, each.passkey.thumbprint)
      if (!signed) return refuse({ reason: 'unknown_registration' })
      registrations.push(signed)
    }
  }
  const state = await ctx.chain()
  const link: DirectoryLink = {
    change: input.change,
    statements: [{ statement: input.statement, assertion: accepted.assertion }],
    registrations,
    accepted_at: Math.max(ctx.now().getTime(), acceptedAt(state)),
  }
  const untimely = await whyUntimely(ctx, change)
  if (untimely) return refuse(untimely)
  const extended = await extendChain(state, link, nodeCrypto, ctx.roots)
  if (!extended.ok) {
    if (extended.reason === 'out_of_sequence' || extended.reason === 'wrong_previous')
      return refuse({ reason: 'directory_moved' })
    if (extended.reason === 'not_an_administrator') return refuse({ reason: 'not_an_administrator' })
    if (extended.reason === 'already_enrolled') return refuse({ reason: 'already_enrolled' })
    return refuse({ reason: 'evidence_refused', check: extended.reason, path: extended.path })
  }
  const { sequence, head } = extended.state
  const taken = await transact(ctx, [], async ({ trx, now, record, tell }) => {
    if (!(await spendNonce(trx, statement.nonce, now))) return refuse({ reason: 'nonce_used' })
    // The sequence is the primary key: of two changes at one place the second finds it taken.
    const added = await trx
      .insertInto('directory')
      .values({ sequence, head, change: Buffer.from(bytes), link: JSON.stringify(link), accepted_at: now })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows !== 1n) return refuse({ reason: 'directory_moved' })
    if (!(await notePasskeyUse(trx, passkey, signCount, now))) throw new Error('a passkey was used twice at once')
    await addStatement(trx, accepted, now)
    await applyChange(trx, change, now)
    if (change.operation === 'recover') await raiseWatermark(trx, change.lost.watermark)
    record(
      'directory.changed',
      { actor: person },
      {
        v: 1,
        sequence,
        head,
        operation: change.operation,
        statement: accepted.digest,
        subjects: subjectsOf(change),
        ...(change.operation === 'recover' && { lost: change.lost }),
      },
    )
    tell('directory.changed', undefined, { operation: change.operation, subjects: subjectsOf(change), by: person })
    return { ok: true, sequence, person, passkey } as const
  })
  if (!taken.ok) return taken
  if (change.operation === 'recover')
    ctx.log.error(
      { alarm: 'database_recovered', sequence, by: person, lost: change.lost },
      'an administrator has signed the recovery of a database that was put back: what was lost stays lost, and minting goes on',
    )
  // It is committed, and whoever signed it must hear so; the next heartbeat moves the heads if this cannot.
  await ctx.directoryMoved().catch((error: unknown) => ctx.log.error({ err: error, sequence }, 'the outside heads did not move'))
  return taken
}

/** On a database that was put back a change would stand after a gap that nobody could explain; a recovery explains exactly that gap. */
async function whyUntimely(ctx: IssuerContext, change: DirectoryChange): Promise<Refusal | undefined> {
  const stopped = await ctx.mintingStopped()
  if (change.operation !== 'recover') return stopped === undefined ? undefined : { reason: 'minting_stopped', why: stopped }
  const loss = stopped === undefined ? undefined : await ctx.findLoss()
  if (!loss) return stopped === undefined ? { reason: 'nothing_to_recover' } : { reason: 'minting_stopped', why: stopped }
  return canonicalText(loss.lost) === canonicalText(change.lost) ? undefined : { reason: 'recovery_differs' }
}

function subjectsOf(change: DirectoryChange): string[] {
  if (change.operation === 'recover' || change.operation === 'endorse' || change.operation === 'provider') return []
  if (change.operation === 'role') return [change.person]
  if (change.operation === 'add') return [change.passkey.thumbprint]
  return change.operation === 'enrol' ? change.passkeys.map(({ passkey }) => passkey.thumbprint) : [...change.passkeys]
}
