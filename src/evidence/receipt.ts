// A receipt: the evidence of one credential, the values that somebody may read behind its commitments, and the issuer's signed word of what it judged
// (docs/receipt.md). Whoever has the trust roots judges it without us: no database, no network, no time but those that the word names. All of it is
// hostile; roots are not. Under the issuer's word every bit stands under a signature or a digest, with four exceptions: an opening may be left closed; the
// word itself may be left out; a change of the directory may lack signatures that it did not need; and a signature may be another one of the same key
// over the same bytes (of one for ES256 anybody can make a second). Without the word, times, rules and positions are only what the receipt says, and
// statements may be missing.

import { decodeBase64url } from '../domain/base64url.ts'
import { type Canonical, canonicalText, readCanonical } from '../domain/canonical.ts'
import { commitmentBytes, isCommitment, type Opening, opening } from '../domain/commitment.ts'
import type { TrustRoots } from '../domain/directory.ts'
import { crockford, type Digest } from '../domain/ids.ts'
import type { Intent } from '../domain/intent.ts'
import { credentialIdBytes, type Issued, readIssued } from '../domain/issued.ts'
import { closed, literal, read, record, type Shaped, text } from '../domain/shape.ts'
import type { StatementOf } from '../domain/statement.ts'
import { tagged } from '../domain/tags.ts'
import { type Bundle, bundle } from './bundle.ts'
import type { ChainState } from './chain-state.ts'
import type { EvidenceCrypto } from './crypto.ts'
import { replayChain } from './directory-chain.ts'
import { type Failure, fail, inside, type ReceiptReason } from './reasons.ts'
import { openRuleSets, type RuleSets } from './rule-sets.ts'
import { openStatement } from './signed-statement.ts'
import { type Granted, verifyEvidence } from './verify-evidence.ts'

export const receipt = closed(
  {
    v: literal(1),
    bundle,
    // By name of the parameter, and by digest of the statement whose note it is. What is not here is not opened: nobody can tell whether it is erased.
    openings: closed(
      { parameters: record(/^[a-z][a-z0-9_]{0,62}$/, opening, 20), notes: record(/^[A-Za-z0-9_-]{43}$/, opening, 64) },
      { reason: opening },
    ),
  },
  { issued: closed({ body: text(/^[A-Za-z0-9_-]+$/, 87_384), signature: text(/^[A-Za-z0-9_-]+$/, 86) }) },
)
export type Receipt = Shaped<typeof receipt>

/** One statement of the evidence, with what was recorded of it and its note as far as it is opened. */
export type Said = {
  readonly digest: Digest
  readonly statement: StatementOf<'request' | 'decide'>
  readonly acceptedAt: number
  readonly ruleSet: Digest
  readonly directory: { readonly sequence: number; readonly head: Digest }
  readonly note: string | number | undefined
}
export type Held = {
  readonly ok: true
  /** Whether the issuer has signed under which rules and when it judged; without that the last statement's are taken. */
  readonly rules: 'proven' | 'unproven'
  readonly issued: Issued | undefined
  readonly granted: Granted
  readonly ruleSets: RuleSets
  readonly judged: Judged
  readonly directory: ChainState
  /** In the order in which they were accepted. */
  readonly said: readonly Said[]
  readonly reason: string | number | undefined
  readonly parameters: ReadonlyMap<string, string | number>
}
export type ReceiptVerdict = Held | Failure<ReceiptReason>
type Judged = { readonly ruleSet: Digest; readonly now: number; readonly purpose: 'claim' | 'renewal' }

/** The receipt in a file: canonical JSON, and at most one line end after it. Undefined when it is anything else. */
export function readReceiptFile(bytes: Uint8Array): Canonical | undefined {
  return readCanonical(bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes)
}

/** The file of a receipt. */
export const receiptText = (of: Receipt): string => `${canonicalText(of)}\n`

/**
 * Judges a receipt. With `chain`, the directory as the caller has verified it up to where this receipt's must end, the links of the receipt are not
 * read: for an issuer, which has replayed them when it started.
 */
export async function verifyReceipt(
  value: unknown,
  roots: TrustRoots,
  crypto: EvidenceCrypto,
  chain?: ChainState,
): Promise<ReceiptVerdict> {
  const form = read(receipt, value)
  if (!form.ok) return fail('receipt_malformed', inside('', form.path))
  const { bundle, openings } = form.value

  // The issuer's word, if it is there: signed by the log key of the roots. With a wrong one the receipt fails; without, rules are not proven.
  const word = form.value.issued ? await openIssued(form.value.issued, roots, crypto) : undefined
  if (word && !word.ok) return word
  const issued = word?.issued
  const judged: Judged = issued
    ? { ruleSet: issued.rule_set, now: issued.judged_at, purpose: issued.purpose }
    : judgedWithout(bundle)

  // Its parts: no rule set that nothing names, and the directory exactly up to where it was judged by.
  const opened = await openRuleSets(bundle.rule_sets, crypto)
  if (!opened.ok) return fail(opened.reason, `/bundle${opened.path}`)
  const named = new Set([judged.ruleSet, ...bundle.statements.map(({ rule_set }) => rule_set)])
  const unused = [...opened.ruleSets.keys()].findIndex((digest) => !named.has(digest))
  if (unused >= 0) return fail('rule_set_unused', `/bundle/rule_sets/${unused}`)
  const replayed = chain ? { ok: true as const, state: chain } : await replayChain(roots, bundle.directory, crypto)
  if (!replayed.ok) return fail(replayed.reason, `/bundle/directory${replayed.path}`)
  const directory = replayed.state
  const end = issued?.directory ?? furthest(bundle)
  if (directory.sequence !== end.sequence || directory.head !== end.head)
    return fail('directory_ends_elsewhere', '/bundle/directory')

  // The one function, with the rules, the time and the purpose that the word names.
  const question = { bundle, roots, ...judged, chain: directory, ruleSets: opened.ruleSets }
  const granted = await verifyEvidence(question, crypto)
  if (!granted.ok) return fail(granted.reason, `/bundle${granted.path}`)
  const said = await readSaid(bundle, roots, crypto)
  if (issued) {
    const misfit = await compareIssued(issued, granted, said, crypto)
    if (misfit !== undefined) return fail('issued_differs', `/issued/body/${misfit}`)
  }

  // What is opened is what was committed to.
  const values = await judgeOpenings(openings, granted.intent, said, crypto)
  if (!values.ok) return values
  return {
    ok: true,
    rules: issued ? 'proven' : 'unproven',
    issued,
    granted,
    ruleSets: opened.ruleSets,
    judged,
    directory,
    said: said.map((one) => ({ ...one, note: values.notes.get(one.digest) })).toSorted((a, b) => a.acceptedAt - b.acceptedAt),
    reason: values.reason,
    parameters: values.parameters,
  }
}

async function openIssued(
  { body: text, signature: signed }: NonNullable<Receipt['issued']>,
  roots: TrustRoots,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true; readonly issued: Issued } | Failure<ReceiptReason>> {
  const body = decodeBase64url(text)
  if (!body) return fail('issued_malformed', '/issued/body')
  const signature = decodeBase64url(signed)
  if (!signature) return fail('issued_malformed', '/issued/signature')
  if (!(await crypto.verify(roots.log_key, signature, tagged('issued', body), 'p1363')))
    return fail('issued_signature_invalid', '/issued/signature')
  const form = readIssued(body)
  if (!form.ok) return fail('issued_malformed', inside('/issued/body', form.path))
  if (form.value.realm !== roots.realm) return fail('foreign_realm', '/issued/body/realm')
  if (form.value.era !== roots.era) return fail('other_era', '/issued/body/era')
  return { ok: true, issued: form.value }
}

/** Without the issuer's word: every check but those of the time of a claim, by the rules and at the time of the statement accepted last. */
function judgedWithout({ statements }: Bundle): Judged {
  const last = statements.reduce((latest, one) => (one.accepted_at >= latest.accepted_at ? one : latest))
  return { ruleSet: last.rule_set, now: last.accepted_at, purpose: 'renewal' }
}

const furthest = ({ statements }: Bundle) =>
  statements.reduce((last, one) => (one.directory.sequence > last.directory.sequence ? one : last)).directory

/** The statements once more, in the order of the bundle; they have been judged. */
async function readSaid({ statements }: Bundle, roots: TrustRoots, crypto: EvidenceCrypto): Promise<Omit<Said, 'note'>[]> {
  const said: Omit<Said, 'note'>[] = []
  for (const one of statements) {
    const found = await openStatement(one, ['request', 'decide'], '', roots, crypto)
    if (!found.ok) continue
    const { digest, statement } = found.opened
    said.push({ digest, statement, acceptedAt: one.accepted_at, ruleSet: one.rule_set, directory: one.directory })
  }
  return said
}

/** The member of the issuer's word that does not say what was found, if there is one. */
async function compareIssued(
  issued: Issued,
  granted: Granted,
  said: readonly Omit<Said, 'note'>[],
  crypto: EvidenceCrypto,
): Promise<string | undefined> {
  const { credential, judged_at, expires_at, purpose } = issued
  if (issued.intent !== granted.intentDigest) return 'intent'
  const statements = said.map(({ digest }) => digest).toSorted()
  if (canonicalText(issued.statements.map(({ statement }) => statement)) !== canonicalText(statements)) return 'statements'
  for (const [index, one] of issued.statements.entries()) {
    const found = said.find(({ digest }) => digest === one.statement)
    if (found?.acceptedAt !== one.accepted_at) return `statements/${index}/accepted_at`
    if (found.ruleSet !== one.rule_set) return `statements/${index}/rule_set`
    if (canonicalText(found.directory) !== canonicalText(one.directory)) return `statements/${index}/directory`
  }
  const approvals = granted.approvals.map(({ person, passkey, group, statement }) => ({ person, passkey, group, statement }))
  if (canonicalText(issued.approvals) !== canonicalText(approvals)) return 'approvals'
  if ((credential.number === 1) !== (purpose === 'claim')) return 'credential/number'
  const id = await crypto.sha256(credentialIdBytes(issued.intent, credential.number))
  if (credential.id !== crockford(id.subarray(0, 16))) return 'credential/id'
  if (issued.issued_at < judged_at) return 'issued_at'
  const latest = granted.intent.ends_no_later_than * 1000
  const begun = Math.min(judged_at + granted.leaseSeconds * 1000, latest)
  if (purpose === 'claim' ? expires_at !== begun : expires_at <= judged_at || expires_at > latest) return 'expires_at'
  return undefined
}

type Opened = {
  readonly ok: true
  readonly reason: string | number | undefined
  readonly parameters: ReadonlyMap<string, string | number>
  readonly notes: ReadonlyMap<Digest, string | number>
}

async function judgeOpenings(
  openings: Receipt['openings'],
  intent: Intent,
  said: readonly Omit<Said, 'note'>[],
  crypto: EvidenceCrypto,
): Promise<Opened | Failure<ReceiptReason>> {
  // A lone surrogate has no bytes, so nothing can be committed to it.
  const opens = async (opening: Opening, committed: Digest) =>
    String(opening.value).isWellFormed() && (await crypto.digest(commitmentBytes(opening))) === committed
  const { reason } = openings
  if (reason && !(await opens(reason, intent.reason.commitment))) return fail('opening_differs', '/openings/reason')
  const parameters = new Map<string, string | number>()
  for (const [name, opening] of Object.entries(openings.parameters)) {
    const committed = Object.hasOwn(intent.parameters, name) ? intent.parameters[name] : undefined
    if (!isCommitment(committed)) return fail('opening_unknown', `/openings/parameters/${name}`)
    if (!(await opens(opening, committed.commitment))) return fail('opening_differs', `/openings/parameters/${name}`)
    parameters.set(name, opening.value)
  }
  const notes = new Map<Digest, string | number>()
  for (const [digest, opening] of Object.entries(openings.notes)) {
    const of = said.find((one) => one.digest === digest)?.statement
    if (of?.kind !== 'decide' || !of.note) return fail('opening_unknown', `/openings/notes/${digest}`)
    if (!(await opens(opening, of.note.commitment))) return fail('opening_differs', `/openings/notes/${digest}`)
    notes.set(digest, opening.value)
  }
  return { ok: true, reason: reason?.value, parameters, notes }
}
