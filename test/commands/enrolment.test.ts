// How a key comes into the directory, and every way in that is shut: registrations are public and worth nothing until an administrator, by the
// chain and by the rules, has signed them.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { completeRegistration, registerPasskey, rejectRegistration } from '../../src/commands/register-passkey.ts'
import { digestOf } from '../../src/crypto.ts'
import { findContinuation } from '../../src/db/passkeys.ts'
import { decodeBase64url, encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create, get, type RegistrationJSON, type SoftPasskey, type Twist } from '../../src/sandbox/authenticator.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, confirm, decide, newHolder, ORIGIN, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const freshNonce = () => makeNonce(ctx.nonceKey, ctx.now())
const site = { rpId: 'localhost', origin: ORIGIN }

/** An authenticator that answers a registration ceremony of a person. */
function newKey(person: string, nonce = freshNonce(), twist: Twist = {}) {
  const handle = encodeBase64url(userHandle(ctx.realm, person))
  return { nonce, person, ...create({ ...site, challenge: nonce, userHandle: handle }, twist) }
}
const register = ({ nonce, response }: { nonce: string; response: RegistrationJSON }, person: string) =>
  registerPasskey(ctx, { person, nickname: 'blue key', nonce, attestation: response })

/** The owner's statement by which a key proves that it is held, with whatever is bent. */
function prove(passkey: SoftPasskey, body: Record<string, unknown>) {
  const statement = {
    v: 1,
    realm: ctx.realm,
    kind: 'register',
    role: 'owner',
    decision: 'register',
    nonce: freshNonce(),
    ...body,
  }
  const bytes = canonicalBytes(statement as Canonical)
  const { response } = get(passkey, { ...site, challenge: digestOf('statement/register', bytes) })
  return { statement: encodeBase64url(bytes), response }
}
type Made = { readonly id: string; readonly key: object; readonly signer: object }
const wordsOf = ({ id, key, signer }: Made) => ({ id, key, signer })
async function registered(person: string) {
  const made = newKey(person)
  const outcome = await register(made, person)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  const { id, key, thumbprint } = outcome
  return { ...made, id, key, thumbprint, signer: { person, passkey: thumbprint } }
}
async function proved(person: string) {
  const made = await registered(person)
  const done = await completeRegistration(ctx, prove(made.passkey, wordsOf(made)))
  assert.ok(done.ok, JSON.stringify(done))
  return made
}
const prepared = async (wanted: Wanted) => {
  const outcome = await prepareChange(ctx, wanted)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome
}
/** Has a person sign a change and posts it. */
async function signed(person: string, { change, digest }: { change: string; digest: string }, bent = {}) {
  return changeDirectory(ctx, { ...(await signChange(world, person, digest, bent)), change })
}

const isEnrolled = async (thumbprint: string) => (await ctx.chain()).passkeys.has(thumbprint)

describe('a registration', () => {
  test('that is proved and signed by an administrator is a key of the person, and nothing before makes it one', async () => {
    const made = await registered('bo')
    refused(
      await prepareChange(ctx, { operation: 'enrol', registrations: [made.thumbprint] }),
      'unknown_registration',
      /No such key waits/,
    )
    assert.ok((await completeRegistration(ctx, prove(made.passkey, wordsOf(made)))).ok)
    assert.equal(await isEnrolled(made.thumbprint), false)
    assert.ok((await signed('mira', await prepared({ operation: 'enrol', registrations: [made.thumbprint] }))).ok)
    assert.equal(await isEnrolled(made.thumbprint), true)
  })

  test('uses its nonce up: neither the same answer nor another key comes in by it', async () => {
    const made = newKey('bo')
    assert.ok((await register(made, 'bo')).ok)
    refused(await register(made, 'bo'), 'nonce_used', /used already/)
    refused(await register(newKey('bo', made.nonce), 'bo'), 'nonce_used', /used already/)
  })

  test('over a nonce that is stale, forged or another one is refused', async () => {
    const stale = makeNonce(ctx.nonceKey, new Date(Date.now() - 360_000))
    refused(await register(newKey('bo', stale), 'bo'), 'nonce_stale', /longer than five minutes/)
    refused(await register(newKey('bo', makeNonce(new Uint8Array(32), ctx.now())), 'bo'), 'nonce_forged', /not begun here/)
    const refusal = refused(
      await register({ ...newKey('bo'), nonce: freshNonce() }, 'bo'),
      'assertion_refused',
      /does not stand for/,
    )
    assert.equal(refusal.check, 'challenge')
  })

  test('from another origin, or for nobody of the directory, is refused', async () => {
    const elsewhere = newKey('bo', freshNonce(), { origin: 'http://localhost:3002' })
    assert.equal(refused(await register(elsewhere, 'bo'), 'assertion_refused', /does not stand for/).check, 'origin')
    refused(await register(newKey('mallory'), 'mallory'), 'unknown_person', /not in the directory/)
  })

  test('of a key or an id that is known already is refused, enrolled or waiting, under whatever name', async () => {
    const [waiting, enrolled] = [await registered('theo'), await proved('theo')]
    assert.ok((await signed('mira', await prepared({ operation: 'enrol', registrations: [enrolled.thumbprint] }))).ok)
    for (const known of [waiting, enrolled]) {
      const data = attestedData(known.response)
      const again = newKey('ana', freshNonce(), { authenticatorData: () => data, id: known.id })
      refused(await register(again, 'ana'), 'already_enrolled', /already enrolled/)
    }
  })
})

describe('the owner’s proof', () => {
  test('for another key than the one that signs is refused', async () => {
    const [mine, other] = [await registered('ana'), await registered('ana')]
    const posing = prove(mine.passkey, { id: other.id, key: other.key, signer: mine.signer })
    assert.equal(refused(await completeRegistration(ctx, posing), 'malformed', /not in the form/).path, '/key')
    const borrowed = prove(mine.passkey, wordsOf(other))
    refused(await completeRegistration(ctx, borrowed), 'unknown_passkey', /register this one first/)
    const named = { ...wordsOf(mine), signer: { ...mine.signer, person: 'mira' } }
    refused(await completeRegistration(ctx, prove(mine.passkey, named)), 'unknown_passkey', /not enrolled for you here/)
  })

  test('comes once, and never for a key that nobody registered', async () => {
    const made = await proved('ana')
    refused(await completeRegistration(ctx, prove(made.passkey, wordsOf(made))), 'unknown_registration', /No such key waits/)
    const stranger = newKey('ana')
    const signer = { person: 'ana', passkey: made.thumbprint }
    const forged = prove(stranger.passkey, { id: stranger.passkey.id, key: stranger.key, signer })
    refused(await completeRegistration(ctx, forged), 'unknown_passkey', /not enrolled for you here/)
  })

  test('makes no approver: a key that waits signs nothing else', async () => {
    const { intent } = await ask(world)
    assert.ok((await confirm(world, intent, await newHolder())).ok)
    const made = await proved('ana')
    const statement = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent], v: 1, realm: ctx.realm }
    const bytes = canonicalBytes({ ...statement, nonce: freshNonce(), signer: made.signer })
    const { response } = get(made.passkey, { ...site, challenge: digestOf('statement/decide', bytes) })
    refused(
      await acceptStatement(ctx, { statement: encodeBase64url(bytes), response }),
      'unknown_passkey',
      /register this one first/,
    )
    assert.ok((await decide(world, intent, 'ana')).ok, 'her enrolled key does')
  })
})

describe('a change of the directory', () => {
  test('signed by somebody who is no administrator is refused', async () => {
    const { thumbprint } = await proved('bo')
    const change = await prepared({ operation: 'enrol', registrations: [thumbprint] })
    for (const person of ['bo', 'ana', 'theo'])
      refused(await signed(person, change), 'not_an_administrator', /Only an administrator’s key/)
    assert.equal(await isEnrolled(thumbprint), false)
  })

  test('signed by one whom only directory.yaml calls an administrator is refused: that file can only narrow', async () => {
    const change = await prepared({ operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] })
    await withAdministrators('mira, bo', async () =>
      refused(await signed('bo', change), 'not_an_administrator', /Only an administrator’s key/),
    )
    await withAdministrators('theo', async () =>
      refused(await signed('mira', change), 'not_an_administrator', /Only an administrator’s key/),
    )
    assert.equal((await ctx.chain()).administrators.has('bo'), false)
  })

  test('prepared before another change is refused: the administrator must look again', async () => {
    const [one, two] = [await proved('rey'), await proved('rey')]
    const first = await prepared({ operation: 'enrol', registrations: [one.thumbprint] })
    const second = await prepared({ operation: 'enrol', registrations: [two.thumbprint] })
    assert.ok((await signed('mira', first)).ok)
    refused(
      await signed('mira', second),
      'directory_moved',
      /The directory was changed in the meantime: Mira Castellanos enrolled keys\. Look again, then sign/,
    )
    assert.equal(await isEnrolled(two.thumbprint), false)
  })

  test('is taken once when it is posted by many at once, and the chain has no gap', async () => {
    const { thumbprint } = await proved('rey')
    const change = await prepared({ operation: 'enrol', registrations: [thumbprint] })
    const post = { ...(await signChange(world, 'mira', change.digest)), change: change.change }
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => changeDirectory(ctx, post)))
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
    const links = (await findContinuation(ctx.db, { era: 1, sequence: 0, head: '' })) ?? []
    assert.deepEqual(
      links.map(({ sequence }) => sequence),
      links.map((_, index) => index + 1),
    )
  })

  test('other than the one that was signed is refused', async () => {
    const theos = await keyOf('theo')
    const suspend = await prepared({ operation: 'suspend', passkeys: [theos] })
    const revoke = await prepared({ operation: 'revoke', passkeys: [theos] })
    const post = { ...(await signChange(world, 'mira', suspend.digest)), change: revoke.change }
    assert.equal(refused(await changeDirectory(ctx, post), 'evidence_refused', /do not add up/).check, 'other_change')
  })

  test('that enrols a key under another person than its owner proved is refused', async () => {
    const { thumbprint } = await proved('ana')
    const { change } = await prepared({ operation: 'enrol', registrations: [thumbprint] })
    const body = JSON.parse(Buffer.from(decodeBase64url(change) ?? []).toString())
    body.passkeys[0].passkey.person = 'bo'
    const bytes = canonicalBytes(body)
    const bent = { change: encodeBase64url(bytes), digest: digestOf('directory', bytes) }
    assert.equal(refused(await signed('mira', bent), 'evidence_refused', /do not add up/).check, 'registration_differs')
  })

  test('that would leave nobody who can sign the next one is refused', async () => {
    const change = await prepared({ operation: 'suspend', passkeys: [await keyOf('mira')] })
    assert.equal(refused(await signed('mira', change), 'change_refused', /nobody could sign the next/).why, 'last_administrator')
  })

  test('with a bent statement is refused: role, realm, nonce', async () => {
    const change = await prepared({ operation: 'suspend', passkeys: [await keyOf('theo')] })
    assert.equal(
      refused(await signed('mira', change, { role: 'owner' }), 'change_refused', /Only the owner/).why,
      'not_the_owner',
    )
    refused(await signed('mira', change, { realm: `prod:${'0'.repeat(26)}` }), 'foreign_realm', /another Countersign/)
    refused(await signed('mira', change, { nonce: makeNonce(new Uint8Array(32), ctx.now()) }), 'nonce_forged', /not begun here/)
    const post = { ...(await signChange(world, 'mira', change.digest)), change: `${change.change}=` }
    refused(await changeDirectory(ctx, post), 'malformed', /not in the form/)
  })
})

const keyOf = async (person: string) => {
  const found = [...(await ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === person)
  assert.ok(found)
  return found.passkey.thumbprint
}

async function withAdministrators(people: string, during: () => Promise<unknown>): Promise<void> {
  const path = join(world.runbooksDir, 'directory.yaml')
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, before.replace(/administrators: \[.*\]/, `administrators: [${people}]`))
  try {
    await world.issuer.reload()
    await during()
  } finally {
    writeFileSync(path, before)
    await world.issuer.reload()
  }
}

/** The authenticator data of a registration: the last member of its attestation object, to the end. */
function attestedData({ response }: RegistrationJSON): Buffer {
  const object = Buffer.from(response.attestationObject, 'base64url')
  const name = object.indexOf('authData')
  assert.equal(object[name + 8], 0x58, 'a byte string with a length of one byte')
  return object.subarray(name + 10)
}

test('an administrator turns down keys that a stranger left in a person’s name, for good', async () => {
  const strangers = [await proved('mira'), await proved('mira')]
  for (const { thumbprint } of strangers) {
    refused(await rejectRegistration(ctx, 'ana', thumbprint), 'not_an_administrator', /administrator/)
    assert.ok((await rejectRegistration(ctx, 'mira', thumbprint)).ok)
  }
  const [first] = strangers
  assert.ok(first)
  refused(await rejectRegistration(ctx, 'mira', first.thumbprint), 'unknown_registration', /No such key waits/)
  refused(
    await prepareChange(ctx, { operation: 'enrol', registrations: [first.thumbprint] }),
    'unknown_registration',
    /No such key waits/,
  )
})
