// An administrator who works alone: his key signs changes of the directory, and whatever else he likes. Being an administrator decides nothing about requests,
// and a key comes into the directory only if its owner has proved it.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { prepareChange } from '../../src/commands/change-directory.ts'
import { digestOf } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { rogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, claimOf, confirm, decide, newHolder, sign } from '../support/world.ts'

const THIEF = 'mira'
const ends = lastFirst(after)
let door: Door
let gains: Gains
const place = await newHolder()
type Asked = Awaited<ReturnType<typeof ask>>
const at = {} as Record<'asked' | 'waiting' | 'approved' | 'live', Asked>

before(async () => {
  door = await openDoors(ends, { extras: async () => undefined })
  const { world } = door
  for (const name of ['asked', 'waiting', 'approved', 'live'] as const)
    at[name] = await ask(world, { reason: `INC-4211: ${name}` })
  for (const { intent } of [at.waiting, at.approved, at.live]) assert.ok((await confirm(world, intent, place)).ok)
  for (const { intent } of [at.approved, at.live]) assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, at.live.intent, place)).ok)
  gains = await watchGains(world, [THIEF])
})
afterEach(() => gains.nothingGained())

const post = async (url: string, body: unknown) => gains.hear(await door.post(url, body))
const isRefused = ({ statusCode, body }: Awaited<ReturnType<typeof post>>, what = ''): void =>
  assert.ok(statusCode >= 400 && statusCode < 500, `${what}: ${statusCode} ${body}`)
const keyOf = async (person: string) =>
  [...(await door.world.ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === person)?.passkey ?? assert.fail()
const linked = async () => {
  const { sequence, head } = await door.world.ctx.chain()
  return { v: 1, realm: door.world.ctx.realm, sequence: sequence + 1, previous: head }
}
/** A change that he wrote himself, signed by his key. */
const orders = async (change: object, bent: Record<string, unknown> = {}) => {
  const bytes = canonicalBytes({ ...(await linked()), ...change } as unknown as Canonical)
  const signed = await signChange(door.world, THIEF, digestOf('directory', bytes), bent)
  return post('/v1/statements', { ...signed, change: encodeBase64url(bytes) })
}

describe('an administrator alone', () => {
  test('decides about requests, in every role that a statement knows', async () => {
    for (const role of ['approver', 'administrator', 'requester'])
      for (const { intent } of [at.waiting, at.approved, at.asked]) {
        const said = { kind: 'decide', role, decision: 'approve', intents: [intent] } as const
        isRefused(await post('/v1/statements', await sign(door.world, THIEF, said)), role)
      }
  })

  test('confirms for the requester, and claims what others approved', async () => {
    const mine = await newHolder()
    for (const { intent } of [at.asked, at.approved, at.live]) {
      const said = { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: mine.holder } as const
      isRefused(await post('/v1/statements', await sign(door.world, THIEF, said)), 'confirm')
      const signer = { person: 'rey', passkey: (await keyOf('rey')).thumbprint }
      isRefused(await post('/v1/statements', await sign(door.world, THIEF, said, { signer })), 'in rey’s name')
      isRefused(await post('/v1/claims', await claimOf(door.world, intent, mine)), 'claim')
    }
  })

  test('approves in an approver’s name', async () => {
    for (const person of ['ana', 'bo']) {
      const signer = { person, passkey: (await keyOf(person)).thumbprint }
      const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [at.waiting.intent] } as const
      isRefused(await post('/v1/statements', await sign(door.world, THIEF, said, { signer })), person)
      const own = { person, passkey: (await keyOf(THIEF)).thumbprint }
      isRefused(await post('/v1/statements', await sign(door.world, THIEF, said, { signer: own })), person)
    }
  })

  test('enrols a key that nobody registered, and one whose owner never proved it', async () => {
    const rogue = rogueKey(door.world, 'bo')
    const passkey = { person: 'bo', id: rogue.id, key: rogue.key, thumbprint: rogue.thumbprint, device_bound: true }
    const enrol = { operation: 'enrol', passkeys: [{ passkey, registration: 'A'.repeat(43), roles: [] }] }
    isRefused(await orders(enrol), 'never registered')
    assert.equal((await post('/v1/registrations', rogue.registration)).statusCode, 200)
    isRefused(await orders(enrol), 'never proved')
    isRefused(
      await orders({ ...enrol, passkeys: [{ passkey: { ...passkey, person: 'ana' }, registration: 'A'.repeat(43), roles: [] }] }),
      'other',
    )
  })

  test('enrols a key that is enrolled already under a second person', async () => {
    const known = await keyOf(THIEF)
    const passkey = { ...known, person: 'bo' }
    isRefused(await orders({ operation: 'enrol', passkeys: [{ passkey, registration: 'A'.repeat(43), roles: [] }] }))
  })

  test('enrols a registered key under another person than its owner', async () => {
    const rogue = rogueKey(door.world, THIEF)
    assert.equal((await post('/v1/registrations', rogue.registration)).statusCode, 200)
    const { id, key, thumbprint } = rogue
    const proof = rogue.sign('register', { role: 'owner', decision: 'register', id, key })
    assert.equal((await post('/v1/statements', proof)).statusCode, 200)
    const registration = digestOf('statement/register', Buffer.from(proof.statement, 'base64url'))
    for (const person of ['bo', 'ana'])
      isRefused(
        await orders({
          operation: 'enrol',
          passkeys: [{ passkey: { person, id, key, thumbprint, device_bound: true }, registration, roles: [] }],
        }),
      )
  })

  test('makes a change of the past, of another realm, at another place, or one of no known kind', async () => {
    const suspend = { operation: 'suspend', passkeys: [(await keyOf('ana')).thumbprint] }
    const { sequence, previous } = await linked()
    for (const bent of [
      { sequence: sequence - 1 },
      { sequence: sequence + 1 },
      { sequence: 1, previous: digestOf('roots', canonicalBytes(door.world.ctx.roots as unknown as Canonical)) },
      { previous: `${previous.slice(0, -2)}AA` },
      { realm: 'prod:00000000000000000000000000' },
      { operation: 'rewrite' },
      { operation: 'suspend', passkeys: [] },
      { operation: 'suspend', passkeys: ['A'.repeat(43)] },
      { note: 'more than the form has' },
    ])
      isRefused(await orders({ ...suspend, ...bent }), JSON.stringify(bent))
  })

  test('signs one change and posts another', async () => {
    const prepared = await prepareChange(door.world.ctx, { operation: 'suspend', passkeys: [(await keyOf('ana')).thumbprint] })
    assert.ok(prepared.ok)
    const other = canonicalBytes({
      ...(await linked()),
      operation: 'suspend',
      passkeys: [(await keyOf('bo')).thumbprint],
    } as never)
    const signed = await signChange(door.world, THIEF, prepared.digest)
    isRefused(await post('/v1/statements', { ...signed, change: encodeBase64url(other) }))
  })

  test('withdraws a root’s power, or leaves nobody who could sign the next change', async () => {
    isRefused(
      await orders({ operation: 'role', person: THIEF, role: 'administrator', effect: 'withdraw', passkeys: [] }),
      'the root',
    )
    isRefused(await orders({ operation: 'suspend', passkeys: [(await keyOf(THIEF)).thumbprint] }), 'the last')
  })

  test('signs for a loss that there is not, and names one of his own making', async () => {
    const lost = { directory: { sequence: 99, head: 'A'.repeat(43) }, watermark: 999_999 }
    isRefused(await orders({ operation: 'recover', lost }))
    isRefused(await orders({ operation: 'recover', lost: { ...lost, watermark: 0 } }))
  })

  test('turns his session into an act: nothing but turning down a key that waits is done by it', async () => {
    const cookie = await gains.honestly(() => door.signIn(THIEF))
    for (const [url, body] of [
      ['/v1/statements', { statement: 'e30', response: {} }],
      ['/v1/claims', await claimOf(door.world, at.approved.intent, await newHolder())],
      ['/v1/revocations', { statement: 'e30', response: {} }],
      ['/v1/registrations/reject', { thumbprint: (await keyOf('bo')).thumbprint }],
    ] as const)
      isRefused(gains.hear(await door.post(url, body, { cookie })), url)
  })

  test('rewrites the log through a door: there is none', async () => {
    for (const url of ['/log', '/log/entries', '/v1/entries', '/audit', '/log/checkpoint'])
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        const headers = { host: 'localhost:3001', origin: 'http://localhost:3001', 'content-type': 'application/json' }
        const answer = await door.app.inject({ method, url, headers, ...(method === 'POST' && { payload: '{}' }) })
        assert.equal(gains.hear(answer).statusCode >= 400, true, `${method} ${url}`)
      }
  })
})
