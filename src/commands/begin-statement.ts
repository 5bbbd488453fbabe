// What stands between hostile bytes and a statement that both verifiers accept: the library at the live ceremony and the verifier of the evidence.
// Both are always asked; if they ever disagree, nothing is taken and an alarm says so. Spends nothing and writes nothing but alarms; the nonce is spent by
// the caller, in the transaction that stores the statement.

import { digestOf, nodeCrypto, sha256 } from '../crypto.ts'
import { findDoubts } from '../db/holds.ts'
import { findPasskey, findPasskeyById, type KnownPasskey } from '../db/passkeys.ts'
import { type Accepted, isNonceSpent } from '../db/statements.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import type { Opening } from '../domain/commitment.ts'
import { refusalOfDoubt, signsInDoubt } from '../domain/concerned.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { challengeBytes, readStatement, type Statement, type StatementKind } from '../domain/statement.ts'
import { judgeAssertion } from '../evidence/assertion.ts'
import { assertionOf, type CheckedAssertion, verifyAssertion } from '../passkeys/ceremony.ts'
import { judgeNonce } from '../passkeys/nonce.ts'
import type { LiveAssertion } from '../passkeys/response.ts'
import { type IssuerContext, nameOf } from './context.ts'
import { raiseDisagreement, raiseStandstill } from './raise-alarm.ts'

export type StatementInput = { readonly statement: string; readonly response: LiveAssertion; readonly note?: Opening | undefined }
export type Begun<K extends StatementKind> = {
  readonly accepted: Accepted
  readonly statement: Extract<Statement, { readonly kind: K }>
  readonly passkey: KnownPasskey
  readonly signCount: number
}

/** Reads and verifies one signed statement of the kinds a door takes. `enrolling` is the key of a registration, which no directory knows yet. */
export async function beginStatement<const K extends StatementKind>(
  ctx: IssuerContext,
  input: StatementInput,
  kinds: readonly K[],
  enrolling?: (thumbprint: string) => Promise<KnownPasskey | undefined>,
): Promise<Outcome<Begun<K>>> {
  const bytes = decodeBase64url(input.statement)
  if (!bytes) return refuse({ reason: 'malformed', path: 'statement', problem: 'is not base64url' })
  const read = readStatement(bytes)
  if (!read.ok) return refuse({ reason: 'malformed', path: read.path, problem: read.problem })
  const statement = read.value
  if (!isOneOf(statement, kinds)) return refuse({ reason: 'malformed', path: '/kind', problem: `is not ${kinds.join(' or ')}` })
  if (statement.realm !== ctx.realm) return refuse({ reason: 'foreign_realm' })
  const nonce = judgeNonce(ctx.nonceKey, statement.nonce, ctx.now())
  if (!nonce.ok) return refuse(nonce.refusal)

  const [passkey, doubts, directory] = await Promise.all([
    findSigner(ctx, statement, input.response.id, enrolling),
    findDoubts(ctx.db),
    ctx.chain(),
  ])
  if (!passkey) return refuse({ reason: 'unknown_passkey' })
  if (passkey.status !== 'active') return refuse({ reason: 'passkey_inactive', status: passkey.status })

  // Its owner says that somebody else may have it.
  const doubt = doubts.get(passkey.thumbprint)
  if (doubt && !signsInDoubt(doubt, statement)) return refuse(refusalOfDoubt(doubt, nameOf(ctx, passkey.person)))

  const challenge = sha256(challengeBytes(statement.kind, bytes))
  const live = await verifyAssertion({
    response: input.response,
    expectedChallenge: challenge,
    passkey,
    realm: ctx.realm,
    origin: ctx.roots.issuer,
    rpId: ctx.roots.rp_id,
  })
  const { person, thumbprint } = passkey
  const { kind } = statement
  const judged = await judgeAssertion({ kind, bytes, assertion: assertionOf(input.response), passkey }, ctx.roots, nodeCrypto)
  const taken = tookSignature(live)
  if (taken !== undefined && taken !== judged.ok) {
    const refused = judged.ok ? (live.ok ? '' : live.reason) : judged.reason
    await raiseDisagreement(ctx, { kind, person, passkey: thumbprint, accepted: taken ? 'live' : 'evidence', refused })
    return refuse({ reason: 'assertion_refused', check: refused })
  }
  if (!live.ok && live.reason === 'counter') {
    // The same post once more, by a browser that tried again or by a thief: it has done what it could already.
    if (await isNonceSpent(ctx.db, statement.nonce)) return refuse({ reason: 'nonce_used' })
    await raiseStandstill(ctx, { kind, person, passkey: thumbprint })
  }
  if (!live.ok) {
    // Nobody has proved to be this person: anonymous noise is logged, and never an entry in somebody's name.
    ctx.log.warn({ check: live.reason, passkey: thumbprint, kind }, 'an assertion was refused')
    return refuse({ reason: 'assertion_refused', check: live.reason })
  }
  return {
    ok: true,
    statement,
    passkey,
    signCount: live.signCount,
    accepted: {
      digest: digestOf(`statement/${statement.kind}`, bytes),
      bytes,
      statement,
      assertion: live.assertion,
      ruleSet: ctx.published().digest,
      directory: { sequence: directory.sequence, head: directory.head },
      note: input.note,
    },
  }
}

/** Whether the live ceremony took what the evidence is judged by, too; undefined where it refused for something that only it knows. */
function tookSignature(live: CheckedAssertion): boolean | undefined {
  if (live.ok) return true
  if (live.reason === 'id_differs' || live.reason === 'user_handle') return undefined
  // The counter is judged last.
  return live.reason === 'counter'
}

const isOneOf = <K extends StatementKind>(of: Statement, kinds: readonly K[]): of is Extract<Statement, { readonly kind: K }> =>
  (kinds as readonly StatementKind[]).includes(of.kind)

/** The passkey by what the statement names, never by what the assertion says of itself; a sign-in names none, so there its id is looked up. */
async function findSigner(
  ctx: IssuerContext,
  statement: Statement,
  id: string,
  enrolling?: (thumbprint: string) => Promise<KnownPasskey | undefined>,
): Promise<KnownPasskey | undefined> {
  if (!('signer' in statement)) return findPasskeyById(ctx.db, id)
  const { person, passkey } = statement.signer
  const found = enrolling ? await enrolling(passkey) : await findPasskey(ctx.db, passkey)
  return found?.person === person && found.id === id ? found : undefined
}
