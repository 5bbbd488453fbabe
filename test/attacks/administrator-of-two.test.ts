// One of two administrators who works alone: what takes two is kept after his signature and changes nothing, however often and in whatever manner he signs it.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { completeRegistration, registerPasskey } from '../../src/commands/register-passkey.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { rogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'
import { openWorld } from '../support/world.ts'

const THIEF = 'theo'
const world = await openWorld({ after }, undefined, (dir) => {
  const file = join(dir, 'directory.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('administrators: [mira]', `administrators: [mira, ${THIEF}]`))
})
const { ctx } = world
let gains: Gains

before(async () => {
  const chain = await ctx.chain()
  assert.deepEqual([...chain.administrators].sort(), ['mira', THIEF], 'there are two')
  gains = await watchGains(world, [THIEF])
})
afterEach(() => gains.nothingGained())

const keyOf = async (person: string) =>
  [...(await ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === person)?.passkey.thumbprint ?? assert.fail()
/** Signs it alone; answers whether it is kept for another's signature, or why it is refused. */
async function tries(wanted: Wanted, bent: Record<string, unknown> = {}): Promise<string> {
  const prepared = await prepareChange(ctx, wanted)
  if (!prepared.ok) return prepared.refusal.reason
  const taken = await changeDirectory(ctx, {
    ...(await signChange(world, THIEF, prepared.digest, bent)),
    change: prepared.change,
  })
  gains.hear(taken)
  return taken.ok ? (taken.waits ? 'waits' : 'done') : taken.refusal.reason
}
const grants = async (role: 'approver' | 'administrator' | 'auditor', person = THIEF): Promise<Wanted> => ({
  operation: 'role',
  person,
  role,
  effect: 'grant',
  passkeys: [await keyOf(person)],
})

describe('one of two administrators', () => {
  test('makes himself an approver, which is not even kept for the other one, and a friend an administrator', async () => {
    assert.equal(await tries(await grants('approver')), 'change_refused')
    assert.equal(await tries(await grants('approver', 'rey')), 'waits')
    for (const wanted of [await grants('administrator', 'rey'), await grants('approver', 'rey')])
      assert.notEqual(await tries(wanted), 'done')
  })

  test('signs the same change again, and again at once: he is one person', async () => {
    const wanted = await grants('approver', 'rey')
    for (let n = 0; n < 3; n += 1) assert.notEqual(await tries(wanted), 'done')
    assert.ok(!(await Promise.all([tries(wanted), tries(wanted), tries(wanted)])).includes('done'))
  })

  test('signs it in the other one’s name, or as the owner of a key', async () => {
    const wanted = await grants('administrator', 'rey')
    const signer = { person: 'mira', passkey: await keyOf('mira') }
    assert.notEqual(await tries(wanted, { signer }), 'done')
    assert.notEqual(await tries(wanted, { signer: { person: 'mira', passkey: await keyOf(THIEF) } }), 'done')
    assert.notEqual(await tries(wanted, { role: 'owner' }), 'done')
  })

  test('withdraws the other one’s role, or ends the other one’s key for good', async () => {
    const withdraw = { operation: 'role', person: 'mira', role: 'administrator', effect: 'withdraw', passkeys: [] } as const
    assert.notEqual(await tries(withdraw), 'done')
    assert.notEqual(await tries({ operation: 'revoke', passkeys: [await keyOf('mira')] }), 'done')
    assert.notEqual(await tries({ operation: 'revoke', passkeys: [await keyOf('bo')] }), 'done')
  })

  test('enrols a key of his own making for an approver', async () => {
    const rogue = rogueKey(world, 'bo')
    assert.ok((await registerPasskey(ctx, rogue.registration as Parameters<typeof registerPasskey>[1])).ok)
    const { id, key } = rogue
    const proof = rogue.sign('register', { role: 'owner', decision: 'register', id, key })
    assert.ok((await completeRegistration(ctx, proof as Parameters<typeof completeRegistration>[1])).ok)
    assert.notEqual(await tries({ operation: 'enrol', registrations: [rogue.thumbprint] }), 'done')
    assert.notEqual(await tries({ operation: 'add', registration: rogue.thumbprint }, { role: 'owner' }), 'done')
    assert.equal((await ctx.chain()).passkeys.has(rogue.thumbprint), false)
  })

  test('lets a provider of his enrol keys, and signs for rules that gained somebody', async () => {
    const provider = { operation: 'provider', issuer: 'https://evil.example', client_id: 'his', effect: 'grant' } as const
    assert.notEqual(await tries(provider), 'done')
    assert.notEqual(await tries({ operation: 'endorse', rule_set: ctx.published().digest }), 'done')
  })

  test('signs for a loss that there is not', async () => assert.notEqual(await tries({ operation: 'recover' }), 'done'))
})
