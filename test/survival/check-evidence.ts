// Evidence and time: for every credential that was ever begun the one function must say yes to what was stored when its grant began, with the directory
// replayed from the roots; and nothing may have outlived its time, by the database's clock, which is nobody's who decides.

import type { Kysely } from 'kysely'
import { digestOf, nodeCrypto } from '../../src/crypto.ts'
import { findContinuation } from '../../src/db/passkeys.ts'
import type { Schema } from '../../src/db/schema.ts'
import { findRuleSets, findSigned } from '../../src/db/statements.ts'
import { readStatement } from '../../src/domain/statement.ts'
import { replayChain } from '../../src/evidence/directory-chain.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { timeOf } from '../../src/log/entry-id.ts'
import { type Facts, groups } from './facts.ts'

/** Clocks are stepped here by more than the product allows: what an issuer decides by such a clock may come late by as much. */
export type Tolerance = { readonly clockMs: number }
/** No step of a clock is as small; two seconds are allowed (minting.ts), the rest is for what lies between the decision and its entry. */
const RIGHT_CLOCK_MS = 3_500

/** Judges the evidence of every grant again, from the roots. */
export async function checkEvidence(facts: Facts, db: Kysely<Schema>): Promise<string[]> {
  const problems: string[] = []
  const links = ((await findContinuation(db, { era: 1, sequence: 0, head: '' })) ?? []).map(({ link }) => link)
  const chain = await replayChain(facts.roots, links, nodeCrypto)
  if (!chain.ok) return [`the directory does not verify: ${chain.reason} at ${chain.path}`]
  const intents = new Map(
    facts.request.map(({ id, intent, intent_digest }) => [id, { text: intent.toString('base64url'), digest: intent_digest }]),
  )
  const texts = new Map<string, string>()
  const accepted = groups(facts.entries, ({ type, request }) => (type === 'statement.accepted' ? request : null))
  const starts = new Map(
    facts.entries.flatMap(({ type, request, at }) => (type === 'grant.started' && request !== null ? [[request, at]] : [])),
  )
  /** What was accepted when a grant began, by the log's order: several issuers have several clocks. */
  const question = async (grant: Facts['grant'][number]) => {
    const id = grant.request_id
    const until = starts.get(id) ?? grant.started_at
    const counted = new Set((accepted.get(id) ?? []).filter(({ at }) => at <= until).map(({ body }) => String(body['statement'])))
    const { text: intent = '', digest = '' } = intents.get(id) ?? {}
    const signed = ((await findSigned(db, [digest])).get(digest) ?? []).map((standing) => standing.signed)
    const statements = signed.filter(({ statement }) => counted.has(digestOfStatement(statement) ?? ''))
    const sets = [...new Set(statements.map(({ rule_set }) => rule_set))]
    const unknown = sets.filter((digest) => !texts.has(digest))
    for (const { digest, body } of unknown.length > 0 ? await findRuleSets(db, unknown) : [])
      texts.set(digest, body.toString('base64url'))
    const bundle = { v: 1, intent, statements, rule_sets: sets.map((digest) => texts.get(digest) ?? '') }
    const now = Math.max(grant.started_at.getTime(), ...statements.map(({ accepted_at }) => accepted_at))
    return { bundle, roots: facts.roots, ruleSet: sets.at(-1) ?? '', now, purpose: 'claim' as const }
  }
  for (const [at, grant] of facts.grant.entries()) {
    const asked = await question(grant)
    // The first bundle as an auditor gets it, with the directory inside; the others with the directory as it was replayed above.
    const verdict = await verifyEvidence(
      at === 0
        ? { ...asked, bundle: { ...asked.bundle, directory: links } }
        : { ...asked, bundle: { ...asked.bundle, directory: [] }, chain: chain.state },
      nodeCrypto,
    )
    const id = grant.request_id
    if (!verdict.ok)
      problems.push(`grant of ${id} (life ${facts.lives.get(id)}) without evidence: ${verdict.reason} at ${verdict.path}`)
    else if (grant.lease_seconds > verdict.leaseSeconds)
      problems.push(`grant of ${id} has ${grant.lease_seconds} s, its evidence gives ${verdict.leaseSeconds} s`)
  }
  const granted = new Set(facts.grant.map(({ request_id }) => request_id))
  for (const { id, request_id } of facts.credential)
    if (!granted.has(request_id)) problems.push(`credential ${id} without a grant`)
  return problems
}

function digestOfStatement(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64url')
  const read = readStatement(bytes)
  return read.ok ? digestOf(`statement/${read.value.kind}`, bytes) : undefined
}

/** Nothing is begun by a wrong clock: the id of an entry is made of the issuer's time, and PostgreSQL's stands beside it. */
export function checkClocks(facts: Facts): string[] {
  return facts.entries.flatMap(({ type, id, at, request }) => {
    const off = timeOf(id).getTime() - at.getTime()
    if (type !== 'credential.issuing' || Math.abs(off) <= RIGHT_CLOCK_MS) return []
    return [`a credential of ${request} (life ${facts.lives.get(request ?? '')}) was begun by a clock that was ${off} ms off`]
  })
}

/** No grant outlives its time. */
export function checkTimes(facts: Facts, { clockMs }: Tolerance): string[] {
  const problems: string[] = []
  const grants = new Map(facts.grant.map((grant) => [grant.request_id, grant]))
  const states = new Map(facts.state.map((state) => [state.request_id, state]))
  for (const grant of facts.grant) {
    const say = (what: string) =>
      problems.push(`grant of ${grant.request_id} (life ${facts.lives.get(grant.request_id)}): ${what}`)
    if (grant.ends_at.getTime() > grant.started_at.getTime() + grant.lease_seconds * 1000 + 1000) say('ends after its lease')
    if (grant.ends_at > (states.get(grant.request_id)?.ends_no_later_than ?? grant.started_at))
      say('ends after the latest end of its intent')
    if (
      ['issuing', 'active', 'revoking'].includes(grant.state) &&
      grant.ends_at.getTime() + clockMs + 5_000 < facts.now.getTime()
    )
      say(`is still ${grant.state} after its end`)
  }
  for (const credential of facts.credential) {
    const grant = grants.get(credential.request_id)
    if (grant && credential.expires_at > grant.ends_at) problems.push(`credential ${credential.id} lasts longer than its grant`)
    if (credential.ciphertext !== null && !['issued', 'revoking'].includes(credential.state))
      problems.push(`credential ${credential.id} is ${credential.state} and still kept`)
  }
  for (const [request, entries] of groups(facts.entries, ({ type, request }) => (type === 'credential.issued' ? request : null)))
    for (const { at } of entries)
      if (at.getTime() > (grants.get(request)?.ends_at.getTime() ?? 0) + clockMs)
        problems.push(`a credential of ${request} was issued after the end of its grant`)
  return problems
}
