// What a thief with a software key, or with a real key that nobody allowed, tries where hardware is needed: each attack by its number of the list of
// negative cases, with a chain of certificates that is right in everything else.

import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import type { Accept } from '../../src/domain/accepted-keys.ts'
import type { AttestationList, AttestationModel } from '../../src/domain/attestation.ts'
import { registrationOptions, verifyRegistration } from '../../src/passkeys/ceremony.ts'
import { registrationResponse } from '../../src/passkeys/response.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create, FLAGS, type Twist } from '../../src/sandbox/authenticator.ts'
import { attestedBy, type Bent, bytesOfAaguid, MODEL, modelOf, newLeaf, newMaker } from '../support/attesting.ts'
import { assertReason, CHALLENGE, ORIGIN, REALM, RP_ID } from '../support/ceremony.ts'
import { certificate, newKeys } from '../support/certificates.ts'

const MADE = FLAGS.userPresent | FLAGS.userVerified | FLAGS.attested
const OTHER = 'ee882879-721c-4913-9775-3dfcce97072a'
const DAY_MS = 86_400_000
const asked = {
  rpId: RP_ID,
  origin: ORIGIN,
  challenge: Buffer.from(CHALLENGE).toString('base64url'),
  userHandle: Buffer.from(userHandle(REALM, 'bo')).toString('base64url'),
}
const maker = newMaker()
const listing = (...models: readonly AttestationModel[]): AttestationList => ({ models })
const OURS = listing(modelOf(maker))

type Over = { readonly accept?: Accept; readonly models?: AttestationList; readonly now?: Date }
const check = (twist: Twist, { accept = 'hardware', models = OURS, now = new Date() }: Over = {}) =>
  verifyRegistration({
    response: registrationResponse.parse(create(asked, twist).response),
    expectedChallenge: CHALLENGE,
    origin: ORIGIN,
    rpId: RP_ID,
    accept,
    models,
    now,
  })
const refused = async (reason: string, twist: Twist, over?: Over): Promise<void> => assertReason(await check(twist, over), reason)
const bent = (how: Bent): Twist => attestedBy(maker, how)
const selfAttested: Twist = {
  aaguid: bytesOfAaguid(MODEL),
  attest: (_signed, own) => ({
    fmt: 'packed',
    statement: new Map<string, number | Uint8Array>([
      ['alg', -7],
      ['sig', own],
    ]),
  }),
}

describe('where hardware is needed', () => {
  test('a key whose chain leads to the root of its listed model has the model proved', async () => {
    const checked = await check(attestedBy(maker))
    assert.ok(checked.ok)
    assert.deepEqual(
      [checked.registered.aaguid, checked.registered.device_bound, checked.registered.attestation.fmt],
      [MODEL, true, 'packed'],
    )
  })

  test('a chain may bring fewer certificates when what it leaves out is pinned, down to the certificate of the key itself', async () => {
    for (const pinned of [maker.authority, maker.leaf])
      assert.ok((await check(bent({ chain: [maker.leaf] }), { models: listing(modelOf(maker, { roots: [pinned.pem] })) })).ok)
  })

  test('the browser is asked for the certificate of the maker, and nowhere else', async () => {
    const about = {
      rpId: RP_ID,
      rpName: 'Countersign',
      realm: REALM,
      person: 'bo',
      personName: 'Bo',
      challenge: CHALLENGE,
      known: [],
    }
    for (const [accept, attestation] of [
      ['any', 'none'],
      ['device_bound', 'none'],
      ['hardware', 'direct'],
    ] as const)
      assert.equal((await registrationOptions({ ...about, accept })).attestation, attestation)
  })

  test('42 a key without any attestation is refused', () => refused('attestation_missing', { aaguid: bytesOfAaguid(MODEL) }))
  test('43 a key that vouches for itself is refused', () => refused('attestation_self', selfAttested))
  test('44 the AAGUID of a listed model, claimed by a certificate of another model, is refused', async () => {
    const other = newLeaf(maker.authority, { aaguid: bytesOfAaguid(OTHER) })
    await refused('aaguid_differs', bent({ chain: [other, maker.authority] }))
  })
  test('44 the AAGUID of a listed model of another maker is refused', async () => {
    const models = listing(modelOf(maker, { aaguid: OTHER }), modelOf(newMaker()))
    await refused('chain_not_pinned', attestedBy(maker), { models })
  })
  test('45 a chain of somebody else who calls himself the maker is refused', () =>
    refused('chain_not_pinned', attestedBy(newMaker())))
  test('45 a root that the chain brings along is refused, the pinned one as well as a rogue one', async () => {
    const rogue = newMaker()
    await refused('chain_own_root', attestedBy(rogue, { chain: [rogue.leaf, rogue.authority, rogue.root] }))
    await refused('chain_own_root', bent({ chain: [maker.leaf, maker.authority, maker.root] }))
    const { issuer, ...own } = maker.leaf
    const alone = certificate(own)
    await refused('chain_own_root', bent({ chain: [alone] }))
  })
  test('45 a leaf of the maker beside the signature of another key is refused', async () => {
    const stolen = { ...maker.leaf, keys: newKeys() }
    await refused('attestation_signature', bent({ chain: [stolen, maker.authority] }))
  })
  test('45 an attestation of another registration is refused', () =>
    refused('attestation_signature', bent({ over: Buffer.alloc(200) })))
  test('45 certificates that are not of one line are refused', async () => {
    const rogue = newMaker()
    await refused('chain_broken', bent({ chain: [rogue.leaf, maker.authority] }))
  })
  test('46 an attested key that issues certificates itself is refused', async () => {
    const forged = newLeaf(maker.leaf)
    await refused('chain_not_authority', bent({ chain: [forged, maker.leaf, maker.authority] }))
  })
  test('46 a certificate by a pinned one that may not issue any is refused', async () => {
    const forged = newLeaf(maker.leaf)
    const models = listing(modelOf(maker, { roots: [maker.leaf.pem] }))
    await refused('chain_not_authority', bent({ chain: [forged] }), { models })
  })
  test('46 an authority without basic constraints, or of a version without extensions, issues nothing', async () => {
    for (const authority of [{ authority: undefined }, { version: 1 as const }])
      await refused('chain_not_authority', attestedBy(newMaker({ authority })))
  })
  test('46 more authorities than the root allows below it are refused', async () => {
    const short = newMaker({ root: { pathLength: 0 } })
    await refused('chain_not_authority', attestedBy(short), { models: listing(modelOf(short)) })
  })
  test('47 a leaf that has expired, or is not valid yet, is refused', async () => {
    const from = new Date(Date.now() + DAY_MS)
    const [expired, early] = [
      newLeaf(maker.authority, { until: new Date(Date.now() - 1000) }),
      newLeaf(maker.authority, { from }),
    ]
    for (const leaf of [expired, early]) await refused('chain_dates', bent({ chain: [leaf, maker.authority] }))
  })
  test('47 an authority or a root out of its time is refused', async () => {
    for (const over of [
      { authority: { until: new Date(Date.now() - 1000) } },
      { root: { until: new Date(Date.now() - 1000) } },
    ]) {
      const late = newMaker(over)
      await refused('chain_dates', attestedBy(late), { models: listing(modelOf(late)) })
    }
  })
  test('48 a model that is not on the list is refused, and so is every one while the list is empty', async () => {
    await refused('model_not_listed', attestedBy(maker), { models: listing(modelOf(maker, { aaguid: OTHER })) })
    await refused('model_not_listed', attestedBy(maker), { models: listing() })
  })
  test('48 a key of the zero AAGUID has no model, whoever lists it', async () => {
    const zeros = '00000000-0000-0000-0000-000000000000'
    const leaf = newLeaf(maker.authority, { aaguid: Buffer.alloc(16) })
    const twist = { ...bent({ chain: [leaf, maker.authority] }), aaguid: Buffer.alloc(16) }
    await refused('model_not_listed', twist, { models: listing(modelOf(maker, { aaguid: zeros })) })
  })
  test('49 a certificate that names no model, or names it as critical, is refused', async () => {
    const { aaguid, ...without } = maker.leaf
    const nameless = certificate(without)
    const critical = newLeaf(maker.authority, { aaguidCritical: true })
    for (const leaf of [nameless, critical]) await refused('aaguid_differs', bent({ chain: [leaf, maker.authority] }))
    const pinned = listing(modelOf(maker, { roots: [nameless.pem] }))
    assert.ok((await check(bent({ chain: [nameless] }), { models: pinned })).ok, 'the very certificate is pinned for this model')
  })
  for (const status of [
    'REVOKED',
    'USER_VERIFICATION_BYPASS',
    'ATTESTATION_KEY_COMPROMISE',
    'USER_KEY_REMOTE_COMPROMISE',
    'USER_KEY_PHYSICAL_COMPROMISE',
  ])
    test(`50 a model of which ${status} was reported is refused, whatever was reported since`, async () => {
      const reports = [
        { status: 'FIDO_CERTIFIED_L1' },
        { status },
        { status: 'UPDATE_AVAILABLE' },
        { status: 'FIDO_CERTIFIED_L2' },
      ]
      await refused('model_compromised', attestedBy(maker), { models: listing(modelOf(maker, { reports })) })
    })
  test('50 a model that is only certified, or has an update, is accepted', async () => {
    const reports = [{ status: 'FIDO_CERTIFIED_L1', date: '2020-05-12' }, { status: 'UPDATE_AVAILABLE' }]
    assert.ok((await check(attestedBy(maker), { models: listing(modelOf(maker, { reports })) })).ok)
  })
  test('51 an attestation by an algorithm that does not fit the certificate is refused', async () => {
    for (const alg of [-257, -8, -65_535, -35]) await refused('attestation_signature', bent({ alg }))
  })
  test('55 an attested key that may be copied is refused', () =>
    refused('synced', { ...attestedBy(maker), flags: MADE | FLAGS.backupEligible }))
  test('a U2F key and other formats are refused, with a chain as well', async () => {
    for (const fmt of ['fido-u2f', 'tpm', 'android-key', 'apple', 'compound']) await refused('attestation_format', bent({ fmt }))
  })
  test('a certificate that was not made to attest keys is refused', async () => {
    const { subject } = maker.leaf
    for (const over of [
      { subject: { ...subject, OU: 'authenticator attestation' } },
      { subject: { C: 'SE', O: 'Example Keys', CN: 'web.example' } },
      { subject: { ...subject, C: 'Sweden' } },
      { authority: true },
      { authority: undefined },
      { version: 1 as const },
    ])
      await refused('attestation_leaf', bent({ chain: [newLeaf(maker.authority, over), maker.authority] }))
  })
  test('a statement with a further member, without certificates, or with what is none is refused', async () => {
    await refused('attestation_form', bent({ more: [['ver', '2.0']] }))
    await refused('attestation_form', bent({ more: [['x5c', []]] }))
    await refused('attestation_form', bent({ more: [['x5c', [Buffer.from('3000', 'hex')]]] }))
    await refused('attestation_form', bent({ more: [['x5c', [Buffer.concat([maker.leaf.der, Buffer.from([0])])]]] }))
  })
  test('a chain longer than makers have is refused', async () => {
    const links = [maker.root]
    for (let n = 0; n < 4; n += 1)
      links.push(
        certificate({ subject: { CN: `Level ${n}` }, keys: newKeys(), issuer: links.at(-1) ?? maker.root, authority: true }),
      )
    const chain = [newLeaf(links.at(-1) ?? maker.root), ...links.slice(1).toReversed()]
    await refused('chain_length', bent({ chain }))
  })
})

test('no certificate of a key makes the issuer open a connection', async (t) => {
  let visits = 0
  const server = createServer((_request, response) => {
    visits += 1
    response.end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const crlUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/revoked.crl`
  const calling = newMaker({ root: { crlUrl }, authority: { crlUrl }, leaf: { crlUrl } })
  assert.ok((await check(attestedBy(calling), { models: listing(modelOf(calling)) })).ok)
  await refused('chain_not_pinned', attestedBy(calling))
  assert.equal(visits, 0)
})

describe('where any key that stays in one place will do', () => {
  const over = { accept: 'device_bound' } as const
  test('55 a key that may be copied is refused', () => refused('synced', { flags: MADE | FLAGS.backupEligible }, over))
  test('a key without attestation is accepted, and its model is no more than a hint', async () => {
    for (const twist of [{ aaguid: bytesOfAaguid(MODEL) }, selfAttested]) {
      const checked = await check(twist, over)
      assert.ok(checked.ok)
      assert.deepEqual([checked.registered.aaguid, checked.registered.aaguid_hint], [undefined, MODEL])
    }
  })
  test('a chain that was not asked for proves nothing and is refused', () =>
    refused('attestation_unasked', attestedBy(maker), over))
})

test('where any key will do, one that is copied between devices is accepted', async () => {
  const checked = await check({ flags: MADE | FLAGS.backupEligible | FLAGS.backedUp }, { accept: 'any' })
  assert.ok(checked.ok && !checked.registered.device_bound)
})

test('the certificates of these tests are those that node:crypto reads', () => {
  assert.ok(createPublicKey(maker.leaf.pem).equals(maker.leaf.keys.publicKey))
})
