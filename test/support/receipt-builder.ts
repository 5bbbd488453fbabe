// Receipts of the world in memory: its evidence, the issuer's word over it, and openings, each of which can be bent.

import { sign as signBytes } from 'node:crypto'
import { commit, digestOf, nodeCrypto } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { crockford } from '../../src/domain/ids.ts'
import { credentialIdBytes, type Issued } from '../../src/domain/issued.ts'
import { readStatement } from '../../src/domain/statement.ts'
import { tagged } from '../../src/domain/tags.ts'
import type { Bundle, SignedStatement } from '../../src/evidence/bundle.ts'
import type { Receipt } from '../../src/evidence/receipt.ts'
import { type Question, verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { base64url, LOG_KEY, makeWorld, minutes, type World } from './evidence-builder.ts'

/** A word of the issuer, signed by the log key of the worlds in memory or by another key. */
export function signIssued(body: Canonical, key = LOG_KEY.privateKey): NonNullable<Receipt['issued']> {
  const bytes = canonicalBytes(body)
  return { body: base64url(bytes), signature: base64url(signBytes(null, tagged('issued', bytes), key)) }
}

export const digestOfSigned = ({ statement }: Pick<SignedStatement, 'statement'>): string => {
  const bytes = Buffer.from(statement, 'base64url')
  const read = readStatement(bytes)
  if (!read.ok) throw new Error(`a statement at ${read.path} ${read.problem}`)
  return digestOf(`statement/${read.value.kind}`, bytes)
}

/** What the issuer says of a true question: everything that it judged. */
export async function wordOf(
  question: Question,
  number = 1,
  fingerprint = digestOf('credential', Buffer.from('made')),
): Promise<Issued> {
  const bundle = question.bundle as Bundle
  const verdict = await verifyEvidence(question, nodeCrypto)
  if (!verdict.ok) throw new Error(`no true evidence: ${verdict.reason} at ${verdict.path}`)
  const { roots, now, ruleSet } = question
  const [last] = bundle.directory.length > 0 ? [await positionOf(question)] : []
  const latest = verdict.intent.ends_no_later_than * 1000
  return {
    v: 1,
    realm: roots.realm,
    era: roots.era,
    intent: verdict.intentDigest,
    credential: {
      id: crockford((await nodeCrypto.sha256(credentialIdBytes(verdict.intentDigest, number))).subarray(0, 16)),
      number,
      fingerprint,
    },
    purpose: number === 1 ? 'claim' : 'renewal',
    judged_at: now,
    issued_at: now + 5,
    expires_at: Math.min(now + verdict.leaseSeconds * 1000, latest),
    rule_set: ruleSet,
    directory: last ?? { sequence: 0, head: digestOf('roots', canonicalBytes(roots)) },
    statements: bundle.statements
      .map((one) => ({
        statement: digestOfSigned(one),
        accepted_at: one.accepted_at,
        rule_set: one.rule_set,
        directory: one.directory,
      }))
      .toSorted((a, b) => (a.statement < b.statement ? -1 : 1)),
    approvals: verdict.approvals.map(({ person, passkey, group, statement }) => ({ person, passkey, group, statement })),
  }
}

async function positionOf({ bundle, roots }: Question) {
  const { replayChain } = await import('../../src/evidence/directory-chain.ts')
  const chain = await replayChain(roots, (bundle as Bundle).directory, nodeCrypto)
  if (!chain.ok) throw new Error(`no true chain: ${chain.reason} at ${chain.path}`)
  return { sequence: chain.state.sequence, head: chain.state.head }
}

export const REASON = commit('The disk is full')
export const NOTE = commit('Only the read replica, please')
export const CUSTOMER = commit('Customer 4711')

/** A world whose reason, one personal parameter and one note can be opened. */
export const makeOpenWorld = (over: Parameters<typeof makeWorld>[0] = {}): World =>
  makeWorld({ ...over, intent: { reason: REASON.commitment, parameters: { customer: CUSTOMER.commitment }, ...over.intent } })

/** The statements of a true receipt: ana asked, bo approved with a note, dee approved for less. */
export const trueStatements = (world: World): SignedStatement[] => [
  world.request(),
  world.approve(world.keys.bo, minutes(2), { statement: { note: NOTE.commitment } }),
  world.approve(world.keys.dee, minutes(3), { statement: { lease_seconds: 600 } }),
]

/** A true receipt of such a world with everything opened; `bend` may change the issuer's word before it is signed. */
export async function makeReceipt(
  world: World = makeOpenWorld(),
  {
    statements = trueStatements(world),
    bend = {},
    ...over
  }: Parameters<World['question']>[1] & {
    readonly statements?: SignedStatement[]
    readonly bend?: { readonly [member: string]: Canonical }
  } = {},
): Promise<{ world: World; question: Question; receipt: Receipt; word: Issued }> {
  const question = world.question(statements, over)
  const word = await wordOf(question, question.purpose === 'renewal' ? 2 : 1)
  const [, noted] = statements
  const receipt: Receipt = {
    v: 1,
    bundle: question.bundle as Bundle,
    openings: {
      reason: REASON.opening,
      parameters: { customer: CUSTOMER.opening },
      notes: noted ? { [digestOfSigned(noted)]: NOTE.opening } : {},
    },
    issued: signIssued({ ...word, ...bend } as Canonical),
  }
  return { world, question, receipt, word }
}
