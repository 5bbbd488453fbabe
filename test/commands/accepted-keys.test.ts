// Which keys come into the directory under each tier's rule, from the files that say it to the signed chain, and what an administrator cannot make of a key.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { endLostStandings } from '../../src/commands/end-lost-standing.ts'
import { completeRegistration, registerPasskey } from '../../src/commands/register-passkey.ts'
import { digestOf } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findPasskey, findRegistration } from '../../src/db/passkeys.ts'
import { findByDigest } from '../../src/db/requests.ts'
import { decodeBase64url, encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { RunbooksRefused } from '../../src/issuer/read-runbooks.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create, FLAGS, get, type Twist } from '../../src/sandbox/authenticator.ts'
import { attestedBy, MODEL, modelOf, newMaker } from '../support/attesting.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, ORIGIN, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const site = { rpId: 'localhost', origin: ORIGIN }
const maker = newMaker()
const SYNCED = FLAGS.userPresent | FLAGS.userVerified | FLAGS.attested | FLAGS.backupEligible | FLAGS.backedUp
const listFile = join(world.runbooksDir, 'attestation.yaml')
const directoryFile = join(world.runbooksDir, 'directory.yaml')
const DIRECTORY = readFileSync(directoryFile, 'utf8')

/** The rules as files say them: a demand on each tier, and the models that count. */
async function rules(accept: Record<string, string>, models: readonly object[] = [modelOf(maker)]): Promise<void> {
  const directory = parse(DIRECTORY) as { readonly keys?: object }
  writeFileSync(directoryFile, stringify({ ...directory, keys: { ...directory.keys, accept } }))
  if (models.length > 0) writeFileSync(listFile, stringify({ models }))
  else rmSync(listFile, { force: true })
  await world.issuer.reload()
}

async function register(person: string, twist: Twist = {}) {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const handle = encodeBase64url(userHandle(ctx.realm, person))
  const made = create({ ...site, challenge: nonce, userHandle: handle }, twist)
  const outcome = await registerPasskey(ctx, { person, nickname: 'blue key', nonce, attestation: made.response })
  return { ...made, outcome }
}
/** Registers and proves a key. */
async function proved(person: string, twist: Twist = {}) {
  const { outcome, passkey } = await register(person, twist)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  const { id, key, thumbprint } = outcome
  const signer = { person, passkey: thumbprint }
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const about = { v: 1, realm: ctx.realm, kind: 'register', role: 'owner', decision: 'register', nonce, signer, id, key }
  const bytes = canonicalBytes(about as unknown as Canonical)
  const flags = twist.flags === undefined ? {} : { flags: twist.flags & ~FLAGS.attested }
  const { response } = get(passkey, { ...site, challenge: digestOf('statement/register', bytes) }, flags)
  assert.ok((await completeRegistration(ctx, { statement: encodeBase64url(bytes), response })).ok)
  return thumbprint
}
async function prepared(thumbprint: string) {
  const outcome = await prepareChange(ctx, { operation: 'enrol', registrations: [thumbprint] })
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome
}
const stateOf = async (intent: string) => {
  const known = (await findByDigest(ctx.db, [intent])).get(intent)
  return known && (await findGrant(ctx.db, known.request.id))?.state
}
const signed = async ({ change, digest }: { change: string; digest: string }) =>
  changeDirectory(ctx, { ...(await signChange(world, 'mira', digest)), change })

test('55 an approver’s key that may be copied is refused with what is needed, a requester’s is taken', async () => {
  const { outcome } = await register('bo', { flags: SYNCED })
  const refusal = refused(outcome, 'key_not_accepted', /can be copied.*not registered.*stays in one place/)
  assert.deepEqual([refusal.accept, refusal.why], ['device_bound', 'synced'])
  assert.ok((await register('rey', { flags: SYNCED })).outcome.ok)
})

test('42 43 45 where approvers need hardware, another key is refused with the models that would do', async () => {
  await rules({ approvers: 'hardware' })
  const attacks: readonly (readonly [Twist, string, RegExp])[] = [
    [{}, 'attestation_missing', /without the certificate of its maker/],
    [
      {
        attest: (_, own) => ({
          fmt: 'packed',
          statement: new Map<string, number | Uint8Array>([
            ['alg', -7],
            ['sig', own],
          ]),
        }),
      },
      'attestation_self',
      /vouches for itself/,
    ],
    [attestedBy(newMaker()), 'chain_not_pinned', /does not lead to the maker/],
  ]
  for (const [twist, why, words] of attacks) {
    const refusal = refused((await register('bo', twist)).outcome, 'key_not_accepted', words)
    assert.deepEqual([refusal.why, refusal.models], [why, ['Example Key 5']])
  }
  assert.ok((await register('rey')).outcome.ok, 'who only asks may have any')
})

test('a proved model stands in the registration, in what administrators sign, in the chain and beside it', async () => {
  await rules({ approvers: 'hardware' })
  const thumbprint = await proved('bo', attestedBy(maker))
  assert.equal((await findRegistration(ctx.db, thumbprint))?.proved_aaguid, MODEL)
  const change = await prepared(thumbprint)
  assert.match(Buffer.from(decodeBase64url(change.change) ?? []).toString(), new RegExp(`"aaguid":"${MODEL}"`))
  assert.ok((await signed(change)).ok)
  assert.equal((await ctx.chain()).passkeys.get(thumbprint)?.passkey.aaguid, MODEL)
  assert.equal((await findPasskey(ctx.db, thumbprint))?.aaguid, MODEL)
})

test('an administrator cannot call a key by a model, or bound to its device, unless its registration proved it', async () => {
  await rules({ approvers: 'device_bound' })
  const [claimed, synced] = [
    await proved('bo', { aaguid: attestedBy(maker).aaguid ?? new Uint8Array() }),
    await proved('rey', { flags: SYNCED }),
  ]
  for (const [thumbprint, from, to] of [
    [claimed, '"device_bound":true', `"aaguid":"${MODEL}","device_bound":true`],
    [synced, '"device_bound":false', '"device_bound":true'],
  ] as const) {
    const { change } = await prepared(thumbprint)
    const text = Buffer.from(change, 'base64url').toString()
    // Members stand in the order of canonical JSON: `aaguid` comes first of all.
    const bent = JSON.parse(text.replace(from, to)) as Canonical
    assert.ok(text.includes(from))
    const bytes = canonicalBytes(bent)
    const posed = { change: encodeBase64url(bytes), digest: digestOf('directory', bytes) }
    assert.equal(refused(await signed(posed), 'evidence_refused', /do not add up/).check, 'registration_differs')
    assert.equal((await ctx.chain()).passkeys.has(thumbprint), false)
    assert.ok((await signed(await prepared(thumbprint))).ok, 'as it was registered it is taken')
  }
})

test('50 a model that becomes forbidden takes no new key at the next reading, and its keys go on until somebody decides', async () => {
  await rules({ approvers: 'hardware' })
  const thumbprint = await proved('ana', attestedBy(maker))
  assert.ok((await signed(await prepared(thumbprint))).ok)
  await rules({ approvers: 'hardware' }, [modelOf(maker, { reports: [{ status: 'USER_KEY_REMOTE_COMPROMISE' }] })])
  const refusal = refused((await register('bo', attestedBy(maker))).outcome, 'key_not_accepted', /known to be insecure/)
  assert.deepEqual([refusal.why, refusal.models], ['model_compromised', []])
  assert.equal((await findPasskey(ctx.db, thumbprint))?.status, 'active')
})

test('hardware without any listed model stops the reading, and what was in force stays', async () => {
  await rules({ approvers: 'hardware' })
  await assert.rejects(
    rules({ approvers: 'hardware' }, []),
    (error) => error instanceof RunbooksRefused && /`approvers` need hardware, and no model/.test(error.told),
  )
  assert.equal(ctx.attestation().models.length, 1)
  assert.ok((await register('bo', attestedBy(maker))).outcome.ok)
})

describe('rules that become stricter about keys after they were signed with', () => {
  beforeEach(() => rules({}))

  async function confirmed() {
    const { intent } = await ask(world)
    const place = await newHolder()
    assert.ok((await confirm(world, intent, place)).ok)
    return { intent, place }
  }
  async function approved() {
    const made = await confirmed()
    assert.ok((await decide(world, made.intent, 'bo')).ok)
    return made
  }

  test('let nobody claim, approve or renew what was asked for with a key that they no longer take: who claims finds it void', async () => {
    const [waiting, done, used] = [await confirmed(), await approved(), await approved()]
    assert.ok((await claim(world, used.intent, used.place)).ok)
    await rules({ requesters: 'hardware' })
    const words = /standing of the requester or of the key that asked changed/
    refused(await claim(world, done.intent, done.place), 'changed_since', words)
    refused(await decide(world, waiting.intent, 'bo'), 'changed_since', words)
    refused(await claim(world, used.intent, used.place, 2), 'changed_since', words)
    await rules({})
    refused(await claim(world, done.intent, done.place), 'request_ended', /made void by a change/)
    assert.ok((await decide(world, waiting.intent, 'bo')).ok, 'what nobody claimed goes on')
  })

  test('end a live grant whose key they no longer take, though nobody renews it', async () => {
    const { intent, place } = await approved()
    const claimed = await claim(world, intent, place)
    assert.ok(claimed.ok)
    await endLostStandings(ctx)
    assert.equal(await stateOf(intent), 'active')
    await rules({ approvers: 'hardware' })
    await endLostStandings(ctx)
    assert.equal(await stateOf(intent), 'active', 'what an approver lost ends nothing that lives')
    await rules({ requesters: 'hardware' })
    await endLostStandings(ctx)
    assert.equal(await stateOf(intent), 'revoking')
  })

  test('count no approval by a key that they no longer take', async () => {
    const { intent, place } = await approved()
    await rules({ approvers: 'hardware' })
    refused(await claim(world, intent, place), 'changed_since', /standing of an approver/)
  })
})
