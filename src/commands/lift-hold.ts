// Lifts the hold of a key: its owner says, with another key that he had before the change in doubt, that the held one is his after all. A key that came
// with or after that change, or back into power, proves nothing, since it may be of the same thief, and neither does one of which less is known, or one that
// is in doubt itself; then only the directory can speak (hold-passkeys.ts).

import { findDoubt, findHolds, liftHolds, lockHolds } from '../db/holds.ts'
import { notePasskeyUse } from '../db/passkeys.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { strengthOf } from '../domain/accepted-keys.ts'
import { refusalOfDoubt } from '../domain/concerned.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { findPasskey, type KnownPasskey } from '../evidence/chain-state.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import { type IssuerContext, nameOf } from './context.ts'
import { transact } from './transact.ts'

/** Takes a `lift` statement. */
export async function liftHold(
  ctx: IssuerContext,
  input: StatementInput,
): Promise<Outcome<{ readonly person: string; readonly passkey: string }>> {
  const begun = await beginStatement(ctx, input, ['lift'])
  if (!begun.ok) return begun
  const { statement, accepted, signCount } = begun
  const { signer, passkey } = statement
  return transact(ctx, [], async ({ trx, now, record, tell }) => {
    // Before the row of the key: whoever holds keys locks in this order.
    await lockHolds(trx)
    if (!(await spendNonce(trx, statement.nonce, now))) return refuse({ reason: 'nonce_used' })
    if (!(await notePasskeyUse(trx, signer.passkey, signCount, now)))
      return refuse({ reason: 'assertion_refused', check: 'counter' })
    // It may have come into doubt since its signature was looked at.
    const doubt = await findDoubt(trx, signer.passkey)
    if (doubt) return refuse(refusalOfDoubt(doubt, nameOf(ctx, signer.person)))
    const holds = await findHolds(trx, passkey)
    if (holds.length === 0 || holds.some(({ person }) => person !== signer.person)) return refuse({ reason: 'not_held' })
    const state = await ctx.chain(trx)
    const [signing, held] = [findPasskey(state, signer.passkey), findPasskey(state, passkey)]
    if (!signing || !held || holds.some(({ sequence }) => signing.since >= sequence)) return refuse({ reason: 'key_too_new' })
    if (!speaksFor(signing, held)) return refuse({ reason: 'key_too_weak' })
    await addStatement(trx, accepted, now)
    await liftHolds(trx, [passkey], { people: signer.person, passkey: signer.passkey }, now)
    const lifted = { person: signer.person, passkey, by: 'owner' }
    record(
      'passkey.released',
      { actor: signer.person },
      { v: 1, ...lifted, statement: accepted.digest, signed_with: signer.passkey },
    )
    tell('passkey.released', undefined, lifted)
    return { ok: true, person: signer.person, passkey } as const
  })
}

/** Whether a key is known at least as well as another: compared by as many, and no easier to copy. */
const speaksFor = (one: KnownPasskey, other: KnownPasskey): boolean =>
  (one.inFull || !other.inFull) && strengthOf(one.passkey) >= strengthOf(other.passkey)
