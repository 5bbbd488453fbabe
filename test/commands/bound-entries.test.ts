// Who has a key, or an account at the provider, and fills the log with what he may do without end: sixty sign-ins or a hundred refusals within an hour are
// entries, one more says that further ones are none, and nobody is turned away for it.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { MOST_REFUSALS, MOST_SESSIONS } from '../../src/commands/bound-entries.ts'
import { enrolByProvider } from '../../src/commands/enrol-by-provider.ts'
import { readSession, signIn } from '../../src/commands/sign-in.ts'
import { endSession, startSession } from '../../src/commands/start-session.ts'
import { digestOf } from '../../src/crypto.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { ask, claim, confirm, newHolder, openWorld, sign } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const OVER = 5

/** Whether each entry of an actor says that it is the last. */
async function entriesOf(type: string, actor: string | null): Promise<boolean[]> {
  const rows = await ctx.db
    .selectFrom('entry')
    .select('bytes')
    .where('type', '=', type)
    .where('actor', actor === null ? 'is' : '=', actor)
    .orderBy('recorded_at')
    .orderBy('id')
    .execute()
  return rows.map(({ bytes }) => (JSON.parse(bytes.toString('utf8').split('\n')[1] ?? '') as { last?: true }).last === true)
}
const bounded = (most: number): boolean[] => [...Array.from({ length: most }, () => false), true]
async function times(most: number, one: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < most; done += 1) await one()
}

test('who signs in without end is let in each time, and fills neither the log nor what is kept of signatures', async () => {
  const enter = async (person: string) => {
    const nonce = makeNonce(ctx.nonceKey, ctx.now())
    const statement = { v: 1, realm: ctx.realm, kind: 'sign_in', audience: 'issuer', nonce } as Statement
    const entered = await signIn(ctx, signWith(world.ring, world.ring.idsOf(person)[0] ?? '', statement))
    assert.ok(entered.ok, JSON.stringify(entered))
    assert.equal((await readSession(ctx, entered.token))?.person, person)
  }
  await times(MOST_SESSIONS + OVER, () => enter('rey'))
  assert.deepEqual(await entriesOf('session.signed_in', 'rey'), bounded(MOST_SESSIONS))
  const kept = await ctx.db.selectFrom('statement').select('digest').where('kind', '=', 'sign_in').execute()
  assert.equal(kept.length, MOST_SESSIONS + 1)
  await enter('ana')
  assert.deepEqual(await entriesOf('session.signed_in', 'ana'), [false], 'another person’s stay entries')
})

test('so does who begins and ends sessions of the console', async () => {
  for (let n = 0; n < MOST_SESSIONS + OVER; n += 1) {
    await startSession(world.bot, 'rey', [], `hash-${n}`)
    await endSession(world.bot, `hash-${n}`)
  }
  for (const type of ['session.started', 'session.ended'])
    assert.deepEqual(await entriesOf(type, 'rey'), bounded(MOST_SESSIONS), type)
  assert.deepEqual(await world.bot.db.selectFrom('bot_session').select('person').execute(), [])
})

test('who signs about requests that there are none of', async () => {
  const intents = [digestOf('intent', new TextEncoder().encode('none'))]
  await times(MOST_REFUSALS + OVER, async () => {
    const order = { kind: 'decide', role: 'approver', decision: 'approve', intents } as const
    assert.equal((await acceptStatement(ctx, await sign(world, 'bo', order))).ok, false)
  })
  assert.deepEqual(await entriesOf('statement.refused', 'bo'), bounded(MOST_REFUSALS))
})

test('who claims what nobody has approved', async () => {
  const { intent } = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, intent, place)).ok)
  await times(MOST_REFUSALS + OVER, async () => assert.equal((await claim(world, intent, place)).ok, false))
  assert.deepEqual(await entriesOf('claim.refused', 'rey'), bounded(MOST_REFUSALS))
})

test('who signs in at the provider for keys of others; all whom the directory does not know count as one', async () => {
  const { sequence, head } = await ctx.chain()
  const waiting = { person: 'rey', passkey: 'k'.repeat(43), directory: { sequence, head } }
  const provider = { issuer: 'https://id.example', clientId: 'countersign', name: 'Example' }
  let at = 0
  await times(MOST_REFUSALS + OVER, async () => {
    at += 1
    const says = { subject: `stranger-${at}`, authTime: 0, acr: undefined }
    const done = await enrolByProvider(ctx, ctx.signWithLogKey, provider, waiting, says)
    assert.equal(done.ok, false)
  })
  assert.deepEqual(await entriesOf('passkey.vouch_refused', null), bounded(MOST_REFUSALS))
})
