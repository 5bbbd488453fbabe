// Answers to ceremonies: bent from outside, as any body is, and with hostile authenticator data, client data, CBOR and certificates inside answers that are
// true around them. An assertion is judged by the live ceremony and by the evidence at once.

import assert from 'node:assert/strict'
import { nodeCrypto } from '../../src/crypto.ts'
import type { Accept } from '../../src/domain/accepted-keys.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { judgeAnswer } from '../../src/evidence/assertion.ts'
import { ASSERTION_REASONS, type AssertionReason } from '../../src/evidence/reasons.ts'
import { verifyAssertion, verifyRegistration } from '../../src/passkeys/ceremony.ts'
import type { CeremonyCheck } from '../../src/passkeys/ceremony-checks.ts'
import { assertionResponse, registrationResponse } from '../../src/passkeys/response.ts'
import { get, type RegistrationJSON, type Twist } from '../../src/sandbox/authenticator.ts'
import { CHALLENGE, ORIGIN, REALM, RP_ID } from '../support/ceremony.ts'
import { bendClientData } from './bend-document.ts'
import { bendAt, bendAttestation, bendAttestedData, bendAuthenticatorData, bendCertificates, bendPlainly } from './bend-inside.ts'
import { readCorpus } from './corpus.ts'
import type { Random } from './random.ts'
import { type Came, json, parsed, type Target } from './target.ts'

const { answers, plain, attested, model, now } = readCorpus()
const challenge = encodeBase64url(CHALLENGE)
const site = { rpId: RP_ID, origin: ORIGIN, challenge }

// What is refused for these has not been asked for its client data, or not for what comes after it.
const OF_IDS: readonly CeremonyCheck[] = ['id_differs', 'other_passkey', 'user_handle']
const OF_CLIENT_DATA: readonly CeremonyCheck[] = ['client_data', 'type', 'challenge', 'origin', 'cross_origin', 'token_binding']
const BEFORE_DATA: readonly AssertionReason[] = [
  'other_passkey_id',
  'assertion_malformed',
  'client_data_malformed',
  'wrong_ceremony',
  'wrong_challenge',
  'wrong_origin',
  'cross_origin',
  'token_binding',
]
// Each raises an alarm, which nobody may be able to cause at will.
const DISAGREED: readonly CeremonyCheck[] = ['verifiers_differ', 'library_alone']
/** What the live ceremony alone knows: whose handle it is, and the counter last seen. */
const LIVE_ALONE: readonly CeremonyCheck[] = ['id_differs', 'user_handle', 'counter']

/** How far the bytes of an assertion must have come, in both verifiers, to have been inside. */
type Inside = 'form' | 'client data' | 'authenticator data'

const takeAssertion =
  (inside: Inside) =>
  async (bytes: Uint8Array): Promise<Came> => {
    const body = parsed(bytes)
    const form = assertionResponse.safeParse(body)
    if (!form.success) return inside === 'form' && body !== undefined ? 'inside' : 'outside'
    const { id, response } = form.data
    const { enrolled } = answers.find((one) => one.enrolled.id === id) ?? answers[0] ?? assert.fail()
    const where = { origin: ORIGIN, rpId: RP_ID, realm: REALM }
    const live = await verifyAssertion({ ...where, passkey: enrolled, expectedChallenge: CHALLENGE, response: form.data })
    const { authenticatorData, clientDataJSON, signature } = response
    const assertion = { id, authenticator_data: authenticatorData, client_data_json: clientDataJSON, signature }
    const kept = await judgeAnswer({ challenge, assertion, passkey: enrolled }, { issuer: ORIGIN, rp_id: RP_ID }, nodeCrypto)
    if (!live.ok) {
      assert.match(live.reason, /^[a-z_]+$/)
      assert.ok(!DISAGREED.includes(live.reason), `the library disagrees: ${live.reason}`)
    }
    if (!kept.ok) assert.ok(ASSERTION_REASONS.includes(kept.reason))
    const isMute = !live.ok && LIVE_ALONE.includes(live.reason)
    assert.ok(isMute || live.ok === kept.ok, `the two verifiers disagree: ${JSON.stringify([live, kept])}`)
    if (live.ok && kept.ok) {
      assert.deepEqual([live.signCount, live.backedUp], [kept.signCount, kept.backedUp])
      return 'through'
    }
    const before = inside === 'authenticator data' ? [...OF_IDS, ...OF_CLIENT_DATA] : inside === 'client data' ? OF_IDS : []
    const isBefore = inside === 'authenticator data' && !kept.ok && BEFORE_DATA.includes(kept.reason)
    return isBefore || (!live.ok && before.includes(live.reason)) ? 'outside' : 'inside'
  }

const takeRegistration =
  (accept: Accept, inside: 'form' | 'client data' | 'attestation') =>
  async (bytes: Uint8Array): Promise<Came> => {
    const body = parsed(bytes)
    const form = registrationResponse.safeParse(body)
    if (!form.success) return inside === 'form' && body !== undefined ? 'inside' : 'outside'
    const ask = { response: form.data, expectedChallenge: CHALLENGE, origin: ORIGIN, rpId: RP_ID, models: { models: [model] } }
    const found = await verifyRegistration({ ...ask, accept, now: new Date(now) })
    if (found.ok) return 'through'
    assert.match(found.reason, /^[a-z_]+$/)
    assert.ok(!DISAGREED.includes(found.reason), `the library disagrees: ${found.reason}`)
    return inside === 'attestation' && OF_CLIENT_DATA.includes(found.reason) ? 'outside' : 'inside'
  }

/**
 * A true answer with one part bent before it is signed, so that the signature holds where nothing else is wrong. Not for ES256, whose signatures are never
 * the same twice: there the old one stays.
 */
const bendAnswer = (twist: (random: Random) => Twist) => (random: Random) => {
  const { passkey, response } = random.pick(answers)
  const old = (): Buffer => Buffer.from(response.response.signature, 'base64url')
  const isSignedAnew = passkey.algorithm !== 'ES256' && random.below(4) > 0
  return json(get(passkey, site, { ...(!isSignedAnew && { signature: old }), ...twist(random) }).response)
}
const bendMade =
  (of: readonly RegistrationJSON[], member: 'attestationObject' | 'clientDataJSON', bend: Parameters<typeof bendAt>[3]) =>
  (random: Random): Buffer =>
    json(bendAt(random, random.pick(of), { way: ['response', member], max: member === 'clientDataJSON' ? 4096 : 12_288 }, bend))

const asserted = { parts: 16, seeds: answers.map(({ response }) => json(response)) }
const unattested = { parts: 16, seeds: plain.map(json) }
const chained = { parts: 16, seeds: attested.map(json) }

export const CEREMONY_TARGETS: readonly Target[] = [
  { name: 'answer to an assertion ceremony', ...asserted, parts: 24, take: takeAssertion('form') },
  {
    name: 'assertion: authenticator data',
    ...asserted,
    parts: 25,
    bend: bendAnswer((random) => ({ authenticatorData: (bytes) => bendAuthenticatorData(random, bytes).subarray(0, 1024) })),
    take: takeAssertion('authenticator data'),
  },
  {
    name: 'assertion: client data',
    ...asserted,
    parts: 25,
    bend: bendAnswer((random) => ({ clientDataJSON: (text) => bendClientData(random, Buffer.from(text)).subarray(0, 4096) })),
    take: takeAssertion('client data'),
  },
  {
    name: 'assertion: signature',
    ...asserted,
    bend: (random) =>
      json(bendAt(random, random.pick(answers).response, { way: ['response', 'signature'], max: 1024 }, bendPlainly)),
    take: takeAssertion('authenticator data'),
  },
  { name: 'answer to a registration ceremony', ...unattested, parts: 24, take: takeRegistration('any', 'form') },
  {
    name: 'registration: client data',
    ...unattested,
    bend: bendMade(plain, 'clientDataJSON', bendClientData),
    take: takeRegistration('any', 'client data'),
  },
  {
    name: 'registration: CBOR',
    ...unattested,
    parts: 25,
    bend: bendMade(plain, 'attestationObject', bendAttestation),
    take: takeRegistration('any', 'attestation'),
  },
  {
    name: 'registration: authenticator data',
    ...unattested,
    parts: 25,
    bend: bendMade(plain, 'attestationObject', bendAttestedData),
    take: takeRegistration('any', 'attestation'),
  },
  { name: 'attested answer to a registration', ...chained, parts: 24, take: takeRegistration('hardware', 'form') },
  {
    name: 'attested: CBOR',
    ...chained,
    bend: bendMade(attested, 'attestationObject', bendAttestation),
    take: takeRegistration('hardware', 'attestation'),
  },
  {
    name: 'attested: authenticator data',
    ...chained,
    bend: bendMade(attested, 'attestationObject', bendAttestedData),
    take: takeRegistration('hardware', 'attestation'),
  },
  {
    name: 'attested: certificates',
    ...chained,
    bend: bendMade(attested, 'attestationObject', bendCertificates),
    take: takeRegistration('hardware', 'attestation'),
  },
]
