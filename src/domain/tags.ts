// Domain tags: every digest and every signature of ours is over `tag 0x00 bytes`, so that bytes signed for one purpose mean nothing
// for another. A tag is never reused for another format; a changed format gets a new version in its tag.

export const TAGS = {
  intent: 'countersign/intent/v1',
  action: 'countersign/action/v1',
  rules: 'countersign/rules/v1',
  ruleSet: 'countersign/rule-set/v1',
  commitment: 'countersign/commitment/v1',
  roots: 'countersign/trust-roots/v1',
  directory: 'countersign/directory-change/v1',
  directoryHead: 'countersign/directory-head/v1',
  vouch: 'countersign/vouch/v1',
  vouchedNonce: 'countersign/vouched-nonce/v1',
  issued: 'countersign/credential-issued/v1',
  claim: 'countersign/claim/v1',
  giveBack: 'countersign/give-back/v1',
  holder: 'countersign/holder/v1',
  nonce: 'countersign/nonce/v1',
  credential: 'countersign/credential/v1',
  userHandle: 'countersign/user-handle/v1',
  providerSubject: 'countersign/provider-subject/v1',
  providerRound: 'countersign/provider-round/v1',
  'statement/request': 'countersign/statement/request/v1',
  'statement/decide': 'countersign/statement/decide/v1',
  'statement/revoke': 'countersign/statement/revoke/v1',
  'statement/register': 'countersign/statement/register/v1',
  'statement/directory': 'countersign/statement/directory/v1',
  'statement/sign_in': 'countersign/statement/sign-in/v1',
  'statement/lift': 'countersign/statement/lift/v1',
} as const

export type Tag = keyof typeof TAGS

const PREFIXES = Object.fromEntries(Object.entries(TAGS).map(([tag, text]) => [tag, new TextEncoder().encode(`${text}\0`)]))

/** The bytes to hash or to sign: the tag in ASCII, a zero byte, the bytes. */
export function tagged(tag: Tag, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = PREFIXES[tag] as Uint8Array
  const out = new Uint8Array(prefix.length + bytes.length)
  out.set(prefix)
  out.set(bytes, prefix.length)
  return out
}
