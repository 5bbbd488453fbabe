// Sign-in: who is looking, and nothing more. The session's limits, and every way in which a code for the bot must not be redeemed.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { issueSignInCode, readSession, redeemSignInCode, signIn } from '../../src/commands/sign-in.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { openKeyRing } from '../../src/sandbox/key-ring.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { later, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const MINUTE = 60_000
const HOUR = 60 * MINUTE

function signInOf(person: string, bent: Record<string, unknown> = {}, ring = world.ring) {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const statement = { v: 1, realm: ctx.realm, kind: 'sign_in', audience: 'issuer', nonce, ...bent } as Statement
  return signWith(ring, ring.idsOf(person)[0] ?? '', statement)
}
async function tokenOf(person: string): Promise<string> {
  const outcome = await signIn(ctx, signInOf(person))
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome.token
}

describe('a sign-in', () => {
  test('by an enrolled key opens a session of its person, and its token is stored nowhere', async () => {
    const token = await tokenOf('ana')
    assert.equal((await readSession(ctx, token))?.person, 'ana')
    const rows = await ctx.db.selectFrom('issuer_session').selectAll().execute()
    assert.ok(!JSON.stringify(rows).includes(token))
  })

  test('serves once, for this issuer, on its origin', async () => {
    const signed = signInOf('ana')
    assert.ok((await signIn(ctx, signed)).ok)
    refused(await signIn(ctx, signed), 'nonce_used', /used already/)
    refused(await signIn(ctx, signInOf('ana', { audience: 'bot' })), 'malformed', /not in the form/)
    refused(await signIn(ctx, signInOf('ana', { realm: `prod:${'0'.repeat(26)}` })), 'foreign_realm', /another Countersign/)
    const elsewhere = openKeyRing({ rpId: 'localhost', origin: 'http://localhost:3000' }, world.ringFile)
    assert.equal(
      refused(await signIn(ctx, signInOf('ana', {}, elsewhere)), 'assertion_refused', /does not stand for/).check,
      'origin',
    )
  })

  test('approves nothing: its statement is of no other kind', async () => {
    refused(await acceptStatement(ctx, signInOf('bo')), 'malformed', /not in the form/)
  })
})

describe('a session', () => {
  test('ends after fifteen minutes without use, and after eight hours whatever its use', async () => {
    const idle = await tokenOf('ana')
    assert.equal(await readSession(later(ctx, 15 * MINUTE + 1_000), idle), undefined)
    const busy = await tokenOf('ana')
    for (let at = 0; at < 8 * HOUR; at += 14 * MINUTE)
      assert.ok(await readSession(later(ctx, at), busy), `after ${at / MINUTE} minutes`)
    assert.equal(await readSession(later(ctx, 8 * HOUR + 1_000), busy), undefined)
  })

  test('is nobody’s when its token was guessed', async () => {
    assert.equal(await readSession(ctx, 'A'.repeat(43)), undefined)
  })

  test('ends at once when its key is suspended', async () => {
    const token = await tokenOf('theo')
    const passkeys = [(await readSession(ctx, token))?.passkey ?? '']
    const prepared = await prepareChange(ctx, { operation: 'suspend', passkeys })
    assert.ok(prepared.ok)
    const changed = await changeDirectory(ctx, { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change })
    assert.ok(changed.ok)
    assert.equal(await readSession(ctx, token), undefined)
    refused(await signIn(ctx, signInOf('theo')), 'passkey_inactive', /This key is suspended/)
  })
})

describe('a code for the bot', () => {
  const codeVerifier = 'v'.repeat(64)
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
  const client = { clientId: 'bot', redirectUri: 'http://localhost:3000/signed-in' }
  async function newCode(): Promise<string> {
    return issueSignInCode(ctx, { person: 'ana', at: ctx.now() }, { ...client, codeChallenge, nonce: 'n-1' })
  }

  test('stands for its person once', async () => {
    const proof = { ...client, code: await newCode(), codeVerifier }
    const redeemed = await redeemSignInCode(ctx, proof)
    assert.deepEqual([redeemed?.person, redeemed?.nonce], ['ana', 'n-1'])
    assert.equal(await redeemSignInCode(ctx, proof), undefined)
  })

  test('is redeemed once, also when many try at the same time', async () => {
    const proof = { ...client, code: await newCode(), codeVerifier }
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => redeemSignInCode(ctx, proof)))
    assert.equal(outcomes.filter((outcome) => outcome !== undefined).length, 1)
  })

  for (const [name, bent] of Object.entries({
    'another client': { clientId: 'tob' },
    'another address': { redirectUri: 'http://localhost:3000/signed-in?x' },
    'a guessed verifier': { codeVerifier: 'w'.repeat(64) },
    'the challenge in place of the verifier': { codeVerifier: codeChallenge },
  })) {
    test(`is not redeemed for ${name}, and is spent by the try`, async () => {
      const proof = { ...client, code: await newCode(), codeVerifier }
      assert.equal(await redeemSignInCode(ctx, { ...proof, ...bent }), undefined)
      assert.equal(await redeemSignInCode(ctx, proof), undefined)
    })
  }

  test('is dead after a minute', async () => {
    const proof = { ...client, code: await newCode(), codeVerifier }
    assert.equal(await redeemSignInCode(later(ctx, MINUTE + 1_000), proof), undefined)
  })
})
