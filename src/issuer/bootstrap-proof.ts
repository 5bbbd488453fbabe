// The proof that whoever registers a root holds its key: a `register` statement, signed by that very key on the issuer's origin. As everywhere, both
// verifiers must accept it, the library at the live ceremony and the verifier of the evidence. The nonce is the caller's to spend.

import { nodeCrypto, sha256 } from '../crypto.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { canonicalText } from '../domain/canonical.ts'
import type { Passkey } from '../domain/directory.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { challengeBytes, readStatement, type StatementOf } from '../domain/statement.ts'
import { judgeAssertion } from '../evidence/assertion.ts'
import { type Registered, verifyAssertion } from '../passkeys/ceremony.ts'
import type { LiveAssertion } from '../passkeys/response.ts'
import type { BootstrapPlan } from './bootstrap-plan.ts'

export type Register = { readonly statement: StatementOf<'register'>; readonly bytes: Uint8Array }

/** Reads the bytes of a `register` statement of this realm. */
export function readRegister(text: string, realm: string): Outcome<{ readonly read: Register }> {
  const bytes = decodeBase64url(text)
  if (!bytes) return refuse({ reason: 'malformed', path: 'statement', problem: 'is not base64url' })
  const read = readStatement(bytes)
  if (!read.ok) return refuse({ reason: 'malformed', path: read.path, problem: read.problem })
  const statement = read.value
  if (statement.kind !== 'register') return refuse({ reason: 'malformed', path: '/kind', problem: 'is not register' })
  return statement.realm === realm ? { ok: true, read: { statement, bytes } } : refuse({ reason: 'foreign_realm' })
}

/** The root that a registered key becomes, if its owner signed for it. */
export async function judgeProof(
  { realm, rpId, issuerUrl: origin }: BootstrapPlan,
  draft: Registered,
  { statement, bytes }: Register,
  response: LiveAssertion,
): Promise<Outcome<{ readonly root: Passkey }>> {
  const { id, key, thumbprint, device_bound, aaguid, sign_count } = draft
  const { person, passkey } = statement.signer
  if (passkey !== thumbprint || statement.id !== id || canonicalText(statement.key) !== canonicalText(key))
    return refuse({ reason: 'malformed', path: '/key', problem: 'is not the key that was registered' })
  const root: Passkey = { person, id, key, thumbprint, device_bound, ...(aaguid !== undefined && { aaguid }) }
  const expectedChallenge = sha256(challengeBytes('register', bytes))
  const live = await verifyAssertion({ response, expectedChallenge, realm, origin, rpId, passkey: { ...root, sign_count } })
  if (!live.ok) return refuse({ reason: 'assertion_refused', check: live.reason })
  const signed = { kind: 'register', bytes, assertion: live.assertion, passkey: root } as const
  const judged = await judgeAssertion(signed, { issuer: origin, rp_id: rpId }, nodeCrypto)
  return judged.ok ? { ok: true, root } : refuse({ reason: 'assertion_refused', check: judged.reason })
}
