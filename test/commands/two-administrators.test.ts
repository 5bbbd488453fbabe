// As soon as two people are administrators, what gives power takes both: the first signature is kept and gives nothing, the second is judged with it as
// one change. Each test is a way to do with one what takes two, or to lose what waits.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { findPending, lapsePending, withdrawChange } from '../../src/commands/pending-change.ts'
import { digestOf } from '../../src/crypto.ts'
import { decodeBase64url, encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { holdsRole } from '../../src/evidence/chain-state.ts'
import { editDirectory, keysOf, registeredKey } from '../support/directory-world.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { later, openWorld } from '../support/world.ts'

const NAMES_ADMINISTRATORS = (dir: string) =>
  editDirectory(dir, (text) => text.replace('administrators: [mira]', 'administrators: [mira, ana, theo]'))

const world = await openWorld({ after }, undefined, NAMES_ADMINISTRATORS)
const { ctx } = world
const DAY = 24 * 3_600_000

const prepared = async (wanted: Wanted, within = ctx) => {
  const outcome = await prepareChange(within, wanted)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome
}
const signed = async (person: string, { change, digest }: { change: string; digest: string }, bent = {}, within = ctx) =>
  changeDirectory(within, { ...(await signChange({ ...world, ctx: within }, person, digest, bent)), change })
const sequence = async () => (await ctx.chain()).sequence
/** Signed by one, taken with the other. */
async function both(wanted: Wanted, first = 'mira', second = 'ana') {
  const change = await prepared(wanted)
  const begun = await signed(first, change)
  assert.ok(begun.ok && begun.waits, JSON.stringify(begun))
  const done = await signed(second, change)
  assert.ok(done.ok && !done.waits, JSON.stringify(done))
}
const waiting = async () => {
  const found = await findPending(ctx)
  assert.ok(found)
  return found
}
const withdraw = async (by = 'mira') => assert.ok((await withdrawChange(ctx, by, (await waiting()).digest)).ok)

describe('with two administrators', () => {
  test('a role that one signed is nobody’s until the other has signed the very same change', async () => {
    const change = await prepared({ operation: 'role', person: 'bo', role: 'auditor', effect: 'grant', passkeys: [] })
    const before = await sequence()
    assert.ok((await signed('mira', change)).ok)
    assert.equal(await sequence(), before)
    assert.equal(holdsRole(await ctx.chain(), 'bo', 'auditor'), false)
    assert.deepEqual((await waiting()).signers, ['mira'])
    assert.ok((await signed('ana', change)).ok)
    assert.equal(holdsRole(await ctx.chain(), 'bo', 'auditor'), true)
    assert.equal(await findPending(ctx), undefined)
    assert.deepEqual(await rolesOf('bo'), ['approver', 'auditor'])
  })

  test('one of them signing twice is still one', async () => {
    const change = await prepared({ operation: 'role', person: 'rey', role: 'auditor', effect: 'grant', passkeys: [] })
    assert.ok((await signed('mira', change)).ok)
    assert.equal(refused(await signed('mira', change), 'change_refused', /signed this already/).why, 'signed_twice')
    assert.equal(holdsRole(await ctx.chain(), 'rey', 'auditor'), false)
    await withdraw()
  })

  test('somebody who is none is no second one', async () => {
    const change = await prepared({ operation: 'role', person: 'rey', role: 'auditor', effect: 'grant', passkeys: [] })
    assert.ok((await signed('mira', change)).ok)
    refused(await signed('bo', change), 'not_an_administrator', /Only an administrator’s key/)
    await withdraw('ana')
  })

  test('the second signature serves the change that was shown and no other at the same place', async () => {
    const shown = await prepared({ operation: 'role', person: 'rey', role: 'auditor', effect: 'grant', passkeys: [] })
    const other = await prepared({ operation: 'role', person: 'rey', role: 'approver', effect: 'grant', passkeys: [] })
    assert.ok((await signed('mira', shown)).ok)
    refused(await signed('ana', other), 'change_waits', /^A change that Mira Castellanos signed waits/)
    const posing = { ...(await signChange(world, 'ana', shown.digest)), change: other.change }
    assert.equal(refused(await changeDirectory(ctx, posing), 'evidence_refused', /./).check, 'other_change')
    assert.equal((await waiting()).digest, shown.digest)
    await withdraw()
  })

  test('an approver’s first key comes in by two, never by its owner, and then is in full', async () => {
    const { thumbprint } = await registeredKey(world, 'ana')
    const change = await prepared({ operation: 'enrol', registrations: [thumbprint] })
    refused(await signed('ana', change), 'change_refused', /Nobody signs for a key of his own/)
    assert.ok((await signed('mira', change)).ok)
    refused(await signed('ana', change), 'change_refused', /Nobody signs for a key of his own/)
    assert.ok((await signed('theo', change)).ok)
    assert.equal((await ctx.chain()).passkeys.get(thumbprint)?.inFull, true)
    assert.equal(await inFull(thumbprint), true)
  })

  test('a key of somebody who only asks takes one, and serves no role', async () => {
    const { thumbprint } = await registeredKey(world, 'rey')
    const done = await signed('mira', await prepared({ operation: 'enrol', registrations: [thumbprint] }))
    assert.ok(done.ok && !done.waits, JSON.stringify(done))
    assert.equal((await ctx.chain()).passkeys.get(thumbprint)?.inFull, false)
    assert.equal(await inFull(thumbprint), false)
  })

  test('a key with more than its registration proved is refused: nobody calls a copied key a bound one, or names its model', async () => {
    const { thumbprint } = await registeredKey(world, 'rey')
    const { change } = await prepared({ operation: 'enrol', registrations: [thumbprint] })
    for (const bent of [{ device_bound: false }, { aaguid: '00000000-0000-4000-8000-000000000001' }]) {
      const body = JSON.parse(Buffer.from(decodeBase64url(change) ?? []).toString())
      Object.assign(body.passkeys[0].passkey, bent)
      const bytes = canonicalBytes(body)
      const posed = { change: encodeBase64url(bytes), digest: digestOf('directory', bytes) }
      assert.equal(refused(await signed('mira', posed), 'evidence_refused', /./).check, 'registration_differs')
    }
  })

  test('any of them withdraws what waits, and nobody else; then it can be signed anew', async () => {
    const change = await prepared({ operation: 'role', person: 'rey', role: 'auditor', effect: 'grant', passkeys: [] })
    assert.ok((await signed('mira', change)).ok)
    refused(await withdrawChange(ctx, 'bo', change.digest), 'not_an_administrator', /administrator/)
    assert.ok((await withdrawChange(ctx, 'theo', change.digest)).ok)
    refused(await withdrawChange(ctx, 'theo', change.digest), 'directory_moved', /Look again/)
    const alone = await signed('ana', change)
    assert.ok(alone.ok && alone.waits, 'the first signature is gone with it')
    await withdraw()
  })

  test('a suspension waits for nobody, and what waited at its place is stale until it is signed anew', async () => {
    const wanted = { operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] } as const
    const stale = await prepared(wanted)
    assert.ok((await signed('mira', stale)).ok)
    const [reys] = await keysOf(world, 'rey')
    assert.ok((await signed('ana', await prepared({ operation: 'suspend', passkeys: [reys ?? ''] }))).ok)
    assert.equal((await waiting()).isStale, true)
    refused(await signed('ana', stale), 'directory_moved', /Look again/)
    const renewed = await signed('mira', await prepared(wanted))
    assert.ok(renewed.ok && renewed.waits)
    assert.equal((await waiting()).isStale, false)
    await withdraw()
    assert.ok((await signed('mira', await prepared({ operation: 'reinstate', passkeys: [reys ?? ''] }))).ok, 'rey only asks')
  })

  test('what was signed by somebody whose key is suspended since is not completed', async () => {
    const wanted = { operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] } as const
    const change = await prepared(wanted)
    assert.ok((await signed('theo', change)).ok)
    const theos = await keysOf(world, 'theo')
    assert.ok((await signed('mira', await prepared({ operation: 'suspend', passkeys: theos }))).ok)
    refused(await signed('ana', change), 'directory_moved', /Look again/)
    await withdraw()
    await both({ operation: 'reinstate', passkeys: theos })
  })

  test('what was signed by somebody whom the rules no longer name is not completed', async () => {
    const change = await prepared({ operation: 'role', person: 'rey', role: 'auditor', effect: 'grant', passkeys: [] })
    assert.ok((await signed('mira', change)).ok)
    const path = join(world.runbooksDir, 'directory.yaml')
    const named = readFileSync(path, 'utf8')
    writeFileSync(path, named.replace(/administrators: \[.*\]/, 'administrators: [ana, theo]'))
    await world.issuer.reload()
    const before = await sequence()
    const second = await signed('ana', change)
    writeFileSync(path, named)
    await world.issuer.reload()
    assert.deepEqual(!second.ok && second.refusal, { reason: 'not_an_administrator' })
    assert.equal(await sequence(), before)
    await withdraw()
  })

  test('what waited for a day is dead: a second signature begins anew, and the sweep takes it away', async () => {
    const change = await prepared({ operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] })
    assert.ok((await signed('mira', change)).ok)
    assert.equal(await lapsePending(ctx), 0)
    const tomorrow = later(ctx, DAY)
    assert.equal(await findPending(tomorrow), undefined)
    const second = await signed('ana', change, {}, tomorrow)
    assert.ok(second.ok && second.waits, 'it is the first signature of another wait')
    assert.deepEqual((await findPending(tomorrow))?.signers, ['ana'])
    assert.equal(await lapsePending(later(ctx, 2 * DAY)), 1)
    assert.equal(holdsRole(await ctx.chain(), 'bo', 'administrator'), false)
  })

  test('the owner adds a key with one that he has, which others cannot do for him', async () => {
    const { thumbprint } = await registeredKey(world, 'bo')
    const change = await prepared({ operation: 'add', registration: thumbprint })
    assert.equal(refused(await signed('mira', change), 'change_refused', /Only the owner/).why, 'not_the_owner')
    assert.equal(refused(await signed('ana', change, { role: 'owner' }), 'change_refused', /Only the owner/).why, 'not_the_owner')
    assert.ok((await signed('bo', change, { role: 'owner' })).ok)
    assert.equal((await ctx.chain()).passkeys.get(thumbprint)?.inFull, true)
  })

  test('the owner suspends and revokes his own key, nobody else’s, and does not bring it back', async () => {
    const [key = ''] = (await keysOf(world, 'bo')).slice(-1)
    const [theos = ''] = await keysOf(world, 'theo')
    const others = await prepared({ operation: 'suspend', passkeys: [theos] })
    refused(await signed('bo', others, { role: 'owner' }), 'change_refused', /Only the owner/)
    assert.ok((await signed('bo', await prepared({ operation: 'suspend', passkeys: [key] }), { role: 'owner' })).ok)
    const back = await prepared({ operation: 'reinstate', passkeys: [key] })
    refused(await signed('bo', back, { role: 'owner' }), 'change_refused', /Only the owner/)
    assert.ok((await signed('bo', await prepared({ operation: 'revoke', passkeys: [key] }), { role: 'owner' })).ok)
    refused(
      await signed('mira', await prepared({ operation: 'reinstate', passkeys: [key] })),
      'change_refused',
      /never comes back/,
    )
  })
})

const rolesOf = async (person: string) =>
  (await ctx.db.selectFrom('directory_role').select('role').where('person', '=', person).orderBy('role').execute()).map(
    ({ role }) => role,
  )
const inFull = async (thumbprint: string) =>
  (await ctx.db.selectFrom('passkey').select('in_full').where('thumbprint', '=', thumbprint).executeTakeFirst())?.in_full
