// Receipts for every verifier, ours and others': each with the roots it is to be judged by and the verdict it must get. Each is a world of its own
// with new keys, so that a file can be read without any other. The verdict is the attack's own, never what our verifier happened to say.

import { digestOf, nodeCrypto } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import type { Bundle } from '../../src/evidence/bundle.ts'
import { replayChain } from '../../src/evidence/directory-chain.ts'
import type { ReceiptReason } from '../../src/evidence/reasons.ts'
import type { Receipt } from '../../src/evidence/receipt.ts'
import type { Question } from '../../src/evidence/verify-evidence.ts'
import { APPROVER_ATTACKS } from './approver-attacks.ts'
import { TWISTS } from './assertion-attacks.ts'
import type { Attack } from './attack.ts'
import { BUNDLE_ATTACKS } from './bundle-attacks.ts'
import { CHAIN_ATTACKS } from './chain-attacks.ts'
import { DECISION_ATTACKS } from './decision-attacks.ts'
import { makeWorld, minutes } from './evidence-builder.ts'
import { makeOffice } from './office.ts'
import { receiptAttacks } from './receipt-attacks.ts'
import { digestOfSigned, makeReceipt, signIssued } from './receipt-builder.ts'
import { VALID } from './valid-receipts.ts'

export type Vector = {
  readonly about: string
  readonly roots: TrustRoots
  readonly receipt: unknown
  readonly expected:
    | { readonly verdict: 'valid' | 'unproven' }
    | { readonly verdict: 'invalid'; readonly reason: ReceiptReason; readonly path: RegExp }
}

/**
 * A receipt of a question that evidence does not answer with yes, under a word that an issuer would have to have signed for it: whatever refuses it is not
 * that the word were missing.
 */
async function falseReceipt({ bundle: of, roots, ruleSet, now, purpose }: Question): Promise<Receipt> {
  const bundle = of as Bundle
  const chain = await replayChain(roots, bundle.directory, nodeCrypto)
  const directory = chain.ok
    ? { sequence: chain.state.sequence, head: chain.state.head }
    : { sequence: 0, head: digestOf('roots', canonicalBytes(roots)) }
  const statements = bundle.statements.map((one) => ({
    statement: digestIn(one),
    accepted_at: one.accepted_at,
    rule_set: one.rule_set,
    directory: one.directory,
  }))
  const intent = digestOf('intent', Buffer.from(bundle.intent, 'base64url'))
  const body = {
    v: 1,
    realm: roots.realm,
    era: roots.era,
    intent,
    credential: { id: '0'.repeat(26), number: 1, fingerprint: intent },
    purpose: purpose === 'claim' ? 'claim' : 'renewal',
    judged_at: now,
    issued_at: now + 5,
    expires_at: now + 900_000,
    rule_set: ruleSet,
    directory,
    statements: statements.toSorted((a, b) => (a.statement < b.statement ? -1 : 1)),
    approvals: [{ person: 'bo', passkey: intent, group: 'dba', statement: intent }],
  }
  return { v: 1, bundle, openings: { parameters: {}, notes: {} }, issued: signIssued(body as unknown as Canonical) }
}

function digestIn(one: Bundle['statements'][number]): string {
  try {
    return digestOfSigned(one)
  } catch {
    // No statement at all: any digest will do for what nobody can have read.
    return digestOf('statement/decide', Buffer.from(one.statement))
  }
}

/** What the members of a bundle lack is a fault of the receipt that holds it. */
const inReceipt = (reason: ReceiptReason): ReceiptReason => (reason === 'bundle_malformed' ? 'receipt_malformed' : reason)

const ofBundle = async ({ name, reason, path, make }: Attack): Promise<Vector> => {
  const question = make()
  const expected = { verdict: 'invalid', reason: inReceipt(reason), path } as const
  return { about: name, roots: question.roots, receipt: await falseReceipt(question), expected }
}

async function ofChain({ name, reason, make }: (typeof CHAIN_ATTACKS)[number]): Promise<Vector> {
  const office = makeOffice()
  const link = make(office)
  const before = office.links.filter((one) => one !== link)
  // Some rows make their link by putting it in: then it stands there once more.
  const directory = before.length < office.links.length ? [...office.links, link] : [...before, link]
  // The directory is judged before what anybody said: one statement of any form is enough.
  const elsewhere = makeWorld()
  const question = elsewhere.question([elsewhere.request()], { bundle: { directory, rule_sets: [] } })
  const expected = { verdict: 'invalid', reason, path: /^\/bundle\/directory\/\d+\// } as const
  return { about: name, roots: office.roots, receipt: await falseReceipt({ ...question, roots: office.roots }), expected }
}

async function ofAssertion([name, reason, twist]: (typeof TWISTS)[number]): Promise<Vector> {
  const world = makeWorld()
  const question = world.question([world.request(), world.approve(world.keys.bo, minutes(2), { twist })])
  const expected = { verdict: 'invalid', reason, path: /^\/bundle\/statements\/1\/assertion/ } as const
  return { about: `an assertion ${name}`, roots: world.roots, receipt: await falseReceipt(question), expected }
}

async function misspelled(member: 'client_data_json' | 'authenticator_data' | 'signature'): Promise<Vector> {
  const world = makeWorld()
  const approval = world.approve(world.keys.bo)
  // One letter more than bytes have: every strict reader refuses it, and many lenient ones drop it.
  const text = `${approval.assertion[member]}${'A'.repeat((5 - (approval.assertion[member].length % 4)) % 4)}`
  const question = world.question([world.request(), { ...approval, assertion: { ...approval.assertion, [member]: text } }])
  const path = new RegExp(`^/bundle/statements/1/assertion/${member}`)
  const expected = { verdict: 'invalid', reason: 'assertion_malformed', path } as const
  return {
    about: `an assertion in another spelling of its ${member}`,
    roots: world.roots,
    receipt: await falseReceipt(question),
    expected,
  }
}

async function underForgedRoots(): Promise<Vector> {
  const { world, receipt } = await makeReceipt()
  const [root = world.keys.ada.passkey] = world.roots.roots
  const roots = { ...world.roots, roots: [{ ...root, thumbprint: world.keys.bo.passkey.thumbprint }] }
  const expected = { verdict: 'invalid', reason: 'roots_malformed', path: /directory/ } as const
  return { about: 'roots whose thumbprint is not their key’s', roots, receipt, expected }
}

/** Every vector anew, by its file's place. */
export async function makeVectors(): Promise<ReadonlyMap<string, Vector>> {
  const vectors = new Map<string, Vector>()
  const put = (folder: 'valid' | 'invalid', vector: Vector) => {
    const place = `${folder}/${fileName(vector.about)}.json`
    if (vectors.has(place)) throw new Error(`two vectors are called ${place}`)
    vectors.set(place, vector)
  }
  for (const { about, make } of VALID) put('valid', { about, ...(await make()) })
  for (const attack of [...BUNDLE_ATTACKS, ...DECISION_ATTACKS, ...APPROVER_ATTACKS]) put('invalid', await ofBundle(attack))
  for (const attack of CHAIN_ATTACKS) put('invalid', await ofChain(attack))
  for (const twist of TWISTS) put('invalid', await ofAssertion(twist))
  for (const member of ['client_data_json', 'authenticator_data', 'signature'] as const) put('invalid', await misspelled(member))
  const made = await makeReceipt()
  for (const [name, reason, path, make] of receiptAttacks(made)) {
    const receipt = make()
    // A lone surrogate is no UTF-8, so no file can hold it: the readers of files refuse it before.
    if (!JSON.stringify(receipt).isWellFormed() || /\\ud[89a-f]/.test(JSON.stringify(receipt))) continue
    const expected = { verdict: 'invalid', reason, path } as const
    put('invalid', { about: `a receipt with ${name}`, roots: made.world.roots, receipt, expected })
  }
  put('invalid', await underForgedRoots())
  return vectors
}

/** A name in words as the name of a file. */
const fileName = (about: string): string =>
  about
    .toLowerCase()
    .replace(/[’']/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
