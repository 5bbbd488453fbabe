// Receipts and links of the directory: bent from outside, and with one hostile statement, change, assertion, rule set or word inside evidence that is true
// around it.

import assert from 'node:assert/strict'
import { createPrivateKey, sign } from 'node:crypto'
import { nodeCrypto } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { read } from '../../src/domain/shape.ts'
import { tagged } from '../../src/domain/tags.ts'
import { type DirectoryLink, directoryLink } from '../../src/evidence/bundle.ts'
import { extendChain, replayChain } from '../../src/evidence/directory-chain.ts'
import { RECEIPT_REASONS } from '../../src/evidence/reasons.ts'
import { type Receipt, readReceiptFile, verifyReceipt } from '../../src/evidence/receipt.ts'
import { bendClientData, bendDocument } from './bend-document.ts'
import { bendAt, bendAuthenticatorData, bendPlainly, type Place } from './bend-inside.ts'
import { readCorpus } from './corpus.ts'
import type { Random } from './random.ts'
import { type Came, parsed, type Target } from './target.ts'

const { receipt, roots, office, logKey } = readCorpus()
const { links } = office
const start = await replayChain(office.roots, office.chain, nodeCrypto)
assert.ok(start.ok)
const { state } = start
const REASONS: readonly string[] = RECEIPT_REASONS
const POINTER = /^(\/([^~/]|~[01])*)*$/
const privateKey = createPrivateKey({ key: Buffer.from(logKey, 'base64url'), format: 'der', type: 'pkcs8' })
const canonical = (value: unknown): Uint8Array => canonicalBytes(value as Canonical)

const TRUE = canonical(receipt)

/** Of the whole, everything that is canonical is inside; of a part, only what has come past the shape of the whole. */
const takeReceipt =
  (of: 'whole' | 'signed part' | 'word') =>
  async (bytes: Uint8Array): Promise<Came> => {
    const value = readReceiptFile(bytes)
    if (value === undefined) return 'outside'
    const verdict = await verifyReceipt(value, roots, nodeCrypto)
    if (verdict.ok) {
      // The whole may leave out an opening, and an issuer may say another fingerprint; nothing else that people have signed has a second form.
      assert.ok(of !== 'signed part' || Buffer.from(TRUE).equals(bytes), 'a receipt was bent inside and taken')
      return 'through'
    }
    assert.ok(REASONS.includes(verdict.reason) && POINTER.test(verdict.path), JSON.stringify(verdict))
    return of !== 'whole' && verdict.reason === 'receipt_malformed' ? 'outside' : 'inside'
  }

const takeLink =
  (isInside: boolean) =>
  async (bytes: Uint8Array): Promise<Came> => {
    const value = parsed(bytes)
    const form = read(directoryLink, value)
    if (!form.ok) return isInside || value === undefined ? 'outside' : 'inside'
    const extended = await extendChain(state, form.value, nodeCrypto, office.roots)
    if (extended.ok) return 'through'
    assert.ok(REASONS.includes(extended.reason) && POINTER.test(extended.path), JSON.stringify(extended))
    return 'inside'
  }

type Ways = readonly Place['way'][]
const statementWays = (link: DirectoryLink): Ways => [
  ...link.statements.map((_, at) => ['statements', at]),
  ...link.registrations.map((_, at) => ['registrations', at]),
]
const under = (ways: Ways, ...way: (string | number)[]): Ways => ways.map((each) => [...way, ...each])
const { statements, directory, rule_sets } = receipt.bundle
const signedWays: Ways = [
  ...statements.map((_, at) => ['bundle', 'statements', at]),
  ...directory.flatMap((link, at) => under(statementWays(link), 'bundle', 'directory', at)),
]
const changeWays: Ways = directory.map((_, at) => ['bundle', 'directory', at, 'change'])

const bendOf = <T extends object>(random: Random, whole: T, ways: Ways, max: number, bend: Parameters<typeof bendAt>[3]): T =>
  bendAt(random, whole, { way: random.pick(ways), max }, bend)

const bendStatement = <T extends object>(random: Random, whole: T, ways: Ways): T =>
  bendAt(random, whole, { way: [...random.pick(ways), 'statement'], max: 8192 }, bendDocument)

/** One of the three parts of an assertion, each bent as what it is. */
function bendAssertion<T extends object>(random: Random, whole: T, ways: Ways): T {
  const way = [...random.pick(ways), 'assertion']
  const [member, max, bend] = random.pick([
    ['authenticator_data', 1024, bendAuthenticatorData],
    ['client_data_json', 4096, bendClientData],
    ['signature', 1024, bendPlainly],
  ] as const)
  return bendAt(random, whole, { way: [...way, member], max }, bend)
}

/** Something that the issuer signs, bent and mostly signed anew: what only an issuer could send. */
const signedAnew = <T extends { readonly body: string; readonly signature: string }>(
  random: Random,
  tag: 'issued' | 'vouch',
  word: T,
): T => {
  if (random.below(6) === 0) return word
  const bytes = Buffer.from(word.body, 'base64url')
  return { ...word, signature: sign(null, tagged(tag, bytes), privateKey).toString('base64url') }
}

function bendWord(random: Random): Receipt {
  const bent = bendOf(random, receipt, [['issued', 'body']], 65_536, bendDocument)
  return bent.issued ? { ...bent, issued: signedAnew(random, 'issued', bent.issued) } : bent
}

function bendLink(random: Random): DirectoryLink {
  const link = random.pick(links)
  const ways = statementWays(link)
  const way = random.below(4)
  if (way === 0 && link.vouch) {
    const bent = bendOf(random, link, [['vouch', 'body']], 4096, bendDocument)
    return bent.vouch ? { ...bent, vouch: signedAnew(random, 'vouch', bent.vouch) } : bent
  }
  if (way === 1) return bendOf(random, link, [['change']], 20_000, bendDocument)
  return way === 2 ? bendStatement(random, link, ways) : bendAssertion(random, link, ways)
}

const RECEIPT = { parts: 16, seeds: [TRUE] }
const LINK = { parts: 20, seeds: links.map(canonical) }

export const EVIDENCE_TARGETS: readonly Target[] = [
  { name: 'receipt', ...RECEIPT, parts: 35, take: takeReceipt('whole') },
  {
    name: 'receipt: statement',
    ...RECEIPT,
    bend: (random) => canonical(bendStatement(random, receipt, signedWays)),
    take: takeReceipt('signed part'),
  },
  {
    name: 'receipt: assertion',
    ...RECEIPT,
    bend: (random) => canonical(bendAssertion(random, receipt, signedWays)),
    take: takeReceipt('signed part'),
  },
  {
    name: 'receipt: change of the directory',
    ...RECEIPT,
    bend: (random) => canonical(bendOf(random, receipt, changeWays, 20_000, bendDocument)),
    take: takeReceipt('signed part'),
  },
  {
    name: 'receipt: intent and rules',
    ...RECEIPT,
    bend: (random) => {
      const ways: Ways = [['bundle', 'intent'], ...rule_sets.map((_, at) => ['bundle', 'rule_sets', at])]
      return canonical(bendOf(random, receipt, ways, 16_384, bendDocument))
    },
    take: takeReceipt('signed part'),
  },
  { name: "receipt: issuer's word", ...RECEIPT, bend: (random) => canonical(bendWord(random)), take: takeReceipt('word') },
  { name: 'link of the directory', ...LINK, take: takeLink(false) },
  { name: 'link: one part', ...LINK, bend: (random) => canonical(bendLink(random)), take: takeLink(true) },
]
