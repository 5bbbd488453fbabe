// What a lost key approved goes on until somebody ends it: administrators see on their page of keys whose access that is and how long it lasts, and nobody
// else does.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openStandings } from '../../src/commands/end-lost-standing.ts'
import { keysOf } from '../support/directory-world.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { changeAsAdministrator } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, sign } from '../support/world.ts'

const t = lastFirst(after)
let door: Door
const cookies = new Map<string, string>()

before(async () => {
  door = await openDoors(t)
  for (const person of ['mira', 'rey', 'bo', 'theo']) cookies.set(person, await door.signIn(person))
})

/** Lives by this person's approval. */
async function lives(approver: string, over: Record<string, unknown> = {}) {
  const asked = await ask(door.world, over)
  const place = await newHolder()
  assert.ok((await confirm(door.world, asked.intent, place)).ok)
  assert.ok((await decide(door.world, asked.intent, approver)).ok)
  assert.ok((await claim(door.world, asked.intent, place)).ok)
  return asked
}
const pageOf = async (person: string) => (await door.get('/keys', { cookie: cookies.get(person) ?? '' })).body
/** The lines of the list, as they read. */
async function doubted(person: string): Promise<readonly string[]> {
  const [, list] = /id="doubted">.*?<ul class="does">(.*?)<\/ul>/s.exec(await pageOf(person)) ?? []
  return [...(list ?? '').matchAll(/<li>(.*?)<\/li>/gs)].map(([, line = '']) => line.replaceAll(/<[^>]*>/g, ''))
}
const standsThere = async (person: string) => (await pageOf(person)).includes('Approved with a key that is out of use now')
const endOf = async (request: string): Promise<Date> =>
  (await door.world.ctx.db.selectFrom('grant').select('ends_at').where('request_id', '=', request).executeTakeFirstOrThrow())
    .ends_at

test('what a key approved that is out of use now is listed to administrators while it lives, and to nobody else', async () => {
  const { world } = door
  const byBo = await lives('bo')
  await lives('ana', { parameters: { service: 'ledger-api' } })
  assert.deepEqual([await doubted('mira'), await standsThere('mira')], [[], false], 'no key is out of use')

  const [key = ''] = await keysOf(world, 'bo')
  await changeAsAdministrator(world, { operation: 'suspend', passkeys: [key] })
  await openStandings(world.ctx).round()
  const [only = '', ...more] = await doubted('mira')
  assert.match(only, /^Rey Okafor: service\.restart, approved by Bo Tanaka, ends /)
  assert.deepEqual(more, [], 'what ana approved is in no doubt')
  const end = (await endOf(byBo.requestId)).toISOString()
  assert.ok((await pageOf('mira')).includes(`<time datetime="${end}"`), 'to the second')
  for (const person of ['rey', 'bo', 'theo']) assert.equal(await standsThere(person), false, person)

  const said = { kind: 'revoke', role: 'administrator', decision: 'revoke', intents: [byBo.intent] } as const
  const ended = await door.post('/v1/revocations', await sign(world, 'mira', said))
  assert.equal(ended.statusCode, 200, ended.body)
  assert.equal(await standsThere('mira'), false, 'it is ended')

  // The access of whoever lost his own key is ended by the next round, and until then nobody reads that he approved it.
  const [reys = ''] = await keysOf(world, 'rey')
  await changeAsAdministrator(world, { operation: 'suspend', passkeys: [reys] })
  assert.equal(await standsThere('mira'), false, 'rey confirmed')
})
