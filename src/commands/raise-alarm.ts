// Alarms about what a key signed, or a new one is: that the two verifiers, which must both accept, did not agree; that a signature was true and its counter
// had not grown. Each is refused by whoever calls; here it becomes an entry, a line in the issuer's log that names the alarm, and news. Whoever finds out how
// to cause one must not bury people or the log under it: an alarm is raised once an hour, and of disagreements so many are entries.

import { wasAlarmed } from '../db/floods.ts'
import { lockHolds } from '../db/holds.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import type { StatementKind } from '../domain/statement.ts'
import { recordBounded } from './bound-entries.ts'
import type { IssuerContext } from './context.ts'
import { transact, type Work } from './transact.ts'

/** So many disagreements within an hour are entries, whoever caused them; one more says that further ones are none. */
export const MOST_DISAGREEMENTS = 10

type About = { readonly kind: StatementKind; readonly person: PersonId }
export type Disagreement = About & {
  readonly passkey?: Digest
  /** Which of the two took it: the live ceremony, or the verifier of evidence. */
  readonly accepted: 'live' | 'evidence'
  readonly refused: string
}

/** One of the two verifiers took what the other refused. */
export async function raiseDisagreement(ctx: IssuerContext, about: Disagreement): Promise<void> {
  const isRaised = await transact(ctx, [], async (work) => {
    // One after the other: many at once would each be the first.
    await lockHolds(work.trx)
    // Without an actor: a registration is nobody's yet, and here not even a signature is beyond doubt.
    await recordBounded(work, 'verifiers.disagree', {}, { v: 1, ...about }, MOST_DISAGREEMENTS)
    return raise(work, 'verifiers_disagree', undefined, about)
  })
  const words = 'the two verifiers disagree: one of them has a fault, or somebody looks for one'
  if (isRaised) ctx.log.error({ alarm: 'verifiers_disagree', ...about }, words)
  else ctx.log.warn(about, words)
}

/** A key signed, and its counter had not grown since it signed last: there may be a copy of it, or its owner signed on two pages at once. */
export async function raiseStandstill(ctx: IssuerContext, about: About & { readonly passkey: Digest }): Promise<void> {
  const { person, passkey } = about
  if (await wasAlarmed(ctx.db, 'counter_stood_still', passkey)) return
  const isRaised = await transact(ctx, [], async (work) => {
    await lockHolds(work.trx)
    return raise(work, 'counter_stood_still', person, about)
  })
  if (isRaised)
    ctx.log.error(
      { alarm: 'counter_stood_still', ...about },
      'a key signed and its counter had not grown: there may be a copy of it; suspend it unless its owner signed on two pages at once',
    )
}

/** Raises an alarm, unless the same one was raised within the hour. */
async function raise(
  { trx, record, tell }: Work<'issuer'>,
  alarm: 'verifiers_disagree' | 'counter_stood_still',
  actor: PersonId | undefined,
  about: About & { readonly passkey?: Digest },
): Promise<boolean> {
  if (await wasAlarmed(trx, alarm, actor === undefined ? undefined : about.passkey)) return false
  record('alarm.raised', { actor }, { v: 1, alarm, ...about })
  tell('alarm.raised', undefined, { alarm, ...about })
  return true
}
