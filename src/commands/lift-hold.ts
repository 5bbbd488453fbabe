// Lifts the hold of a key: its owner says, with another key that he had before the change in doubt, that the held one is his after all. A key that came
// with or after that change proves nothing, since it may be of the same thief; then only the directory can speak (hold-passkeys.ts).

import { findHold, isHeld, liftHolds, lockHolds } from '../db/holds.ts'
import { notePasskeyUse } from '../db/passkeys.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { findPasskey } from '../evidence/chain-state.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import type { IssuerContext } from './context.ts'
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
  const signing = findPasskey(await ctx.chain(), signer.passkey)
  return transact(ctx, [], async ({ trx, now, record, tell }) => {
    if (!(await spendNonce(trx, statement.nonce, now))) return refuse({ reason: 'nonce_used' })
    if (!(await notePasskeyUse(trx, signer.passkey, signCount, now)))
      return refuse({ reason: 'assertion_refused', check: 'counter' })
    await lockHolds(trx)
    // It may have been held since its signature was looked at.
    if (await isHeld(trx, signer.passkey)) return refuse({ reason: 'passkey_held', person: signer.person })
    const hold = await findHold(trx, passkey)
    if (hold?.person !== signer.person) return refuse({ reason: 'not_held' })
    if (!signing || signing.enrolled >= hold.sequence) return refuse({ reason: 'key_too_new' })
    await addStatement(trx, accepted, now)
    await liftHolds(trx, [passkey], signer.person, now)
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
