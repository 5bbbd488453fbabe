// Sign-in with a passkey: who is looking, and nothing more. A session of the issuer shows personal values and opens the pages of keys; every act that
// counts needs its own assertion. The bot's session starts from a code of the issuer (OAuth 2.0 with PKCE, RFC 7636), single use, one minute, that is made
// for an assertion over a sign-in there: no session of the issuer, however fresh, makes one.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { isHeld } from '../db/holds.ts'
import { notePasskeyUse } from '../db/passkeys.ts'
import { addSession, addSignInCode, findSession, spendSignInCode } from '../db/sign-in.ts'
import { addStatement, spendNonce } from '../db/statements.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import { MOST_SESSIONS, recordBounded } from './bound-entries.ts'
import { type IssuerContext, nameOf } from './context.ts'
import { transact } from './transact.ts'

const SESSION_MS = 8 * 3_600_000
const IDLE_MS = 15 * 60_000
const CODE_MS = 60_000

export type Session = { readonly person: string; readonly passkey: string; readonly createdAt: Date }

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** Where somebody signs in: at the issuer's own pages, or at the bot by way of them. One is never taken for the other. */
export type Audience = 'issuer' | 'bot'

/** Takes a `sign_in` statement; the token goes into the browser's cookie, its hash into the database. */
export async function signIn(
  ctx: IssuerContext,
  input: StatementInput,
  audience: Audience = 'issuer',
): Promise<Outcome<{ readonly person: string; readonly token: string; readonly at: Date }>> {
  const begun = await beginStatement(ctx, input, ['sign_in'])
  if (!begun.ok) return begun
  const { statement, accepted, passkey, signCount } = begun
  if (statement.audience !== audience) return refuse({ reason: 'malformed', path: '/audience', problem: 'is another place' })
  return transact(ctx, [], async (work) => {
    const { trx, now } = work
    if (!(await spendNonce(trx, statement.nonce, now))) return refuse({ reason: 'nonce_used' })
    if (!(await notePasskeyUse(trx, passkey.thumbprint, signCount, now)))
      return refuse({ reason: 'assertion_refused', check: 'counter' })
    // A session that began after the hold would come back to life with its key.
    if (await isHeld(trx, passkey.thumbprint)) return refuse({ reason: 'passkey_held', person: nameOf(ctx, passkey.person) })
    const body = { v: 1, passkey: passkey.thumbprint }
    const isEntry = await recordBounded(work, 'session.signed_in', { actor: passkey.person }, body, MOST_SESSIONS)
    if (isEntry) await addStatement(trx, accepted, now)
    const token = await startSession(ctx, trx, passkey.person, passkey.thumbprint)
    return { ok: true, person: passkey.person, token, at: now } as const
  })
}

/** A session of somebody whose assertion was just accepted, in the same or another transaction. */
export async function startSession(
  ctx: IssuerContext,
  db: IssuerContext['db'],
  person: string,
  passkey: string,
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const now = ctx.now()
  await addSession(db, {
    id_hash: hashOf(token),
    person,
    passkey,
    created_at: now,
    used_at: now,
    expires_at: new Date(now.getTime() + SESSION_MS),
  })
  return token
}

/** Whose session a cookie is, if it is alive: at most 8 h old, used within 15 min, its passkey still active and not held. */
export async function readSession(ctx: IssuerContext, token: string): Promise<Session | undefined> {
  const now = ctx.now()
  const row = await findSession(ctx.db, hashOf(token), now, new Date(now.getTime() - IDLE_MS))
  if (!row || (await ctx.chain()).passkeys.get(row.passkey)?.status !== 'active') return undefined
  if (await isHeld(ctx.db, row.passkey)) return undefined
  return { person: row.person, passkey: row.passkey, createdAt: row.created_at }
}

export type CodeAsk = {
  readonly clientId: string
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly nonce: string
}

/** A code for a client, about whoever has just signed in for it. */
export async function issueSignInCode(
  ctx: IssuerContext,
  signedIn: { readonly person: string; readonly at: Date },
  ask: CodeAsk,
): Promise<string> {
  const code = randomBytes(32).toString('base64url')
  await addSignInCode(ctx.db, {
    code_hash: hashOf(code),
    client_id: ask.clientId,
    redirect_uri: ask.redirectUri,
    code_challenge: ask.codeChallenge,
    nonce: ask.nonce,
    person: signedIn.person,
    authenticated_at: signedIn.at,
    created_at: ctx.now(),
  })
  return code
}

export type CodeProof = {
  readonly code: string
  readonly clientId: string
  readonly redirectUri: string
  readonly codeVerifier: string
}

/** Who a code stands for: once, within a minute, for the client and the address it was made for, with the verifier of its challenge. */
export async function redeemSignInCode(
  ctx: IssuerContext,
  proof: CodeProof,
): Promise<{ readonly person: string; readonly nonce: string; readonly authenticatedAt: Date } | undefined> {
  const now = ctx.now()
  const row = await spendSignInCode(ctx.db, hashOf(proof.code), now)
  if (!row || now.getTime() - row.created_at.getTime() > CODE_MS) return undefined
  if (row.client_id !== proof.clientId || row.redirect_uri !== proof.redirectUri) return undefined
  const given = Buffer.from(hashOf(proof.codeVerifier))
  const expected = Buffer.from(row.code_challenge)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return { person: row.person, nonce: row.nonce, authenticatedAt: row.authenticated_at }
}
