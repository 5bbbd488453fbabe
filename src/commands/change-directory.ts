// Changes of the passkey directory. The issuer prepares the next change (its place in the sequence, what it follows), an administrator signs it, and it
// is taken only if the chain extended by it verifies. The outside head moves after the commit: a crash between leaves the database ahead, which
// the next start sees and makes good; behind it can never be without being noticed (DESIGN section 4).

import { digestOf, nodeCrypto } from '../crypto.ts'
import { applyChange, findRegisterStatement, findRegistration, notePasskeyUse } from '../db/passkeys.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../domain/canonical.ts'
import { type DirectoryChange, readDirectoryChange } from '../domain/directory.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { DirectoryLink } from '../evidence/bundle.ts'
import { extendChain } from '../evidence/directory-chain.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import type { IssuerContext } from './context.ts'
import { transact } from './transact.ts'

/** What an administrator wants: registered keys enrolled, or the status of enrolled ones changed. */
export type Wanted =
  | { readonly operation: 'enrol'; readonly registrations: readonly string[] }
  | { readonly operation: 'suspend' | 'reinstate' | 'revoke'; readonly passkeys: readonly string[] }
  | { readonly operation: 'role'; readonly person: string; readonly role: 'administrator'; readonly effect: 'grant' | 'withdraw' }

/** The next change in canonical bytes (base64url) and its digest, ready to be signed. Nothing is kept. */
export async function prepareChange(
  ctx: IssuerContext,
  wanted: Wanted,
): Promise<Outcome<{ readonly change: string; readonly digest: string; readonly sequence: number }>> {
  const stopped = await ctx.mintingStopped()
  if (stopped) return refuse({ reason: 'minting_stopped', why: stopped })
  const { sequence, head } = await ctx.chain()
  const linked = { v: 1, realm: ctx.realm, sequence: sequence + 1, previous: head } as const
  let body: DirectoryChange
  if (wanted.operation === 'enrol') {
    const passkeys = []
    for (const thumbprint of wanted.registrations) {
      const row = await findRegistration(ctx.db, thumbprint)
      if (!row?.statement || row.ended_at) return refuse({ reason: 'unknown_registration' })
      const { person, passkey_id: id, key, device_bound } = row
      passkeys.push({ passkey: { person, id, key, thumbprint, device_bound }, registration: row.statement })
    }
    body = { ...linked, operation: 'enrol', passkeys }
  } else body = { ...linked, ...wanted }
  const bytes = canonicalBytes(body as unknown as Canonical)
  const form = readDirectoryChange(bytes)
  if (!form.ok) return refuse({ reason: 'malformed', path: form.path, problem: form.problem })
  return { ok: true, change: encodeBase64url(bytes), digest: digestOf('directory', bytes), sequence: body.sequence }
}

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
  const link: DirectoryLink = {
    change: input.change,
    statements: [{ statement: input.statement, assertion: accepted.assertion }],
    registrations,
  }
  // On a database that was put back a change would stand after a gap that nobody could explain.
  const stopped = await ctx.mintingStopped()
  if (stopped) return refuse({ reason: 'minting_stopped', why: stopped })
  const state = await ctx.chain()
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
    record(
      'directory.changed',
      { actor: person },
      { v: 1, sequence, head, operation: change.operation, statement: accepted.digest, subjects: subjectsOf(change) },
    )
    tell('directory.changed', undefined, { operation: change.operation, subjects: subjectsOf(change), by: person })
    return { ok: true, sequence, person, passkey } as const
  })
  if (taken.ok) await ctx.directoryMoved({ sequence, head })
  return taken
}

const subjectsOf = (change: DirectoryChange): string[] =>
  change.operation === 'role'
    ? [change.person]
    : change.operation === 'enrol'
      ? change.passkeys.map(({ passkey }) => passkey.thumbprint)
      : [...change.passkeys]
