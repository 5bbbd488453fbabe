// The change of the passkey directory that waits for a second administrator. It is one at a time and holds the next place of the chain; a change that goes past it
// (a suspension waits for nobody) makes it stale, and whoever signs it anew renews it. It gives nobody anything: what is taken in the end is judged as a whole,
// by the chain. Any administrator may withdraw it; after a day it is gone.

import { deletePendingChange, findPendingChange, type PendingChangeRow } from '../db/pending-changes.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { type DirectoryChange, readDirectoryChange } from '../domain/directory.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { readStatement } from '../domain/statement.ts'
import type { IssuerContext } from './context.ts'
import { transact } from './transact.ts'

export const PENDING_MS = 24 * 3_600_000

export type PendingChange = {
  readonly digest: Digest
  readonly change: DirectoryChange
  /** Who signed so far, the first one first. */
  readonly signers: readonly PersonId[]
  readonly at: Date
  readonly until: Date
  /** Another change was taken in its place: what was signed fits nowhere any more. */
  readonly isStale: boolean
}

/** Whether it has waited too long to count. */
export const isDead = ({ created_at }: Pick<PendingChangeRow, 'created_at'>, now: Date): boolean =>
  now.getTime() - created_at.getTime() >= PENDING_MS

/** What waits now, if anything does. */
export async function findPending(ctx: IssuerContext): Promise<PendingChange | undefined> {
  const [row, state] = await Promise.all([findPendingChange(ctx.db), ctx.chain()])
  if (!row || isDead(row, ctx.now())) return undefined
  const change = readDirectoryChange(row.change)
  if (!change.ok) throw new TypeError(`the change that waits at ${change.path} ${change.problem}`)
  return {
    digest: row.digest,
    change: change.value,
    signers: row.statements.flatMap(({ statement }) => signerOf(statement) ?? []),
    at: row.created_at,
    until: new Date(row.created_at.getTime() + PENDING_MS),
    isStale: change.value.sequence !== state.sequence + 1 || change.value.previous !== state.head,
  }
}

function signerOf(statement: string): PersonId | undefined {
  const read = readStatement(decodeBase64url(statement) ?? new Uint8Array())
  return read.ok && 'signer' in read.value ? read.value.signer.person : undefined
}

/** An administrator takes it back, whoever signed it. Taking away needs a session, no signature. */
export async function withdrawChange(
  ctx: IssuerContext,
  by: PersonId,
  digest: Digest,
): Promise<Outcome<{ readonly sequence: number }>> {
  if (!ctx.published().ruleSet.administrators.includes(by) || !(await ctx.chain()).administrators.has(by))
    return refuse({ reason: 'not_an_administrator' })
  return transact(ctx, [], async ({ trx, record, tell }) => {
    const row = await deletePendingChange(trx, digest)
    if (!row) return refuse({ reason: 'directory_moved' })
    record('directory.change_withdrawn', { actor: by }, { v: 1, sequence: row.sequence, change: digest, signed_by: row.person })
    tell('directory.withdrawn', undefined, { by, change: digest })
    return { ok: true, sequence: row.sequence } as const
  })
}

/** Takes away what has waited for a day. */
export async function lapsePending(ctx: IssuerContext): Promise<number> {
  const row = await findPendingChange(ctx.db)
  if (!row || !isDead(row, ctx.now())) return 0
  return transact(ctx, [], async ({ trx, record }) => {
    if (!(await deletePendingChange(trx, row.digest))) return 0
    record('directory.change_lapsed', {}, { v: 1, sequence: row.sequence, change: row.digest, signed_by: row.person })
    return 1
  })
}
