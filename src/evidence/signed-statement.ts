// One signed statement, whatever it is about: opened from its exact bytes, then judged against one passkey of the directory. The
// signer is whom the statement names; what the assertion says of itself is only compared.

import { decodeBase64url } from '../domain/base64url.ts'
import type { Passkey, TrustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import { readStatement, type Statement, type StatementKind, type StatementOf } from '../domain/statement.ts'
import { judgeAnswer } from './assertion.ts'
import type { Assertion } from './bundle.ts'
import { type ChainState, findPasskey, type KnownPasskey } from './chain-state.ts'
import { digestUnder, type EvidenceCrypto } from './crypto.ts'
import { type ChainReason, type Failure, fail, inside } from './reasons.ts'

export type SignedBytes = { readonly statement: string; readonly assertion: Assertion }
/** A statement of a known form and realm, not yet believed. `digest` is the challenge that its assertion must answer. */
export type Opened<S extends Statement = Statement> = {
  readonly path: string
  readonly bytes: Uint8Array
  readonly statement: S
  readonly digest: Digest
  readonly assertion: Assertion
}

/** Reads a statement of one of these kinds from its bytes; canonical, closed, of this realm. */
export async function openStatement<const K extends StatementKind>(
  signed: SignedBytes,
  kinds: readonly K[],
  path: string,
  roots: Pick<TrustRoots, 'realm'>,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true; readonly opened: Opened<StatementOf<K>> } | Failure<ChainReason>> {
  const bytes = decodeBase64url(signed.statement)
  if (!bytes) return fail('statement_malformed', `${path}/statement`)
  const form = readStatement(bytes)
  if (!form.ok) return fail('statement_malformed', inside(`${path}/statement`, form.path))
  const statement = form.value
  if (statement.realm !== roots.realm) return fail('foreign_realm', `${path}/statement/realm`)
  if (!isOneOf(statement, kinds)) return fail('unexpected_statement', `${path}/statement/kind`)
  const digest = await digestUnder(crypto, `statement/${statement.kind}`, bytes)
  return { ok: true, opened: { path, bytes, statement, digest, assertion: signed.assertion } }
}

/** The signer's passkey at a position of the directory, if it is enrolled to this person and active there. */
export function judgeSigner(
  { statement: { signer }, path }: Opened<Exclude<Statement, { kind: 'sign_in' }>>,
  state: ChainState,
): { readonly ok: true; readonly known: KnownPasskey } | Failure<ChainReason> {
  const known = findPasskey(state, signer.passkey)
  if (!known) return fail('unknown_passkey', `${path}/statement/signer/passkey`)
  if (known.passkey.person !== signer.person) return fail('other_persons_passkey', `${path}/statement/signer`)
  if (known.status !== 'active') return fail('passkey_inactive', `${path}/statement/signer/passkey`)
  return { ok: true, known }
}

/** Whether the statement's assertion is this passkey's. */
export async function judgeSignature(
  { digest, assertion, path }: Opened,
  passkey: Passkey,
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true } | Failure<ChainReason>> {
  const judged = await judgeAnswer({ challenge: digest, assertion, passkey }, roots, crypto)
  return judged.ok ? { ok: true } : fail(judged.reason, `${path}/assertion${judged.path}`)
}

const isOneOf = <K extends StatementKind>(statement: Statement, kinds: readonly K[]): statement is StatementOf<K> =>
  kinds.some((kind) => kind === statement.kind)
