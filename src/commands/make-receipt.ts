// Puts the receipt of one credential together out of what the issuer stored, and judges it before anybody gets it, with the function that everybody else
// will judge it with: a receipt that does not verify says that something here is broken, so it goes into the log as an error and to nobody. It signs
// nothing: the issuer's word was signed when the credential was made.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { commitmentOf, nodeCrypto } from '../crypto.ts'
import { findEraOf } from '../db/eras.ts'
import { findCredentials } from '../db/grants.ts'
import { findLinks, findNotes } from '../db/issuer-queries/find-receipt.ts'
import { findKnown, findOpenings, type KnownRequest } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { findRuleSets, findSigned, type Standing } from '../db/statements.ts'
import { type Commitment, isCommitment, type Opening } from '../domain/commitment.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import { readIntent } from '../domain/intent.ts'
import { type Issued, readIssued } from '../domain/issued.ts'
import { type Outcome, refuse } from '../domain/refusal.ts'
import { readStatement } from '../domain/statement.ts'
import { type ChainState, stateAt } from '../evidence/chain-state.ts'
import { type Held, type Receipt, verifyReceipt } from '../evidence/receipt.ts'

export type ReceiptPlace = {
  readonly db: Kysely<Schema>
  readonly roots: TrustRoots
  /** Of eras that are over: what was issued then is judged by the roots of then. */
  readonly pastRoots?: readonly TrustRoots[]
  readonly log: Pick<Logger, 'error'>
}
export type Wanted = {
  readonly request: string
  /** Which credential of the request: 1 for the first. */
  readonly number: number
  /** Whether values behind commitments are put in, as far as they are kept. Who may see them is for the caller to say. */
  readonly opened: boolean
}
export type MadeReceipt = { readonly receipt: Receipt; readonly verdict: Held }

/** The receipt of a credential. With `chain`, the directory as this process has verified it, the links are not replayed once more. */
export async function makeReceipt(
  { db, roots, pastRoots = [], log }: ReceiptPlace,
  { request, number, opened }: Wanted,
  chain?: ChainState,
): Promise<Outcome<MadeReceipt>> {
  const known = await findKnown(db, request)
  if (!known) return refuse({ reason: 'unknown_request' })
  const credential = (await findCredentials(db, request)).find((each) => each.number === number)
  if (!credential?.fingerprint) return refuse({ reason: 'no_receipt', why: 'not_issued' })
  const word =
    credential.issued === null || credential.issued_signature === null
      ? undefined
      : { body: credential.issued, signature: credential.issued_signature }
  const { receipt, era } = await assemble(db, known, word, opened)
  const pinned = [roots, ...pastRoots].find((each) => each.era === (era ?? roots.era))
  if (!pinned) return refuse({ reason: 'no_receipt', why: 'era_over' })
  const sequence = word && issuedIn(word.body)?.directory.sequence
  const state = chain?.era === pinned.era && sequence !== undefined ? stateAt(chain, sequence) : undefined
  const verdict = await verifyReceipt(receipt, pinned, nodeCrypto, state)
  if (verdict.ok) return { ok: true, receipt, verdict }
  const { reason, path } = verdict
  log.error({ request, credential: credential.id, reason, path }, 'a receipt of this issuer does not verify')
  return refuse({ reason: 'no_receipt', why: 'not_verified' })
}

type StoredWord = { readonly body: Buffer; readonly signature: string }

async function assemble(
  db: Kysely<Schema>,
  { request }: KnownRequest,
  word: StoredWord | undefined,
  opened: boolean,
): Promise<{ readonly receipt: Receipt; readonly era: number | undefined }> {
  const issued = word && issuedIn(word.body)
  const stored = (await findSigned(db, [request.intent_digest])).get(request.intent_digest) ?? []
  // What was said later belongs to the word of a later credential. Without a word, an end that was signed can only have come after what was issued.
  const named = issued && new Set(issued.statements.map(({ statement }) => statement))
  const heard = stored.filter(({ digest, decision }) => (named ? named.has(digest) : decision !== 'revoke'))
  const until = issued?.directory.sequence ?? Math.max(0, ...heard.map(({ signed }) => signed.directory.sequence))
  const [first] = heard
  const era = issued?.era ?? (first && (await findEraOf(db, first.signed.directory.head)))
  const ruleSets = [...new Set([...(issued ? [issued.rule_set] : []), ...heard.map(({ signed }) => signed.rule_set)])]
  const [directory, sets, openings] = await Promise.all([
    era === undefined ? [] : findLinks(db, era, until),
    ruleSets.length > 0 ? findRuleSets(db, ruleSets) : [],
    opened && heard.length > 0 ? openingsOf(db, request, heard) : { parameters: {}, notes: {} },
  ])
  const receipt: Receipt = {
    v: 1,
    bundle: {
      v: 1,
      intent: request.intent.toString('base64url'),
      statements: heard.map(({ signed }) => signed),
      directory,
      rule_sets: sets.map(({ body }) => body.toString('base64url')),
    },
    openings,
    ...(word && { issued: { body: word.body.toString('base64url'), signature: word.signature } }),
  }
  return { receipt, era }
}

function issuedIn(body: Buffer): Issued | undefined {
  const form = readIssued(body)
  return form.ok ? form.value : undefined
}

/** Openings that open: the bot stores those of an intent, so one that does not is left closed and spoils nothing. */
async function openingsOf(
  db: Kysely<Schema>,
  request: KnownRequest['request'],
  heard: readonly Standing[],
): Promise<Receipt['openings']> {
  const digests = heard.map(({ digest }) => digest)
  const [openings, kept] = await Promise.all([findOpenings(db, request), findNotes(db, digests)])
  const intent = readIntent(request.intent)
  if (!intent.ok) return { parameters: {}, notes: {} }
  const { parameters, reason } = intent.value
  const given = (name: string, committed: unknown): Opening | undefined => {
    const opening = openings.get(name)
    return opening && isCommitment(committed) && opens(opening, committed) ? opening : undefined
  }
  const reasonGiven = given('reason', reason)
  return {
    ...(reasonGiven && { reason: reasonGiven }),
    parameters: fromPairs(Object.entries(parameters).map(([name, value]) => [name, given(`parameter:${name}`, value)])),
    notes: fromPairs(heard.map((standing) => [standing.digest, noteOf(standing, kept)])),
  }
}

function noteOf({ digest, signed }: Standing, kept: ReadonlyMap<Digest, Opening>): Opening | undefined {
  const opening = kept.get(digest)
  const statement = readStatement(Buffer.from(signed.statement, 'base64url'))
  const committed = statement.ok && statement.value.kind === 'decide' ? statement.value.note : undefined
  return opening && committed && opens(opening, committed) ? opening : undefined
}

const opens = (opening: Opening, { commitment }: Commitment): boolean => commitmentOf(opening) === commitment

const fromPairs = (pairs: readonly (readonly [string, Opening | undefined])[]): { readonly [name: string]: Opening } =>
  Object.fromEntries(pairs.flatMap(([name, opening]) => (opening ? [[name, opening]] : [])))
