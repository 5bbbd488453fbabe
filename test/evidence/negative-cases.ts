// The numbered list of attacks that the product must refuse, and for each number the tests that hold it: the file, and the name as it stands there. Numbers
// are kept for ever: notes, reviews and reports speak of them. Names with … are those of a test that is made for each row of a list.

export type NegativeCase = {
  readonly number: number
  readonly attack: string
  readonly heldBy: readonly (readonly [file: string, name: string])[]
}

const live = 'test/passkeys/assertion-ceremony.test.ts'
const made = 'test/passkeys/registration-ceremony.test.ts'
const attested = 'test/passkeys/attestation.test.ts'
const posted = 'test/passkeys/response.test.ts'
const own = 'test/evidence/negative-cases.test.ts'
const decided = 'test/commands/decisions.test.ts'
const counted = 'test/commands/counters.test.ts'
const enrolled = 'test/commands/enrolment.test.ts'
const changed = 'test/commands/changed-since.test.ts'
const claimed = 'test/commands/claims.test.ts'
const bundled = 'test/support/bundle-attacks.ts'
const judged = 'test/support/decision-attacks.ts'

type Held = NegativeCase['heldBy'][number]
const row = (number: number, attack: string, ...heldBy: Held[]): NegativeCase => ({ number, attack, heldBy })

export const NEGATIVE_CASES: readonly NegativeCase[] = [
  // The ceremony of an assertion.
  row(1, 'wrong challenge', [live, '1 a wrong challenge is refused']),
  row(
    2,
    'challenge of another request',
    [live, '2 the challenge of another request is refused'],
    [decided, 'one request: the assertion over another is refused'],
  ),
  row(
    3,
    'challenge of the other decision',
    [live, '3 the challenge of the other decision is refused'],
    [decided, 'one decision: an assertion over deny does not approve'],
  ),
  row(
    4,
    'challenge of another signer',
    [own, '4 the answer of one person under a statement that names another is refused, whichever key is asked'],
    [decided, 'one person: another’s key signs nothing in his name'],
  ),
  row(5, 'challenge for another purpose', [live, '5 the challenge of the same bytes for another purpose is refused']),
  row(6, 'expired', [decided, 'of six minutes ago is dead']),
  row(7, 'used', [decided, 'one statement once: the same post again is refused and changes nothing']),
  row(
    8,
    'used twice at once',
    [decided, 'one statement once, also when ten posts of it come together'],
    ['test/races/decisions.test.ts', 'a double click, the same bytes posted ten times at once, is one decision'],
  ),
  row(9, 'type webauthn.create', [live, '9 an answer of type webauthn.create is refused']),
  row(10, 'type payment.get', [live, '10 an answer of type payment.get is refused']),
  ...[
    [11, 'origin over http'],
    [12, 'origin of a subdomain'],
    [13, 'origin with a slash or on another port'],
    [14, 'origin that begins alike'],
  ].map(([number, attack]) => row(number as number, attack as string, [live, '… an answer made on … is refused'] as const)),
  row(
    15,
    'crossOrigin',
    [live, '15 an answer from a frame is refused'],
    [live, '15 a crossOrigin that is not exactly false is refused'],
  ),
  row(16, 'topOrigin', [live, '16 an answer that names a page around it is refused']),
  row(17, 'wrong rpIdHash', [live, '17 an answer for another rpID is refused']),
  row(18, 'no user presence', [live, '18 an answer without user presence is refused']),
  row(19, 'no user verification', [live, '19 an answer without user verification is refused']),
  row(20, 'backed up without being eligible', [live, '20 backed up without being eligible for it is refused']),
  row(
    21,
    'backup eligibility changed',
    [live, '21 a device-bound passkey that turns synced is refused'],
    [live, '21 a synced passkey that turns device-bound is refused'],
  ),
  row(22, 'attested data in an assertion', [live, '22 attested key data in an assertion is refused']),
  row(
    23,
    'unasked or malformed extensions',
    [live, '23 an extension that nobody asked for is refused'],
    [live, '23 the flag of an extension without one is refused'],
    [live, '23 reserved flags are refused'],
  ),
  row(24, 'authenticator data short or long', [live, '24 authenticator data that is short or long is refused']),
  row(
    25,
    'counter equal, lower, or zero after it counted',
    [live, '25 a counter that is equal, lower or back at zero is refused'],
    [live, '25 a counter is judged only where the signature is true'],
    [decided, 'one copy of a key: a counter that does not grow is refused'],
    [counted, '25 a true signature with a counter that is … is refused, and is an alarm about its key'],
    [counted, '25 an approval by a copy of a key approves nothing'],
  ),
  row(26, 'bad signature', [live, '26 a bad signature is a refusal, although the library only answers false']),
  row(27, 'signature of another key', [live, '27 a signature by the key of another person is refused']),
  row(
    28,
    'DER cut short or followed by more',
    [live, '28 a truncated or empty DER signature is refused'],
    [live, '28 bytes after the DER signature are refused'],
  ),
  row(29, 'n − s twin of a signature', [
    own,
    '29 the other signature of the same answer (n − s) is the same word, and counts no second time',
  ]),
  row(30, 'id that is not the raw id', [live, '30 an id that differs from its raw id is refused']),
  row(31, 'id of another person’s passkey', [live, '31 the id of another person’s passkey is refused']),
  row(32, 'id that was not allowed', [live, '32 a passkey of the same person that the statement does not name is refused']),
  row(
    33,
    'foreign user handle, other spelling of an id',
    [live, '33 the user handle of somebody else is refused'],
    [live, '33 the user handle of the same person in another realm is refused'],
    [posted, '33 a padded id and any other spelling of an id are refused'],
    [posted, '33 a user handle in another spelling is refused'],
  ),
  row(
    34,
    'suspended or revoked key',
    ['test/races/standings.test.ts', 'before the decision: it is refused'],
    [bundled, 'an approval by a key that was suspended then'],
  ),
  row(
    35,
    'key that cools down',
    ['test/commands/not-yet.test.ts', 'cannot approve, and its owner is told from when'],
    ['test/support/approver-attacks.ts', 'an approval with a key that is 23 hours old'],
    ['test/support/approver-attacks.ts', 'an approval with an old key that came to serve an hour ago'],
    ['test/support/approver-attacks.ts', 'an approval with an old key by an approver of 23 hours'],
  ),
  row(
    36,
    'unknown passkey',
    [bundled, 'an approval by a key that nobody enrolled'],
    [enrolled, 'makes no approver: a key that waits signs nothing else'],
  ),
  row(37, 'client data not JSON, not UTF-8, with a mark', [
    live,
    '37 client data that is not JSON, not UTF-8 or starts with a byte order mark is refused',
  ]),
  row(
    38,
    'a member twice',
    [live, '38 client data that says a member twice is refused'],
    [made, '38 client data that says a member twice is refused'],
  ),
  row(
    39,
    'oversized body, deep JSON',
    ['test/issuer/doors.test.ts', 'a body over 16 KB is not read'],
    [posted, '39 parts that are longer than their format are refused'],
    [own, '39 deep JSON as client data is read or refused at once, and never a fault'],
  ),
  row(
    40,
    'prototype members',
    [live, '40 a prototype in the client data changes nothing'],
    [posted, '40 members that are not of the standard are refused, prototypes among them'],
  ),
  row(41, 'null, list or number for an object', [
    posted,
    '41 null, lists, numbers and texts instead of objects are refused without a fault',
  ]),

  // The ceremony of a registration.
  row(42, 'no attestation where hardware is asked', [attested, '42 a key without any attestation is refused']),
  row(
    43,
    'self-attestation',
    [attested, '43 a key that vouches for itself is refused'],
    [made, '43 a self-attestation whose signature is not by the new key is refused'],
  ),
  row(
    44,
    'forged AAGUID',
    [attested, '44 the AAGUID of a listed model, claimed by a certificate of another model, is refused'],
    [attested, '44 the AAGUID of a listed model of another maker is refused'],
    [made, '44 an AAGUID that nobody attests is a hint and no more'],
  ),
  row(
    45,
    'rogue chain',
    [attested, '45 a chain of somebody else who calls himself the maker is refused'],
    [attested, '45 a root that the chain brings along is refused, the pinned one as well as a rogue one'],
  ),
  row(46, 'issuer that is no authority', [attested, '46 a certificate by a pinned one that may not issue any is refused']),
  row(47, 'leaf out of its time', [attested, '47 a leaf that has expired, or is not valid yet, is refused']),
  row(48, 'model not listed', [
    attested,
    '48 a model that is not on the list is refused, and so is every one while the list is empty',
  ]),
  row(
    49,
    'certificate of another AAGUID',
    [attested, '44 the AAGUID of a listed model, claimed by a certificate of another model, is refused'],
    [attested, '49 a certificate that names no model, or names it as critical, is refused'],
  ),
  row(50, 'compromised model', [attested, '50 a model of which … was reported is refused, whatever was reported since']),
  row(
    51,
    'algorithm we do not take',
    [made, '51 a key whose algorithm or curve is not ours is refused'],
    ['test/passkeys/cose.test.ts', '51 keys of algorithms we do not take are refused (RS1, P-521)'],
  ),
  row(
    52,
    'known id, also under another person',
    [enrolled, 'of a key or an id that is known already is refused, enrolled or waiting, under whatever name'],
    ['test/support/chain-attacks.ts', 'a new key under an enrolled credential id'],
  ),
  row(53, 'id over 1023 bytes', [
    made,
    '53 an id of more than 1023 bytes is refused, outside by the schema and signed by the check',
  ]),
  row(54, 'outer id that is not the signed one', [made, '54 a registration whose outer id is not the signed one is refused']),
  row(
    55,
    'synced key where a device-bound one is asked',
    [attested, '55 a key that may be copied is refused'],
    [attested, '55 an attested key that may be copied is refused'],
  ),
  // There are no codes: a person registers, administrators sign that key. What a code could be abused for is this.
  row(
    56,
    'enrolment wrong, used, expired, or of another person',
    [enrolled, 'over a nonce that is stale, forged or another one is refused'],
    [enrolled, 'uses its nonce up: neither the same answer nor another key comes in by it'],
    [enrolled, 'that enrols a key under another person than its owner proved is refused'],
  ),
  row(57, 'enrolment without a fresh sign-in at the provider', [
    'test/issuer/oidc/rounds.test.ts',
    'by an older sign-in, even if the address was bent so that the provider lets it pass',
  ]),

  // The application.
  row(
    58,
    'self-approval',
    [decided, 'the requester is not an approver, though he is in the group, and the try is an entry'],
    [judged, 'the requester approving'],
  ),
  row(
    59,
    'one human with two Slack accounts',
    [own, '59 two Slack accounts of one human ask and approve as one person'],
    [judged, 'one person approving twice with two keys'],
  ),
  row(
    60,
    'approver removed after the page was opened',
    [changed, 'who left the group counts no more: the quorum is lost, and the request void with a reason'],
    [judged, 'an approver removed from the group since'],
  ),
  row(
    61,
    'request edited, cancelled or lapsed between options and answer',
    ['test/races/decisions.test.ts', 'approve against cancel'],
    ['test/races/decisions.test.ts', 'approve against lapse, each by its own clock'],
    [
      'test/attacks/bot-database-role-rollback.test.ts',
      'a request put back under the same id with other bytes is not what people signed',
    ],
  ),
  row(
    62,
    'rules changed',
    [changed, 'changed in … voids what waits and what is approved, and nobody can claim or sign it'],
    [bundled, 'a quorum that was lowered since'],
  ),
  row(
    63,
    'quorum spliced from two requests',
    [claimed, 'evidence: an approval of another request put beside this one'],
    [bundled, 'an approval of another intent'],
  ),
  row(
    64,
    'stale digest',
    [enrolled, 'prepared before another change is refused: the administrator must look again'],
    [own, '64 a word about the digest of before the change is no word about what is asked now'],
  ),
  row(65, 'link opened by another person', [
    'test/attacks/copied-link.test.ts',
    'opens it in his own session: the page says that it is not his, and offers no act',
  ]),
  row(66, 'unfurling', ['test/attacks/copied-link.test.ts', '…, by …, changes nothing that is stored and is set no cookie']),
  row(67, 'cross-site post', [
    'test/attacks/pages.test.ts',
    '…, POST …: a foreign or missing origin, a foreign site, a form instead of JSON',
  ]),
  row(68, 'cookie of one browser, assertion from another', [
    'test/attacks/pages.test.ts',
    'a cookie of one browser with an assertion from another: the assertion says who spoke, and the cookie changes nothing of it',
  ]),
  row(
    69,
    'forged "approved" row',
    [claimed, 'a state that says approved: without signatures nothing is minted (invariant 1)'],
    [claimed, 'a state that says approved for a request that nobody even confirmed'],
  ),
  row(
    70,
    'one flipped bit',
    [
      'test/evidence/receipt-bits.test.ts',
      'no bit of any stored bytes and no number of a receipt can be flipped: … of each field',
    ],
    [live, 'no bit of what was signed can be flipped'],
  ),
]
