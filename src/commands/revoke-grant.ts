// Early ends that carry a signature: an approver, an administrator or the requester revokes with a passkey; the holder key gives back what it
// holds ("I'm done"). Taking away is always safe, so a give-back asks for no passkey.

import { nodeCrypto, thumbprint } from '../crypto.ts'
import { findGrant } from '../db/grants.ts'
import { notePasskeyUse } from '../db/passkeys.ts'
import { findByDigest, type KnownRequest } from '../db/requests.ts'
import { addEvidence, addStatement, findHolders, spendNonce } from '../db/statements.ts'
import { inGroups } from '../domain/action.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { readGiveBack } from '../domain/claim.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import type { StatementOf } from '../domain/statement.ts'
import { tagged } from '../domain/tags.ts'
import { judgeNonce } from '../passkeys/nonce.ts'
import { beginStatement, type StatementInput } from './begin-statement.ts'
import type { IssuerContext } from './context.ts'
import { beginEnd } from './end-grant.ts'
import { decidingGroups } from './evidence-of.ts'
import { transact } from './transact.ts'

type Ended = Outcome<{ readonly person: string; readonly passkey?: string; readonly state: string }>

/** Revokes the grants of the intents a statement names; refused as a whole when one of them cannot be ended by this person. */
export async function revokeGrant(ctx: IssuerContext, input: StatementInput): Promise<Ended> {
  const begun = await beginStatement(ctx, input, ['revoke'])
  if (!begun.ok) return begun
  const { statement, accepted, signCount } = begun
  const { person, passkey } = statement.signer
  const known = await findByDigest(ctx.db, statement.intents)
  if (known.size !== new Set(statement.intents).size) return refuse({ reason: 'unknown_request' })
  const chain = await ctx.chain()
  const requests = [...known.values()]
  for (const each of requests) {
    if (!mayRevoke(ctx, statement, each, chain.administrators)) {
      return refuse({ reason: 'not_permitted', role: 'the requester, people who may approve this, and administrators' })
    }
  }
  const ids = requests.map(({ request }) => request.id)
  return transact(ctx, ids, async (work): Promise<Ended> => {
    if (!(await spendNonce(work.trx, statement.nonce, work.now))) return refuse({ reason: 'nonce_used' })
    if (!(await notePasskeyUse(work.trx, passkey, signCount, work.now)))
      return refuse({ reason: 'assertion_refused', check: 'counter' })
    for (const request of ids) if (!(await findGrant(work.trx, request))) return refuse({ reason: 'no_grant' })
    await addStatement(work.trx, accepted, work.now)
    let state = 'revoking'
    for (const request of ids) {
      const { role, decision } = statement
      await addEvidence(work.trx, {
        request_id: request,
        statement: accepted.digest,
        role,
        decision,
        person,
        passkey,
        lease_seconds: null,
        holder: null,
        accepted_at: work.now,
      })
      work.record(
        'statement.accepted',
        { request, actor: person },
        {
          v: 1,
          kind: statement.kind,
          decision,
          statement: accepted.digest,
          passkey,
          rule_set: accepted.ruleSet,
          directory: accepted.directory,
        },
      )
      const ended = await beginEnd(work, request, { by: person, reason: role === 'requester' ? 'returned' : 'revoked' })
      // The statement stands in the log either way; a grant that had already ended stays as it ended.
      if (ended.ok) state = ended.state
      else if (ended.refusal.reason === 'grant_ended') state = ended.refusal.state
    }
    return { ok: true, person, passkey, state }
  })
}

function mayRevoke(
  ctx: IssuerContext,
  statement: StatementOf<'revoke'>,
  known: KnownRequest,
  administrators: ReadonlySet<string>,
): boolean {
  const { ruleSet } = ctx.published()
  const { person } = statement.signer
  if (statement.role === 'requester') return known.request.requester === person
  if (statement.role === 'approver') return inGroups(ruleSet, person, decidingGroups(ctx, known))
  return administrators.has(person) && ruleSet.administrators.includes(person)
}

/** Takes a give-back signed by a holder key; `signature` is ECDSA in IEEE P1363 form, both in base64url. */
export async function giveBack(
  ctx: IssuerContext,
  input: { readonly giveBack: string; readonly signature: string },
): Promise<Ended> {
  const bytes = decodeBase64url(input.giveBack)
  if (!bytes) return refuse({ reason: 'malformed', path: 'giveBack', problem: 'is not base64url' })
  const read = readGiveBack(bytes)
  if (!read.ok) return refuse({ reason: 'malformed', path: read.path, problem: read.problem })
  const message = read.value
  if (message.realm !== ctx.realm) return refuse({ reason: 'foreign_realm' })
  const nonce = judgeNonce(ctx.nonceKey, message.nonce, ctx.now())
  if (!nonce.ok) return refuse(nonce.refusal)
  const known = (await findByDigest(ctx.db, [message.intent])).get(message.intent)
  if (!known) return refuse({ reason: 'unknown_request' })
  const holder = (await findHolders(ctx.db, message.intent)).find(({ sign }) => thumbprint(sign) === message.holder)
  if (!holder) return refuse({ reason: 'foreign_holder_key' })
  const signature = decodeBase64url(input.signature)
  if (!signature || !(await nodeCrypto.verify(holder.sign, signature, tagged('giveBack', bytes), 'p1363'))) {
    return refuse({ reason: 'claim_signature' })
  }
  const { id, requester } = known.request
  const ended = await transact(ctx, [id], (work) => beginEnd(work, id, { by: requester, reason: 'returned' }))
  return ended.ok ? { ok: true, person: requester, state: ended.state } : ended
}
