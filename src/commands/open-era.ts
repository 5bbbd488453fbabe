// The first start with the roots of a new era (`countersign bootstrap --new-roots`): whatever rests on the keys of before ends, in one transaction with the row
// that says so. Open requests are void, sign-ins are over, and live grants lose their standing, which the clockwork sees in its first round. Hostile: an older
// file of roots that is put back, and a file whose roots were exchanged while its era stayed.

import { addEra, endErasBefore, findLatestEra } from '../db/eras.ts'
import { pinRoots } from '../db/passkeys.ts'
import { findOpen } from '../db/requests.ts'
import type { Digest } from '../domain/ids.ts'
import { StartRefused } from '../run.ts'
import type { IssuerContext } from './context.ts'
import { transact } from './transact.ts'
import { voidRequest } from './void-request.ts'

export const ROOTS_REPLACED = 'the roots were replaced'

/** Begins the era of the pinned roots, whose digest is `digest`, unless it has begun; throws when the database has gone on to another. */
export async function openEra(ctx: IssuerContext, digest: Digest): Promise<void> {
  const { realm, era, roots } = ctx.roots
  if (await hasBegun(ctx, digest)) return
  const isFirst = era === 1
  const open = isFirst ? [] : (await findOpen(ctx.db)).map(({ request }) => request.id)
  await transact(ctx, open, async (work) => {
    const { trx, now, record, tell } = work
    if (!(await addEra(trx, { era, roots: digest }, now))) return
    const offered = isFirst ? 0 : await endErasBefore(trx, era)
    const isNew = await pinRoots(trx, ctx.roots, now)
    for (const request of open) await voidRequest(work, request, ROOTS_REPLACED)
    // A database that was served before there were eras has said this already.
    if (isFirst && !isNew) return
    record('roots.pinned', {}, { v: 1, realm, era, roots: digest, ...(!isFirst && { offered }) })
    tell('roots.pinned', undefined, { era, people: roots.map(({ person }) => person) })
  })
  await hasBegun(ctx, digest)
}

async function hasBegun(ctx: IssuerContext, digest: Digest): Promise<boolean> {
  const { era } = ctx.roots
  const latest = await findLatestEra(ctx.db)
  if (latest && latest.era > era) throw new StartRefused([laterEra(era)])
  if (latest?.era !== era) return false
  if (latest.roots !== digest)
    throw new StartRefused([
      `TRUST_ROOTS is not the file with which era ${era} began: its digest is ${digest}, and this database was served with ${latest.roots}. Put that file back; new roots are made by \`countersign bootstrap --new-roots\`.`,
    ])
  return true
}

/** What is said of roots after which others came. */
export const laterEra = (era: number): string =>
  `TRUST_ROOTS is of era ${era}, but this deployment has gone on to a later one: an older file was put back. Give the issuer the newest trust-roots.json.`
