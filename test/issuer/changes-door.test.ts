// The door of changes, which takes more bytes than any other, and what the issuer asks of a change beyond what the chain proves.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { holdsRole, isEndorsed, takesProvider } from '../../src/evidence/chain-state.ts'
import { modelOf, newMaker } from '../support/attesting.ts'
import { editDirectory, keysOf, registeredKey } from '../support/directory-world.ts'
import { openDoors } from '../support/issuer-app.ts'
import { signChange } from '../support/sign-change.ts'
import { openWorld } from '../support/world.ts'

const CROWD = Array.from({ length: 200 }, (_, index) => `crowd-${index}`)
type Directory = { people: Record<string, object>; administrators: string[]; keys: Record<string, unknown> }
const edit = (dir: string, change: (directory: Directory) => unknown): void =>
  editDirectory(dir, (text) => {
    const directory = parse(text) as Directory
    change(directory)
    return stringify(directory)
  })

const world = await openWorld({ after }, undefined, (dir) =>
  edit(dir, ({ people }) => {
    for (const id of CROWD) people[id] = { name: id, slack: [] }
  }),
)
// After people were enrolled, so that she is none yet.
edit(world.runbooksDir, ({ administrators }) => administrators.push('ana'))
writeFileSync(
  join(world.runbooksDir, 'attestation.yaml'),
  stringify({ models: [modelOf(newMaker())] }, { aliasDuplicateObjects: false }),
)
await world.issuer.reload()
const door = await openDoors({ after }, {}, world)
const { ctx } = world
const cookies = { mira: await door.signIn('mira'), ana: await door.signIn('ana'), rey: await door.signIn('rey') }

async function signed(person: keyof typeof cookies, wanted: Wanted, bent: Record<string, unknown> = {}) {
  const prepared = await prepareChange(ctx, wanted)
  assert.ok(prepared.ok, JSON.stringify(prepared))
  return { ...(await signChange(world, person, prepared.digest, bent)), change: prepared.change }
}
async function posts(person: keyof typeof cookies, wanted: Wanted, bent: Record<string, unknown> = {}) {
  const answer = await door.post('/v1/changes', await signed(person, wanted, bent), { cookie: cookies[person] })
  return { status: answer.statusCode, ...(answer.json() as { reason?: string; words?: string; waits?: boolean }) }
}

test('who is not signed in may not even send a change, and nothing of it is read', async () => {
  const [key = ''] = await keysOf(world, 'theo')
  const body = await signed('mira', { operation: 'suspend', passkeys: [key] })
  const refused = await door.post('/v1/changes', body)
  assert.deepEqual([refused.statusCode, refused.json().reason], [403, 'signed_out'])
  const long = await door.post('/v1/changes', { statement: 'A'.repeat(400_000) })
  assert.equal(long.json().reason, 'signed_out')
  assert.equal((await door.post('/v1/changes', { statement: 'A'.repeat(600_000) }, { cookie: cookies.mira })).statusCode, 413)
})

test('a hundred people and a hundred more are enrolled by one tap of one administrator, since they only ask', async () => {
  const registrations: string[] = []
  for (const person of CROWD) registrations.push((await registeredKey(world, person)).thumbprint)
  const answer = await posts('mira', { operation: 'enrol', registrations })
  assert.deepEqual([answer.status, answer.waits], [200, false], JSON.stringify(answer))
  const { passkeys } = await ctx.chain()
  assert.ok(registrations.every((thumbprint) => passkeys.get(thumbprint)?.status === 'active'))
})

describe('the rules ask of', () => {
  test('an administrator who signs a key of the kind that administrators need, though he was enrolled with another', async () => {
    await withAccept({ administrators: 'hardware' }, async () => {
      const [key = ''] = await keysOf(world, 'theo')
      const answer = await posts('mira', { operation: 'suspend', passkeys: [key] })
      assert.deepEqual([answer.status, answer.reason], [403, 'passkey_not_accepted'])
      assert.match(answer.words ?? '', /^The role of administrator needs another key than this: a security key of a listed model/)
    })
  })

  test('a key that is let in for somebody with a role that it is of the kind that the role needs', async () => {
    const { thumbprint } = await registeredKey(world, 'bo')
    await withAccept({ approvers: 'hardware' }, async () => {
      const answer = await posts('mira', { operation: 'enrol', registrations: [thumbprint] })
      assert.deepEqual([answer.status, answer.reason], [403, 'passkey_not_accepted'])
    })
    assert.equal((await posts('mira', { operation: 'enrol', registrations: [thumbprint] })).status, 200)
  })
})

describe('with two administrators', () => {
  test('a role needs a key that serves it: words that were compared for asking do not do for approving', async () => {
    const role = { operation: 'role', role: 'administrator', effect: 'grant', passkeys: [] } as const
    assert.equal((await posts('mira', { ...role, person: 'ana' })).waits, false, 'one is all there is')
    const { thumbprint } = await registeredKey(world, CROWD[0] ?? '')
    assert.equal((await posts('mira', { operation: 'enrol', registrations: [thumbprint] })).waits, false)
    const person = CROWD[0] ?? ''
    const inFull = (await keysOf(world, person)).filter((key) => key !== thumbprint)
    // The first key came in while one administrator was all there were, and is taken out of use.
    assert.equal((await posts('mira', { operation: 'suspend', passkeys: inFull })).status, 200)
    const auditor = { operation: 'role', person, role: 'auditor', effect: 'grant' } as const
    const without = await posts('mira', { ...auditor, passkeys: [] })
    assert.deepEqual(
      [without.reason, without.words],
      ['change_refused', 'This person has no key that may serve the role. Tick one whose words you compared.'],
    )
    assert.equal((await both({ ...auditor, passkeys: [thumbprint] })).waits, false)
    assert.equal((await ctx.chain()).passkeys.get(thumbprint)?.inFull, true)
    assert.equal(holdsRole(await ctx.chain(), person, 'auditor'), true)
  })

  test('the rules in force, and a provider, are signed for by both', async () => {
    const { digest } = ctx.published()
    await both({ operation: 'endorse', rule_set: digest })
    assert.equal(isEndorsed(await ctx.chain(), digest), true)
    const provider = { issuer: 'https://login.example', client_id: 'countersign' }
    await both({ operation: 'provider', ...provider, effect: 'grant' })
    assert.equal(takesProvider(await ctx.chain(), provider.issuer, provider.client_id), true)
  })
})

/** Signed by one, which changes nothing, then by the other. */
async function both(wanted: Wanted) {
  assert.equal((await posts('mira', wanted)).waits, true)
  return posts('ana', wanted)
}

async function withAccept(accept: Record<string, string>, during: () => Promise<void>): Promise<void> {
  let before: unknown
  edit(world.runbooksDir, (directory) => {
    before = directory.keys
    directory.keys = { ...directory.keys, accept }
  })
  await world.issuer.reload()
  try {
    await during()
  } finally {
    edit(world.runbooksDir, (directory) => {
      directory.keys = before as Record<string, unknown>
    })
    await world.issuer.reload()
  }
}
